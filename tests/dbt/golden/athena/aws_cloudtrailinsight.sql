-- One row per start or end of unusual API activity, as CloudTrail Insights found it. Its fields, their types and indicators: aws_cloudtrailinsight.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."aws_cloudtrailinsight"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_cast(json_parse(p_raw_event) as map(varchar, json)) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'eventTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "eventtime",
        coalesce(json_extract_scalar(element_at(e, 'eventVersion'), '$'), nullif(json_format(element_at(e, 'eventVersion')), 'null')) as "eventversion",
        coalesce(json_extract_scalar(element_at(e, 'eventID'), '$'), nullif(json_format(element_at(e, 'eventID')), 'null')) as "eventid",
        coalesce(json_extract_scalar(element_at(e, 'eventType'), '$'), nullif(json_format(element_at(e, 'eventType')), 'null')) as "eventtype",
        coalesce(json_extract_scalar(element_at(e, 'eventCategory'), '$'), nullif(json_format(element_at(e, 'eventCategory')), 'null')) as "eventcategory",
        coalesce(json_extract_scalar(element_at(e, 'awsRegion'), '$'), nullif(json_format(element_at(e, 'awsRegion')), 'null')) as "awsregion",
        coalesce(json_extract_scalar(element_at(e, 'recipientAccountId'), '$'), nullif(json_format(element_at(e, 'recipientAccountId')), 'null')) as "recipientaccountid",
        coalesce(json_extract_scalar(element_at(e, 'sharedEventID'), '$'), nullif(json_format(element_at(e, 'sharedEventID')), 'null')) as "sharedeventid",
        if(nullif(json_format(element_at(e, 'insightDetails')), 'null') is null, null, transform(array[try_cast(element_at(e, 'insightDetails') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'state'), '$'), nullif(json_format(element_at(m1, 'state')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'eventSource'), '$'), nullif(json_format(element_at(m1, 'eventSource')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'eventName'), '$'), nullif(json_format(element_at(m1, 'eventName')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'errorCode'), '$'), nullif(json_format(element_at(m1, 'errorCode')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'insightType'), '$'), nullif(json_format(element_at(m1, 'insightType')), 'null')), if(nullif(json_format(element_at(m1, 'insightContext')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'insightContext') as map(varchar, json))], m2 -> cast(row(if(nullif(json_format(element_at(m2, 'statistics')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'statistics') as map(varchar, json))], m3 -> cast(row(if(nullif(json_format(element_at(m3, 'baseline')), 'null') is null, null, transform(array[try_cast(element_at(m3, 'baseline') as map(varchar, json))], m4 -> cast(row(try_cast(json_extract_scalar(element_at(m4, 'average'), '$') as double)) as row("average" double)))[1]), if(nullif(json_format(element_at(m3, 'insight')), 'null') is null, null, transform(array[try_cast(element_at(m3, 'insight') as map(varchar, json))], m4 -> cast(row(try_cast(json_extract_scalar(element_at(m4, 'average'), '$') as double)) as row("average" double)))[1]), try_cast(json_extract_scalar(element_at(m3, 'insightDuration'), '$') as integer), try_cast(json_extract_scalar(element_at(m3, 'baselineDuration'), '$') as integer)) as row("baseline" row("average" double), "insight" row("average" double), "insightduration" integer, "baselineduration" integer)))[1]), transform(try_cast(element_at(m2, 'attributions') as array(json)), t3 -> if(nullif(json_format(t3), 'null') is null, null, transform(array[try_cast(t3 as map(varchar, json))], m4 -> cast(row(coalesce(json_extract_scalar(element_at(m4, 'attribute'), '$'), nullif(json_format(element_at(m4, 'attribute')), 'null')), transform(try_cast(element_at(m4, 'insight') as array(json)), t5 -> if(nullif(json_format(t5), 'null') is null, null, transform(array[try_cast(t5 as map(varchar, json))], m6 -> cast(row(coalesce(json_extract_scalar(element_at(m6, 'value'), '$'), nullif(json_format(element_at(m6, 'value')), 'null')), try_cast(json_extract_scalar(element_at(m6, 'average'), '$') as double)) as row("value" varchar, "average" double)))[1])), transform(try_cast(element_at(m4, 'baseline') as array(json)), t5 -> if(nullif(json_format(t5), 'null') is null, null, transform(array[try_cast(t5 as map(varchar, json))], m6 -> cast(row(coalesce(json_extract_scalar(element_at(m6, 'value'), '$'), nullif(json_format(element_at(m6, 'value')), 'null')), try_cast(json_extract_scalar(element_at(m6, 'average'), '$') as double)) as row("value" varchar, "average" double)))[1]))) as row("attribute" varchar, "insight" array(row("value" varchar, "average" double)), "baseline" array(row("value" varchar, "average" double)))))[1]))) as row("statistics" row("baseline" row("average" double), "insight" row("average" double), "insightduration" integer, "baselineduration" integer), "attributions" array(row("attribute" varchar, "insight" array(row("value" varchar, "average" double)), "baseline" array(row("value" varchar, "average" double)))))))[1])) as row("state" varchar, "eventsource" varchar, "eventname" varchar, "errorcode" varchar, "insighttype" varchar, "insightcontext" row("statistics" row("baseline" row("average" double), "insight" row("average" double), "insightduration" integer, "baselineduration" integer), "attributions" array(row("attribute" varchar, "insight" array(row("value" varchar, "average" double)), "baseline" array(row("value" varchar, "average" double))))))))[1]) as "insightdetails"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("recipientaccountid"), '') as v_1,
        nullif(trim("sharedeventid"), '') as v_2,
        flatten(transform("insightdetails"."insightcontext"."attributions", y1 -> transform(y1."insight", y2 -> nullif(trim(y2."value"), '')))) as l_3,
        flatten(transform("insightdetails"."insightcontext"."attributions", y1 -> transform(y1."baseline", y2 -> nullif(trim(y2."value"), '')))) as l_4
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '^([0-9]{12})$') then v_1 end as v_1_aws_account_id,
        filter(l_3, x -> x like 'arn:%:%:%:%:%') as l_3_aws_arn,
        filter(l_4, x -> x like 'arn:%:%:%:%:%') as l_4_aws_arn
    from picked
),
gathered as (  -- lists that are needed more than once
    select
        checked.*,
        nullif(array_sort(array_distinct(filter(concat(coalesce(l_3_aws_arn, array[]), coalesce(l_4_aws_arn, array[])), x -> x is not null))), array[]) as p_any_aws_arns
    from checked
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> '' and x is distinct from v_1_aws_account_id), x -> regexp_like(x, '^([0-9]{12})$')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> strpos(x, ':instance/') > 0), x -> regexp_like(x, '^(.*:instance/(.*/)?i-[0-9a-f]+)$')), x -> regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_extract(x, '([^/]*)$', 1)), x -> strpos(x, '@') > 0) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.CloudTrailInsight' as p_log_type,
    coalesce("eventtime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "eventtime",
    "eventversion",
    "eventid",
    "eventtype",
    "eventcategory",
    "awsregion",
    "recipientaccountid",
    "sharedeventid",
    "insightdetails",
    cast(null as array(varchar)) as p_any_ip_addresses,
    cast(null as array(varchar)) as p_any_domain_names,
    cast(null as array(varchar)) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(arn_emails, x -> x is not null))), array[]) as p_any_emails,
    cast(null as array(varchar)) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_1_aws_account_id], array[]), coalesce(arn_accounts, array[])), x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(arn_instances, x -> x is not null))), array[]) as p_any_aws_instance_ids,
    cast(null as array(varchar)) as p_any_aws_tags,
    cast(null as array(varchar)) as p_any_md5_hashes,
    cast(null as array(varchar)) as p_any_sha1_hashes,
    cast(null as array(varchar)) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(filter(array[v_2], x -> x is not null))), array[]) as p_any_trace_ids,
    cast(null as array(varchar)) as p_any_mac_addresses,
    p_raw_event
from derived
