-- One row per AWS API call or sign-in. Its fields, their types and indicators: aws_cloudtrail.yml.
with landed as (
    select * from LAKE.panther_raw.aws_cloudtrail
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
        iff(strip_null_value(e:"userIdentity") is null, null, object_construct_keep_null('type', e:"userIdentity":"type"::string, 'principalId', e:"userIdentity":"principalId"::string, 'arn', e:"userIdentity":"arn"::string, 'accountId', e:"userIdentity":"accountId"::string, 'accessKeyId', e:"userIdentity":"accessKeyId"::string, 'userName', e:"userIdentity":"userName"::string, 'invokedBy', e:"userIdentity":"invokedBy"::string, 'identityProvider', e:"userIdentity":"identityProvider"::string, 'credentialId', e:"userIdentity":"credentialId"::string, 'inScopeOf', strip_null_value(e:"userIdentity":"inScopeOf"), 'onBehalfOf', iff(strip_null_value(e:"userIdentity":"onBehalfOf") is null, null, object_construct_keep_null('userId', e:"userIdentity":"onBehalfOf":"userId"::string, 'identityStoreArn', e:"userIdentity":"onBehalfOf":"identityStoreArn"::string)), 'sessionContext', iff(strip_null_value(e:"userIdentity":"sessionContext") is null, null, object_construct_keep_null('sessionIssuer', iff(strip_null_value(e:"userIdentity":"sessionContext":"sessionIssuer") is null, null, object_construct_keep_null('type', e:"userIdentity":"sessionContext":"sessionIssuer":"type"::string, 'principalId', e:"userIdentity":"sessionContext":"sessionIssuer":"principalId"::string, 'arn', e:"userIdentity":"sessionContext":"sessionIssuer":"arn"::string, 'accountId', e:"userIdentity":"sessionContext":"sessionIssuer":"accountId"::string, 'userName', e:"userIdentity":"sessionContext":"sessionIssuer":"userName"::string)), 'webIdFederationData', iff(strip_null_value(e:"userIdentity":"sessionContext":"webIdFederationData") is null, null, object_construct_keep_null('federatedProvider', e:"userIdentity":"sessionContext":"webIdFederationData":"federatedProvider"::string, 'attributes', strip_null_value(e:"userIdentity":"sessionContext":"webIdFederationData":"attributes"))), 'attributes', iff(strip_null_value(e:"userIdentity":"sessionContext":"attributes") is null, null, object_construct_keep_null('mfaAuthenticated', e:"userIdentity":"sessionContext":"attributes":"mfaAuthenticated"::string, 'creationDate', iff(regexp_like(regexp_replace(e:"userIdentity":"sessionContext":"attributes":"creationDate"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'), '.*(Z|[+-][0-9]{2}:?[0-9]{2})'), convert_timezone('UTC', try_to_timestamp_tz(regexp_replace(e:"userIdentity":"sessionContext":"attributes":"creationDate"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2')))::timestamp_ntz(6), try_to_timestamp_ntz(regexp_replace(e:"userIdentity":"sessionContext":"attributes":"creationDate"::string, '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '\\1:\\2'))::timestamp_ntz(6)))), 'sourceIdentity', e:"userIdentity":"sessionContext":"sourceIdentity"::string, 'ec2RoleDelivery', e:"userIdentity":"sessionContext":"ec2RoleDelivery"::string, 'ec2IssuedInVpc', e:"userIdentity":"sessionContext":"ec2IssuedInVpc"::string, 'assumedRoot', e:"userIdentity":"sessionContext":"assumedRoot"::string)))) as "USERIDENTITY",
        e:"eventSource"::string as "EVENTSOURCE",
        e:"eventName"::string as "EVENTNAME",
        e:"awsRegion"::string as "AWSREGION",
        e:"sourceIPAddress"::string as "SOURCEIPADDRESS",
        e:"userAgent"::string as "USERAGENT",
        e:"errorCode"::string as "ERRORCODE",
        e:"errorMessage"::string as "ERRORMESSAGE",
        strip_null_value(e:"requestParameters") as "REQUESTPARAMETERS",
        strip_null_value(e:"responseElements") as "RESPONSEELEMENTS",
        strip_null_value(e:"additionalEventData") as "ADDITIONALEVENTDATA",
        strip_null_value(e:"serviceEventDetails") as "SERVICEEVENTDETAILS",
        e:"requestID"::string as "REQUESTID",
        e:"eventID"::string as "EVENTID",
        try_to_boolean(e:"readOnly"::string) as "READONLY",
        iff(is_array(e:"resources"), transform(e:"resources"::array, t1 -> iff(strip_null_value(t1) is null, null, object_construct_keep_null('ARN', t1:"ARN"::string, 'accountId', t1:"accountId"::string, 'type', t1:"type"::string, 'ARNPrefix', t1:"ARNPrefix"::string))), null) as "RESOURCES",
        e:"eventType"::string as "EVENTTYPE",
        try_to_boolean(e:"managementEvent"::string) as "MANAGEMENTEVENT",
        e:"eventCategory"::string as "EVENTCATEGORY",
        e:"recipientAccountId"::string as "RECIPIENTACCOUNTID",
        e:"sharedEventID"::string as "SHAREDEVENTID",
        e:"vpcEndpointId"::string as "VPCENDPOINTID",
        e:"vpcEndpointAccountId"::string as "VPCENDPOINTACCOUNTID",
        e:"apiVersion"::string as "APIVERSION",
        e:"sessionCredentialFromConsole"::string as "SESSIONCREDENTIALFROMCONSOLE",
        iff(strip_null_value(e:"addendum") is null, null, object_construct_keep_null('reason', e:"addendum":"reason"::string, 'updatedFields', e:"addendum":"updatedFields"::string, 'originalRequestID', e:"addendum":"originalRequestID"::string, 'originalEventID', e:"addendum":"originalEventID"::string)) as "ADDENDUM",
        strip_null_value(e:"edgeDeviceDetails") as "EDGEDEVICEDETAILS",
        iff(strip_null_value(e:"tlsDetails") is null, null, object_construct_keep_null('tlsVersion', e:"tlsDetails":"tlsVersion"::string, 'cipherSuite', e:"tlsDetails":"cipherSuite"::string, 'clientProvidedHostHeader', e:"tlsDetails":"clientProvidedHostHeader"::string, 'keyExchange', e:"tlsDetails":"keyExchange"::string)) as "TLSDETAILS",
        strip_null_value(e:"eventContext") as "EVENTCONTEXT"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("USERIDENTITY":"principalId"::string), '') as v_1,
        nullif(trim("USERIDENTITY":"arn"::string), '') as v_2,
        nullif(trim("USERIDENTITY":"accountId"::string), '') as v_3,
        nullif(trim("USERIDENTITY":"userName"::string), '') as v_4,
        nullif(trim("USERIDENTITY":"onBehalfOf":"userId"::string), '') as v_5,
        nullif(trim("USERIDENTITY":"onBehalfOf":"identityStoreArn"::string), '') as v_6,
        nullif(trim("USERIDENTITY":"sessionContext":"sessionIssuer":"arn"::string), '') as v_7,
        nullif(trim("USERIDENTITY":"sessionContext":"sessionIssuer":"accountId"::string), '') as v_8,
        nullif(trim("USERIDENTITY":"sessionContext":"sessionIssuer":"userName"::string), '') as v_9,
        nullif(trim("USERIDENTITY":"sessionContext":"webIdFederationData":"federatedProvider"::string), '') as v_10,
        nullif(trim("USERIDENTITY":"sessionContext":"sourceIdentity"::string), '') as v_11,
        nullif(trim("SOURCEIPADDRESS"::string), '') as v_12,
        nullif(trim("REQUESTID"::string), '') as v_13,
        transform("RESOURCES"::array, y1 -> nullif(trim(y1:"ARN"::string), '')) as l_14,
        transform("RESOURCES"::array, y1 -> nullif(trim(y1:"accountId"::string), '')) as l_15,
        nullif(trim("RECIPIENTACCOUNTID"::string), '') as v_16,
        nullif(trim("SHAREDEVENTID"::string), '') as v_17,
        nullif(trim("VPCENDPOINTACCOUNTID"::string), '') as v_18,
        nullif(trim("ADDENDUM":"originalRequestID"::string), '') as v_19,
        nullif(trim("ADDENDUM":"originalEventID"::string), '') as v_20,
        nullif(trim("TLSDETAILS":"clientProvidedHostHeader"::string), '') as v_21,
        concat_ws(' ', '', coalesce(to_json("USERIDENTITY":"inScopeOf"), ''), coalesce(to_json("USERIDENTITY":"sessionContext":"webIdFederationData":"attributes"), ''), coalesce(to_json("REQUESTPARAMETERS"), ''), coalesce(to_json("RESPONSEELEMENTS"), ''), coalesce(to_json("ADDITIONALEVENTDATA"), ''), coalesce(to_json("SERVICEEVENTDETAILS"), ''), coalesce(to_json("EDGEDEVICEDETAILS"), ''), coalesce(to_json("EVENTCONTEXT"), '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when v_2 like 'arn:%:%:%:%:%' then v_2 end as v_2_aws_arn,
        case when regexp_like(v_3, '[0-9]{12}') then v_3 end as v_3_aws_account_id,
        case when v_6 like 'arn:%:%:%:%:%' then v_6 end as v_6_aws_arn,
        case when v_7 like 'arn:%:%:%:%:%' then v_7 end as v_7_aws_arn,
        case when regexp_like(v_8, '[0-9]{12}') then v_8 end as v_8_aws_account_id,
        case when v_10 like 'arn:%:%:%:%:%' then v_10 end as v_10_aws_arn,
        case when regexp_like(v_12, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_12 end as v_12_ip,
        filter(l_14, x -> x like 'arn:%:%:%:%:%') as l_14_aws_arn,
        filter(l_15, x -> regexp_like(x, '[0-9]{12}')) as l_15_aws_account_id,
        case when regexp_like(v_16, '[0-9]{12}') then v_16 end as v_16_aws_account_id,
        case when regexp_like(v_18, '[0-9]{12}') then v_18 end as v_18_aws_account_id,
        regexp_substr_all(open_text, '"([A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"|"(instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\\\]+"|"(publicDnsName|privateDnsName|domain)":"[^"\\\\]+"|"[tT]ag(s|Set|List|sList)":(\\[|[{])|arn:aws[a-z-]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^:"\\\\ ,]*:[^"\\\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\\b|[0-9a-fA-F]{32,64}\\b)') as words
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
        case when v_12_ip is null and v_12 <> '' then v_12 end as v_12_name,
        transform(filter(rest, x -> regexp_like(x, '["\\[]?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))')), x -> ltrim(x, '"[')) as word_ips,
        transform(filter(rest, x -> startswith(x, 'http') and contains(x, '://')), x -> regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        filter(rest, x -> regexp_like(x, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]')) as word_emails,
        filter(rest, x -> regexp_like(x, 'i-[0-9a-f]{8,17}')) as word_instances,
        transform(filter(rest, x -> regexp_like(x, '[0-9a-fA-F]{32,64}')), x -> lower(x)) as word_hashes,
        filter(rest, x -> startswith(x, '"') and contains(x, '":')) as keyed
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
        transform(filter(keyed, x -> contains(x, 'ccount')), x -> split_part(x, '"', 4)) as keyed_accounts,
        transform(filter(keyed, x -> contains(x, 'nstance')), x -> split_part(x, '"', 4)) as keyed_instances,
        transform(filter(keyed, x -> contains(x, 'DnsName":') or startswith(x, '"domain":')), x -> split_part(x, '"', 4)) as keyed_names,
        case when array_size(filter(keyed, x -> startswith(x, '"tag') or startswith(x, '"Tag'))) > 0 then transform(regexp_substr_all(array_to_string(regexp_substr_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\\[(([{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]|[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]),?)+'), ' '), '[{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]$', '\\1:\\3')) end as tags_1,
        case when array_size(filter(keyed, x -> startswith(x, '"tag') or startswith(x, '"Tag'))) > 0 then transform(regexp_substr_all(array_to_string(regexp_substr_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\\[(([{]"[kK]ey":"(([^"\\\\]|\\\\.)*)","[vV]alue":"(([^"\\\\]|\\\\.)*)"[}]|[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]),?)+'), ' '), '[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[vV]alue":"(([^"\\\\]|\\\\.)*)","[kK]ey":"(([^"\\\\]|\\\\.)*)"[}]$', '\\3:\\1')) end as tags_2,
        nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_2_aws_arn, v_6_aws_arn, v_7_aws_arn, v_10_aws_arn), array_construct()), coalesce(l_14_aws_arn, array_construct())), coalesce(word_arns, array_construct()))))), array_construct()) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> '' and x is distinct from v_3_aws_account_id and x is distinct from v_8_aws_account_id and x is distinct from v_16_aws_account_id and x is distinct from v_18_aws_account_id), x -> regexp_like(x, '[0-9]{12}')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> contains(x, ':instance/')), x -> regexp_like(x, '.*:instance/(.*/)?i-[0-9a-f]+')), x -> regexp_substr(x, '(i-[0-9a-f]+)$', 1, 1, 'e', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_substr(x, '([^/]*)$', 1, 1, 'e', 1)), x -> contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.CloudTrail' as p_log_type,
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
    "USERIDENTITY",
    "EVENTSOURCE",
    "EVENTNAME",
    "AWSREGION",
    "SOURCEIPADDRESS",
    "USERAGENT",
    "ERRORCODE",
    "ERRORMESSAGE",
    "REQUESTPARAMETERS",
    "RESPONSEELEMENTS",
    "ADDITIONALEVENTDATA",
    "SERVICEEVENTDETAILS",
    "REQUESTID",
    "EVENTID",
    "READONLY",
    "RESOURCES",
    "EVENTTYPE",
    "MANAGEMENTEVENT",
    "EVENTCATEGORY",
    "RECIPIENTACCOUNTID",
    "SHAREDEVENTID",
    "VPCENDPOINTID",
    "VPCENDPOINTACCOUNTID",
    "APIVERSION",
    "SESSIONCREDENTIALFROMCONSOLE",
    "ADDENDUM",
    "EDGEDEVICEDETAILS",
    "TLSDETAILS",
    "EVENTCONTEXT",
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_12_ip), array_construct()), coalesce(word_ips, array_construct())), coalesce(host_ips, array_construct()))))), array_construct()) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_12_name, v_21), array_construct()), coalesce(host_names, array_construct())), coalesce(keyed_names, array_construct()))))), array_construct()) as p_any_domain_names,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_4, v_9, v_11)))), array_construct()) as p_any_usernames,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_emails, array_construct()), coalesce(arn_emails, array_construct()))))), array_construct()) as p_any_emails,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_1, v_5)))), array_construct()) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(array_cat(coalesce(array_construct_compact(v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id), array_construct()), coalesce(l_15_aws_account_id, array_construct())), coalesce(keyed_accounts, array_construct())), coalesce(arn_accounts, array_construct()))))), array_construct()) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(word_instances, array_construct()), coalesce(keyed_instances, array_construct())), coalesce(arn_instances, array_construct()))))), array_construct()) as p_any_aws_instance_ids,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(tags_1, array_construct()), coalesce(tags_2, array_construct()))))), array_construct()) as p_any_aws_tags,
    nullif(array_sort(array_distinct(array_compact(md5s))), array_construct()) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(array_compact(sha1s))), array_construct()) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(array_compact(sha256s))), array_construct()) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(array_compact(array_construct_compact(v_13, v_17, v_19, v_20)))), array_construct()) as p_any_trace_ids,
    cast(null as array) as p_any_mac_addresses,
    p_raw_event
from derived
