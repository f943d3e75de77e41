-- One row per alert: a rule of Suricata that matched a packet or flow. Its fields, their types and indicators: suricata_alert.yml.
{{ normalized('Suricata.Alert') }}
