-- One row per Okta system log event. Its fields, their types and indicators: okta_systemlog.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."okta_systemlog"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_cast(json_parse(p_raw_event) as map(varchar, json)) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(e, 'published'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6)) as "published",
        coalesce(json_extract_scalar(element_at(e, 'uuid'), '$'), nullif(json_format(element_at(e, 'uuid')), 'null')) as "uuid",
        coalesce(json_extract_scalar(element_at(e, 'eventType'), '$'), nullif(json_format(element_at(e, 'eventType')), 'null')) as "eventtype",
        coalesce(json_extract_scalar(element_at(e, 'version'), '$'), nullif(json_format(element_at(e, 'version')), 'null')) as "version",
        coalesce(json_extract_scalar(element_at(e, 'severity'), '$'), nullif(json_format(element_at(e, 'severity')), 'null')) as "severity",
        coalesce(json_extract_scalar(element_at(e, 'legacyEventType'), '$'), nullif(json_format(element_at(e, 'legacyEventType')), 'null')) as "legacyeventtype",
        coalesce(json_extract_scalar(element_at(e, 'displayMessage'), '$'), nullif(json_format(element_at(e, 'displayMessage')), 'null')) as "displaymessage",
        if(nullif(json_format(element_at(e, 'actor')), 'null') is null, null, transform(array[try_cast(element_at(e, 'actor') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'id'), '$'), nullif(json_format(element_at(m1, 'id')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'type'), '$'), nullif(json_format(element_at(m1, 'type')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'alternateId'), '$'), nullif(json_format(element_at(m1, 'alternateId')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'displayName'), '$'), nullif(json_format(element_at(m1, 'displayName')), 'null')), nullif(json_format(element_at(m1, 'detailEntry')), 'null')) as row("id" varchar, "type" varchar, "alternateid" varchar, "displayname" varchar, "detailentry" varchar)))[1]) as "actor",
        if(nullif(json_format(element_at(e, 'client')), 'null') is null, null, transform(array[try_cast(element_at(e, 'client') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'id'), '$'), nullif(json_format(element_at(m1, 'id')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'ipAddress'), '$'), nullif(json_format(element_at(m1, 'ipAddress')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'device'), '$'), nullif(json_format(element_at(m1, 'device')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'zone'), '$'), nullif(json_format(element_at(m1, 'zone')), 'null')), if(nullif(json_format(element_at(m1, 'userAgent')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'userAgent') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'rawUserAgent'), '$'), nullif(json_format(element_at(m2, 'rawUserAgent')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'os'), '$'), nullif(json_format(element_at(m2, 'os')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'browser'), '$'), nullif(json_format(element_at(m2, 'browser')), 'null'))) as row("rawuseragent" varchar, "os" varchar, "browser" varchar)))[1]), if(nullif(json_format(element_at(m1, 'geographicalContext')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'geographicalContext') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'city'), '$'), nullif(json_format(element_at(m2, 'city')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'state'), '$'), nullif(json_format(element_at(m2, 'state')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'country'), '$'), nullif(json_format(element_at(m2, 'country')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'postalCode'), '$'), nullif(json_format(element_at(m2, 'postalCode')), 'null')), if(nullif(json_format(element_at(m2, 'geolocation')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'geolocation') as map(varchar, json))], m3 -> cast(row(try_cast(json_extract_scalar(element_at(m3, 'lat'), '$') as double), try_cast(json_extract_scalar(element_at(m3, 'lon'), '$') as double)) as row("lat" double, "lon" double)))[1])) as row("city" varchar, "state" varchar, "country" varchar, "postalcode" varchar, "geolocation" row("lat" double, "lon" double))))[1])) as row("id" varchar, "ipaddress" varchar, "device" varchar, "zone" varchar, "useragent" row("rawuseragent" varchar, "os" varchar, "browser" varchar), "geographicalcontext" row("city" varchar, "state" varchar, "country" varchar, "postalcode" varchar, "geolocation" row("lat" double, "lon" double)))))[1]) as "client",
        if(nullif(json_format(element_at(e, 'device')), 'null') is null, null, transform(array[try_cast(element_at(e, 'device') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'id'), '$'), nullif(json_format(element_at(m1, 'id')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'name'), '$'), nullif(json_format(element_at(m1, 'name')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'os_platform'), '$'), nullif(json_format(element_at(m1, 'os_platform')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'os_version'), '$'), nullif(json_format(element_at(m1, 'os_version')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'managed'), '$') as boolean), try_cast(json_extract_scalar(element_at(m1, 'registered'), '$') as boolean), nullif(json_format(element_at(m1, 'device_integrator')), 'null'), coalesce(json_extract_scalar(element_at(m1, 'disk_encryption_type'), '$'), nullif(json_format(element_at(m1, 'disk_encryption_type')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'screen_lock_type'), '$'), nullif(json_format(element_at(m1, 'screen_lock_type')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'jailbreak'), '$') as boolean), try_cast(json_extract_scalar(element_at(m1, 'secure_hardware_present'), '$') as boolean)) as row("id" varchar, "name" varchar, "os_platform" varchar, "os_version" varchar, "managed" boolean, "registered" boolean, "device_integrator" varchar, "disk_encryption_type" varchar, "screen_lock_type" varchar, "jailbreak" boolean, "secure_hardware_present" boolean)))[1]) as "device",
        if(nullif(json_format(element_at(e, 'outcome')), 'null') is null, null, transform(array[try_cast(element_at(e, 'outcome') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'result'), '$'), nullif(json_format(element_at(m1, 'result')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'reason'), '$'), nullif(json_format(element_at(m1, 'reason')), 'null'))) as row("result" varchar, "reason" varchar)))[1]) as "outcome",
        transform(try_cast(element_at(e, 'target') as array(json)), t1 -> if(nullif(json_format(t1), 'null') is null, null, transform(array[try_cast(t1 as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'id'), '$'), nullif(json_format(element_at(m2, 'id')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'type'), '$'), nullif(json_format(element_at(m2, 'type')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'alternateId'), '$'), nullif(json_format(element_at(m2, 'alternateId')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'displayName'), '$'), nullif(json_format(element_at(m2, 'displayName')), 'null')), nullif(json_format(element_at(m2, 'detailEntry')), 'null'), nullif(json_format(element_at(m2, 'changeDetails')), 'null')) as row("id" varchar, "type" varchar, "alternateid" varchar, "displayname" varchar, "detailentry" varchar, "changedetails" varchar)))[1])) as "target",
        if(nullif(json_format(element_at(e, 'request')), 'null') is null, null, transform(array[try_cast(element_at(e, 'request') as map(varchar, json))], m1 -> cast(row(transform(try_cast(element_at(m1, 'ipChain') as array(json)), t2 -> if(nullif(json_format(t2), 'null') is null, null, transform(array[try_cast(t2 as map(varchar, json))], m3 -> cast(row(coalesce(json_extract_scalar(element_at(m3, 'ip'), '$'), nullif(json_format(element_at(m3, 'ip')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'version'), '$'), nullif(json_format(element_at(m3, 'version')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'source'), '$'), nullif(json_format(element_at(m3, 'source')), 'null')), if(nullif(json_format(element_at(m3, 'geographicalContext')), 'null') is null, null, transform(array[try_cast(element_at(m3, 'geographicalContext') as map(varchar, json))], m4 -> cast(row(coalesce(json_extract_scalar(element_at(m4, 'city'), '$'), nullif(json_format(element_at(m4, 'city')), 'null')), coalesce(json_extract_scalar(element_at(m4, 'state'), '$'), nullif(json_format(element_at(m4, 'state')), 'null')), coalesce(json_extract_scalar(element_at(m4, 'country'), '$'), nullif(json_format(element_at(m4, 'country')), 'null')), coalesce(json_extract_scalar(element_at(m4, 'postalCode'), '$'), nullif(json_format(element_at(m4, 'postalCode')), 'null')), if(nullif(json_format(element_at(m4, 'geolocation')), 'null') is null, null, transform(array[try_cast(element_at(m4, 'geolocation') as map(varchar, json))], m5 -> cast(row(try_cast(json_extract_scalar(element_at(m5, 'lat'), '$') as double), try_cast(json_extract_scalar(element_at(m5, 'lon'), '$') as double)) as row("lat" double, "lon" double)))[1])) as row("city" varchar, "state" varchar, "country" varchar, "postalcode" varchar, "geolocation" row("lat" double, "lon" double))))[1])) as row("ip" varchar, "version" varchar, "source" varchar, "geographicalcontext" row("city" varchar, "state" varchar, "country" varchar, "postalcode" varchar, "geolocation" row("lat" double, "lon" double)))))[1]))) as row("ipchain" array(row("ip" varchar, "version" varchar, "source" varchar, "geographicalcontext" row("city" varchar, "state" varchar, "country" varchar, "postalcode" varchar, "geolocation" row("lat" double, "lon" double)))))))[1]) as "request",
        if(nullif(json_format(element_at(e, 'authenticationContext')), 'null') is null, null, transform(array[try_cast(element_at(e, 'authenticationContext') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'authenticationProvider'), '$'), nullif(json_format(element_at(m1, 'authenticationProvider')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'credentialProvider'), '$'), nullif(json_format(element_at(m1, 'credentialProvider')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'credentialType'), '$'), nullif(json_format(element_at(m1, 'credentialType')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'authenticationStep'), '$') as integer), coalesce(json_extract_scalar(element_at(m1, 'externalSessionId'), '$'), nullif(json_format(element_at(m1, 'externalSessionId')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'rootSessionId'), '$'), nullif(json_format(element_at(m1, 'rootSessionId')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'interface'), '$'), nullif(json_format(element_at(m1, 'interface')), 'null')), if(nullif(json_format(element_at(m1, 'issuer')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'issuer') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'id'), '$'), nullif(json_format(element_at(m2, 'id')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'type'), '$'), nullif(json_format(element_at(m2, 'type')), 'null'))) as row("id" varchar, "type" varchar)))[1])) as row("authenticationprovider" varchar, "credentialprovider" varchar, "credentialtype" varchar, "authenticationstep" integer, "externalsessionid" varchar, "rootsessionid" varchar, "interface" varchar, "issuer" row("id" varchar, "type" varchar))))[1]) as "authenticationcontext",
        if(nullif(json_format(element_at(e, 'securityContext')), 'null') is null, null, transform(array[try_cast(element_at(e, 'securityContext') as map(varchar, json))], m1 -> cast(row(try_cast(json_extract_scalar(element_at(m1, 'asNumber'), '$') as bigint), coalesce(json_extract_scalar(element_at(m1, 'asOrg'), '$'), nullif(json_format(element_at(m1, 'asOrg')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'isp'), '$'), nullif(json_format(element_at(m1, 'isp')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'domain'), '$'), nullif(json_format(element_at(m1, 'domain')), 'null')), try_cast(json_extract_scalar(element_at(m1, 'isProxy'), '$') as boolean), nullif(json_format(element_at(m1, 'userBehaviors')), 'null'), nullif(json_format(element_at(m1, 'ipDetails')), 'null')) as row("asnumber" bigint, "asorg" varchar, "isp" varchar, "domain" varchar, "isproxy" boolean, "userbehaviors" varchar, "ipdetails" varchar)))[1]) as "securitycontext",
        if(nullif(json_format(element_at(e, 'debugContext')), 'null') is null, null, transform(array[try_cast(element_at(e, 'debugContext') as map(varchar, json))], m1 -> cast(row(nullif(json_format(element_at(m1, 'debugData')), 'null')) as row("debugdata" varchar)))[1]) as "debugcontext",
        if(nullif(json_format(element_at(e, 'transaction')), 'null') is null, null, transform(array[try_cast(element_at(e, 'transaction') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'id'), '$'), nullif(json_format(element_at(m1, 'id')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'type'), '$'), nullif(json_format(element_at(m1, 'type')), 'null')), nullif(json_format(element_at(m1, 'detail')), 'null')) as row("id" varchar, "type" varchar, "detail" varchar)))[1]) as "transaction"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("uuid"), '') as v_1,
        nullif(trim("actor"."id"), '') as v_2,
        nullif(trim("actor"."alternateid"), '') as v_3,
        nullif(trim("actor"."displayname"), '') as v_4,
        nullif(trim("client"."ipaddress"), '') as v_5,
        transform("target", y1 -> nullif(trim(y1."alternateid"), '')) as l_6,
        transform("request"."ipchain", y1 -> nullif(trim(y1."ip"), '')) as l_7,
        nullif(trim("authenticationcontext"."externalsessionid"), '') as v_8,
        nullif(trim("authenticationcontext"."rootsessionid"), '') as v_9,
        nullif(trim("securitycontext"."domain"), '') as v_10,
        nullif(trim("transaction"."id"), '') as v_11,
        concat_ws(' ', '', coalesce("actor"."detailentry", ''), coalesce("device"."device_integrator", ''), coalesce(array_join(transform("target", y1 -> y1."detailentry"), ' '), ''), coalesce(array_join(transform("target", y1 -> y1."changedetails"), ' '), ''), coalesce("securitycontext"."userbehaviors", ''), coalesce("securitycontext"."ipdetails", ''), coalesce("debugcontext"."debugdata", ''), coalesce("transaction"."detail", '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when strpos(v_3, '@') > 0 then v_3 end as v_3_email,
        case when regexp_like(v_5, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_5 end as v_5_ip,
        filter(l_6, x -> strpos(x, '@') > 0) as l_6_email,
        filter(l_7, x -> regexp_like(x, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$')) as l_7_ip,
        regexp_extract_all(open_text, 'arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
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
        transform(filter(rest, x -> regexp_like(x, '^([0-9a-fA-F]{32,64})$')), x -> lower(x)) as word_hashes
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
        nullif(array_sort(array_distinct(filter(word_arns, x -> x is not null))), array[]) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> ''), x -> regexp_like(x, '^([0-9]{12})$')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> strpos(x, ':instance/') > 0), x -> regexp_like(x, '^(.*:instance/(.*/)?i-[0-9a-f]+)$')), x -> regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_extract(x, '([^/]*)$', 1)), x -> strpos(x, '@') > 0) as arn_emails
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
    "eventtype",
    "version",
    "severity",
    "legacyeventtype",
    "displaymessage",
    "actor",
    "client",
    "device",
    "outcome",
    "target",
    "request",
    "authenticationcontext",
    "securitycontext",
    "debugcontext",
    "transaction",
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_5_ip], array[]), coalesce(l_7_ip, array[]), coalesce(word_ips, array[]), coalesce(host_ips, array[])), x -> x is not null))), array[]) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_10], array[]), coalesce(host_names, array[])), x -> x is not null))), array[]) as p_any_domain_names,
    nullif(array_sort(array_distinct(filter(array[v_3, v_4], x -> x is not null))), array[]) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_3_email], array[]), coalesce(l_6_email, array[]), coalesce(word_emails, array[]), coalesce(arn_emails, array[])), x -> x is not null))), array[]) as p_any_emails,
    nullif(array_sort(array_distinct(filter(array[v_2], x -> x is not null))), array[]) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(arn_accounts, x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_instances, array[]), coalesce(arn_instances, array[])), x -> x is not null))), array[]) as p_any_aws_instance_ids,
    cast(null as array(varchar)) as p_any_aws_tags,
    nullif(array_sort(array_distinct(filter(md5s, x -> x is not null))), array[]) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(filter(sha1s, x -> x is not null))), array[]) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(sha256s, x -> x is not null))), array[]) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(filter(array[v_1, v_8, v_9, v_11], x -> x is not null))), array[]) as p_any_trace_ids,
    cast(null as array(varchar)) as p_any_mac_addresses,
    p_raw_event
from derived
