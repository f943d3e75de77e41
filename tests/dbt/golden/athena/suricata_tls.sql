-- One row per TLS connection. Its fields, their types and indicators: suricata_tls.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."suricata_tls"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_cast(json_parse(p_raw_event) as map(varchar, json)) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'timestamp'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "timestamp",
        coalesce(json_extract_scalar(element_at(e, 'event_type'), '$'), nullif(json_format(element_at(e, 'event_type')), 'null')) as "event_type",
        try_cast(json_extract_scalar(element_at(e, 'flow_id'), '$') as bigint) as "flow_id",
        try_cast(json_extract_scalar(element_at(e, 'parent_id'), '$') as bigint) as "parent_id",
        try_cast(json_extract_scalar(element_at(e, 'tx_id'), '$') as bigint) as "tx_id",
        coalesce(json_extract_scalar(element_at(e, 'in_iface'), '$'), nullif(json_format(element_at(e, 'in_iface')), 'null')) as "in_iface",
        try_cast(json_extract_scalar(element_at(e, 'pcap_cnt'), '$') as bigint) as "pcap_cnt",
        coalesce(json_extract_scalar(element_at(e, 'pcap_filename'), '$'), nullif(json_format(element_at(e, 'pcap_filename')), 'null')) as "pcap_filename",
        coalesce(json_extract_scalar(element_at(e, 'src_ip'), '$'), nullif(json_format(element_at(e, 'src_ip')), 'null')) as "src_ip",
        try_cast(json_extract_scalar(element_at(e, 'src_port'), '$') as integer) as "src_port",
        coalesce(json_extract_scalar(element_at(e, 'dest_ip'), '$'), nullif(json_format(element_at(e, 'dest_ip')), 'null')) as "dest_ip",
        try_cast(json_extract_scalar(element_at(e, 'dest_port'), '$') as integer) as "dest_port",
        coalesce(json_extract_scalar(element_at(e, 'proto'), '$'), nullif(json_format(element_at(e, 'proto')), 'null')) as "proto",
        try_cast(json_extract_scalar(element_at(e, 'ip_v'), '$') as integer) as "ip_v",
        try_cast(json_extract_scalar(element_at(e, 'icmp_type'), '$') as integer) as "icmp_type",
        try_cast(json_extract_scalar(element_at(e, 'icmp_code'), '$') as integer) as "icmp_code",
        try_cast(json_extract_scalar(element_at(e, 'spi'), '$') as bigint) as "spi",
        coalesce(json_extract_scalar(element_at(e, 'app_proto'), '$'), nullif(json_format(element_at(e, 'app_proto')), 'null')) as "app_proto",
        coalesce(json_extract_scalar(element_at(e, 'app_proto_orig'), '$'), nullif(json_format(element_at(e, 'app_proto_orig')), 'null')) as "app_proto_orig",
        coalesce(json_extract_scalar(element_at(e, 'app_proto_expected'), '$'), nullif(json_format(element_at(e, 'app_proto_expected')), 'null')) as "app_proto_expected",
        coalesce(json_extract_scalar(element_at(e, 'app_proto_ts'), '$'), nullif(json_format(element_at(e, 'app_proto_ts')), 'null')) as "app_proto_ts",
        coalesce(json_extract_scalar(element_at(e, 'app_proto_tc'), '$'), nullif(json_format(element_at(e, 'app_proto_tc')), 'null')) as "app_proto_tc",
        coalesce(json_extract_scalar(element_at(e, 'direction'), '$'), nullif(json_format(element_at(e, 'direction')), 'null')) as "direction",
        coalesce(json_extract_scalar(element_at(e, 'pkt_src'), '$'), nullif(json_format(element_at(e, 'pkt_src')), 'null')) as "pkt_src",
        coalesce(json_extract_scalar(element_at(e, 'community_id'), '$'), nullif(json_format(element_at(e, 'community_id')), 'null')) as "community_id",
        transform(try_cast(element_at(e, 'vlan') as array(json)), t1 -> try_cast(json_extract_scalar(t1, '$') as integer)) as "vlan",
        if(nullif(json_format(element_at(e, 'ether')), 'null') is null, null, transform(array[try_cast(element_at(e, 'ether') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'src_mac'), '$'), nullif(json_format(element_at(m1, 'src_mac')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'dest_mac'), '$'), nullif(json_format(element_at(m1, 'dest_mac')), 'null')), transform(try_cast(element_at(m1, 'src_macs') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), transform(try_cast(element_at(m1, 'dest_macs') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null')))) as row("src_mac" varchar, "dest_mac" varchar, "src_macs" array(varchar), "dest_macs" array(varchar))))[1]) as "ether",
        coalesce(json_extract_scalar(element_at(e, 'host'), '$'), nullif(json_format(element_at(e, 'host')), 'null')) as "host",
        try_cast(json_extract_scalar(element_at(e, 'tenant_id'), '$') as bigint) as "tenant_id",
        coalesce(json_extract_scalar(element_at(e, 'capture_file'), '$'), nullif(json_format(element_at(e, 'capture_file')), 'null')) as "capture_file",
        if(nullif(json_format(element_at(e, 'metadata')), 'null') is null, null, transform(array[try_cast(element_at(e, 'metadata') as map(varchar, json))], m1 -> cast(row(transform(try_cast(element_at(m1, 'flowbits') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), transform_values(try_cast(element_at(m1, 'flowints') as map(varchar, json)), (k2, t2) -> try_cast(json_extract_scalar(t2, '$') as bigint)), nullif(json_format(element_at(m1, 'flowvars')), 'null'), nullif(json_format(element_at(m1, 'pktvars')), 'null')) as row("flowbits" array(varchar), "flowints" map(varchar, bigint), "flowvars" varchar, "pktvars" varchar)))[1]) as "metadata",
        if(nullif(json_format(element_at(e, 'traffic')), 'null') is null, null, transform(array[try_cast(element_at(e, 'traffic') as map(varchar, json))], m1 -> cast(row(transform(try_cast(element_at(m1, 'id') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), transform(try_cast(element_at(m1, 'label') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null')))) as row("id" array(varchar), "label" array(varchar))))[1]) as "traffic",
        if(nullif(json_format(element_at(e, 'tls')), 'null') is null, null, transform(array[try_cast(element_at(e, 'tls') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'subject'), '$'), nullif(json_format(element_at(m1, 'subject')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'issuerdn'), '$'), nullif(json_format(element_at(m1, 'issuerdn')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'serial'), '$'), nullif(json_format(element_at(m1, 'serial')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'fingerprint'), '$'), nullif(json_format(element_at(m1, 'fingerprint')), 'null')), transform(try_cast(element_at(m1, 'subjectaltname') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m1, 'notbefore'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m1, 'notafter'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)), coalesce(json_extract_scalar(element_at(m1, 'certificate'), '$'), nullif(json_format(element_at(m1, 'certificate')), 'null')), transform(try_cast(element_at(m1, 'chain') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), coalesce(json_extract_scalar(element_at(m1, 'sni'), '$'), nullif(json_format(element_at(m1, 'sni')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'version'), '$'), nullif(json_format(element_at(m1, 'version')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'session_resumed'), '$') as boolean), coalesce(json_extract_scalar(element_at(m1, 'from_proto'), '$'), nullif(json_format(element_at(m1, 'from_proto')), 'null')), if(nullif(json_format(element_at(m1, 'ja3')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'ja3') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'hash'), '$'), nullif(json_format(element_at(m2, 'hash')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'string'), '$'), nullif(json_format(element_at(m2, 'string')), 'null'))) as row("hash" varchar, "string" varchar)))[1]), if(nullif(json_format(element_at(m1, 'ja3s')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'ja3s') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'hash'), '$'), nullif(json_format(element_at(m2, 'hash')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'string'), '$'), nullif(json_format(element_at(m2, 'string')), 'null'))) as row("hash" varchar, "string" varchar)))[1]), coalesce(json_extract_scalar(element_at(m1, 'ja4'), '$'), nullif(json_format(element_at(m1, 'ja4')), 'null')), transform(try_cast(element_at(m1, 'client_alpns') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), transform(try_cast(element_at(m1, 'server_alpns') as array(json)), t2 -> coalesce(json_extract_scalar(t2, '$'), nullif(json_format(t2), 'null'))), nullif(json_format(element_at(m1, 'client_handshake')), 'null'), nullif(json_format(element_at(m1, 'server_handshake')), 'null'), if(nullif(json_format(element_at(m1, 'client')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'client') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'subject'), '$'), nullif(json_format(element_at(m2, 'subject')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'issuerdn'), '$'), nullif(json_format(element_at(m2, 'issuerdn')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'serial'), '$'), nullif(json_format(element_at(m2, 'serial')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'fingerprint'), '$'), nullif(json_format(element_at(m2, 'fingerprint')), 'null')), transform(try_cast(element_at(m2, 'subjectaltname') as array(json)), t3 -> coalesce(json_extract_scalar(t3, '$'), nullif(json_format(t3), 'null'))), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m2, 'notbefore'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m2, 'notafter'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)), coalesce(json_extract_scalar(element_at(m2, 'certificate'), '$'), nullif(json_format(element_at(m2, 'certificate')), 'null')), transform(try_cast(element_at(m2, 'chain') as array(json)), t3 -> coalesce(json_extract_scalar(t3, '$'), nullif(json_format(t3), 'null')))) as row("subject" varchar, "issuerdn" varchar, "serial" varchar, "fingerprint" varchar, "subjectaltname" array(varchar), "notbefore" timestamp(6), "notafter" timestamp(6), "certificate" varchar, "chain" array(varchar))))[1])) as row("subject" varchar, "issuerdn" varchar, "serial" varchar, "fingerprint" varchar, "subjectaltname" array(varchar), "notbefore" timestamp(6), "notafter" timestamp(6), "certificate" varchar, "chain" array(varchar), "sni" varchar, "version" varchar, "session_resumed" boolean, "from_proto" varchar, "ja3" row("hash" varchar, "string" varchar), "ja3s" row("hash" varchar, "string" varchar), "ja4" varchar, "client_alpns" array(varchar), "server_alpns" array(varchar), "client_handshake" varchar, "server_handshake" varchar, "client" row("subject" varchar, "issuerdn" varchar, "serial" varchar, "fingerprint" varchar, "subjectaltname" array(varchar), "notbefore" timestamp(6), "notafter" timestamp(6), "certificate" varchar, "chain" array(varchar)))))[1]) as "tls"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim(cast("flow_id" as varchar)), '') as v_1,
        nullif(trim(cast("parent_id" as varchar)), '') as v_2,
        nullif(trim("src_ip"), '') as v_3,
        nullif(trim("dest_ip"), '') as v_4,
        nullif(trim("community_id"), '') as v_5,
        nullif(trim("ether"."src_mac"), '') as v_6,
        nullif(trim("ether"."dest_mac"), '') as v_7,
        transform("ether"."src_macs", y1 -> nullif(trim(y1), '')) as l_8,
        transform("ether"."dest_macs", y1 -> nullif(trim(y1), '')) as l_9,
        nullif(trim("host"), '') as v_10,
        transform("tls"."subjectaltname", y1 -> nullif(trim(y1), '')) as l_11,
        nullif(trim("tls"."sni"), '') as v_12,
        nullif(trim("tls"."ja3"."hash"), '') as v_13,
        nullif(trim("tls"."ja3s"."hash"), '') as v_14,
        transform("tls"."client"."subjectaltname", y1 -> nullif(trim(y1), '')) as l_15,
        concat_ws(' ', '', coalesce("metadata"."flowvars", ''), coalesce("metadata"."pktvars", ''), coalesce("tls"."client_handshake", ''), coalesce("tls"."server_handshake", '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_3, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_3 end as v_3_ip,
        case when regexp_like(v_4, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_4 end as v_4_ip,
        case when regexp_like(v_6, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$') then lower(replace(v_6, '-', ':')) end as v_6_mac,
        case when regexp_like(v_7, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$') then lower(replace(v_7, '-', ':')) end as v_7_mac,
        transform(filter(l_8, x -> regexp_like(x, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$')), x -> lower(replace(x, '-', ':'))) as l_8_mac,
        transform(filter(l_9, x -> regexp_like(x, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$')), x -> lower(replace(x, '-', ':'))) as l_9_mac,
        case when regexp_like(v_10, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_10 end as v_10_ip,
        filter(l_11, x -> regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as l_11_ip,
        case when regexp_like(v_12, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_12 end as v_12_ip,
        case when regexp_like(v_13, '^([0-9a-fA-F]{32})$') then lower(v_13) end as v_13_md5,
        case when regexp_like(v_14, '^([0-9a-fA-F]{32})$') then lower(v_14) end as v_14_md5,
        filter(l_15, x -> regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as l_15_ip,
        regexp_extract_all(open_text, 'arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
    from picked
),
split as (  -- ARNs and other candidates
    select
        checked.*,
        filter(words, x -> starts_with(x, 'arn:')) as word_arns,
        filter(words, x -> not starts_with(x, 'arn:')) as rest
    from checked
),
told as (  -- candidates by kind
    select
        split.*,
        case when v_10_ip is null and v_10 <> '' then v_10 end as v_10_name,
        filter(l_11, x -> x <> '' and not regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as l_11_name,
        case when v_12_ip is null and v_12 <> '' then v_12 end as v_12_name,
        filter(l_15, x -> x <> '' and not regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as l_15_name,
        transform(filter(rest, x -> regexp_like(x, '^(["\[]?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])))$')), x -> regexp_replace(x, '^["\[]', '')) as word_ips,
        transform(filter(rest, x -> starts_with(x, 'http') and strpos(x, '://') > 0), x -> regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        filter(rest, x -> regexp_like(x, '^([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z])$')) as word_emails,
        filter(rest, x -> regexp_like(x, '^(i-[0-9a-f]{8,17})$')) as word_instances,
        transform(filter(rest, x -> regexp_like(x, '^([0-9a-fA-F]{32,64})$')), x -> lower(x)) as word_hashes
    from split
),
gathered as (  -- lists that are needed more than once
    select
        told.*,
        filter(word_hosts, x -> regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as host_ips,
        filter(word_hosts, x -> x <> '' and not regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as host_names,
        filter(word_hashes, x -> length(x) = 32) as md5s,
        filter(word_hashes, x -> length(x) = 40) as sha1s,
        filter(word_hashes, x -> length(x) = 64) as sha256s,
        nullif(array_sort(array_distinct(filter(word_arns, x -> x is not null))), array[]) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> ''), x -> regexp_like(x, '^([0-9]{12})$')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> strpos(x, ':instance/') > 0), x -> regexp_like(x, '^(.*:instance/(.*/)?i-[0-9a-f]+)$')), x -> regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_extract(x, '([^/]*)$', 1)), x -> strpos(x, '@') > 0) as arn_emails
    from gathered
)
select
    p_row_id,
    'Suricata.TLS' as p_log_type,
    coalesce("timestamp", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "timestamp",
    "event_type",
    "flow_id",
    "parent_id",
    "tx_id",
    "in_iface",
    "pcap_cnt",
    "pcap_filename",
    "src_ip",
    "src_port",
    "dest_ip",
    "dest_port",
    "proto",
    "ip_v",
    "icmp_type",
    "icmp_code",
    "spi",
    "app_proto",
    "app_proto_orig",
    "app_proto_expected",
    "app_proto_ts",
    "app_proto_tc",
    "direction",
    "pkt_src",
    "community_id",
    "vlan",
    "ether",
    "host",
    "tenant_id",
    "capture_file",
    "metadata",
    "traffic",
    "tls",
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_3_ip, v_4_ip, v_10_ip, v_12_ip], array[]), coalesce(l_11_ip, array[]), coalesce(l_15_ip, array[]), coalesce(word_ips, array[]), coalesce(host_ips, array[])), x -> x is not null))), array[]) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_10_name, v_12_name], array[]), coalesce(l_11_name, array[]), coalesce(l_15_name, array[]), coalesce(host_names, array[])), x -> x is not null))), array[]) as p_any_domain_names,
    cast(null as array(varchar)) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_emails, array[]), coalesce(arn_emails, array[])), x -> x is not null))), array[]) as p_any_emails,
    cast(null as array(varchar)) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(arn_accounts, x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_instances, array[]), coalesce(arn_instances, array[])), x -> x is not null))), array[]) as p_any_aws_instance_ids,
    cast(null as array(varchar)) as p_any_aws_tags,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_13_md5, v_14_md5], array[]), coalesce(md5s, array[])), x -> x is not null))), array[]) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(filter(sha1s, x -> x is not null))), array[]) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(sha256s, x -> x is not null))), array[]) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(filter(array[v_1, v_2, v_5], x -> x is not null))), array[]) as p_any_trace_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_6_mac, v_7_mac], array[]), coalesce(l_8_mac, array[]), coalesce(l_9_mac, array[])), x -> x is not null))), array[]) as p_any_mac_addresses,
    p_raw_event
from derived
