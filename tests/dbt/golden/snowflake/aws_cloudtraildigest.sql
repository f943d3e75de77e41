-- One row per digest file, by which CloudTrail proves that its log files of an hour are complete and unchanged. Its fields, their types and indicators: aws_cloudtraildigest.yml.
with landed as (
    select * from LAKE.panther_raw.aws_cloudtraildigest
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_parse_json(p_raw_event) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        iff(regexp_like(regexp_replace(e:"digestEndTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"digestEndTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"digestEndTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "DIGESTENDTIME",
        iff(regexp_like(regexp_replace(e:"digestStartTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"digestStartTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"digestStartTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "DIGESTSTARTTIME",
        e:"awsAccountId"::string as "AWSACCOUNTID",
        e:"digestS3Bucket"::string as "DIGESTS3BUCKET",
        e:"digestS3Object"::string as "DIGESTS3OBJECT",
        e:"digestPublicKeyFingerprint"::string as "DIGESTPUBLICKEYFINGERPRINT",
        e:"digestSignatureAlgorithm"::string as "DIGESTSIGNATUREALGORITHM",
        iff(regexp_like(regexp_replace(e:"newestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"newestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"newestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "NEWESTEVENTTIME",
        iff(regexp_like(regexp_replace(e:"oldestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"oldestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"oldestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "OLDESTEVENTTIME",
        e:"previousDigestS3Bucket"::string as "PREVIOUSDIGESTS3BUCKET",
        e:"previousDigestS3Object"::string as "PREVIOUSDIGESTS3OBJECT",
        e:"previousDigestHashValue"::string as "PREVIOUSDIGESTHASHVALUE",
        e:"previousDigestHashAlgorithm"::string as "PREVIOUSDIGESTHASHALGORITHM",
        e:"previousDigestSignature"::string as "PREVIOUSDIGESTSIGNATURE",
        iff(is_array(e:"logFiles"), transform(e:"logFiles"::array, t1 -> iff(strip_null_value(t1) is null, null, object_construct_keep_null('s3Bucket', t1:"s3Bucket"::string, 's3Object', t1:"s3Object"::string, 'hashValue', t1:"hashValue"::string, 'hashAlgorithm', t1:"hashAlgorithm"::string, 'newestEventTime', iff(regexp_like(regexp_replace(t1:"newestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(t1:"newestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(t1:"newestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)), 'oldestEventTime', iff(regexp_like(regexp_replace(t1:"oldestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(t1:"oldestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(t1:"oldestEventTime"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6))))), null) as "LOGFILES"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("AWSACCOUNTID"::string), '') as v_1,
        nullif(trim("PREVIOUSDIGESTHASHVALUE"::string), '') as v_2,
        transform("LOGFILES"::array, y1 -> nullif(trim(y1:"hashValue"::string), '')) as l_3
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '[0-9]{12}') then v_1 end as v_1_aws_account_id,
        case when regexp_like(v_2, '[0-9a-fA-F]{64}') then lower(v_2) end as v_2_sha256,
        transform(filter(l_3, x -> regexp_like(x, '[0-9a-fA-F]{64}')), x -> lower(x)) as l_3_sha256
    from picked
)
select
    p_row_id,
    'AWS.CloudTrailDigest' as p_log_type,
    coalesce("DIGESTENDTIME", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "DIGESTENDTIME",
    "DIGESTSTARTTIME",
    "AWSACCOUNTID",
    "DIGESTS3BUCKET",
    "DIGESTS3OBJECT",
    "DIGESTPUBLICKEYFINGERPRINT",
    "DIGESTSIGNATUREALGORITHM",
    "NEWESTEVENTTIME",
    "OLDESTEVENTTIME",
    "PREVIOUSDIGESTS3BUCKET",
    "PREVIOUSDIGESTS3OBJECT",
    "PREVIOUSDIGESTHASHVALUE",
    "PREVIOUSDIGESTHASHALGORITHM",
    "PREVIOUSDIGESTSIGNATURE",
    "LOGFILES",
    cast(null as array) as p_any_ip_addresses,
    cast(null as array) as p_any_domain_names,
    cast(null as array) as p_any_usernames,
    cast(null as array) as p_any_emails,
    cast(null as array) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_1_aws_account_id)))), array_construct()) as p_any_aws_account_ids,
    cast(null as array) as p_any_aws_arns,
    cast(null as array) as p_any_aws_instance_ids,
    cast(null as array) as p_any_aws_tags,
    cast(null as array) as p_any_md5_hashes,
    cast(null as array) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_2_sha256), array_construct()), coalesce(l_3_sha256, array_construct()))))), array_construct()) as p_any_sha256_hashes,
    cast(null as array) as p_any_trace_ids,
    cast(null as array) as p_any_mac_addresses,
    p_raw_event
from checked
