-- One row per run of a scheduled osquery query whose changes are logged together (log_result_events is off). Its fields, their types and indicators: osquery_batch.yml.
{{ normalized('Osquery.Batch') }}
