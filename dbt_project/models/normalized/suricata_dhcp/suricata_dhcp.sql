-- One row per DHCP message. Its fields, their types and indicators: suricata_dhcp.yml.
{{ normalized('Suricata.DHCP') }}
