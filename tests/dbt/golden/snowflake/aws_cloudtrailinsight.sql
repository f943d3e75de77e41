-- One row per start or end of unusual API activity, as CloudTrail Insights found it. Its fields, their types and indicators: aws_cloudtrailinsight.yml.
with landed as (
    select * from LAKE.panther_raw.aws_cloudtrailinsight
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_parse_json(p_raw_event) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        iff(regexp_like(regexp_replace(e:"eventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"eventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"eventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "EVENTTIME",
        e:"eventVersion"::string as "EVENTVERSION",
        e:"eventID"::string as "EVENTID",
        e:"eventType"::string as "EVENTTYPE",
        e:"eventCategory"::string as "EVENTCATEGORY",
        e:"awsRegion"::string as "AWSREGION",
        e:"recipientAccountId"::string as "RECIPIENTACCOUNTID",
        e:"sharedEventID"::string as "SHAREDEVENTID",
        iff(strip_null_value(e:"insightDetails") is null, null, object_construct_keep_null('state', e:"insightDetails":"state"::string, 'eventSource', e:"insightDetails":"eventSource"::string, 'eventName', e:"insightDetails":"eventName"::string, 'errorCode', e:"insightDetails":"errorCode"::string, 'insightType', e:"insightDetails":"insightType"::string, 'insightContext', iff(strip_null_value(e:"insightDetails":"insightContext") is null, null, object_construct_keep_null('statistics', iff(strip_null_value(e:"insightDetails":"insightContext":"statistics") is null, null, object_construct_keep_null('baseline', iff(strip_null_value(e:"insightDetails":"insightContext":"statistics":"baseline") is null, null, object_construct_keep_null('average', try_to_double(e:"insightDetails":"insightContext":"statistics":"baseline":"average"::string))), 'insight', iff(strip_null_value(e:"insightDetails":"insightContext":"statistics":"insight") is null, null, object_construct_keep_null('average', try_to_double(e:"insightDetails":"insightContext":"statistics":"insight":"average"::string))), 'insightDuration', try_to_number(e:"insightDetails":"insightContext":"statistics":"insightDuration"::string), 'baselineDuration', try_to_number(e:"insightDetails":"insightContext":"statistics":"baselineDuration"::string))), 'attributions', iff(is_array(e:"insightDetails":"insightContext":"attributions"), transform(e:"insightDetails":"insightContext":"attributions"::array, t1 -> iff(strip_null_value(t1) is null, null, object_construct_keep_null('attribute', t1:"attribute"::string, 'insight', iff(is_array(t1:"insight"), transform(t1:"insight"::array, t2 -> iff(strip_null_value(t2) is null, null, object_construct_keep_null('value', t2:"value"::string, 'average', try_to_double(t2:"average"::string)))), null), 'baseline', iff(is_array(t1:"baseline"), transform(t1:"baseline"::array, t2 -> iff(strip_null_value(t2) is null, null, object_construct_keep_null('value', t2:"value"::string, 'average', try_to_double(t2:"average"::string)))), null)))), null))))) as "INSIGHTDETAILS"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("RECIPIENTACCOUNTID"::string), '') as v_1,
        nullif(trim("SHAREDEVENTID"::string), '') as v_2,
        array_flatten(transform("INSIGHTDETAILS":"insightContext":"attributions"::array, y1 -> transform(y1:"insight"::array, y2 -> nullif(trim(y2:"value"::string), '')))) as l_3,
        array_flatten(transform("INSIGHTDETAILS":"insightContext":"attributions"::array, y1 -> transform(y1:"baseline"::array, y2 -> nullif(trim(y2:"value"::string), '')))) as l_4
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '[0-9]{12}') then v_1 end as v_1_aws_account_id,
        filter(l_3, x -> x like 'arn:%:%:%:%:%') as l_3_aws_arn,
        filter(l_4, x -> x like 'arn:%:%:%:%:%') as l_4_aws_arn
    from picked
),
gathered as (  -- lists that are needed more than once
    select
        checked.*,
        nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(l_3_aws_arn, array_construct()), coalesce(l_4_aws_arn, array_construct()))))), array_construct()) as p_any_aws_arns
    from checked
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> '' and x is distinct from v_1_aws_account_id), x -> regexp_like(x, '[0-9]{12}')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> contains(x, ':instance/')), x -> regexp_like(x, '.*:instance/(.*/)?i-[0-9a-f]+')), x -> regexp_substr(x, '(i-[0-9a-f]+)$', 1, 1, 'e', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_substr(x, '([^/]*)$', 1, 1, 'e', 1)), x -> contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.CloudTrailInsight' as p_log_type,
    coalesce("EVENTTIME", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "EVENTTIME",
    "EVENTVERSION",
    "EVENTID",
    "EVENTTYPE",
    "EVENTCATEGORY",
    "AWSREGION",
    "RECIPIENTACCOUNTID",
    "SHAREDEVENTID",
    "INSIGHTDETAILS",
    cast(null as array) as p_any_ip_addresses,
    cast(null as array) as p_any_domain_names,
    cast(null as array) as p_any_usernames,
    nullif(array_sort(array_distinct(array_compact(arn_emails))), array_construct()) as p_any_emails,
    cast(null as array) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_1_aws_account_id), array_construct()), coalesce(arn_accounts, array_construct()))))), array_construct()) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(array_compact(arn_instances))), array_construct()) as p_any_aws_instance_ids,
    cast(null as array) as p_any_aws_tags,
    cast(null as array) as p_any_md5_hashes,
    cast(null as array) as p_any_sha1_hashes,
    cast(null as array) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_2)))), array_construct()) as p_any_trace_ids,
    cast(null as array) as p_any_mac_addresses,
    p_raw_event
from derived
