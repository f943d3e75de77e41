-- One row per digest file, by which CloudTrail proves that its log files of an hour are complete and unchanged. Its fields, their types and indicators: aws_cloudtraildigest.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."aws_cloudtraildigest"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_cast(json_parse(p_raw_event) as map(varchar, json)) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'digestEndTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "digestendtime",
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'digestStartTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "digeststarttime",
        coalesce(json_extract_scalar(element_at(e, 'awsAccountId'), '$'), nullif(json_format(element_at(e, 'awsAccountId')), 'null')) as "awsaccountid",
        coalesce(json_extract_scalar(element_at(e, 'digestS3Bucket'), '$'), nullif(json_format(element_at(e, 'digestS3Bucket')), 'null')) as "digests3bucket",
        coalesce(json_extract_scalar(element_at(e, 'digestS3Object'), '$'), nullif(json_format(element_at(e, 'digestS3Object')), 'null')) as "digests3object",
        coalesce(json_extract_scalar(element_at(e, 'digestPublicKeyFingerprint'), '$'), nullif(json_format(element_at(e, 'digestPublicKeyFingerprint')), 'null')) as "digestpublickeyfingerprint",
        coalesce(json_extract_scalar(element_at(e, 'digestSignatureAlgorithm'), '$'), nullif(json_format(element_at(e, 'digestSignatureAlgorithm')), 'null')) as "digestsignaturealgorithm",
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'newestEventTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "newesteventtime",
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'oldestEventTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "oldesteventtime",
        coalesce(json_extract_scalar(element_at(e, 'previousDigestS3Bucket'), '$'), nullif(json_format(element_at(e, 'previousDigestS3Bucket')), 'null')) as "previousdigests3bucket",
        coalesce(json_extract_scalar(element_at(e, 'previousDigestS3Object'), '$'), nullif(json_format(element_at(e, 'previousDigestS3Object')), 'null')) as "previousdigests3object",
        coalesce(json_extract_scalar(element_at(e, 'previousDigestHashValue'), '$'), nullif(json_format(element_at(e, 'previousDigestHashValue')), 'null')) as "previousdigesthashvalue",
        coalesce(json_extract_scalar(element_at(e, 'previousDigestHashAlgorithm'), '$'), nullif(json_format(element_at(e, 'previousDigestHashAlgorithm')), 'null')) as "previousdigesthashalgorithm",
        coalesce(json_extract_scalar(element_at(e, 'previousDigestSignature'), '$'), nullif(json_format(element_at(e, 'previousDigestSignature')), 'null')) as "previousdigestsignature",
        transform(try_cast(element_at(e, 'logFiles') as array(json)), t1 -> if(nullif(json_format(t1), 'null') is null, null, transform(array[try_cast(t1 as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 's3Bucket'), '$'), nullif(json_format(element_at(m2, 's3Bucket')), 'null')), coalesce(json_extract_scalar(element_at(m2, 's3Object'), '$'), nullif(json_format(element_at(m2, 's3Object')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'hashValue'), '$'), nullif(json_format(element_at(m2, 'hashValue')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'hashAlgorithm'), '$'), nullif(json_format(element_at(m2, 'hashAlgorithm')), 'null')), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m2, 'newestEventTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m2, 'oldestEventTime'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6))) as row("s3bucket" varchar, "s3object" varchar, "hashvalue" varchar, "hashalgorithm" varchar, "newesteventtime" timestamp(6), "oldesteventtime" timestamp(6))))[1])) as "logfiles"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("awsaccountid"), '') as v_1,
        nullif(trim("previousdigesthashvalue"), '') as v_2,
        transform("logfiles", y1 -> nullif(trim(y1."hashvalue"), '')) as l_3
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '^([0-9]{12})$') then v_1 end as v_1_aws_account_id,
        case when regexp_like(v_2, '^([0-9a-fA-F]{64})$') then lower(v_2) end as v_2_sha256,
        transform(filter(l_3, x -> regexp_like(x, '^([0-9a-fA-F]{64})$')), x -> lower(x)) as l_3_sha256
    from picked
)
select
    p_row_id,
    'AWS.CloudTrailDigest' as p_log_type,
    coalesce("digestendtime", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "digestendtime",
    "digeststarttime",
    "awsaccountid",
    "digests3bucket",
    "digests3object",
    "digestpublickeyfingerprint",
    "digestsignaturealgorithm",
    "newesteventtime",
    "oldesteventtime",
    "previousdigests3bucket",
    "previousdigests3object",
    "previousdigesthashvalue",
    "previousdigesthashalgorithm",
    "previousdigestsignature",
    "logfiles",
    cast(null as array(varchar)) as p_any_ip_addresses,
    cast(null as array(varchar)) as p_any_domain_names,
    cast(null as array(varchar)) as p_any_usernames,
    cast(null as array(varchar)) as p_any_emails,
    cast(null as array(varchar)) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(array[v_1_aws_account_id], x -> x is not null))), array[]) as p_any_aws_account_ids,
    cast(null as array(varchar)) as p_any_aws_arns,
    cast(null as array(varchar)) as p_any_aws_instance_ids,
    cast(null as array(varchar)) as p_any_aws_tags,
    cast(null as array(varchar)) as p_any_md5_hashes,
    cast(null as array(varchar)) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_2_sha256], array[]), coalesce(l_3_sha256, array[])), x -> x is not null))), array[]) as p_any_sha256_hashes,
    cast(null as array(varchar)) as p_any_trace_ids,
    cast(null as array(varchar)) as p_any_mac_addresses,
    p_raw_event
from checked
