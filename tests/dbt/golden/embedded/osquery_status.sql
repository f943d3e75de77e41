-- One row per line of osquery's own status log. Its fields, their types and indicators: osquery_status.yml.
with landed as (
    select * from "lake"."panther_raw"."osquery_status"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"calendarTime": "VARCHAR", "unixTime": "DOUBLE", "hostIdentifier": "VARCHAR", "severity": "INTEGER", "filename": "VARCHAR", "line": "INTEGER", "message": "VARCHAR", "version": "VARCHAR", "decorations": "JSON", "log_type": "VARCHAR"}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"calendarTime": "VARCHAR", "unixTime": "DOUBLE", "hostIdentifier": "VARCHAR", "severity": "INTEGER", "filename": "VARCHAR", "line": "INTEGER", "message": "VARCHAR", "version": "VARCHAR", "decorations": "JSON", "log_type": "VARCHAR"}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        try_strptime(regexp_replace(trim(e."calendarTime"), ' +', ' ', 'g'), '%a %b %d %H:%M:%S %Y UTC') as "calendarTime",
        try(make_timestamp(cast(round(e."unixTime" * 1000000) as bigint))) as "unixTime",
        e."hostIdentifier" as "hostIdentifier",
        e."severity" as "severity",
        e."filename" as "filename",
        e."line" as "line",
        e."message" as "message",
        e."version" as "version",
        case when json_type(e."decorations") = 'OBJECT' then case when len(json_keys(e."decorations")) = len(list_distinct(json_keys(e."decorations"))) then from_json(e."decorations", '"MAP(VARCHAR, VARCHAR)"') else map_from_entries(list_transform(list_distinct(json_keys(e."decorations")), lambda k1: struct_pack(k := k1, v := from_json(json_extract(e."decorations", '/' || replace(replace(k1, '~', '~0'), '/', '~1')), '"VARCHAR"')))) end end as "decorations",
        e."log_type" as "log_type"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when "hostIdentifier" >= '!' and not suffix("hostIdentifier", ' ') then "hostIdentifier" else nullif(trim("hostIdentifier"), '') end as v_1,
        case when "decorations"['username'] >= '!' and not suffix("decorations"['username'], ' ') then "decorations"['username'] else nullif(trim("decorations"['username']), '') end as v_2,
        case when "decorations"['user'] >= '!' and not suffix("decorations"['user'], ' ') then "decorations"['user'] else nullif(trim("decorations"['user']), '') end as v_3,
        case when "decorations"['hostname'] >= '!' and not suffix("decorations"['hostname'], ' ') then "decorations"['hostname'] else nullif(trim("decorations"['hostname']), '') end as v_4,
        "message" as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_full_match(v_1, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_1 end as v_1_ip,
        case when regexp_full_match(v_4, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_4 end as v_4_ip,
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
        case when v_1_ip is null and v_1 <> '' then v_1 end as v_1_name,
        case when v_4_ip is null and v_4 <> '' then v_4 end as v_4_name,
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
    'Osquery.Status' as p_log_type,
    coalesce("calendarTime", "unixTime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "calendarTime",
    "unixTime",
    "hostIdentifier",
    "severity",
    "filename",
    "line",
    "message",
    "version",
    "decorations",
    "log_type",
    case when len(word_ips) > 0 or len(host_ips) > 0 then map_keys(list_histogram(list_concat([v_1_ip, v_4_ip], word_ips, host_ips))) else case when v_1_ip is null then case when v_4_ip is not null then [v_4_ip] end when v_4_ip is null or v_1_ip = v_4_ip then [v_1_ip] when v_1_ip < v_4_ip then [v_1_ip, v_4_ip] else [v_4_ip, v_1_ip] end end as p_any_ip_addresses,
    case when len(host_names) > 0 then map_keys(list_histogram(list_concat([v_1_name, v_4_name], host_names))) else case when v_1_name is null then case when v_4_name is not null then [v_4_name] end when v_4_name is null or v_1_name = v_4_name then [v_1_name] when v_1_name < v_4_name then [v_1_name, v_4_name] else [v_4_name, v_1_name] end end as p_any_domain_names,
    case when v_2 is null then case when v_3 is not null then [v_3] end when v_3 is null or v_2 = v_3 then [v_2] when v_2 < v_3 then [v_2, v_3] else [v_3, v_2] end as p_any_usernames,
    case when len(word_emails) > 0 or len(arn_emails) > 0 then map_keys(list_histogram(list_concat(word_emails, arn_emails))) else null end as p_any_emails,
    cast(null as VARCHAR[]) as p_any_actor_ids,
    case when len(arn_accounts) > 0 then map_keys(list_histogram(arn_accounts)) else null end as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    case when len(word_instances) > 0 or len(arn_instances) > 0 then map_keys(list_histogram(list_concat(word_instances, arn_instances))) else null end as p_any_aws_instance_ids,
    cast(null as VARCHAR[]) as p_any_aws_tags,
    case when len(md5s) > 0 then map_keys(list_histogram(md5s)) else null end as p_any_md5_hashes,
    case when len(sha1s) > 0 then map_keys(list_histogram(sha1s)) else null end as p_any_sha1_hashes,
    case when len(sha256s) > 0 then map_keys(list_histogram(sha256s)) else null end as p_any_sha256_hashes,
    cast(null as VARCHAR[]) as p_any_trace_ids,
    cast(null as VARCHAR[]) as p_any_mac_addresses,
    p_raw_event
from derived
