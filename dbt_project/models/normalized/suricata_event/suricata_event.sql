-- One row per event of every other type: netflow, smb, smtp, ftp, krb5, stats and so on. Its fields, their types and indicators: suricata_event.yml.
{{ normalized('Suricata.Event') }}
