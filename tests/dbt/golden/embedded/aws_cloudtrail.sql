-- One row per AWS API call or sign-in. Its fields, their types and indicators: aws_cloudtrail.yml.
with landed as (
    select * from "lake"."panther_raw"."aws_cloudtrail"
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, coalesce(try(from_json(p_raw_event, '{"eventTime": "TIMESTAMPTZ", "eventVersion": "VARCHAR", "userIdentity": {"type": "VARCHAR", "principalId": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR", "accessKeyId": "VARCHAR", "userName": "VARCHAR", "invokedBy": "VARCHAR", "identityProvider": "VARCHAR", "credentialId": "VARCHAR", "inScopeOf": "JSON", "onBehalfOf": {"userId": "VARCHAR", "identityStoreArn": "VARCHAR"}, "sessionContext": {"sessionIssuer": {"type": "VARCHAR", "principalId": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR", "userName": "VARCHAR"}, "webIdFederationData": {"federatedProvider": "VARCHAR", "attributes": "JSON"}, "attributes": {"mfaAuthenticated": "VARCHAR", "creationDate": "TIMESTAMPTZ"}, "sourceIdentity": "VARCHAR", "ec2RoleDelivery": "VARCHAR", "ec2IssuedInVpc": "VARCHAR", "assumedRoot": "VARCHAR"}}, "eventSource": "VARCHAR", "eventName": "VARCHAR", "awsRegion": "VARCHAR", "sourceIPAddress": "VARCHAR", "userAgent": "VARCHAR", "errorCode": "VARCHAR", "errorMessage": "VARCHAR", "requestParameters": "JSON", "responseElements": "JSON", "additionalEventData": "JSON", "serviceEventDetails": "JSON", "requestID": "VARCHAR", "eventID": "VARCHAR", "readOnly": "BOOLEAN", "resources": [{"ARN": "VARCHAR", "accountId": "VARCHAR", "type": "VARCHAR", "ARNPrefix": "VARCHAR"}], "eventType": "VARCHAR", "managementEvent": "BOOLEAN", "eventCategory": "VARCHAR", "recipientAccountId": "VARCHAR", "sharedEventID": "VARCHAR", "vpcEndpointId": "VARCHAR", "vpcEndpointAccountId": "VARCHAR", "apiVersion": "VARCHAR", "sessionCredentialFromConsole": "VARCHAR", "addendum": {"reason": "VARCHAR", "updatedFields": "VARCHAR", "originalRequestID": "VARCHAR", "originalEventID": "VARCHAR"}, "edgeDeviceDetails": "JSON", "tlsDetails": {"tlsVersion": "VARCHAR", "cipherSuite": "VARCHAR", "clientProvidedHostHeader": "VARCHAR", "keyExchange": "VARCHAR"}, "eventContext": "JSON"}')), try(from_json(regexp_replace(p_raw_event, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}', '\\ufffd', 'g'), '{"eventTime": "TIMESTAMPTZ", "eventVersion": "VARCHAR", "userIdentity": {"type": "VARCHAR", "principalId": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR", "accessKeyId": "VARCHAR", "userName": "VARCHAR", "invokedBy": "VARCHAR", "identityProvider": "VARCHAR", "credentialId": "VARCHAR", "inScopeOf": "JSON", "onBehalfOf": {"userId": "VARCHAR", "identityStoreArn": "VARCHAR"}, "sessionContext": {"sessionIssuer": {"type": "VARCHAR", "principalId": "VARCHAR", "arn": "VARCHAR", "accountId": "VARCHAR", "userName": "VARCHAR"}, "webIdFederationData": {"federatedProvider": "VARCHAR", "attributes": "JSON"}, "attributes": {"mfaAuthenticated": "VARCHAR", "creationDate": "TIMESTAMPTZ"}, "sourceIdentity": "VARCHAR", "ec2RoleDelivery": "VARCHAR", "ec2IssuedInVpc": "VARCHAR", "assumedRoot": "VARCHAR"}}, "eventSource": "VARCHAR", "eventName": "VARCHAR", "awsRegion": "VARCHAR", "sourceIPAddress": "VARCHAR", "userAgent": "VARCHAR", "errorCode": "VARCHAR", "errorMessage": "VARCHAR", "requestParameters": "JSON", "responseElements": "JSON", "additionalEventData": "JSON", "serviceEventDetails": "JSON", "requestID": "VARCHAR", "eventID": "VARCHAR", "readOnly": "BOOLEAN", "resources": [{"ARN": "VARCHAR", "accountId": "VARCHAR", "type": "VARCHAR", "ARNPrefix": "VARCHAR"}], "eventType": "VARCHAR", "managementEvent": "BOOLEAN", "eventCategory": "VARCHAR", "recipientAccountId": "VARCHAR", "sharedEventID": "VARCHAR", "vpcEndpointId": "VARCHAR", "vpcEndpointAccountId": "VARCHAR", "apiVersion": "VARCHAR", "sessionCredentialFromConsole": "VARCHAR", "addendum": {"reason": "VARCHAR", "updatedFields": "VARCHAR", "originalRequestID": "VARCHAR", "originalEventID": "VARCHAR"}, "edgeDeviceDetails": "JSON", "tlsDetails": {"tlsVersion": "VARCHAR", "cipherSuite": "VARCHAR", "clientProvidedHostHeader": "VARCHAR", "keyExchange": "VARCHAR"}, "eventContext": "JSON"}'))) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        cast(e."eventTime" as timestamp) as "eventTime",
        e."eventVersion" as "eventVersion",
        cast(e."userIdentity" as STRUCT("type" VARCHAR, "principalId" VARCHAR, "arn" VARCHAR, "accountId" VARCHAR, "accessKeyId" VARCHAR, "userName" VARCHAR, "invokedBy" VARCHAR, "identityProvider" VARCHAR, "credentialId" VARCHAR, "inScopeOf" JSON, "onBehalfOf" STRUCT("userId" VARCHAR, "identityStoreArn" VARCHAR), "sessionContext" STRUCT("sessionIssuer" STRUCT("type" VARCHAR, "principalId" VARCHAR, "arn" VARCHAR, "accountId" VARCHAR, "userName" VARCHAR), "webIdFederationData" STRUCT("federatedProvider" VARCHAR, "attributes" JSON), "attributes" STRUCT("mfaAuthenticated" VARCHAR, "creationDate" TIMESTAMP), "sourceIdentity" VARCHAR, "ec2RoleDelivery" VARCHAR, "ec2IssuedInVpc" VARCHAR, "assumedRoot" VARCHAR))) as "userIdentity",
        e."eventSource" as "eventSource",
        e."eventName" as "eventName",
        e."awsRegion" as "awsRegion",
        e."sourceIPAddress" as "sourceIPAddress",
        e."userAgent" as "userAgent",
        e."errorCode" as "errorCode",
        e."errorMessage" as "errorMessage",
        e."requestParameters" as "requestParameters",
        e."responseElements" as "responseElements",
        e."additionalEventData" as "additionalEventData",
        e."serviceEventDetails" as "serviceEventDetails",
        e."requestID" as "requestID",
        e."eventID" as "eventID",
        e."readOnly" as "readOnly",
        e."resources" as "resources",
        e."eventType" as "eventType",
        e."managementEvent" as "managementEvent",
        e."eventCategory" as "eventCategory",
        e."recipientAccountId" as "recipientAccountId",
        e."sharedEventID" as "sharedEventID",
        e."vpcEndpointId" as "vpcEndpointId",
        e."vpcEndpointAccountId" as "vpcEndpointAccountId",
        e."apiVersion" as "apiVersion",
        e."sessionCredentialFromConsole" as "sessionCredentialFromConsole",
        e."addendum" as "addendum",
        e."edgeDeviceDetails" as "edgeDeviceDetails",
        e."tlsDetails" as "tlsDetails",
        e."eventContext" as "eventContext"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        case when "userIdentity"."principalId" >= '!' and not suffix("userIdentity"."principalId", ' ') then "userIdentity"."principalId" else nullif(trim("userIdentity"."principalId"), '') end as v_1,
        case when "userIdentity"."arn" >= '!' and not suffix("userIdentity"."arn", ' ') then "userIdentity"."arn" else nullif(trim("userIdentity"."arn"), '') end as v_2,
        case when "userIdentity"."accountId" >= '!' and not suffix("userIdentity"."accountId", ' ') then "userIdentity"."accountId" else nullif(trim("userIdentity"."accountId"), '') end as v_3,
        case when "userIdentity"."userName" >= '!' and not suffix("userIdentity"."userName", ' ') then "userIdentity"."userName" else nullif(trim("userIdentity"."userName"), '') end as v_4,
        case when "userIdentity"."onBehalfOf"."userId" >= '!' and not suffix("userIdentity"."onBehalfOf"."userId", ' ') then "userIdentity"."onBehalfOf"."userId" else nullif(trim("userIdentity"."onBehalfOf"."userId"), '') end as v_5,
        case when "userIdentity"."onBehalfOf"."identityStoreArn" >= '!' and not suffix("userIdentity"."onBehalfOf"."identityStoreArn", ' ') then "userIdentity"."onBehalfOf"."identityStoreArn" else nullif(trim("userIdentity"."onBehalfOf"."identityStoreArn"), '') end as v_6,
        case when "userIdentity"."sessionContext"."sessionIssuer"."arn" >= '!' and not suffix("userIdentity"."sessionContext"."sessionIssuer"."arn", ' ') then "userIdentity"."sessionContext"."sessionIssuer"."arn" else nullif(trim("userIdentity"."sessionContext"."sessionIssuer"."arn"), '') end as v_7,
        case when "userIdentity"."sessionContext"."sessionIssuer"."accountId" >= '!' and not suffix("userIdentity"."sessionContext"."sessionIssuer"."accountId", ' ') then "userIdentity"."sessionContext"."sessionIssuer"."accountId" else nullif(trim("userIdentity"."sessionContext"."sessionIssuer"."accountId"), '') end as v_8,
        case when "userIdentity"."sessionContext"."sessionIssuer"."userName" >= '!' and not suffix("userIdentity"."sessionContext"."sessionIssuer"."userName", ' ') then "userIdentity"."sessionContext"."sessionIssuer"."userName" else nullif(trim("userIdentity"."sessionContext"."sessionIssuer"."userName"), '') end as v_9,
        case when "userIdentity"."sessionContext"."webIdFederationData"."federatedProvider" >= '!' and not suffix("userIdentity"."sessionContext"."webIdFederationData"."federatedProvider", ' ') then "userIdentity"."sessionContext"."webIdFederationData"."federatedProvider" else nullif(trim("userIdentity"."sessionContext"."webIdFederationData"."federatedProvider"), '') end as v_10,
        case when "userIdentity"."sessionContext"."sourceIdentity" >= '!' and not suffix("userIdentity"."sessionContext"."sourceIdentity", ' ') then "userIdentity"."sessionContext"."sourceIdentity" else nullif(trim("userIdentity"."sessionContext"."sourceIdentity"), '') end as v_11,
        case when "sourceIPAddress" >= '!' and not suffix("sourceIPAddress", ' ') then "sourceIPAddress" else nullif(trim("sourceIPAddress"), '') end as v_12,
        case when "requestID" >= '!' and not suffix("requestID", ' ') then "requestID" else nullif(trim("requestID"), '') end as v_13,
        list_transform("resources", lambda y1: case when y1."ARN" >= '!' and not suffix(y1."ARN", ' ') then y1."ARN" else nullif(trim(y1."ARN"), '') end) as l_14,
        list_transform("resources", lambda y1: case when y1."accountId" >= '!' and not suffix(y1."accountId", ' ') then y1."accountId" else nullif(trim(y1."accountId"), '') end) as l_15,
        case when "recipientAccountId" >= '!' and not suffix("recipientAccountId", ' ') then "recipientAccountId" else nullif(trim("recipientAccountId"), '') end as v_16,
        case when "sharedEventID" >= '!' and not suffix("sharedEventID", ' ') then "sharedEventID" else nullif(trim("sharedEventID"), '') end as v_17,
        case when "vpcEndpointAccountId" >= '!' and not suffix("vpcEndpointAccountId", ' ') then "vpcEndpointAccountId" else nullif(trim("vpcEndpointAccountId"), '') end as v_18,
        case when "addendum"."originalRequestID" >= '!' and not suffix("addendum"."originalRequestID", ' ') then "addendum"."originalRequestID" else nullif(trim("addendum"."originalRequestID"), '') end as v_19,
        case when "addendum"."originalEventID" >= '!' and not suffix("addendum"."originalEventID", ' ') then "addendum"."originalEventID" else nullif(trim("addendum"."originalEventID"), '') end as v_20,
        case when "tlsDetails"."clientProvidedHostHeader" >= '!' and not suffix("tlsDetails"."clientProvidedHostHeader", ' ') then "tlsDetails"."clientProvidedHostHeader" else nullif(trim("tlsDetails"."clientProvidedHostHeader"), '') end as v_21,
        concat_ws(' ', cast("userIdentity"."inScopeOf" as varchar), cast("userIdentity"."sessionContext"."webIdFederationData"."attributes" as varchar), cast("requestParameters" as varchar), cast("responseElements" as varchar), cast("additionalEventData" as varchar), cast("serviceEventDetails" as varchar), cast("edgeDeviceDetails" as varchar), cast("eventContext" as varchar)) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when v_2 like 'arn:%:%:%:%:%' then v_2 end as v_2_aws_arn,
        case when regexp_full_match(v_3, '[0-9]{12}') then v_3 end as v_3_aws_account_id,
        case when v_6 like 'arn:%:%:%:%:%' then v_6 end as v_6_aws_arn,
        case when v_7 like 'arn:%:%:%:%:%' then v_7 end as v_7_aws_arn,
        case when regexp_full_match(v_8, '[0-9]{12}') then v_8 end as v_8_aws_account_id,
        case when v_10 like 'arn:%:%:%:%:%' then v_10 end as v_10_aws_arn,
        case when regexp_full_match(v_12, '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_12 end as v_12_ip,
        list_filter(l_14, lambda x: x like 'arn:%:%:%:%:%') as l_14_aws_arn,
        list_filter(l_15, lambda x: regexp_full_match(x, '[0-9]{12}')) as l_15_aws_account_id,
        case when regexp_full_match(v_16, '[0-9]{12}') then v_16 end as v_16_aws_account_id,
        case when regexp_full_match(v_18, '[0-9]{12}') then v_18 end as v_18_aws_account_id,
        regexp_extract_all(open_text, '"(?:[A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"|"(?:instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\]+"|"(?:publicDnsName|privateDnsName|domain)":"[^"\\]+"|"[tT]ag(?:s|Set|List|sList)":(?:\[|[{])|arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://(?:[^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*(?:[.][0-9]+)*(?:/[0-9]+)?|\b(?:[0-9]{1,3}(?:[.][0-9]{1,3}){3}(?:[.]?[A-Za-z0-9_])*(?:/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:[.][0-9]+)*(?::?[A-Za-z0-9_])*(?:/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
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
        case when v_12_ip is null and v_12 <> '' then v_12 end as v_12_name,
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '["\[]?(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,7}:|(?:[0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){1,5}(?::[0-9a-fA-F]{1,4}){1,2}|(?:[0-9a-fA-F]{1,4}:){1,4}(?::[0-9a-fA-F]{1,4}){1,3}|(?:[0-9a-fA-F]{1,4}:){1,3}(?::[0-9a-fA-F]{1,4}){1,4}|(?:[0-9a-fA-F]{1,4}:){1,2}(?::[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(?::[0-9a-fA-F]{1,4}){1,6}|:(?::[0-9a-fA-F]{1,4}){1,7}|::|(?:[0-9a-fA-F]{1,4}:){6}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::(?:[0-9a-fA-F]{1,4}:){0,5}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,5}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,3}:(?:[0-9a-fA-F]{1,4}:){2}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|(?:[0-9a-fA-F]{1,4}:){1,2}:(?:[0-9a-fA-F]{1,4}:){3}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::(?:[0-9a-fA-F]{1,4}:){4}(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))')), lambda x: ltrim(x, '"[')) as word_ips,
        list_transform(list_filter(rest, lambda x: starts_with(x, 'http') and contains(x, '://')), lambda x: regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        list_filter(rest, lambda x: regexp_full_match(x, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]')) as word_emails,
        list_filter(rest, lambda x: regexp_full_match(x, 'i-[0-9a-f]{8,17}')) as word_instances,
        list_transform(list_filter(rest, lambda x: regexp_full_match(x, '[0-9a-fA-F]{32,64}')), lambda x: lower(x)) as word_hashes,
        list_filter(rest, lambda x: starts_with(x, '"') and contains(x, '":')) as keyed
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
        list_transform(list_filter(keyed, lambda x: contains(x, 'ccount')), lambda x: split_part(x, '"', 4)) as keyed_accounts,
        list_transform(list_filter(keyed, lambda x: contains(x, 'nstance')), lambda x: split_part(x, '"', 4)) as keyed_instances,
        list_transform(list_filter(keyed, lambda x: contains(x, 'DnsName":') or starts_with(x, '"domain":')), lambda x: split_part(x, '"', 4)) as keyed_names,
        case when len(list_filter(keyed, lambda x: starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then list_transform(regexp_extract_all(array_to_string(regexp_extract_all(open_text, '"[tT]ag(?:s|Set|List|sList)":(?:[{]"items":)?\[(?:(?:[{]"[kK]ey":"(?:(?:[^"\\]|\\.)*)","[vV]alue":"(?:(?:[^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(?:(?:[^"\\]|\\.)*)","[kK]ey":"(?:(?:[^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[kK]ey":"(?:(?:[^"\\]|\\.)*)","[vV]alue":"(?:(?:[^"\\]|\\.)*)"[}]'), lambda x: regexp_replace(x, '^[{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]$', '\1:\3')) end as tags_1,
        case when len(list_filter(keyed, lambda x: starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then list_transform(regexp_extract_all(array_to_string(regexp_extract_all(open_text, '"[tT]ag(?:s|Set|List|sList)":(?:[{]"items":)?\[(?:(?:[{]"[kK]ey":"(?:(?:[^"\\]|\\.)*)","[vV]alue":"(?:(?:[^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(?:(?:[^"\\]|\\.)*)","[kK]ey":"(?:(?:[^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[vV]alue":"(?:(?:[^"\\]|\\.)*)","[kK]ey":"(?:(?:[^"\\]|\\.)*)"[}]'), lambda x: regexp_replace(x, '^[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]$', '\3:\1')) end as tags_2,
        map_keys(list_histogram(list_concat([v_2_aws_arn, v_6_aws_arn, v_7_aws_arn, v_10_aws_arn], l_14_aws_arn, word_arns))) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        list_filter(list_filter(list_transform(p_any_aws_arns, lambda x: split_part(x, ':', 5)), lambda x: x <> '' and x is distinct from v_3_aws_account_id and x is distinct from v_8_aws_account_id and x is distinct from v_16_aws_account_id and x is distinct from v_18_aws_account_id), lambda x: regexp_full_match(x, '[0-9]{12}')) as arn_accounts,
        list_transform(list_filter(list_filter(p_any_aws_arns, lambda x: contains(x, ':instance/')), lambda x: regexp_full_match(x, '.*:instance/(?:.*/)?i-[0-9a-f]+')), lambda x: regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        list_filter(list_transform(list_filter(p_any_aws_arns, lambda x: x like '%:assumed-role/%@%'), lambda x: regexp_extract(x, '([^/]*)$', 1)), lambda x: contains(x, '@')) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.CloudTrail' as p_log_type,
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
    "userIdentity",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "serviceEventDetails",
    "requestID",
    "eventID",
    "readOnly",
    "resources",
    "eventType",
    "managementEvent",
    "eventCategory",
    "recipientAccountId",
    "sharedEventID",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "apiVersion",
    "sessionCredentialFromConsole",
    "addendum",
    "edgeDeviceDetails",
    "tlsDetails",
    "eventContext",
    case when len(word_ips) > 0 or len(host_ips) > 0 then map_keys(list_histogram(list_concat([v_12_ip], word_ips, host_ips))) else case when v_12_ip is not null then [v_12_ip] end end as p_any_ip_addresses,
    case when len(host_names) > 0 or len(keyed_names) > 0 then map_keys(list_histogram(list_concat([v_12_name, v_21], host_names, keyed_names))) else case when v_12_name is null then case when v_21 is not null then [v_21] end when v_21 is null or v_12_name = v_21 then [v_12_name] when v_12_name < v_21 then [v_12_name, v_21] else [v_21, v_12_name] end end as p_any_domain_names,
    case when coalesce(v_4, v_9, v_11) is null then null when least(v_4, v_9, v_11) = greatest(v_4, v_9, v_11) then [coalesce(v_4, v_9, v_11)] else map_keys(list_histogram([v_4, v_9, v_11])) end as p_any_usernames,
    case when len(word_emails) > 0 or len(arn_emails) > 0 then map_keys(list_histogram(list_concat(word_emails, arn_emails))) else null end as p_any_emails,
    case when v_1 is null then case when v_5 is not null then [v_5] end when v_5 is null or v_1 = v_5 then [v_1] when v_1 < v_5 then [v_1, v_5] else [v_5, v_1] end as p_any_actor_ids,
    case when len(l_15_aws_account_id) > 0 or len(keyed_accounts) > 0 or len(arn_accounts) > 0 then map_keys(list_histogram(list_concat([v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id], l_15_aws_account_id, keyed_accounts, arn_accounts))) else case when coalesce(v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id) is null then null when least(v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id) = greatest(v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id) then [coalesce(v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id)] else map_keys(list_histogram([v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id])) end end as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    case when len(word_instances) > 0 or len(keyed_instances) > 0 or len(arn_instances) > 0 then map_keys(list_histogram(list_concat(word_instances, keyed_instances, arn_instances))) else null end as p_any_aws_instance_ids,
    case when len(tags_1) > 0 or len(tags_2) > 0 then map_keys(list_histogram(list_concat(tags_1, tags_2))) else null end as p_any_aws_tags,
    case when len(md5s) > 0 then map_keys(list_histogram(md5s)) else null end as p_any_md5_hashes,
    case when len(sha1s) > 0 then map_keys(list_histogram(sha1s)) else null end as p_any_sha1_hashes,
    case when len(sha256s) > 0 then map_keys(list_histogram(sha256s)) else null end as p_any_sha256_hashes,
    case when coalesce(v_13, v_17, v_19, v_20) is null then null when least(v_13, v_17, v_19, v_20) = greatest(v_13, v_17, v_19, v_20) then [coalesce(v_13, v_17, v_19, v_20)] else map_keys(list_histogram([v_13, v_17, v_19, v_20])) end as p_any_trace_ids,
    cast(null as VARCHAR[]) as p_any_mac_addresses,
    p_raw_event
from derived
