-- One row per HTTP transaction. Its fields, their types and indicators: suricata_http.yml.
{{ normalized('Suricata.HTTP') }}
