-- One row per Okta system log event. Its fields, their types and indicators: okta_systemlog.yml.
{{ normalized('Okta.SystemLog') }}
