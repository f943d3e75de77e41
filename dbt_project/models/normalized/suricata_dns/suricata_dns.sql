-- One row per DNS query or answer. Its fields, their types and indicators: suricata_dns.yml.
{{ normalized('Suricata.DNS') }}
