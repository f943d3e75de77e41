-- One row per configuration item: what AWS Config recorded of one resource at one time. Its fields, their types and indicators: aws_config.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."aws_config"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_cast(json_parse(p_raw_event) as map(varchar, json)) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'configurationItemCaptureTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "configurationitemcapturetime",
        coalesce(json_extract_scalar(element_at(e, 'configurationItemVersion'), '$'), nullif(json_format(element_at(e, 'configurationItemVersion')), 'null')) as "configurationitemversion",
        coalesce(json_extract_scalar(element_at(e, 'configurationItemStatus'), '$'), nullif(json_format(element_at(e, 'configurationItemStatus')), 'null')) as "configurationitemstatus",
        try_cast(json_extract_scalar(element_at(e, 'configurationStateId'), '$') as bigint) as "configurationstateid",
        coalesce(json_extract_scalar(element_at(e, 'configurationStateMd5Hash'), '$'), nullif(json_format(element_at(e, 'configurationStateMd5Hash')), 'null')) as "configurationstatemd5hash",
        coalesce(json_extract_scalar(element_at(e, 'awsAccountId'), '$'), nullif(json_format(element_at(e, 'awsAccountId')), 'null')) as "awsaccountid",
        coalesce(json_extract_scalar(element_at(e, 'resourceType'), '$'), nullif(json_format(element_at(e, 'resourceType')), 'null')) as "resourcetype",
        coalesce(json_extract_scalar(element_at(e, 'resourceId'), '$'), nullif(json_format(element_at(e, 'resourceId')), 'null')) as "resourceid",
        coalesce(json_extract_scalar(element_at(e, 'resourceName'), '$'), nullif(json_format(element_at(e, 'resourceName')), 'null')) as "resourcename",
        coalesce(json_extract_scalar(element_at(e, 'ARN'), '$'), nullif(json_format(element_at(e, 'ARN')), 'null')) as "arn",
        coalesce(json_extract_scalar(element_at(e, 'awsRegion'), '$'), nullif(json_format(element_at(e, 'awsRegion')), 'null')) as "awsregion",
        coalesce(json_extract_scalar(element_at(e, 'availabilityZone'), '$'), nullif(json_format(element_at(e, 'availabilityZone')), 'null')) as "availabilityzone",
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'resourceCreationTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "resourcecreationtime",
        transform_values(try_cast(element_at(e, 'tags') as map(varchar, json)), (k1, t1) -> coalesce(json_extract_scalar(t1, '$'), nullif(json_format(t1), 'null'))) as "tags",
        transform(try_cast(element_at(e, 'relatedEvents') as array(json)), t1 -> coalesce(json_extract_scalar(t1, '$'), nullif(json_format(t1), 'null'))) as "relatedevents",
        transform(try_cast(element_at(e, 'relationships') as array(json)), t1 -> if(nullif(json_format(t1), 'null') is null, null, transform(array[try_cast(t1 as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'resourceType'), '$'), nullif(json_format(element_at(m2, 'resourceType')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'resourceId'), '$'), nullif(json_format(element_at(m2, 'resourceId')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'resourceName'), '$'), nullif(json_format(element_at(m2, 'resourceName')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'name'), '$'), nullif(json_format(element_at(m2, 'name')), 'null'))) as row("resourcetype" varchar, "resourceid" varchar, "resourcename" varchar, "name" varchar)))[1])) as "relationships",
        nullif(json_format(element_at(e, 'configuration')), 'null') as "configuration",
        nullif(json_format(element_at(e, 'supplementaryConfiguration')), 'null') as "supplementaryconfiguration"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("configurationstatemd5hash"), '') as v_1,
        nullif(trim("awsaccountid"), '') as v_2,
        nullif(trim("resourceid"), '') as v_3,
        nullif(trim("arn"), '') as v_4,
        transform(transform(map_entries("tags"), x -> x[1] || ':' || x[2]), x -> nullif(trim(x), '')) as l_5,
        transform("relatedevents", y1 -> nullif(trim(y1), '')) as l_6,
        transform("relationships", y1 -> nullif(trim(y1."resourceid"), '')) as l_7,
        concat_ws(' ', '', coalesce("configuration", ''), coalesce("supplementaryconfiguration", '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '^([0-9a-fA-F]{32})$') then lower(v_1) end as v_1_md5,
        case when regexp_like(v_2, '^([0-9]{12})$') then v_2 end as v_2_aws_account_id,
        case when starts_with(v_3, 'i-') then v_3 end as v_3_aws_instance_id,
        case when v_4 like 'arn:%:%:%:%:%' then v_4 end as v_4_aws_arn,
        filter(l_7, x -> starts_with(x, 'i-')) as l_7_aws_instance_id,
        regexp_extract_all(open_text, '"([A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"|"(instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\]+"|"(publicDnsName|privateDnsName|domain)":"[^"\\]+"|"[tT]ag(s|Set|List|sList)":(\[|[{])|arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
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
        transform(filter(rest, x -> regexp_like(x, '^(["\[]?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])))$')), x -> regexp_replace(x, '^["\[]', '')) as word_ips,
        transform(filter(rest, x -> starts_with(x, 'http') and strpos(x, '://') > 0), x -> regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        filter(rest, x -> regexp_like(x, '^([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z])$')) as word_emails,
        filter(rest, x -> regexp_like(x, '^(i-[0-9a-f]{8,17})$')) as word_instances,
        transform(filter(rest, x -> regexp_like(x, '^([0-9a-fA-F]{32,64})$')), x -> lower(x)) as word_hashes,
        filter(rest, x -> starts_with(x, '"') and strpos(x, '":') > 0) as keyed
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
        transform(filter(keyed, x -> strpos(x, 'ccount') > 0), x -> split_part(x, '"', 4)) as keyed_accounts,
        transform(filter(keyed, x -> strpos(x, 'nstance') > 0), x -> split_part(x, '"', 4)) as keyed_instances,
        transform(filter(keyed, x -> strpos(x, 'DnsName":') > 0 or starts_with(x, '"domain":')), x -> split_part(x, '"', 4)) as keyed_names,
        case when cardinality(filter(keyed, x -> starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then transform(regexp_extract_all(array_join(regexp_extract_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\[(([{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]$', '$1:$3')) end as tags_1,
        case when cardinality(filter(keyed, x -> starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then transform(regexp_extract_all(array_join(regexp_extract_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\[(([{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]$', '$3:$1')) end as tags_2,
        nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_4_aws_arn], array[]), coalesce(word_arns, array[])), x -> x is not null))), array[]) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> '' and x is distinct from v_2_aws_account_id), x -> regexp_like(x, '^([0-9]{12})$')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> strpos(x, ':instance/') > 0), x -> regexp_like(x, '^(.*:instance/(.*/)?i-[0-9a-f]+)$')), x -> regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_extract(x, '([^/]*)$', 1)), x -> strpos(x, '@') > 0) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.Config' as p_log_type,
    coalesce("configurationitemcapturetime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "configurationitemcapturetime",
    "configurationitemversion",
    "configurationitemstatus",
    "configurationstateid",
    "configurationstatemd5hash",
    "awsaccountid",
    "resourcetype",
    "resourceid",
    "resourcename",
    "arn",
    "awsregion",
    "availabilityzone",
    "resourcecreationtime",
    "tags",
    "relatedevents",
    "relationships",
    "configuration",
    "supplementaryconfiguration",
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_ips, array[]), coalesce(host_ips, array[])), x -> x is not null))), array[]) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(filter(concat(coalesce(host_names, array[]), coalesce(keyed_names, array[])), x -> x is not null))), array[]) as p_any_domain_names,
    cast(null as array(varchar)) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_emails, array[]), coalesce(arn_emails, array[])), x -> x is not null))), array[]) as p_any_emails,
    cast(null as array(varchar)) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_2_aws_account_id], array[]), coalesce(keyed_accounts, array[]), coalesce(arn_accounts, array[])), x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_3_aws_instance_id], array[]), coalesce(l_7_aws_instance_id, array[]), coalesce(word_instances, array[]), coalesce(keyed_instances, array[]), coalesce(arn_instances, array[])), x -> x is not null))), array[]) as p_any_aws_instance_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(l_5, array[]), coalesce(tags_1, array[]), coalesce(tags_2, array[])), x -> x is not null))), array[]) as p_any_aws_tags,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_1_md5], array[]), coalesce(md5s, array[])), x -> x is not null))), array[]) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(filter(sha1s, x -> x is not null))), array[]) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(sha256s, x -> x is not null))), array[]) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(filter(l_6, x -> x is not null))), array[]) as p_any_trace_ids,
    cast(null as array(varchar)) as p_any_mac_addresses,
    p_raw_event
from derived
