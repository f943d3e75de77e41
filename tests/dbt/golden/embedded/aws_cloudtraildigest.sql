-- One row per digest file, by which CloudTrail proves that its log files of an hour are complete and unchanged. Its fields, their types and indicators: aws_cloudtraildigest.yml.
with landed as (
    select * from "lake"."panther_raw"."aws_cloudtraildigest"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"digestEndTime": "TIMESTAMPTZ", "digestStartTime": "TIMESTAMPTZ", "awsAccountId": "VARCHAR", "digestS3Bucket": "VARCHAR", "digestS3Object": "VARCHAR", "digestPublicKeyFingerprint": "VARCHAR", "digestSignatureAlgorithm": "VARCHAR", "newestEventTime": "TIMESTAMPTZ", "oldestEventTime": "TIMESTAMPTZ", "previousDigestS3Bucket": "VARCHAR", "previousDigestS3Object": "VARCHAR", "previousDigestHashValue": "VARCHAR", "previousDigestHashAlgorithm": "VARCHAR", "previousDigestSignature": "VARCHAR", "logFiles": [{"s3Bucket": "VARCHAR", "s3Object": "VARCHAR", "hashValue": "VARCHAR", "hashAlgorithm": "VARCHAR", "newestEventTime": "TIMESTAMPTZ", "oldestEventTime": "TIMESTAMPTZ"}]}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"digestEndTime": "TIMESTAMPTZ", "digestStartTime": "TIMESTAMPTZ", "awsAccountId": "VARCHAR", "digestS3Bucket": "VARCHAR", "digestS3Object": "VARCHAR", "digestPublicKeyFingerprint": "VARCHAR", "digestSignatureAlgorithm": "VARCHAR", "newestEventTime": "TIMESTAMPTZ", "oldestEventTime": "TIMESTAMPTZ", "previousDigestS3Bucket": "VARCHAR", "previousDigestS3Object": "VARCHAR", "previousDigestHashValue": "VARCHAR", "previousDigestHashAlgorithm": "VARCHAR", "previousDigestSignature": "VARCHAR", "logFiles": [{"s3Bucket": "VARCHAR", "s3Object": "VARCHAR", "hashValue": "VARCHAR", "hashAlgorithm": "VARCHAR", "newestEventTime": "TIMESTAMPTZ", "oldestEventTime": "TIMESTAMPTZ"}]}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(e."digestEndTime" as timestamp) as "digestEndTime",
        cast(e."digestStartTime" as timestamp) as "digestStartTime",
        e."awsAccountId" as "awsAccountId",
        e."digestS3Bucket" as "digestS3Bucket",
        e."digestS3Object" as "digestS3Object",
        e."digestPublicKeyFingerprint" as "digestPublicKeyFingerprint",
        e."digestSignatureAlgorithm" as "digestSignatureAlgorithm",
        cast(e."newestEventTime" as timestamp) as "newestEventTime",
        cast(e."oldestEventTime" as timestamp) as "oldestEventTime",
        e."previousDigestS3Bucket" as "previousDigestS3Bucket",
        e."previousDigestS3Object" as "previousDigestS3Object",
        e."previousDigestHashValue" as "previousDigestHashValue",
        e."previousDigestHashAlgorithm" as "previousDigestHashAlgorithm",
        e."previousDigestSignature" as "previousDigestSignature",
        cast(e."logFiles" as STRUCT("s3Bucket" VARCHAR, "s3Object" VARCHAR, "hashValue" VARCHAR, "hashAlgorithm" VARCHAR, "newestEventTime" TIMESTAMP, "oldestEventTime" TIMESTAMP)[]) as "logFiles"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when "awsAccountId" >= '!' and not suffix("awsAccountId", ' ') then "awsAccountId" else nullif(trim("awsAccountId"), '') end as v_1,
        case when "previousDigestHashValue" >= '!' and not suffix("previousDigestHashValue", ' ') then "previousDigestHashValue" else nullif(trim("previousDigestHashValue"), '') end as v_2,
        list_transform("logFiles", lambda y1: case when y1."hashValue" >= '!' and not suffix(y1."hashValue", ' ') then y1."hashValue" else nullif(trim(y1."hashValue"), '') end) as l_3
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_full_match(v_1, '[0-9]{12}') then v_1 end as v_1_aws_account_id,
        case when regexp_full_match(v_2, '[0-9a-fA-F]{64}') then lower(v_2) end as v_2_sha256,
        list_transform(list_filter(l_3, lambda x: regexp_full_match(x, '[0-9a-fA-F]{64}')), lambda x: lower(x)) as l_3_sha256
    from picked
)
select
    p_row_id,
    'AWS.CloudTrailDigest' as p_log_type,
    coalesce("digestEndTime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "digestEndTime",
    "digestStartTime",
    "awsAccountId",
    "digestS3Bucket",
    "digestS3Object",
    "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm",
    "newestEventTime",
    "oldestEventTime",
    "previousDigestS3Bucket",
    "previousDigestS3Object",
    "previousDigestHashValue",
    "previousDigestHashAlgorithm",
    "previousDigestSignature",
    "logFiles",
    cast(null as VARCHAR[]) as p_any_ip_addresses,
    cast(null as VARCHAR[]) as p_any_domain_names,
    cast(null as VARCHAR[]) as p_any_usernames,
    cast(null as VARCHAR[]) as p_any_emails,
    cast(null as VARCHAR[]) as p_any_actor_ids,
    case when v_1_aws_account_id is not null then [v_1_aws_account_id] end as p_any_aws_account_ids,
    cast(null as VARCHAR[]) as p_any_aws_arns,
    cast(null as VARCHAR[]) as p_any_aws_instance_ids,
    cast(null as VARCHAR[]) as p_any_aws_tags,
    cast(null as VARCHAR[]) as p_any_md5_hashes,
    cast(null as VARCHAR[]) as p_any_sha1_hashes,
    case when len(l_3_sha256) > 0 then map_keys(list_histogram(list_concat([v_2_sha256], l_3_sha256))) else case when v_2_sha256 is not null then [v_2_sha256] end end as p_any_sha256_hashes,
    cast(null as VARCHAR[]) as p_any_trace_ids,
    cast(null as VARCHAR[]) as p_any_mac_addresses,
    p_raw_event
from checked
