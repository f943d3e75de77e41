-- One row per HTTP transaction. Its fields, their types and indicators: suricata_http.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."suricata_http"
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
        if(nullif(json_format(element_at(e, 'http')), 'null') is null, null, transform(array[try_cast(element_at(e, 'http') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'hostname'), '$'), nullif(json_format(element_at(m1, 'hostname')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'url'), '$'), nullif(json_format(element_at(m1, 'url')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'http_port'), '$') as integer), coalesce(json_extract_scalar(element_at(m1, 'http_user_agent'), '$'), nullif(json_format(element_at(m1, 'http_user_agent')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'http_content_type'), '$'), nullif(json_format(element_at(m1, 'http_content_type')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'http_refer'), '$'), nullif(json_format(element_at(m1, 'http_refer')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'http_method'), '$'), nullif(json_format(element_at(m1, 'http_method')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'protocol'), '$'), nullif(json_format(element_at(m1, 'protocol')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'version'), '$'), nullif(json_format(element_at(m1, 'version')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'status'), '$') as integer), coalesce(json_extract_scalar(element_at(m1, 'redirect'), '$'), nullif(json_format(element_at(m1, 'redirect')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'length'), '$') as bigint), coalesce(json_extract_scalar(element_at(m1, 'xff'), '$'), nullif(json_format(element_at(m1, 'xff')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'true_client_ip'), '$'), nullif(json_format(element_at(m1, 'true_client_ip')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'org_src_ip'), '$'), nullif(json_format(element_at(m1, 'org_src_ip')), 'null')), if(nullif(json_format(element_at(m1, 'content_range')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'content_range') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'raw'), '$'), nullif(json_format(element_at(m2, 'raw')), 'null')), try_cast(json_extract_scalar(element_at(m2, 'start'), '$') as bigint), try_cast(json_extract_scalar(element_at(m2, 'end'), '$') as bigint), try_cast(json_extract_scalar(element_at(m2, 'size'), '$') as bigint)) as row("raw" varchar, "start" bigint, "end" bigint, "size" bigint)))[1]), transform(try_cast(element_at(m1, 'request_headers') as array(json)), t2 -> if(nullif(json_format(t2), 'null') is null, null, transform(array[try_cast(t2 as map(varchar, json))], m3 -> cast(row(coalesce(json_extract_scalar(element_at(m3, 'name'), '$'), nullif(json_format(element_at(m3, 'name')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'value'), '$'), nullif(json_format(element_at(m3, 'value')), 'null')), try_cast(json_extract_scalar(element_at(m3, 'table_size_update'), '$') as bigint)) as row("name" varchar, "value" varchar, "table_size_update" bigint)))[1])), transform(try_cast(element_at(m1, 'response_headers') as array(json)), t2 -> if(nullif(json_format(t2), 'null') is null, null, transform(array[try_cast(t2 as map(varchar, json))], m3 -> cast(row(coalesce(json_extract_scalar(element_at(m3, 'name'), '$'), nullif(json_format(element_at(m3, 'name')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'value'), '$'), nullif(json_format(element_at(m3, 'value')), 'null')), try_cast(json_extract_scalar(element_at(m3, 'table_size_update'), '$') as bigint)) as row("name" varchar, "value" varchar, "table_size_update" bigint)))[1])), if(nullif(json_format(element_at(m1, 'http2')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'http2') as map(varchar, json))], m2 -> cast(row(try_cast(json_extract_scalar(element_at(m2, 'stream_id'), '$') as bigint), if(nullif(json_format(element_at(m2, 'request')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'request') as map(varchar, json))], m3 -> cast(row(try_cast(json_extract_scalar(element_at(m3, 'priority'), '$') as integer), coalesce(json_extract_scalar(element_at(m3, 'error_code'), '$'), nullif(json_format(element_at(m3, 'error_code')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'has_multiple'), '$'), nullif(json_format(element_at(m3, 'has_multiple')), 'null')), transform(try_cast(element_at(m3, 'settings') as array(json)), t4 -> if(nullif(json_format(t4), 'null') is null, null, transform(array[try_cast(t4 as map(varchar, json))], m5 -> cast(row(coalesce(json_extract_scalar(element_at(m5, 'settings_id'), '$'), nullif(json_format(element_at(m5, 'settings_id')), 'null')), try_cast(json_extract_scalar(element_at(m5, 'settings_value'), '$') as bigint)) as row("settings_id" varchar, "settings_value" bigint)))[1]))) as row("priority" integer, "error_code" varchar, "has_multiple" varchar, "settings" array(row("settings_id" varchar, "settings_value" bigint)))))[1]), if(nullif(json_format(element_at(m2, 'response')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'response') as map(varchar, json))], m3 -> cast(row(try_cast(json_extract_scalar(element_at(m3, 'priority'), '$') as integer), coalesce(json_extract_scalar(element_at(m3, 'error_code'), '$'), nullif(json_format(element_at(m3, 'error_code')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'has_multiple'), '$'), nullif(json_format(element_at(m3, 'has_multiple')), 'null')), transform(try_cast(element_at(m3, 'settings') as array(json)), t4 -> if(nullif(json_format(t4), 'null') is null, null, transform(array[try_cast(t4 as map(varchar, json))], m5 -> cast(row(coalesce(json_extract_scalar(element_at(m5, 'settings_id'), '$'), nullif(json_format(element_at(m5, 'settings_id')), 'null')), try_cast(json_extract_scalar(element_at(m5, 'settings_value'), '$') as bigint)) as row("settings_id" varchar, "settings_value" bigint)))[1]))) as row("priority" integer, "error_code" varchar, "has_multiple" varchar, "settings" array(row("settings_id" varchar, "settings_value" bigint)))))[1])) as row("stream_id" bigint, "request" row("priority" integer, "error_code" varchar, "has_multiple" varchar, "settings" array(row("settings_id" varchar, "settings_value" bigint))), "response" row("priority" integer, "error_code" varchar, "has_multiple" varchar, "settings" array(row("settings_id" varchar, "settings_value" bigint))))))[1]), coalesce(json_extract_scalar(element_at(m1, 'http_request_body'), '$'), nullif(json_format(element_at(m1, 'http_request_body')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'http_request_body_printable'), '$'), nullif(json_format(element_at(m1, 'http_request_body_printable')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'http_response_body'), '$'), nullif(json_format(element_at(m1, 'http_response_body')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'http_response_body_printable'), '$'), nullif(json_format(element_at(m1, 'http_response_body_printable')), 'null'))) as row("hostname" varchar, "url" varchar, "http_port" integer, "http_user_agent" varchar, "http_content_type" varchar, "http_refer" varchar, "http_method" varchar, "protocol" varchar, "version" varchar, "status" integer, "redirect" varchar, "length" bigint, "xff" varchar, "true_client_ip" varchar, "org_src_ip" varchar, "content_range" row("raw" varchar, "start" bigint, "end" bigint, "size" bigint), "request_headers" array(row("name" varchar, "value" varchar, "table_size_update" bigint)), "response_headers" array(row("name" varchar, "value" varchar, "table_size_update" bigint)), "http2" row("stream_id" bigint, "request" row("priority" integer, "error_code" varchar, "has_multiple" varchar, "settings" array(row("settings_id" varchar, "settings_value" bigint))), "response" row("priority" integer, "error_code" varchar, "has_multiple" varchar, "settings" array(row("settings_id" varchar, "settings_value" bigint)))), "http_request_body" varchar, "http_request_body_printable" varchar, "http_response_body" varchar, "http_response_body_printable" varchar)))[1]) as "http"
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
        nullif(trim("http"."hostname"), '') as v_11,
        nullif(trim("http"."url"), '') as v_12,
        nullif(trim("http"."http_refer"), '') as v_13,
        nullif(trim("http"."redirect"), '') as v_14,
        nullif(trim("http"."xff"), '') as v_15,
        nullif(trim("http"."true_client_ip"), '') as v_16,
        nullif(trim("http"."org_src_ip"), '') as v_17,
        concat_ws(' ', '', coalesce("metadata"."flowvars", ''), coalesce("metadata"."pktvars", '')) as open_text
    from typed
),
hosts as (  -- of URLs and addresses with a port
    select
        picked.*,
        ltrim(regexp_extract(v_11, '^(\[[^\]]*|[^:]*|.*)(\]:[0-9]+|:[0-9]+|\])?$', 1), '[') as v_11_net_addr,
        ltrim(regexp_extract(v_12, '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/@?#]*@)?(\[[^\]]*|[^/:?#]*)', 3), '[') as v_12_url,
        ltrim(regexp_extract(v_13, '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/@?#]*@)?(\[[^\]]*|[^/:?#]*)', 3), '[') as v_13_url,
        ltrim(regexp_extract(v_14, '^([A-Za-z][A-Za-z0-9+.-]*:)?//([^/@?#]*@)?(\[[^\]]*|[^/:?#]*)', 3), '[') as v_14_url
    from picked
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        hosts.*,
        case when regexp_like(v_3, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_3 end as v_3_ip,
        case when regexp_like(v_4, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_4 end as v_4_ip,
        case when regexp_like(v_6, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$') then lower(replace(v_6, '-', ':')) end as v_6_mac,
        case when regexp_like(v_7, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$') then lower(replace(v_7, '-', ':')) end as v_7_mac,
        transform(filter(l_8, x -> regexp_like(x, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$')), x -> lower(replace(x, '-', ':'))) as l_8_mac,
        transform(filter(l_9, x -> regexp_like(x, '^(([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})$')), x -> lower(replace(x, '-', ':'))) as l_9_mac,
        case when regexp_like(v_10, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_10 end as v_10_ip,
        case when regexp_like(v_11_net_addr, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_11_net_addr end as v_11_net_addr_ip,
        case when regexp_like(v_12_url, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_12_url end as v_12_url_ip,
        case when regexp_like(v_13_url, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_13_url end as v_13_url_ip,
        case when regexp_like(v_14_url, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_14_url end as v_14_url_ip,
        case when regexp_like(v_15, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_15 end as v_15_ip,
        case when regexp_like(v_16, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_16 end as v_16_ip,
        case when regexp_like(v_17, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_17 end as v_17_ip,
        regexp_extract_all(open_text, 'arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
    from hosts
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
        case when v_11_net_addr_ip is null and v_11_net_addr <> '' then v_11_net_addr end as v_11_net_addr_name,
        case when v_12_url_ip is null and v_12_url <> '' then v_12_url end as v_12_url_name,
        case when v_13_url_ip is null and v_13_url <> '' then v_13_url end as v_13_url_name,
        case when v_14_url_ip is null and v_14_url <> '' then v_14_url end as v_14_url_name,
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
    'Suricata.HTTP' as p_log_type,
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
    "http",
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_3_ip, v_4_ip, v_10_ip, v_11_net_addr_ip, v_12_url_ip, v_13_url_ip, v_14_url_ip, v_15_ip, v_16_ip, v_17_ip], array[]), coalesce(word_ips, array[]), coalesce(host_ips, array[])), x -> x is not null))), array[]) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_10_name, v_11_net_addr_name, v_12_url_name, v_13_url_name, v_14_url_name], array[]), coalesce(host_names, array[])), x -> x is not null))), array[]) as p_any_domain_names,
    cast(null as array(varchar)) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_emails, array[]), coalesce(arn_emails, array[])), x -> x is not null))), array[]) as p_any_emails,
    cast(null as array(varchar)) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(arn_accounts, x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_instances, array[]), coalesce(arn_instances, array[])), x -> x is not null))), array[]) as p_any_aws_instance_ids,
    cast(null as array(varchar)) as p_any_aws_tags,
    nullif(array_sort(array_distinct(filter(md5s, x -> x is not null))), array[]) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(filter(sha1s, x -> x is not null))), array[]) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(sha256s, x -> x is not null))), array[]) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(filter(array[v_1, v_2, v_5], x -> x is not null))), array[]) as p_any_trace_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_6_mac, v_7_mac], array[]), coalesce(l_8_mac, array[]), coalesce(l_9_mac, array[])), x -> x is not null))), array[]) as p_any_mac_addresses,
    p_raw_event
from derived
