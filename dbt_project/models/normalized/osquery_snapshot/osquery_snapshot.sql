-- One row per run of a snapshot query in osquery, with all rows that it found. Its fields, their types and indicators: osquery_snapshot.yml.
{{ normalized('Osquery.Snapshot') }}
