-- One row per SSH connection. Its fields, their types and indicators: suricata_ssh.yml.
{{ normalized('Suricata.SSH') }}
