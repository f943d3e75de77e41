-- One row per indicator value, log type, hour and batch. Reads the normalized rows of one unit of work; columns: indicators.yml.
-- A new log type is a line here (a test compares the list with the folders), so that dbt knows all tables that this one is made from.
{{ indicators([
    ref('aws_cloudtrail'),
    ref('aws_cloudtraildigest'),
    ref('aws_cloudtrailinsight'),
    ref('aws_config'),
    ref('okta_systemlog'),
    ref('osquery_batch'),
    ref('osquery_differential'),
    ref('osquery_snapshot'),
    ref('osquery_status'),
    ref('suricata_alert'),
    ref('suricata_anomaly'),
    ref('suricata_dhcp'),
    ref('suricata_dns'),
    ref('suricata_event'),
    ref('suricata_fileinfo'),
    ref('suricata_flow'),
    ref('suricata_http'),
    ref('suricata_ssh'),
    ref('suricata_tls'),
]) }}
