-- One row per TLS connection. Its fields, their types and indicators: suricata_tls.yml.
{{ normalized('Suricata.TLS') }}
