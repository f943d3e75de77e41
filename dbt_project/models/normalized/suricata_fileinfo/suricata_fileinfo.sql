-- One row per file that was seen in the traffic. Its fields, their types and indicators: suricata_fileinfo.yml.
{{ normalized('Suricata.FileInfo') }}
