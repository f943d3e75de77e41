-- One row per line of osquery's own status log. Its fields, their types and indicators: osquery_status.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."osquery_status"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_cast(json_parse(p_raw_event) as map(varchar, json)) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(try(date_parse(regexp_replace(trim(json_extract_scalar(element_at(e, 'calendarTime'), '$')), ' +', ' '), '%a %b %e %H:%i:%s %Y UTC')) as timestamp(6)) as "calendartime",
        cast(try(from_unixtime_nanos(cast(round(try_cast(json_extract_scalar(element_at(e, 'unixTime'), '$') as double) * 1000000) as bigint) * 1000)) at time zone 'UTC' as timestamp(6)) as "unixtime",
        coalesce(json_extract_scalar(element_at(e, 'hostIdentifier'), '$'), nullif(json_format(element_at(e, 'hostIdentifier')), 'null')) as "hostidentifier",
        try_cast(json_extract_scalar(element_at(e, 'severity'), '$') as integer) as "severity",
        coalesce(json_extract_scalar(element_at(e, 'filename'), '$'), nullif(json_format(element_at(e, 'filename')), 'null')) as "filename",
        try_cast(json_extract_scalar(element_at(e, 'line'), '$') as integer) as "line",
        coalesce(json_extract_scalar(element_at(e, 'message'), '$'), nullif(json_format(element_at(e, 'message')), 'null')) as "message",
        coalesce(json_extract_scalar(element_at(e, 'version'), '$'), nullif(json_format(element_at(e, 'version')), 'null')) as "version",
        transform_values(try_cast(element_at(e, 'decorations') as map(varchar, json)), (k1, t1) -> coalesce(json_extract_scalar(t1, '$'), nullif(json_format(t1), 'null'))) as "decorations",
        coalesce(json_extract_scalar(element_at(e, 'log_type'), '$'), nullif(json_format(element_at(e, 'log_type')), 'null')) as "log_type"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("hostidentifier"), '') as v_1,
        nullif(trim(element_at("decorations", 'username')), '') as v_2,
        nullif(trim(element_at("decorations", 'user')), '') as v_3,
        nullif(trim(element_at("decorations", 'hostname')), '') as v_4,
        concat_ws(' ', '', coalesce("message", '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_1 end as v_1_ip,
        case when regexp_like(v_4, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_4 end as v_4_ip,
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
        case when v_1_ip is null and v_1 <> '' then v_1 end as v_1_name,
        case when v_4_ip is null and v_4 <> '' then v_4 end as v_4_name,
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
    'Osquery.Status' as p_log_type,
    coalesce("calendartime", "unixtime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "calendartime",
    "unixtime",
    "hostidentifier",
    "severity",
    "filename",
    "line",
    "message",
    "version",
    "decorations",
    "log_type",
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_1_ip, v_4_ip], array[]), coalesce(word_ips, array[]), coalesce(host_ips, array[])), x -> x is not null))), array[]) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_1_name, v_4_name], array[]), coalesce(host_names, array[])), x -> x is not null))), array[]) as p_any_domain_names,
    nullif(array_sort(array_distinct(filter(array[v_2, v_3], x -> x is not null))), array[]) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_emails, array[]), coalesce(arn_emails, array[])), x -> x is not null))), array[]) as p_any_emails,
    cast(null as array(varchar)) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(arn_accounts, x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_instances, array[]), coalesce(arn_instances, array[])), x -> x is not null))), array[]) as p_any_aws_instance_ids,
    cast(null as array(varchar)) as p_any_aws_tags,
    nullif(array_sort(array_distinct(filter(md5s, x -> x is not null))), array[]) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(filter(sha1s, x -> x is not null))), array[]) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(sha256s, x -> x is not null))), array[]) as p_any_sha256_hashes,
    cast(null as array(varchar)) as p_any_trace_ids,
    cast(null as array(varchar)) as p_any_mac_addresses,
    p_raw_event
from derived
