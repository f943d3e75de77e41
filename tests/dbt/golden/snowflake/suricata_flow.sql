-- One row per flow when it ends, both directions together. Its fields, their types and indicators: suricata_flow.yml.
with landed as (
    select * from LAKE.panther_raw.suricata_flow
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_parse_json(p_raw_event) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        iff(regexp_like(regexp_replace(e:"timestamp"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"timestamp"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"timestamp"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "TIMESTAMP",
        e:"event_type"::string as "EVENT_TYPE",
        try_to_number(e:"flow_id"::string) as "FLOW_ID",
        try_to_number(e:"parent_id"::string) as "PARENT_ID",
        try_to_number(e:"tx_id"::string) as "TX_ID",
        e:"in_iface"::string as "IN_IFACE",
        try_to_number(e:"pcap_cnt"::string) as "PCAP_CNT",
        e:"pcap_filename"::string as "PCAP_FILENAME",
        e:"src_ip"::string as "SRC_IP",
        try_to_number(e:"src_port"::string) as "SRC_PORT",
        e:"dest_ip"::string as "DEST_IP",
        try_to_number(e:"dest_port"::string) as "DEST_PORT",
        e:"proto"::string as "PROTO",
        try_to_number(e:"ip_v"::string) as "IP_V",
        try_to_number(e:"icmp_type"::string) as "ICMP_TYPE",
        try_to_number(e:"icmp_code"::string) as "ICMP_CODE",
        try_to_number(e:"spi"::string) as "SPI",
        e:"app_proto"::string as "APP_PROTO",
        e:"app_proto_orig"::string as "APP_PROTO_ORIG",
        e:"app_proto_expected"::string as "APP_PROTO_EXPECTED",
        e:"app_proto_ts"::string as "APP_PROTO_TS",
        e:"app_proto_tc"::string as "APP_PROTO_TC",
        e:"direction"::string as "DIRECTION",
        e:"pkt_src"::string as "PKT_SRC",
        e:"community_id"::string as "COMMUNITY_ID",
        iff(is_array(e:"vlan"), transform(e:"vlan"::array, t1 -> try_to_number(t1::string)), null) as "VLAN",
        iff(strip_null_value(e:"ether") is null, null, object_construct_keep_null('src_mac', e:"ether":"src_mac"::string, 'dest_mac', e:"ether":"dest_mac"::string, 'src_macs', iff(is_array(e:"ether":"src_macs"), transform(e:"ether":"src_macs"::array, t1 -> t1::string), null), 'dest_macs', iff(is_array(e:"ether":"dest_macs"), transform(e:"ether":"dest_macs"::array, t1 -> t1::string), null))) as "ETHER",
        e:"host"::string as "HOST",
        try_to_number(e:"tenant_id"::string) as "TENANT_ID",
        e:"capture_file"::string as "CAPTURE_FILE",
        iff(strip_null_value(e:"metadata") is null, null, object_construct_keep_null('flowbits', iff(is_array(e:"metadata":"flowbits"), transform(e:"metadata":"flowbits"::array, t1 -> t1::string), null), 'flowints', strip_null_value(e:"metadata":"flowints"), 'flowvars', strip_null_value(e:"metadata":"flowvars"), 'pktvars', strip_null_value(e:"metadata":"pktvars"))) as "METADATA",
        iff(strip_null_value(e:"traffic") is null, null, object_construct_keep_null('id', iff(is_array(e:"traffic":"id"), transform(e:"traffic":"id"::array, t1 -> t1::string), null), 'label', iff(is_array(e:"traffic":"label"), transform(e:"traffic":"label"::array, t1 -> t1::string), null))) as "TRAFFIC",
        iff(strip_null_value(e:"flow") is null, null, object_construct_keep_null('pkts_toserver', try_to_number(e:"flow":"pkts_toserver"::string), 'pkts_toclient', try_to_number(e:"flow":"pkts_toclient"::string), 'bytes_toserver', try_to_number(e:"flow":"bytes_toserver"::string), 'bytes_toclient', try_to_number(e:"flow":"bytes_toclient"::string), 'bypassed', iff(strip_null_value(e:"flow":"bypassed") is null, null, object_construct_keep_null('pkts_toserver', try_to_number(e:"flow":"bypassed":"pkts_toserver"::string), 'pkts_toclient', try_to_number(e:"flow":"bypassed":"pkts_toclient"::string), 'bytes_toserver', try_to_number(e:"flow":"bypassed":"bytes_toserver"::string), 'bytes_toclient', try_to_number(e:"flow":"bypassed":"bytes_toclient"::string))), 'start', iff(regexp_like(regexp_replace(e:"flow":"start"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"flow":"start"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"flow":"start"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)), 'end', iff(regexp_like(regexp_replace(e:"flow":"end"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"flow":"end"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"flow":"end"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)), 'age', try_to_number(e:"flow":"age"::string), 'state', e:"flow":"state"::string, 'reason', e:"flow":"reason"::string, 'alerted', try_to_boolean(e:"flow":"alerted"::string), 'action', e:"flow":"action"::string, 'bypass', e:"flow":"bypass"::string, 'emergency', try_to_boolean(e:"flow":"emergency"::string), 'wrong_thread', try_to_boolean(e:"flow":"wrong_thread"::string), 'tx_cnt', try_to_number(e:"flow":"tx_cnt"::string), 'exception_policy', strip_null_value(e:"flow":"exception_policy"), 'elephant', try_to_boolean(e:"flow":"elephant"::string))) as "FLOW",
        try_to_number(e:"response_icmp_type"::string) as "RESPONSE_ICMP_TYPE",
        try_to_number(e:"response_icmp_code"::string) as "RESPONSE_ICMP_CODE",
        iff(strip_null_value(e:"tcp") is null, null, object_construct_keep_null('tcp_flags', e:"tcp":"tcp_flags"::string, 'tcp_flags_ts', e:"tcp":"tcp_flags_ts"::string, 'tcp_flags_tc', e:"tcp":"tcp_flags_tc"::string, 'syn', try_to_boolean(e:"tcp":"syn"::string), 'fin', try_to_boolean(e:"tcp":"fin"::string), 'rst', try_to_boolean(e:"tcp":"rst"::string), 'psh', try_to_boolean(e:"tcp":"psh"::string), 'ack', try_to_boolean(e:"tcp":"ack"::string), 'urg', try_to_boolean(e:"tcp":"urg"::string), 'ecn', try_to_boolean(e:"tcp":"ecn"::string), 'cwr', try_to_boolean(e:"tcp":"cwr"::string), 'state', e:"tcp":"state"::string, 'ts_gap', try_to_boolean(e:"tcp":"ts_gap"::string), 'tc_gap', try_to_boolean(e:"tcp":"tc_gap"::string), 'ts_max_regions', try_to_number(e:"tcp":"ts_max_regions"::string), 'tc_max_regions', try_to_number(e:"tcp":"tc_max_regions"::string))) as "TCP"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("FLOW_ID"::string), '') as v_1,
        nullif(trim("PARENT_ID"::string), '') as v_2,
        nullif(trim("SRC_IP"::string), '') as v_3,
        nullif(trim("DEST_IP"::string), '') as v_4,
        nullif(trim("COMMUNITY_ID"::string), '') as v_5,
        nullif(trim("ETHER":"src_mac"::string), '') as v_6,
        nullif(trim("ETHER":"dest_mac"::string), '') as v_7,
        transform("ETHER":"src_macs"::array, y1 -> nullif(trim(y1::string), '')) as l_8,
        transform("ETHER":"dest_macs"::array, y1 -> nullif(trim(y1::string), '')) as l_9,
        nullif(trim("HOST"::string), '') as v_10,
        concat_ws(' ', '', coalesce(to_json("METADATA":"flowvars"), ''), coalesce(to_json("METADATA":"pktvars"), ''), coalesce(to_json("FLOW":"exception_policy"), '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_3, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_3 end as v_3_ip,
        case when regexp_like(v_4, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_4 end as v_4_ip,
        case when regexp_like(v_6, '([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}') then lower(replace(v_6, '-', ':')) end as v_6_mac,
        case when regexp_like(v_7, '([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}') then lower(replace(v_7, '-', ':')) end as v_7_mac,
        transform(filter(l_8, x -> regexp_like(x, '([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}')), x -> lower(replace(x, '-', ':'))) as l_8_mac,
        transform(filter(l_9, x -> regexp_like(x, '([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}')), x -> lower(replace(x, '-', ':'))) as l_9_mac,
        case when regexp_like(v_10, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_10 end as v_10_ip,
        regexp_substr_all(open_text, 'arn:aws[a-z-]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^"\\\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\\b|[0-9a-fA-F]{32,64}\\b)') as words
    from picked
),
split as (  -- ARNs and other candidates
    select
        checked.*,
        filter(words, x -> startswith(x, 'arn:')) as word_arns,
        filter(words, x -> not startswith(x, 'arn:')) as rest
    from checked
),
told as (  -- candidates by kind
    select
        split.*,
        case when v_10_ip is null and v_10 <> '' then v_10 end as v_10_name,
        transform(filter(rest, x -> regexp_like(x, '["\\[]?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))')), x -> ltrim(x, '"[')) as word_ips,
        transform(filter(rest, x -> startswith(x, 'http') and contains(x, '://')), x -> regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        filter(rest, x -> regexp_like(x, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]')) as word_emails,
        filter(rest, x -> regexp_like(x, 'i-[0-9a-f]{8,17}')) as word_instances,
        transform(filter(rest, x -> regexp_like(x, '[0-9a-fA-F]{32,64}')), x -> lower(x)) as word_hashes
    from split
),
gathered as (  -- lists that are needed more than once
    select
        told.*,
        filter(word_hosts, x -> regexp_like(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as host_ips,
        filter(word_hosts, x -> x <> '' and not regexp_like(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as host_names,
        filter(word_hashes, x -> length(x) = 32) as md5s,
        filter(word_hashes, x -> length(x) = 40) as sha1s,
        filter(word_hashes, x -> length(x) = 64) as sha256s,
        nullif(array_sort(array_distinct(array_compact(word_arns))), array_construct()) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> ''), x -> regexp_like(x, '[0-9]{12}')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> contains(x, ':instance/')), x -> regexp_like(x, '.*:instance/(.*/)?i-[0-9a-f]+')), x -> regexp_substr(x, '(i-[0-9a-f]+)$', 1, 1, 'e', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_substr(x, '([^/]*)$', 1, 1, 'e', 1)), x -> contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'Suricata.Flow' as p_log_type,
    coalesce("TIMESTAMP", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "TIMESTAMP",
    "EVENT_TYPE",
    "FLOW_ID",
    "PARENT_ID",
    "TX_ID",
    "IN_IFACE",
    "PCAP_CNT",
    "PCAP_FILENAME",
    "SRC_IP",
    "SRC_PORT",
    "DEST_IP",
    "DEST_PORT",
    "PROTO",
    "IP_V",
    "ICMP_TYPE",
    "ICMP_CODE",
    "SPI",
    "APP_PROTO",
    "APP_PROTO_ORIG",
    "APP_PROTO_EXPECTED",
    "APP_PROTO_TS",
    "APP_PROTO_TC",
    "DIRECTION",
    "PKT_SRC",
    "COMMUNITY_ID",
    "VLAN",
    "ETHER",
    "HOST",
    "TENANT_ID",
    "CAPTURE_FILE",
    "METADATA",
    "TRAFFIC",
    "FLOW",
    "RESPONSE_ICMP_TYPE",
    "RESPONSE_ICMP_CODE",
    "TCP",
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_3_ip, v_4_ip, v_10_ip), array_construct()), coalesce(word_ips, array_construct())), coalesce(host_ips, array_construct()))))), array_construct()) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_10_name), array_construct()), coalesce(host_names, array_construct()))))), array_construct()) as p_any_domain_names,
    cast(null as array) as p_any_usernames,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_emails, array_construct()), coalesce(arn_emails, array_construct()))))), array_construct()) as p_any_emails,
    cast(null as array) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(arn_accounts))), array_construct()) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_instances, array_construct()), coalesce(arn_instances, array_construct()))))), array_construct()) as p_any_aws_instance_ids,
    cast(null as array) as p_any_aws_tags,
    nullif(array_sort(array_distinct(array_compact(md5s))), array_construct()) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(array_compact(sha1s))), array_construct()) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(array_compact(sha256s))), array_construct()) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_1, v_2, v_5)))), array_construct()) as p_any_trace_ids,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_6_mac, v_7_mac), array_construct()), coalesce(l_8_mac, array_construct())), coalesce(l_9_mac, array_construct()))))), array_construct()) as p_any_mac_addresses,
    p_raw_event
from derived
