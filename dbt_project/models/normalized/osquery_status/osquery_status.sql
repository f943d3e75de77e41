-- One row per line of osquery's own status log. Its fields, their types and indicators: osquery_status.yml.
{{ normalized('Osquery.Status') }}
