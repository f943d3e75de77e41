-- One row per table row that a scheduled osquery query found new or gone. Its fields, their types and indicators: osquery_differential.yml.
{{ normalized('Osquery.Differential') }}
