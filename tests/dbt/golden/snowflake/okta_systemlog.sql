-- One row per Okta system log event. Its fields, their types and indicators: okta_systemlog.yml.
with landed as (
    select * from LAKE.panther_raw.okta_systemlog
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_parse_json(p_raw_event) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        iff(regexp_like(regexp_replace(e:"published"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"published"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"published"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)) as "PUBLISHED",
        e:"uuid"::string as "UUID",
        e:"eventType"::string as "EVENTTYPE",
        e:"version"::string as "VERSION",
        e:"severity"::string as "SEVERITY",
        e:"legacyEventType"::string as "LEGACYEVENTTYPE",
        e:"displayMessage"::string as "DISPLAYMESSAGE",
        iff(strip_null_value(e:"actor") is null, null, object_construct_keep_null('id', e:"actor":"id"::string, 'type', e:"actor":"type"::string, 'alternateId', e:"actor":"alternateId"::string, 'displayName', e:"actor":"displayName"::string, 'detailEntry', strip_null_value(e:"actor":"detailEntry"))) as "ACTOR",
        iff(strip_null_value(e:"client") is null, null, object_construct_keep_null('id', e:"client":"id"::string, 'ipAddress', e:"client":"ipAddress"::string, 'device', e:"client":"device"::string, 'zone', e:"client":"zone"::string, 'userAgent', iff(strip_null_value(e:"client":"userAgent") is null, null, object_construct_keep_null('rawUserAgent', e:"client":"userAgent":"rawUserAgent"::string, 'os', e:"client":"userAgent":"os"::string, 'browser', e:"client":"userAgent":"browser"::string)), 'geographicalContext', iff(strip_null_value(e:"client":"geographicalContext") is null, null, object_construct_keep_null('city', e:"client":"geographicalContext":"city"::string, 'state', e:"client":"geographicalContext":"state"::string, 'country', e:"client":"geographicalContext":"country"::string, 'postalCode', e:"client":"geographicalContext":"postalCode"::string, 'geolocation', iff(strip_null_value(e:"client":"geographicalContext":"geolocation") is null, null, object_construct_keep_null('lat', try_to_double(e:"client":"geographicalContext":"geolocation":"lat"::string), 'lon', try_to_double(e:"client":"geographicalContext":"geolocation":"lon"::string))))))) as "CLIENT",
        iff(strip_null_value(e:"device") is null, null, object_construct_keep_null('id', e:"device":"id"::string, 'name', e:"device":"name"::string, 'os_platform', e:"device":"os_platform"::string, 'os_version', e:"device":"os_version"::string, 'managed', try_to_boolean(e:"device":"managed"::string), 'registered', try_to_boolean(e:"device":"registered"::string), 'device_integrator', strip_null_value(e:"device":"device_integrator"), 'disk_encryption_type', e:"device":"disk_encryption_type"::string, 'screen_lock_type', e:"device":"screen_lock_type"::string, 'jailbreak', try_to_boolean(e:"device":"jailbreak"::string), 'secure_hardware_present', try_to_boolean(e:"device":"secure_hardware_present"::string))) as "DEVICE",
        iff(strip_null_value(e:"outcome") is null, null, object_construct_keep_null('result', e:"outcome":"result"::string, 'reason', e:"outcome":"reason"::string)) as "OUTCOME",
        iff(is_array(e:"target"), transform(e:"target"::array, t1 -> iff(strip_null_value(t1) is null, null, object_construct_keep_null('id', t1:"id"::string, 'type', t1:"type"::string, 'alternateId', t1:"alternateId"::string, 'displayName', t1:"displayName"::string, 'detailEntry', strip_null_value(t1:"detailEntry"), 'changeDetails', strip_null_value(t1:"changeDetails")))), null) as "TARGET",
        iff(strip_null_value(e:"request") is null, null, object_construct_keep_null('ipChain', iff(is_array(e:"request":"ipChain"), transform(e:"request":"ipChain"::array, t1 -> iff(strip_null_value(t1) is null, null, object_construct_keep_null('ip', t1:"ip"::string, 'version', t1:"version"::string, 'source', t1:"source"::string, 'geographicalContext', iff(strip_null_value(t1:"geographicalContext") is null, null, object_construct_keep_null('city', t1:"geographicalContext":"city"::string, 'state', t1:"geographicalContext":"state"::string, 'country', t1:"geographicalContext":"country"::string, 'postalCode', t1:"geographicalContext":"postalCode"::string, 'geolocation', iff(strip_null_value(t1:"geographicalContext":"geolocation") is null, null, object_construct_keep_null('lat', try_to_double(t1:"geographicalContext":"geolocation":"lat"::string), 'lon', try_to_double(t1:"geographicalContext":"geolocation":"lon"::string)))))))), null))) as "REQUEST",
        iff(strip_null_value(e:"authenticationContext") is null, null, object_construct_keep_null('authenticationProvider', e:"authenticationContext":"authenticationProvider"::string, 'credentialProvider', e:"authenticationContext":"credentialProvider"::string, 'credentialType', e:"authenticationContext":"credentialType"::string, 'authenticationStep', try_to_number(e:"authenticationContext":"authenticationStep"::string), 'externalSessionId', e:"authenticationContext":"externalSessionId"::string, 'rootSessionId', e:"authenticationContext":"rootSessionId"::string, 'interface', e:"authenticationContext":"interface"::string, 'issuer', iff(strip_null_value(e:"authenticationContext":"issuer") is null, null, object_construct_keep_null('id', e:"authenticationContext":"issuer":"id"::string, 'type', e:"authenticationContext":"issuer":"type"::string)))) as "AUTHENTICATIONCONTEXT",
        iff(strip_null_value(e:"securityContext") is null, null, object_construct_keep_null('asNumber', try_to_number(e:"securityContext":"asNumber"::string), 'asOrg', e:"securityContext":"asOrg"::string, 'isp', e:"securityContext":"isp"::string, 'domain', e:"securityContext":"domain"::string, 'isProxy', try_to_boolean(e:"securityContext":"isProxy"::string), 'userBehaviors', strip_null_value(e:"securityContext":"userBehaviors"), 'ipDetails', strip_null_value(e:"securityContext":"ipDetails"))) as "SECURITYCONTEXT",
        iff(strip_null_value(e:"debugContext") is null, null, object_construct_keep_null('debugData', strip_null_value(e:"debugContext":"debugData"))) as "DEBUGCONTEXT",
        iff(strip_null_value(e:"transaction") is null, null, object_construct_keep_null('id', e:"transaction":"id"::string, 'type', e:"transaction":"type"::string, 'detail', strip_null_value(e:"transaction":"detail"))) as "TRANSACTION"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("UUID"::string), '') as v_1,
        nullif(trim("ACTOR":"id"::string), '') as v_2,
        nullif(trim("ACTOR":"alternateId"::string), '') as v_3,
        nullif(trim("ACTOR":"displayName"::string), '') as v_4,
        nullif(trim("CLIENT":"ipAddress"::string), '') as v_5,
        transform("TARGET"::array, y1 -> nullif(trim(y1:"alternateId"::string), '')) as l_6,
        transform("REQUEST":"ipChain"::array, y1 -> nullif(trim(y1:"ip"::string), '')) as l_7,
        nullif(trim("AUTHENTICATIONCONTEXT":"externalSessionId"::string), '') as v_8,
        nullif(trim("AUTHENTICATIONCONTEXT":"rootSessionId"::string), '') as v_9,
        nullif(trim("SECURITYCONTEXT":"domain"::string), '') as v_10,
        nullif(trim("TRANSACTION":"id"::string), '') as v_11,
        concat_ws(' ', '', coalesce(to_json("ACTOR":"detailEntry"), ''), coalesce(to_json("DEVICE":"device_integrator"), ''), coalesce(array_to_string(transform("TARGET"::array, y1 -> to_json(y1:"detailEntry")), ' '), ''), coalesce(array_to_string(transform("TARGET"::array, y1 -> to_json(y1:"changeDetails")), ' '), ''), coalesce(to_json("SECURITYCONTEXT":"userBehaviors"), ''), coalesce(to_json("SECURITYCONTEXT":"ipDetails"), ''), coalesce(to_json("DEBUGCONTEXT":"debugData"), ''), coalesce(to_json("TRANSACTION":"detail"), '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when contains(v_3, '@') then v_3 end as v_3_email,
        case when regexp_like(v_5, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_5 end as v_5_ip,
        filter(l_6, x -> contains(x, '@')) as l_6_email,
        filter(l_7, x -> regexp_like(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as l_7_ip,
        regexp_substr_all(open_text, 'arn:aws[a-z-]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^"\\\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\\b|[0-9a-fA-F]{32,64}\\b)') as words
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
        transform(filter(rest, x -> regexp_like(x, '[0-9a-fA-F]{32,64}')), x -> lower(x)) as word_hashes
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
        nullif(array_sort(array_distinct(array_compact(word_arns))), array_construct()) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> ''), x -> regexp_like(x, '[0-9]{12}')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> contains(x, ':instance/')), x -> regexp_like(x, '.*:instance/(.*/)?i-[0-9a-f]+')), x -> regexp_substr(x, '(i-[0-9a-f]+)$', 1, 1, 'e', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_substr(x, '([^/]*)$', 1, 1, 'e', 1)), x -> contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'Okta.SystemLog' as p_log_type,
    coalesce("PUBLISHED", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "PUBLISHED",
    "UUID",
    "EVENTTYPE",
    "VERSION",
    "SEVERITY",
    "LEGACYEVENTTYPE",
    "DISPLAYMESSAGE",
    "ACTOR",
    "CLIENT",
    "DEVICE",
    "OUTCOME",
    "TARGET",
    "REQUEST",
    "AUTHENTICATIONCONTEXT",
    "SECURITYCONTEXT",
    "DEBUGCONTEXT",
    "TRANSACTION",
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(array_cat(coalesce(array_construct_compact(v_5_ip), array_construct()), coalesce(l_7_ip, array_construct())), coalesce(word_ips, array_construct())), coalesce(host_ips, array_construct()))))), array_construct()) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_10), array_construct()), coalesce(host_names, array_construct()))))), array_construct()) as p_any_domain_names,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_3, v_4)))), array_construct()) as p_any_usernames,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(array_cat(coalesce(array_construct_compact(v_3_email), array_construct()), coalesce(l_6_email, array_construct())), coalesce(word_emails, array_construct())), coalesce(arn_emails, array_construct()))))), array_construct()) as p_any_emails,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_2)))), array_construct()) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(arn_accounts))), array_construct()) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_instances, array_construct()), coalesce(arn_instances, array_construct()))))), array_construct()) as p_any_aws_instance_ids,
    cast(null as array) as p_any_aws_tags,
    nullif(array_sort(array_distinct(array_compact(md5s))), array_construct()) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(array_compact(sha1s))), array_construct()) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(array_compact(sha256s))), array_construct()) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_1, v_8, v_9, v_11)))), array_construct()) as p_any_trace_ids,
    cast(null as array) as p_any_mac_addresses,
    p_raw_event
from derived
