-- One row per flow when it ends, both directions together. Its fields, their types and indicators: suricata_flow.yml.
with landed as (
    select * from "lake"."panther_raw"."suricata_flow"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"timestamp": "TIMESTAMPTZ", "event_type": "VARCHAR", "flow_id": "BIGINT", "parent_id": "BIGINT", "tx_id": "BIGINT", "in_iface": "VARCHAR", "pcap_cnt": "BIGINT", "pcap_filename": "VARCHAR", "src_ip": "VARCHAR", "src_port": "INTEGER", "dest_ip": "VARCHAR", "dest_port": "INTEGER", "proto": "VARCHAR", "ip_v": "INTEGER", "icmp_type": "INTEGER", "icmp_code": "INTEGER", "spi": "BIGINT", "app_proto": "VARCHAR", "app_proto_orig": "VARCHAR", "app_proto_expected": "VARCHAR", "app_proto_ts": "VARCHAR", "app_proto_tc": "VARCHAR", "direction": "VARCHAR", "pkt_src": "VARCHAR", "community_id": "VARCHAR", "vlan": ["INTEGER"], "ether": {"src_mac": "VARCHAR", "dest_mac": "VARCHAR", "src_macs": ["VARCHAR"], "dest_macs": ["VARCHAR"]}, "host": "VARCHAR", "tenant_id": "BIGINT", "capture_file": "VARCHAR", "metadata": {"flowbits": ["VARCHAR"], "flowints": "JSON", "flowvars": "JSON", "pktvars": "JSON"}, "traffic": {"id": ["VARCHAR"], "label": ["VARCHAR"]}, "flow": {"pkts_toserver": "BIGINT", "pkts_toclient": "BIGINT", "bytes_toserver": "BIGINT", "bytes_toclient": "BIGINT", "bypassed": {"pkts_toserver": "BIGINT", "pkts_toclient": "BIGINT", "bytes_toserver": "BIGINT", "bytes_toclient": "BIGINT"}, "start": "TIMESTAMPTZ", "end": "TIMESTAMPTZ", "age": "BIGINT", "state": "VARCHAR", "reason": "VARCHAR", "alerted": "BOOLEAN", "action": "VARCHAR", "bypass": "VARCHAR", "emergency": "BOOLEAN", "wrong_thread": "BOOLEAN", "tx_cnt": "BIGINT", "exception_policy": "JSON", "elephant": "BOOLEAN"}, "response_icmp_type": "INTEGER", "response_icmp_code": "INTEGER", "tcp": {"tcp_flags": "VARCHAR", "tcp_flags_ts": "VARCHAR", "tcp_flags_tc": "VARCHAR", "syn": "BOOLEAN", "fin": "BOOLEAN", "rst": "BOOLEAN", "psh": "BOOLEAN", "ack": "BOOLEAN", "urg": "BOOLEAN", "ecn": "BOOLEAN", "cwr": "BOOLEAN", "state": "VARCHAR", "ts_gap": "BOOLEAN", "tc_gap": "BOOLEAN", "ts_max_regions": "INTEGER", "tc_max_regions": "INTEGER"}}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"timestamp": "TIMESTAMPTZ", "event_type": "VARCHAR", "flow_id": "BIGINT", "parent_id": "BIGINT", "tx_id": "BIGINT", "in_iface": "VARCHAR", "pcap_cnt": "BIGINT", "pcap_filename": "VARCHAR", "src_ip": "VARCHAR", "src_port": "INTEGER", "dest_ip": "VARCHAR", "dest_port": "INTEGER", "proto": "VARCHAR", "ip_v": "INTEGER", "icmp_type": "INTEGER", "icmp_code": "INTEGER", "spi": "BIGINT", "app_proto": "VARCHAR", "app_proto_orig": "VARCHAR", "app_proto_expected": "VARCHAR", "app_proto_ts": "VARCHAR", "app_proto_tc": "VARCHAR", "direction": "VARCHAR", "pkt_src": "VARCHAR", "community_id": "VARCHAR", "vlan": ["INTEGER"], "ether": {"src_mac": "VARCHAR", "dest_mac": "VARCHAR", "src_macs": ["VARCHAR"], "dest_macs": ["VARCHAR"]}, "host": "VARCHAR", "tenant_id": "BIGINT", "capture_file": "VARCHAR", "metadata": {"flowbits": ["VARCHAR"], "flowints": "JSON", "flowvars": "JSON", "pktvars": "JSON"}, "traffic": {"id": ["VARCHAR"], "label": ["VARCHAR"]}, "flow": {"pkts_toserver": "BIGINT", "pkts_toclient": "BIGINT", "bytes_toserver": "BIGINT", "bytes_toclient": "BIGINT", "bypassed": {"pkts_toserver": "BIGINT", "pkts_toclient": "BIGINT", "bytes_toserver": "BIGINT", "bytes_toclient": "BIGINT"}, "start": "TIMESTAMPTZ", "end": "TIMESTAMPTZ", "age": "BIGINT", "state": "VARCHAR", "reason": "VARCHAR", "alerted": "BOOLEAN", "action": "VARCHAR", "bypass": "VARCHAR", "emergency": "BOOLEAN", "wrong_thread": "BOOLEAN", "tx_cnt": "BIGINT", "exception_policy": "JSON", "elephant": "BOOLEAN"}, "response_icmp_type": "INTEGER", "response_icmp_code": "INTEGER", "tcp": {"tcp_flags": "VARCHAR", "tcp_flags_ts": "VARCHAR", "tcp_flags_tc": "VARCHAR", "syn": "BOOLEAN", "fin": "BOOLEAN", "rst": "BOOLEAN", "psh": "BOOLEAN", "ack": "BOOLEAN", "urg": "BOOLEAN", "ecn": "BOOLEAN", "cwr": "BOOLEAN", "state": "VARCHAR", "ts_gap": "BOOLEAN", "tc_gap": "BOOLEAN", "ts_max_regions": "INTEGER", "tc_max_regions": "INTEGER"}}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(e."timestamp" as timestamp) as "timestamp",
        e."event_type" as "event_type",
        e."flow_id" as "flow_id",
        e."parent_id" as "parent_id",
        e."tx_id" as "tx_id",
        e."in_iface" as "in_iface",
        e."pcap_cnt" as "pcap_cnt",
        e."pcap_filename" as "pcap_filename",
        e."src_ip" as "src_ip",
        e."src_port" as "src_port",
        e."dest_ip" as "dest_ip",
        e."dest_port" as "dest_port",
        e."proto" as "proto",
        e."ip_v" as "ip_v",
        e."icmp_type" as "icmp_type",
        e."icmp_code" as "icmp_code",
        e."spi" as "spi",
        e."app_proto" as "app_proto",
        e."app_proto_orig" as "app_proto_orig",
        e."app_proto_expected" as "app_proto_expected",
        e."app_proto_ts" as "app_proto_ts",
        e."app_proto_tc" as "app_proto_tc",
        e."direction" as "direction",
        e."pkt_src" as "pkt_src",
        e."community_id" as "community_id",
        e."vlan" as "vlan",
        e."ether" as "ether",
        e."host" as "host",
        e."tenant_id" as "tenant_id",
        e."capture_file" as "capture_file",
        case when e."metadata" is not null then struct_pack("flowbits" := e."metadata"."flowbits", "flowints" := case when json_type(e."metadata"."flowints") = 'OBJECT' then case when len(json_keys(e."metadata"."flowints")) = len(list_distinct(json_keys(e."metadata"."flowints"))) then from_json(e."metadata"."flowints", '"MAP(VARCHAR, BIGINT)"') else map_from_entries(list_transform(list_distinct(json_keys(e."metadata"."flowints")), lambda k1: struct_pack(k := k1, v := from_json(json_extract(e."metadata"."flowints", '/' || replace(replace(k1, '~', '~0'), '/', '~1')), '"BIGINT"')))) end end, "flowvars" := e."metadata"."flowvars", "pktvars" := e."metadata"."pktvars") end as "metadata",
        e."traffic" as "traffic",
        cast(e."flow" as STRUCT("pkts_toserver" BIGINT, "pkts_toclient" BIGINT, "bytes_toserver" BIGINT, "bytes_toclient" BIGINT, "bypassed" STRUCT("pkts_toserver" BIGINT, "pkts_toclient" BIGINT, "bytes_toserver" BIGINT, "bytes_toclient" BIGINT), "start" TIMESTAMP, "end" TIMESTAMP, "age" BIGINT, "state" VARCHAR, "reason" VARCHAR, "alerted" BOOLEAN, "action" VARCHAR, "bypass" VARCHAR, "emergency" BOOLEAN, "wrong_thread" BOOLEAN, "tx_cnt" BIGINT, "exception_policy" JSON, "elephant" BOOLEAN)) as "flow",
        e."response_icmp_type" as "response_icmp_type",
        e."response_icmp_code" as "response_icmp_code",
        e."tcp" as "tcp"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when cast("flow_id" as varchar) >= '!' and not suffix(cast("flow_id" as varchar), ' ') then cast("flow_id" as varchar) else nullif(trim(cast("flow_id" as varchar)), '') end as v_1,
        case when cast("parent_id" as varchar) >= '!' and not suffix(cast("parent_id" as varchar), ' ') then cast("parent_id" as varchar) else nullif(trim(cast("parent_id" as varchar)), '') end as v_2,
        case when "src_ip" >= '!' and not suffix("src_ip", ' ') then "src_ip" else nullif(trim("src_ip"), '') end as v_3,
        case when "dest_ip" >= '!' and not suffix("dest_ip", ' ') then "dest_ip" else nullif(trim("dest_ip"), '') end as v_4,
        case when "community_id" >= '!' and not suffix("community_id", ' ') then "community_id" else nullif(trim("community_id"), '') end as v_5,
        case when "ether"."src_mac" >= '!' and not suffix("ether"."src_mac", ' ') then "ether"."src_mac" else nullif(trim("ether"."src_mac"), '') end as v_6,
        case when "ether"."dest_mac" >= '!' and not suffix("ether"."dest_mac", ' ') then "ether"."dest_mac" else nullif(trim("ether"."dest_mac"), '') end as v_7,
        list_transform("ether"."src_macs", lambda y1: case when y1 >= '!' and not suffix(y1, ' ') then y1 else nullif(trim(y1), '') end) as l_8,
        list_transform("ether"."dest_macs", lambda y1: case when y1 >= '!' and not suffix(y1, ' ') then y1 else nullif(trim(y1), '') end) as l_9,
        case when "host" >= '!' and not suffix("host", ' ') then "host" else nullif(trim("host"), '') end as v_10,
        concat_ws(' ', cast("metadata"."flowvars" as varchar), cast("metadata"."pktvars" as varchar), cast("flow"."exception_policy" as varchar)) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_full_match(v_3, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_3 end as v_3_ip,
        case when regexp_full_match(v_4, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_4 end as v_4_ip,
        case when regexp_full_match(v_6, '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}') then lower(replace(v_6, '-', ':')) end as v_6_mac,
        case when regexp_full_match(v_7, '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}') then lower(replace(v_7, '-', ':')) end as v_7_mac,
        list_transform(list_filter(l_8, lambda x: regexp_full_match(x, '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}')), lambda x: lower(replace(x, '-', ':'))) as l_8_mac,
        list_transform(list_filter(l_9, lambda x: regexp_full_match(x, '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}')), lambda x: lower(replace(x, '-', ':'))) as l_9_mac,
        case when regexp_full_match(v_10, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_10 end as v_10_ip,
        regexp_extract_all(open_text, 'arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://(?:[^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*(?:[.][0-9]+)*(?:/[0-9]+)?|\b(?:[0-9]{1,3}(?:[.][0-9]{1,3}){3}(?:[.]?[A-Za-z0-9_])*(?:/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[.][0-9]+)*(?::?[A-Za-z0-9_])*(?:/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
    from picked
),
split as (  -- ARNs and other candidates
    select
        checked.*,
        list_filter(words, lambda x: starts_with(x, 'arn:')) as word_arns,
        list_filter(words, lambda x: not starts_with(x, 'arn:')) as rest
    from checked
),
told as (  -- candidates by kind
    select
        split.*,
        case when v_10_ip is null and v_10 <> '' then v_10 end as v_10_name,
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '["\[]?(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))')), lambda x: ltrim(x, '"[')) as word_ips,
        list_transform(list_filter(rest, lambda x: starts_with(x, 'http') and contains(x, '://')), lambda x: regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        list_filter(rest, lambda x: regexp_full_match(x, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]')) as word_emails,
        list_filter(rest, lambda x: regexp_full_match(x, 'i-[0-9a-f]{8,17}')) as word_instances,
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '[0-9a-fA-F]{32,64}')), lambda x: lower(x)) as word_hashes
    from split
),
gathered as (  -- lists that are needed more than once
    select
        told.*,
        list_filter(word_hosts, lambda x: regexp_full_match(x, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as host_ips,
        list_filter(word_hosts, lambda x: x <> '' and not regexp_full_match(x, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as host_names,
        list_filter(word_hashes, lambda x: length(x) = 32) as md5s,
        list_filter(word_hashes, lambda x: length(x) = 40) as sha1s,
        list_filter(word_hashes, lambda x: length(x) = 64) as sha256s,
        map_keys(list_histogram(word_arns)) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        list_filter(list_filter(list_transform(p_any_aws_arns, lambda x: split_part(x, ':', 5)), lambda x: x <> ''), lambda x: regexp_full_match(x, '[0-9]{12}')) as arn_accounts,
        list_transform(list_filter(list_filter(p_any_aws_arns, lambda x: contains(x, ':instance/')), lambda x: regexp_full_match(x, '.*:instance/(?:.*/)?i-[0-9a-f]+')), lambda x: regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        list_filter(list_transform(list_filter(p_any_aws_arns, lambda x: x like '%:assumed-role/%@%'), lambda x: regexp_extract(x, '([^/]*)$', 1)), lambda x: contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'Suricata.Flow' as p_log_type,
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
    "flow",
    "response_icmp_type",
    "response_icmp_code",
    "tcp",
    case when len(word_ips) > 0 or len(host_ips) > 0 then map_keys(list_histogram(list_concat([v_3_ip, v_4_ip, v_10_ip], word_ips, host_ips))) else case when coalesce(v_3_ip, v_4_ip, v_10_ip) is null then null when least(v_3_ip, v_4_ip, v_10_ip) = greatest(v_3_ip, v_4_ip, v_10_ip) then [coalesce(v_3_ip, v_4_ip, v_10_ip)] else map_keys(list_histogram([v_3_ip, v_4_ip, v_10_ip])) end end as p_any_ip_addresses,
    case when len(host_names) > 0 then map_keys(list_histogram(list_concat([v_10_name], host_names))) else case when v_10_name is not null then [v_10_name] end end as p_any_domain_names,
    cast(null as VARCHAR[]) as p_any_usernames,
    case when len(word_emails) > 0 or len(arn_emails) > 0 then map_keys(list_histogram(list_concat(word_emails, arn_emails))) else null end as p_any_emails,
    cast(null as VARCHAR[]) as p_any_actor_ids,
    case when len(arn_accounts) > 0 then map_keys(list_histogram(arn_accounts)) else null end as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    case when len(word_instances) > 0 or len(arn_instances) > 0 then map_keys(list_histogram(list_concat(word_instances, arn_instances))) else null end as p_any_aws_instance_ids,
    cast(null as VARCHAR[]) as p_any_aws_tags,
    case when len(md5s) > 0 then map_keys(list_histogram(md5s)) else null end as p_any_md5_hashes,
    case when len(sha1s) > 0 then map_keys(list_histogram(sha1s)) else null end as p_any_sha1_hashes,
    case when len(sha256s) > 0 then map_keys(list_histogram(sha256s)) else null end as p_any_sha256_hashes,
    case when coalesce(v_1, v_2, v_5) is null then null when least(v_1, v_2, v_5) = greatest(v_1, v_2, v_5) then [coalesce(v_1, v_2, v_5)] else map_keys(list_histogram([v_1, v_2, v_5])) end as p_any_trace_ids,
    case when len(l_8_mac) > 0 or len(l_9_mac) > 0 then map_keys(list_histogram(list_concat([v_6_mac, v_7_mac], l_8_mac, l_9_mac))) else case when v_6_mac is null then case when v_7_mac is not null then [v_7_mac] end when v_7_mac is null or v_6_mac = v_7_mac then [v_6_mac] when v_6_mac < v_7_mac then [v_6_mac, v_7_mac] else [v_7_mac, v_6_mac] end end as p_any_mac_addresses,
    p_raw_event
from derived
