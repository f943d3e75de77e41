-- One row per start or end of unusual API activity, as CloudTrail Insights found it. Its fields, their types and indicators: aws_cloudtrailinsight.yml.
with landed as (
    select * from "lake"."panther_raw"."aws_cloudtrailinsight"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"eventTime": "TIMESTAMPTZ", "eventVersion": "VARCHAR", "eventID": "VARCHAR", "eventType": "VARCHAR", "eventCategory": "VARCHAR", "awsRegion": "VARCHAR", "recipientAccountId": "VARCHAR", "sharedEventID": "VARCHAR", "insightDetails": {"state": "VARCHAR", "eventSource": "VARCHAR", "eventName": "VARCHAR", "errorCode": "VARCHAR", "insightType": "VARCHAR", "insightContext": {"statistics": {"baseline": {"average": "DOUBLE"}, "insight": {"average": "DOUBLE"}, "insightDuration": "INTEGER", "baselineDuration": "INTEGER"}, "attributions": [{"attribute": "VARCHAR", "insight": [{"value": "VARCHAR", "average": "DOUBLE"}], "baseline": [{"value": "VARCHAR", "average": "DOUBLE"}]}]}}}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"eventTime": "TIMESTAMPTZ", "eventVersion": "VARCHAR", "eventID": "VARCHAR", "eventType": "VARCHAR", "eventCategory": "VARCHAR", "awsRegion": "VARCHAR", "recipientAccountId": "VARCHAR", "sharedEventID": "VARCHAR", "insightDetails": {"state": "VARCHAR", "eventSource": "VARCHAR", "eventName": "VARCHAR", "errorCode": "VARCHAR", "insightType": "VARCHAR", "insightContext": {"statistics": {"baseline": {"average": "DOUBLE"}, "insight": {"average": "DOUBLE"}, "insightDuration": "INTEGER", "baselineDuration": "INTEGER"}, "attributions": [{"attribute": "VARCHAR", "insight": [{"value": "VARCHAR", "average": "DOUBLE"}], "baseline": [{"value": "VARCHAR", "average": "DOUBLE"}]}]}}}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(e."eventTime" as timestamp) as "eventTime",
        e."eventVersion" as "eventVersion",
        e."eventID" as "eventID",
        e."eventType" as "eventType",
        e."eventCategory" as "eventCategory",
        e."awsRegion" as "awsRegion",
        e."recipientAccountId" as "recipientAccountId",
        e."sharedEventID" as "sharedEventID",
        e."insightDetails" as "insightDetails"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when "recipientAccountId" >= '!' and not suffix("recipientAccountId", ' ') then "recipientAccountId" else nullif(trim("recipientAccountId"), '') end as v_1,
        case when "sharedEventID" >= '!' and not suffix("sharedEventID", ' ') then "sharedEventID" else nullif(trim("sharedEventID"), '') end as v_2,
        flatten(list_transform("insightDetails"."insightContext"."attributions", lambda y1: list_transform(y1."insight", lambda y2: case when y2."value" >= '!' and not suffix(y2."value", ' ') then y2."value" else nullif(trim(y2."value"), '') end))) as l_3,
        flatten(list_transform("insightDetails"."insightContext"."attributions", lambda y1: list_transform(y1."baseline", lambda y2: case when y2."value" >= '!' and not suffix(y2."value", ' ') then y2."value" else nullif(trim(y2."value"), '') end))) as l_4
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_full_match(v_1, '[0-9]{12}') then v_1 end as v_1_aws_account_id,
        list_filter(l_3, lambda x: x like 'arn:%:%:%:%:%') as l_3_aws_arn,
        list_filter(l_4, lambda x: x like 'arn:%:%:%:%:%') as l_4_aws_arn
    from picked
),
gathered as (  -- lists that are needed more than once
    select
        checked.*,
        map_keys(list_histogram(list_concat(l_3_aws_arn, l_4_aws_arn))) as p_any_aws_arns
    from checked
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        list_filter(list_filter(list_transform(p_any_aws_arns, lambda x: split_part(x, ':', 5)), lambda x: x <> '' and x is distinct from v_1_aws_account_id), lambda x: regexp_full_match(x, '[0-9]{12}')) as arn_accounts,
        list_transform(list_filter(list_filter(p_any_aws_arns, lambda x: contains(x, ':instance/')), lambda x: regexp_full_match(x, '.*:instance/(?:.*/)?i-[0-9a-f]+')), lambda x: regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        list_filter(list_transform(list_filter(p_any_aws_arns, lambda x: x like '%:assumed-role/%@%'), lambda x: regexp_extract(x, '([^/]*)$', 1)), lambda x: contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.CloudTrailInsight' as p_log_type,
    coalesce("eventTime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "eventTime",
    "eventVersion",
    "eventID",
    "eventType",
    "eventCategory",
    "awsRegion",
    "recipientAccountId",
    "sharedEventID",
    "insightDetails",
    cast(null as VARCHAR[]) as p_any_ip_addresses,
    cast(null as VARCHAR[]) as p_any_domain_names,
    cast(null as VARCHAR[]) as p_any_usernames,
    case when len(arn_emails) > 0 then map_keys(list_histogram(arn_emails)) else null end as p_any_emails,
    cast(null as VARCHAR[]) as p_any_actor_ids,
    case when len(arn_accounts) > 0 then map_keys(list_histogram(list_concat([v_1_aws_account_id], arn_accounts))) else case when v_1_aws_account_id is not null then [v_1_aws_account_id] end end as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    case when len(arn_instances) > 0 then map_keys(list_histogram(arn_instances)) else null end as p_any_aws_instance_ids,
    cast(null as VARCHAR[]) as p_any_aws_tags,
    cast(null as VARCHAR[]) as p_any_md5_hashes,
    cast(null as VARCHAR[]) as p_any_sha1_hashes,
    cast(null as VARCHAR[]) as p_any_sha256_hashes,
    case when v_2 is not null then [v_2] end as p_any_trace_ids,
    cast(null as VARCHAR[]) as p_any_mac_addresses,
    p_raw_event
from derived
