-- One row per Okta system log event. Its fields, their types and indicators: okta_systemlog.yml.
with landed as (
    select * from "lake"."panther_raw"."okta_systemlog"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"published": "TIMESTAMPTZ", "uuid": "VARCHAR", "eventType": "VARCHAR", "version": "VARCHAR", "severity": "VARCHAR", "legacyEventType": "VARCHAR", "displayMessage": "VARCHAR", "actor": {"id": "VARCHAR", "type": "VARCHAR", "alternateId": "VARCHAR", "displayName": "VARCHAR", "detailEntry": "JSON"}, "client": {"id": "VARCHAR", "ipAddress": "VARCHAR", "device": "VARCHAR", "zone": "VARCHAR", "userAgent": {"rawUserAgent": "VARCHAR", "os": "VARCHAR", "browser": "VARCHAR"}, "geographicalContext": {"city": "VARCHAR", "state": "VARCHAR", "country": "VARCHAR", "postalCode": "VARCHAR", "geolocation": {"lat": "DOUBLE", "lon": "DOUBLE"}}}, "device": {"id": "VARCHAR", "name": "VARCHAR", "os_platform": "VARCHAR", "os_version": "VARCHAR", "managed": "BOOLEAN", "registered": "BOOLEAN", "device_integrator": "JSON", "disk_encryption_type": "VARCHAR", "screen_lock_type": "VARCHAR", "jailbreak": "BOOLEAN", "secure_hardware_present": "BOOLEAN"}, "outcome": {"result": "VARCHAR", "reason": "VARCHAR"}, "target": [{"id": "VARCHAR", "type": "VARCHAR", "alternateId": "VARCHAR", "displayName": "VARCHAR", "detailEntry": "JSON", "changeDetails": "JSON"}], "request": {"ipChain": [{"ip": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "geographicalContext": {"city": "VARCHAR", "state": "VARCHAR", "country": "VARCHAR", "postalCode": "VARCHAR", "geolocation": {"lat": "DOUBLE", "lon": "DOUBLE"}}}]}, "authenticationContext": {"authenticationProvider": "VARCHAR", "credentialProvider": "VARCHAR", "credentialType": "VARCHAR", "authenticationStep": "INTEGER", "externalSessionId": "VARCHAR", "rootSessionId": "VARCHAR", "interface": "VARCHAR", "issuer": {"id": "VARCHAR", "type": "VARCHAR"}}, "securityContext": {"asNumber": "BIGINT", "asOrg": "VARCHAR", "isp": "VARCHAR", "domain": "VARCHAR", "isProxy": "BOOLEAN", "userBehaviors": "JSON", "ipDetails": "JSON"}, "debugContext": {"debugData": "JSON"}, "transaction": {"id": "VARCHAR", "type": "VARCHAR", "detail": "JSON"}}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"published": "TIMESTAMPTZ", "uuid": "VARCHAR", "eventType": "VARCHAR", "version": "VARCHAR", "severity": "VARCHAR", "legacyEventType": "VARCHAR", "displayMessage": "VARCHAR", "actor": {"id": "VARCHAR", "type": "VARCHAR", "alternateId": "VARCHAR", "displayName": "VARCHAR", "detailEntry": "JSON"}, "client": {"id": "VARCHAR", "ipAddress": "VARCHAR", "device": "VARCHAR", "zone": "VARCHAR", "userAgent": {"rawUserAgent": "VARCHAR", "os": "VARCHAR", "browser": "VARCHAR"}, "geographicalContext": {"city": "VARCHAR", "state": "VARCHAR", "country": "VARCHAR", "postalCode": "VARCHAR", "geolocation": {"lat": "DOUBLE", "lon": "DOUBLE"}}}, "device": {"id": "VARCHAR", "name": "VARCHAR", "os_platform": "VARCHAR", "os_version": "VARCHAR", "managed": "BOOLEAN", "registered": "BOOLEAN", "device_integrator": "JSON", "disk_encryption_type": "VARCHAR", "screen_lock_type": "VARCHAR", "jailbreak": "BOOLEAN", "secure_hardware_present": "BOOLEAN"}, "outcome": {"result": "VARCHAR", "reason": "VARCHAR"}, "target": [{"id": "VARCHAR", "type": "VARCHAR", "alternateId": "VARCHAR", "displayName": "VARCHAR", "detailEntry": "JSON", "changeDetails": "JSON"}], "request": {"ipChain": [{"ip": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "geographicalContext": {"city": "VARCHAR", "state": "VARCHAR", "country": "VARCHAR", "postalCode": "VARCHAR", "geolocation": {"lat": "DOUBLE", "lon": "DOUBLE"}}}]}, "authenticationContext": {"authenticationProvider": "VARCHAR", "credentialProvider": "VARCHAR", "credentialType": "VARCHAR", "authenticationStep": "INTEGER", "externalSessionId": "VARCHAR", "rootSessionId": "VARCHAR", "interface": "VARCHAR", "issuer": {"id": "VARCHAR", "type": "VARCHAR"}}, "securityContext": {"asNumber": "BIGINT", "asOrg": "VARCHAR", "isp": "VARCHAR", "domain": "VARCHAR", "isProxy": "BOOLEAN", "userBehaviors": "JSON", "ipDetails": "JSON"}, "debugContext": {"debugData": "JSON"}, "transaction": {"id": "VARCHAR", "type": "VARCHAR", "detail": "JSON"}}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(e."published" as timestamp) as "published",
        e."uuid" as "uuid",
        e."eventType" as "eventType",
        e."version" as "version",
        e."severity" as "severity",
        e."legacyEventType" as "legacyEventType",
        e."displayMessage" as "displayMessage",
        e."actor" as "actor",
        e."client" as "client",
        e."device" as "device",
        e."outcome" as "outcome",
        e."target" as "target",
        e."request" as "request",
        e."authenticationContext" as "authenticationContext",
        e."securityContext" as "securityContext",
        e."debugContext" as "debugContext",
        e."transaction" as "transaction"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when "uuid" >= '!' and not suffix("uuid", ' ') then "uuid" else nullif(trim("uuid"), '') end as v_1,
        case when "actor"."id" >= '!' and not suffix("actor"."id", ' ') then "actor"."id" else nullif(trim("actor"."id"), '') end as v_2,
        case when "actor"."alternateId" >= '!' and not suffix("actor"."alternateId", ' ') then "actor"."alternateId" else nullif(trim("actor"."alternateId"), '') end as v_3,
        case when "actor"."displayName" >= '!' and not suffix("actor"."displayName", ' ') then "actor"."displayName" else nullif(trim("actor"."displayName"), '') end as v_4,
        case when "client"."ipAddress" >= '!' and not suffix("client"."ipAddress", ' ') then "client"."ipAddress" else nullif(trim("client"."ipAddress"), '') end as v_5,
        list_transform("target", lambda y1: case when y1."alternateId" >= '!' and not suffix(y1."alternateId", ' ') then y1."alternateId" else nullif(trim(y1."alternateId"), '') end) as l_6,
        list_transform("request"."ipChain", lambda y1: case when y1."ip" >= '!' and not suffix(y1."ip", ' ') then y1."ip" else nullif(trim(y1."ip"), '') end) as l_7,
        case when "authenticationContext"."externalSessionId" >= '!' and not suffix("authenticationContext"."externalSessionId", ' ') then "authenticationContext"."externalSessionId" else nullif(trim("authenticationContext"."externalSessionId"), '') end as v_8,
        case when "authenticationContext"."rootSessionId" >= '!' and not suffix("authenticationContext"."rootSessionId", ' ') then "authenticationContext"."rootSessionId" else nullif(trim("authenticationContext"."rootSessionId"), '') end as v_9,
        case when "securityContext"."domain" >= '!' and not suffix("securityContext"."domain", ' ') then "securityContext"."domain" else nullif(trim("securityContext"."domain"), '') end as v_10,
        case when "transaction"."id" >= '!' and not suffix("transaction"."id", ' ') then "transaction"."id" else nullif(trim("transaction"."id"), '') end as v_11,
        concat_ws(' ', cast("actor"."detailEntry" as varchar), cast("device"."device_integrator" as varchar), array_to_string(list_transform("target", lambda y1: cast(y1."detailEntry" as varchar)), ' '), array_to_string(list_transform("target", lambda y1: cast(y1."changeDetails" as varchar)), ' '), cast("securityContext"."userBehaviors" as varchar), cast("securityContext"."ipDetails" as varchar), cast("debugContext"."debugData" as varchar), cast("transaction"."detail" as varchar)) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when contains(v_3, '@') then v_3 end as v_3_email,
        case when regexp_full_match(v_5, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_5 end as v_5_ip,
        list_filter(l_6, lambda x: contains(x, '@')) as l_6_email,
        list_filter(l_7, lambda x: regexp_full_match(x, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as l_7_ip,
        regexp_extract_all(open_text, 'arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://(?:[^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*(?:[.][0-9]+)*(?:/[0-9]+)?|\b(?:[0-9]{1,3}(?:[.][0-9]{1,3}){3}(?:[.]?[A-Za-z0-9_])*(?:/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[.][0-9]+)*(?::?[A-Za-z0-9_])*(?:/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
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
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '[0-9a-fA-F]{32,64}')), lambda x: lower(x)) as word_hashes
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
        map_keys(list_histogram(word_arns)) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        list_filter(list_filter(list_transform(p_any_aws_arns, lambda x: split_part(x, ':', 5)), lambda x: x <> ''), lambda x: regexp_full_match(x, '[0-9]{12}')) as arn_accounts,
        list_transform(list_filter(list_filter(p_any_aws_arns, lambda x: contains(x, ':instance/')), lambda x: regexp_full_match(x, '.*:instance/(?:.*/)?i-[0-9a-f]+')), lambda x: regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        list_filter(list_transform(list_filter(p_any_aws_arns, lambda x: x like '%:assumed-role/%@%'), lambda x: regexp_extract(x, '([^/]*)$', 1)), lambda x: contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'Okta.SystemLog' as p_log_type,
    coalesce("published", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "published",
    "uuid",
    "eventType",
    "version",
    "severity",
    "legacyEventType",
    "displayMessage",
    "actor",
    "client",
    "device",
    "outcome",
    "target",
    "request",
    "authenticationContext",
    "securityContext",
    "debugContext",
    "transaction",
    case when len(l_7_ip) > 0 or len(word_ips) > 0 or len(host_ips) > 0 then map_keys(list_histogram(list_concat([v_5_ip], l_7_ip, word_ips, host_ips))) else case when v_5_ip is not null then [v_5_ip] end end as p_any_ip_addresses,
    case when len(host_names) > 0 then map_keys(list_histogram(list_concat([v_10], host_names))) else case when v_10 is not null then [v_10] end end as p_any_domain_names,
    case when v_3 is null then case when v_4 is not null then [v_4] end when v_4 is null or v_3 = v_4 then [v_3] when v_3 < v_4 then [v_3, v_4] else [v_4, v_3] end as p_any_usernames,
    case when len(l_6_email) > 0 or len(word_emails) > 0 or len(arn_emails) > 0 then map_keys(list_histogram(list_concat([v_3_email], l_6_email, word_emails, arn_emails))) else case when v_3_email is not null then [v_3_email] end end as p_any_emails,
    case when v_2 is not null then [v_2] end as p_any_actor_ids,
    case when len(arn_accounts) > 0 then map_keys(list_histogram(arn_accounts)) else null end as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    case when len(word_instances) > 0 or len(arn_instances) > 0 then map_keys(list_histogram(list_concat(word_instances, arn_instances))) else null end as p_any_aws_instance_ids,
    cast(null as VARCHAR[]) as p_any_aws_tags,
    case when len(md5s) > 0 then map_keys(list_histogram(md5s)) else null end as p_any_md5_hashes,
    case when len(sha1s) > 0 then map_keys(list_histogram(sha1s)) else null end as p_any_sha1_hashes,
    case when len(sha256s) > 0 then map_keys(list_histogram(sha256s)) else null end as p_any_sha256_hashes,
    case when coalesce(v_1, v_8, v_9, v_11) is null then null when least(v_1, v_8, v_9, v_11) = greatest(v_1, v_8, v_9, v_11) then [coalesce(v_1, v_8, v_9, v_11)] else map_keys(list_histogram([v_1, v_8, v_9, v_11])) end as p_any_trace_ids,
    cast(null as VARCHAR[]) as p_any_mac_addresses,
    p_raw_event
from derived
