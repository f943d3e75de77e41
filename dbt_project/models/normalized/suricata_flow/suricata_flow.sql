-- One row per flow when it ends, both directions together. Its fields, their types and indicators: suricata_flow.yml.
{{ normalized('Suricata.Flow') }}
