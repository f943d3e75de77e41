-- One row per configuration item: what AWS Config recorded of one resource at one time. Its fields, their types and indicators: aws_config.yml.
with landed as (
    select * from "lake"."panther_raw"."aws_config"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"configurationItemCaptureTime": "TIMESTAMPTZ", "configurationItemVersion": "VARCHAR", "configurationItemStatus": "VARCHAR", "configurationStateId": "BIGINT", "configurationStateMd5Hash": "VARCHAR", "awsAccountId": "VARCHAR", "resourceType": "VARCHAR", "resourceId": "VARCHAR", "resourceName": "VARCHAR", "ARN": "VARCHAR", "awsRegion": "VARCHAR", "availabilityZone": "VARCHAR", "resourceCreationTime": "TIMESTAMPTZ", "tags": "JSON", "relatedEvents": ["VARCHAR"], "relationships": [{"resourceType": "VARCHAR", "resourceId": "VARCHAR", "resourceName": "VARCHAR", "name": "VARCHAR"}], "configuration": "JSON", "supplementaryConfiguration": "JSON"}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"configurationItemCaptureTime": "TIMESTAMPTZ", "configurationItemVersion": "VARCHAR", "configurationItemStatus": "VARCHAR", "configurationStateId": "BIGINT", "configurationStateMd5Hash": "VARCHAR", "awsAccountId": "VARCHAR", "resourceType": "VARCHAR", "resourceId": "VARCHAR", "resourceName": "VARCHAR", "ARN": "VARCHAR", "awsRegion": "VARCHAR", "availabilityZone": "VARCHAR", "resourceCreationTime": "TIMESTAMPTZ", "tags": "JSON", "relatedEvents": ["VARCHAR"], "relationships": [{"resourceType": "VARCHAR", "resourceId": "VARCHAR", "resourceName": "VARCHAR", "name": "VARCHAR"}], "configuration": "JSON", "supplementaryConfiguration": "JSON"}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(e."configurationItemCaptureTime" as timestamp) as "configurationItemCaptureTime",
        e."configurationItemVersion" as "configurationItemVersion",
        e."configurationItemStatus" as "configurationItemStatus",
        e."configurationStateId" as "configurationStateId",
        e."configurationStateMd5Hash" as "configurationStateMd5Hash",
        e."awsAccountId" as "awsAccountId",
        e."resourceType" as "resourceType",
        e."resourceId" as "resourceId",
        e."resourceName" as "resourceName",
        e."ARN" as "ARN",
        e."awsRegion" as "awsRegion",
        e."availabilityZone" as "availabilityZone",
        cast(e."resourceCreationTime" as timestamp) as "resourceCreationTime",
        case when json_type(e."tags") = 'OBJECT' then case when len(json_keys(e."tags")) = len(list_distinct(json_keys(e."tags"))) then from_json(e."tags", '"MAP(VARCHAR, VARCHAR)"') else map_from_entries(list_transform(list_distinct(json_keys(e."tags")), lambda k1: struct_pack(k := k1, v := from_json(json_extract(e."tags", '/' || replace(replace(k1, '~', '~0'), '/', '~1')), '"VARCHAR"')))) end end as "tags",
        e."relatedEvents" as "relatedEvents",
        e."relationships" as "relationships",
        e."configuration" as "configuration",
        e."supplementaryConfiguration" as "supplementaryConfiguration"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when "configurationStateMd5Hash" >= '!' and not suffix("configurationStateMd5Hash", ' ') then "configurationStateMd5Hash" else nullif(trim("configurationStateMd5Hash"), '') end as v_1,
        case when "awsAccountId" >= '!' and not suffix("awsAccountId", ' ') then "awsAccountId" else nullif(trim("awsAccountId"), '') end as v_2,
        case when "resourceId" >= '!' and not suffix("resourceId", ' ') then "resourceId" else nullif(trim("resourceId"), '') end as v_3,
        case when "ARN" >= '!' and not suffix("ARN", ' ') then "ARN" else nullif(trim("ARN"), '') end as v_4,
        list_transform(list_transform(map_entries("tags"), lambda x: x.key || ':' || x.value), lambda x: case when x >= '!' and not suffix(x, ' ') then x else nullif(trim(x), '') end) as l_5,
        list_transform("relatedEvents", lambda y1: case when y1 >= '!' and not suffix(y1, ' ') then y1 else nullif(trim(y1), '') end) as l_6,
        list_transform("relationships", lambda y1: case when y1."resourceId" >= '!' and not suffix(y1."resourceId", ' ') then y1."resourceId" else nullif(trim(y1."resourceId"), '') end) as l_7,
        concat_ws(' ', cast("configuration" as varchar), cast("supplementaryConfiguration" as varchar)) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_full_match(v_1, '[0-9a-fA-F]{32}') then lower(v_1) end as v_1_md5,
        case when regexp_full_match(v_2, '[0-9]{12}') then v_2 end as v_2_aws_account_id,
        case when starts_with(v_3, 'i-') then v_3 end as v_3_aws_instance_id,
        case when v_4 like 'arn:%:%:%:%:%' then v_4 end as v_4_aws_arn,
        list_filter(l_7, lambda x: starts_with(x, 'i-')) as l_7_aws_instance_id,
        regexp_extract_all(open_text, '"(?:[A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"|"(?:instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\]+"|"(?:publicDnsName|privateDnsName|domain)":"[^"\\]+"|"[tT]ag(?:s|Set|List|sList)":(?:\[|[{])|arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://(?:[^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*(?:[.][0-9]+)*(?:/[0-9]+)?|\b(?:[0-9]{1,3}(?:[.][0-9]{1,3}){3}(?:[.]?[A-Za-z0-9_])*(?:/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[.][0-9]+)*(?::?[A-Za-z0-9_])*(?:/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
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
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '["\[]?(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))')), lambda x: ltrim(x, '"[')) as word_ips,
        list_transform(list_filter(rest, lambda x: starts_with(x, 'http') and contains(x, '://')), lambda x: regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        list_filter(rest, lambda x: regexp_full_match(x, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]')) as word_emails,
        list_filter(rest, lambda x: regexp_full_match(x, 'i-[0-9a-f]{8,17}')) as word_instances,
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '[0-9a-fA-F]{32,64}')), lambda x: lower(x)) as word_hashes,
        list_filter(rest, lambda x: starts_with(x, '"') and contains(x, '":')) as keyed
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
        list_transform(list_filter(keyed, lambda x: contains(x, 'ccount')), lambda x: split_part(x, '"', 4)) as keyed_accounts,
        list_transform(list_filter(keyed, lambda x: contains(x, 'nstance')), lambda x: split_part(x, '"', 4)) as keyed_instances,
        list_transform(list_filter(keyed, lambda x: contains(x, 'DnsName":') or starts_with(x, '"domain":')), lambda x: split_part(x, '"', 4)) as keyed_names,
        case when len(list_filter(keyed, lambda x: starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then list_transform(regexp_extract_all(array_to_string(regexp_extract_all(open_text, '"[tT]ag(?:s|Set|List|sList)":(?:[{]"items":)?\[(?:(?:[{]"[kK]ey":"(?:(?:[^"\\]|\\.)*)","[vV]alue":"(?:(?:[^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(?:(?:[^"\\]|\\.)*)","[kK]ey":"(?:(?:[^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[kK]ey":"(?:(?:[^"\\]|\\.)*)","[vV]alue":"(?:(?:[^"\\]|\\.)*)"[}]'), lambda x: regexp_replace(x, '^[{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]$', '\1:\3')) end as tags_1,
        case when len(list_filter(keyed, lambda x: starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then list_transform(regexp_extract_all(array_to_string(regexp_extract_all(open_text, '"[tT]ag(?:s|Set|List|sList)":(?:[{]"items":)?\[(?:(?:[{]"[kK]ey":"(?:(?:[^"\\]|\\.)*)","[vV]alue":"(?:(?:[^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(?:(?:[^"\\]|\\.)*)","[kK]ey":"(?:(?:[^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[vV]alue":"(?:(?:[^"\\]|\\.)*)","[kK]ey":"(?:(?:[^"\\]|\\.)*)"[}]'), lambda x: regexp_replace(x, '^[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]$', '\3:\1')) end as tags_2,
        map_keys(list_histogram(list_concat([v_4_aws_arn], word_arns))) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        list_filter(list_filter(list_transform(p_any_aws_arns, lambda x: split_part(x, ':', 5)), lambda x: x <> '' and x is distinct from v_2_aws_account_id), lambda x: regexp_full_match(x, '[0-9]{12}')) as arn_accounts,
        list_transform(list_filter(list_filter(p_any_aws_arns, lambda x: contains(x, ':instance/')), lambda x: regexp_full_match(x, '.*:instance/(?:.*/)?i-[0-9a-f]+')), lambda x: regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        list_filter(list_transform(list_filter(p_any_aws_arns, lambda x: x like '%:assumed-role/%@%'), lambda x: regexp_extract(x, '([^/]*)$', 1)), lambda x: contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.Config' as p_log_type,
    coalesce("configurationItemCaptureTime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "configurationItemCaptureTime",
    "configurationItemVersion",
    "configurationItemStatus",
    "configurationStateId",
    "configurationStateMd5Hash",
    "awsAccountId",
    "resourceType",
    "resourceId",
    "resourceName",
    "ARN",
    "awsRegion",
    "availabilityZone",
    "resourceCreationTime",
    "tags",
    "relatedEvents",
    "relationships",
    "configuration",
    "supplementaryConfiguration",
    case when len(word_ips) > 0 or len(host_ips) > 0 then map_keys(list_histogram(list_concat(word_ips, host_ips))) else null end as p_any_ip_addresses,
    case when len(host_names) > 0 or len(keyed_names) > 0 then map_keys(list_histogram(list_concat(host_names, keyed_names))) else null end as p_any_domain_names,
    cast(null as VARCHAR[]) as p_any_usernames,
    case when len(word_emails) > 0 or len(arn_emails) > 0 then map_keys(list_histogram(list_concat(word_emails, arn_emails))) else null end as p_any_emails,
    cast(null as VARCHAR[]) as p_any_actor_ids,
    case when len(keyed_accounts) > 0 or len(arn_accounts) > 0 then map_keys(list_histogram(list_concat([v_2_aws_account_id], keyed_accounts, arn_accounts))) else case when v_2_aws_account_id is not null then [v_2_aws_account_id] end end as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    case when len(l_7_aws_instance_id) > 0 or len(word_instances) > 0 or len(keyed_instances) > 0 or len(arn_instances) > 0 then map_keys(list_histogram(list_concat([v_3_aws_instance_id], l_7_aws_instance_id, word_instances, keyed_instances, arn_instances))) else case when v_3_aws_instance_id is not null then [v_3_aws_instance_id] end end as p_any_aws_instance_ids,
    case when len(l_5) > 0 or len(tags_1) > 0 or len(tags_2) > 0 then map_keys(list_histogram(list_concat(l_5, tags_1, tags_2))) else null end as p_any_aws_tags,
    case when len(md5s) > 0 then map_keys(list_histogram(list_concat([v_1_md5], md5s))) else case when v_1_md5 is not null then [v_1_md5] end end as p_any_md5_hashes,
    case when len(sha1s) > 0 then map_keys(list_histogram(sha1s)) else null end as p_any_sha1_hashes,
    case when len(sha256s) > 0 then map_keys(list_histogram(sha256s)) else null end as p_any_sha256_hashes,
    case when len(l_6) > 0 then map_keys(list_histogram(l_6)) else null end as p_any_trace_ids,
    cast(null as VARCHAR[]) as p_any_mac_addresses,
    p_raw_event
from derived
