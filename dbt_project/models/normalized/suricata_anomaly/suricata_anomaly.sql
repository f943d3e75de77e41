-- One row per anomaly: a packet, stream or protocol that breaks the rules of its format. Its fields, their types and indicators: suricata_anomaly.yml.
{{ normalized('Suricata.Anomaly') }}
