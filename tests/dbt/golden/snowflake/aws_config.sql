-- One row per configuration item: what AWS Config recorded of one resource at one time. Its fields, their types and indicators: aws_config.yml.
with landed as (
    select * from LAKE.panther_raw.aws_config
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_parse_json(p_raw_event) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        iff(regexp_like(regexp_replace(e:"configurationItemCaptureTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"configurationItemCaptureTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"configurationItemCaptureTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "CONFIGURATIONITEMCAPTURETIME",
        e:"configurationItemVersion"::string as "CONFIGURATIONITEMVERSION",
        e:"configurationItemStatus"::string as "CONFIGURATIONITEMSTATUS",
        try_to_number(e:"configurationStateId"::string) as "CONFIGURATIONSTATEID",
        e:"configurationStateMd5Hash"::string as "CONFIGURATIONSTATEMD5HASH",
        e:"awsAccountId"::string as "AWSACCOUNTID",
        e:"resourceType"::string as "RESOURCETYPE",
        e:"resourceId"::string as "RESOURCEID",
        e:"resourceName"::string as "RESOURCENAME",
        e:"ARN"::string as "ARN",
        e:"awsRegion"::string as "AWSREGION",
        e:"availabilityZone"::string as "AVAILABILITYZONE",
        iff(regexp_like(regexp_replace(e:"resourceCreationTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"resourceCreationTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"resourceCreationTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "RESOURCECREATIONTIME",
        strip_null_value(e:"tags") as "TAGS",
        iff(is_array(e:"relatedEvents"), transform(e:"relatedEvents"::array, t1 -> t1::string), null) as "RELATEDEVENTS",
        iff(is_array(e:"relationships"), transform(e:"relationships"::array, t1 -> iff(strip_null_value(t1) is null, null, object_construct_keep_null('resourceType', t1:"resourceType"::string, 'resourceId', t1:"resourceId"::string, 'resourceName', t1:"resourceName"::string, 'name', t1:"name"::string))), null) as "RELATIONSHIPS",
        strip_null_value(e:"configuration") as "CONFIGURATION",
        strip_null_value(e:"supplementaryConfiguration") as "SUPPLEMENTARYCONFIGURATION"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("CONFIGURATIONSTATEMD5HASH"::string), '') as v_1,
        nullif(trim("AWSACCOUNTID"::string), '') as v_2,
        nullif(trim("RESOURCEID"::string), '') as v_3,
        nullif(trim("ARN"::string), '') as v_4,
        transform(transform(object_keys("TAGS"), k -> k::string || ':' || get("TAGS", k::string)::string), x -> nullif(trim(x), '')) as l_5,
        transform("RELATEDEVENTS"::array, y1 -> nullif(trim(y1::string), '')) as l_6,
        transform("RELATIONSHIPS"::array, y1 -> nullif(trim(y1:"resourceId"::string), '')) as l_7,
        concat_ws(' ', '', coalesce(to_json("CONFIGURATION"), ''), coalesce(to_json("SUPPLEMENTARYCONFIGURATION"), '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '[0-9a-fA-F]{32}') then lower(v_1) end as v_1_md5,
        case when regexp_like(v_2, '[0-9]{12}') then v_2 end as v_2_aws_account_id,
        case when startswith(v_3, 'i-') then v_3 end as v_3_aws_instance_id,
        case when v_4 like 'arn:%:%:%:%:%' then v_4 end as v_4_aws_arn,
        filter(l_7, x -> startswith(x, 'i-')) as l_7_aws_instance_id,
        regexp_substr_all(open_text, '"([A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"|"(instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\\\]+"|"(publicDnsName|privateDnsName|domain)":"[^"\\\\]+"|"[tT]ag(s|Set|List|sList)":(\\[|[{])|arn:aws[a-z-]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^"\\\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\\b|[0-9a-fA-F]{32,64}\\b)') as words
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
        transform(filter(rest, x -> regexp_like(x, '["\\[]?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))')), x -> ltrim(x, '"[')) as word_ips,
        transform(filter(rest, x -> startswith(x, 'http') and contains(x, '://')), x -> regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        filter(rest, x -> regexp_like(x, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]')) as word_emails,
        filter(rest, x -> regexp_like(x, 'i-[0-9a-f]{8,17}')) as word_instances,
        transform(filter(rest, x -> regexp_like(x, '[0-9a-fA-F]{32,64}')), x -> lower(x)) as word_hashes,
        filter(rest, x -> startswith(x, '"') and contains(x, '":')) as keyed
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
        transform(filter(keyed, x -> contains(x, 'ccount')), x -> split_part(x, '"', 4)) as keyed_accounts,
        transform(filter(keyed, x -> contains(x, 'nstance')), x -> split_part(x, '"', 4)) as keyed_instances,
        transform(filter(keyed, x -> contains(x, 'DnsName":') or startswith(x, '"domain":')), x -> split_part(x, '"', 4)) as keyed_names,
        case when array_size(filter(keyed, x -> startswith(x, '"tag') or startswith(x, '"Tag'))) > 0 then transform(regexp_substr_all(array_to_string(regexp_substr_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\\[(([{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]|[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]),?)+'), ' '), '[{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]$', '\\1:\\3')) end as tags_1,
        case when array_size(filter(keyed, x -> startswith(x, '"tag') or startswith(x, '"Tag'))) > 0 then transform(regexp_substr_all(array_to_string(regexp_substr_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\\[(([{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]|[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]),?)+'), ' '), '[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]$', '\\3:\\1')) end as tags_2,
        nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_4_aws_arn), array_construct()), coalesce(word_arns, array_construct()))))), array_construct()) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> '' and x is distinct from v_2_aws_account_id), x -> regexp_like(x, '[0-9]{12}')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> contains(x, ':instance/')), x -> regexp_like(x, '.*:instance/(.*/)?i-[0-9a-f]+')), x -> regexp_substr(x, '(i-[0-9a-f]+)$', 1, 1, 'e', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_substr(x, '([^/]*)$', 1, 1, 'e', 1)), x -> contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.Config' as p_log_type,
    coalesce("CONFIGURATIONITEMCAPTURETIME", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "CONFIGURATIONITEMCAPTURETIME",
    "CONFIGURATIONITEMVERSION",
    "CONFIGURATIONITEMSTATUS",
    "CONFIGURATIONSTATEID",
    "CONFIGURATIONSTATEMD5HASH",
    "AWSACCOUNTID",
    "RESOURCETYPE",
    "RESOURCEID",
    "RESOURCENAME",
    "ARN",
    "AWSREGION",
    "AVAILABILITYZONE",
    "RESOURCECREATIONTIME",
    "TAGS",
    "RELATEDEVENTS",
    "RELATIONSHIPS",
    "CONFIGURATION",
    "SUPPLEMENTARYCONFIGURATION",
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_ips, array_construct()), coalesce(host_ips, array_construct()))))), array_construct()) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(host_names, array_construct()), coalesce(keyed_names, array_construct()))))), array_construct()) as p_any_domain_names,
    cast(null as array) as p_any_usernames,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_emails, array_construct()), coalesce(arn_emails, array_construct()))))), array_construct()) as p_any_emails,
    cast(null as array) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_2_aws_account_id), array_construct()), coalesce(keyed_accounts, array_construct())), coalesce(arn_accounts, array_construct()))))), array_construct()) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(array_cat(array_cat(coalesce(array_construct_compact(v_3_aws_instance_id), array_construct()), coalesce(l_7_aws_instance_id, array_construct())), coalesce(word_instances, array_construct())), coalesce(keyed_instances, array_construct())), coalesce(arn_instances, array_construct()))))), array_construct()) as p_any_aws_instance_ids,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(l_5, array_construct()), coalesce(tags_1, array_construct())), coalesce(tags_2, array_construct()))))), array_construct()) as p_any_aws_tags,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_1_md5), array_construct()), coalesce(md5s, array_construct()))))), array_construct()) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(array_compact(sha1s))), array_construct()) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(array_compact(sha256s))), array_construct()) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(array_compact(l_6))), array_construct()) as p_any_trace_ids,
    cast(null as array) as p_any_mac_addresses,
    p_raw_event
from derived
