-- One row per AWS API call or sign-in. Its fields, their types and indicators: aws_cloudtrail.yml.
with landed as (
    select * from "awsdatacatalog"."panther_raw"."aws_cloudtrail"
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
        if(nullif(json_format(element_at(e, 'userIdentity')), 'null') is null, null, transform(array[try_cast(element_at(e, 'userIdentity') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'type'), '$'), nullif(json_format(element_at(m1, 'type')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'principalId'), '$'), nullif(json_format(element_at(m1, 'principalId')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'arn'), '$'), nullif(json_format(element_at(m1, 'arn')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'accountId'), '$'), nullif(json_format(element_at(m1, 'accountId')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'accessKeyId'), '$'), nullif(json_format(element_at(m1, 'accessKeyId')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'userName'), '$'), nullif(json_format(element_at(m1, 'userName')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'invokedBy'), '$'), nullif(json_format(element_at(m1, 'invokedBy')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'identityProvider'), '$'), nullif(json_format(element_at(m1, 'identityProvider')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'credentialId'), '$'), nullif(json_format(element_at(m1, 'credentialId')), 'null')), nullif(json_format(element_at(m1, 'inScopeOf')), 'null'), if(nullif(json_format(element_at(m1, 'onBehalfOf')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'onBehalfOf') as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'userId'), '$'), nullif(json_format(element_at(m2, 'userId')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'identityStoreArn'), '$'), nullif(json_format(element_at(m2, 'identityStoreArn')), 'null'))) as row("userid" varchar, "identitystorearn" varchar)))[1]), if(nullif(json_format(element_at(m1, 'sessionContext')), 'null') is null, null, transform(array[try_cast(element_at(m1, 'sessionContext') as map(varchar, json))], m2 -> cast(row(if(nullif(json_format(element_at(m2, 'sessionIssuer')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'sessionIssuer') as map(varchar, json))], m3 -> cast(row(coalesce(json_extract_scalar(element_at(m3, 'type'), '$'), nullif(json_format(element_at(m3, 'type')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'principalId'), '$'), nullif(json_format(element_at(m3, 'principalId')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'arn'), '$'), nullif(json_format(element_at(m3, 'arn')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'accountId'), '$'), nullif(json_format(element_at(m3, 'accountId')), 'null')), coalesce(json_extract_scalar(element_at(m3, 'userName'), '$'), nullif(json_format(element_at(m3, 'userName')), 'null'))) as row("type" varchar, "principalid" varchar, "arn" varchar, "accountid" varchar, "username" varchar)))[1]), if(nullif(json_format(element_at(m2, 'webIdFederationData')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'webIdFederationData') as map(varchar, json))], m3 -> cast(row(coalesce(json_extract_scalar(element_at(m3, 'federatedProvider'), '$'), nullif(json_format(element_at(m3, 'federatedProvider')), 'null')), nullif(json_format(element_at(m3, 'attributes')), 'null')) as row("federatedprovider" varchar, "attributes" varchar)))[1]), if(nullif(json_format(element_at(m2, 'attributes')), 'null') is null, null, transform(array[try_cast(element_at(m2, 'attributes') as map(varchar, json))], m3 -> cast(row(coalesce(json_extract_scalar(element_at(m3, 'mfaAuthenticated'), '$'), nullif(json_format(element_at(m3, 'mfaAuthenticated')), 'null')), cast(try(from_iso8601_timestamp_nanos(replace(regexp_replace(json_extract_scalar(element_at(m3, 'creationDate'), '$'), '^(.*:[0-9.]+[+-][0-9]{2})([0-9]{2})$', '$1:$2'), ' ', 'T'))) at time zone 'UTC' as timestamp(6))) as row("mfaauthenticated" varchar, "creationdate" timestamp(6))))[1]), coalesce(json_extract_scalar(element_at(m2, 'sourceIdentity'), '$'), nullif(json_format(element_at(m2, 'sourceIdentity')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'ec2RoleDelivery'), '$'), nullif(json_format(element_at(m2, 'ec2RoleDelivery')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'ec2IssuedInVpc'), '$'), nullif(json_format(element_at(m2, 'ec2IssuedInVpc')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'assumedRoot'), '$'), nullif(json_format(element_at(m2, 'assumedRoot')), 'null'))) as row("sessionissuer" row("type" varchar, "principalid" varchar, "arn" varchar, "accountid" varchar, "username" varchar), "webidfederationdata" row("federatedprovider" varchar, "attributes" varchar), "attributes" row("mfaauthenticated" varchar, "creationdate" timestamp(6)), "sourceidentity" varchar, "ec2roledelivery" varchar, "ec2issuedinvpc" varchar, "assumedroot" varchar)))[1])) as row("type" varchar, "principalid" varchar, "arn" varchar, "accountid" varchar, "accesskeyid" varchar, "username" varchar, "invokedby" varchar, "identityprovider" varchar, "credentialid" varchar, "inscopeof" varchar, "onbehalfof" row("userid" varchar, "identitystorearn" varchar), "sessioncontext" row("sessionissuer" row("type" varchar, "principalid" varchar, "arn" varchar, "accountid" varchar, "username" varchar), "webidfederationdata" row("federatedprovider" varchar, "attributes" varchar), "attributes" row("mfaauthenticated" varchar, "creationdate" timestamp(6)), "sourceidentity" varchar, "ec2roledelivery" varchar, "ec2issuedinvpc" varchar, "assumedroot" varchar))))[1]) as "useridentity",
        coalesce(json_extract_scalar(element_at(e, 'eventSource'), '$'), nullif(json_format(element_at(e, 'eventSource')), 'null')) as "eventsource",
        coalesce(json_extract_scalar(element_at(e, 'eventName'), '$'), nullif(json_format(element_at(e, 'eventName')), 'null')) as "eventname",
        coalesce(json_extract_scalar(element_at(e, 'awsRegion'), '$'), nullif(json_format(element_at(e, 'awsRegion')), 'null')) as "awsregion",
        coalesce(json_extract_scalar(element_at(e, 'sourceIPAddress'), '$'), nullif(json_format(element_at(e, 'sourceIPAddress')), 'null')) as "sourceipaddress",
        coalesce(json_extract_scalar(element_at(e, 'userAgent'), '$'), nullif(json_format(element_at(e, 'userAgent')), 'null')) as "useragent",
        coalesce(json_extract_scalar(element_at(e, 'errorCode'), '$'), nullif(json_format(element_at(e, 'errorCode')), 'null')) as "errorcode",
        coalesce(json_extract_scalar(element_at(e, 'errorMessage'), '$'), nullif(json_format(element_at(e, 'errorMessage')), 'null')) as "errormessage",
        nullif(json_format(element_at(e, 'requestParameters')), 'null') as "requestparameters",
        nullif(json_format(element_at(e, 'responseElements')), 'null') as "responseelements",
        nullif(json_format(element_at(e, 'additionalEventData')), 'null') as "additionaleventdata",
        nullif(json_format(element_at(e, 'serviceEventDetails')), 'null') as "serviceeventdetails",
        coalesce(json_extract_scalar(element_at(e, 'requestID'), '$'), nullif(json_format(element_at(e, 'requestID')), 'null')) as "requestid",
        coalesce(json_extract_scalar(element_at(e, 'eventID'), '$'), nullif(json_format(element_at(e, 'eventID')), 'null')) as "eventid",
        try_cast(json_extract_scalar(element_at(e, 'readOnly'), '$') as boolean) as "readonly",
        transform(try_cast(element_at(e, 'resources') as array(json)), t1 -> if(nullif(json_format(t1), 'null') is null, null, transform(array[try_cast(t1 as map(varchar, json))], m2 -> cast(row(coalesce(json_extract_scalar(element_at(m2, 'ARN'), '$'), nullif(json_format(element_at(m2, 'ARN')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'accountId'), '$'), nullif(json_format(element_at(m2, 'accountId')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'type'), '$'), nullif(json_format(element_at(m2, 'type')), 'null')), coalesce(json_extract_scalar(element_at(m2, 'ARNPrefix'), '$'), nullif(json_format(element_at(m2, 'ARNPrefix')), 'null'))) as row("arn" varchar, "accountid" varchar, "type" varchar, "arnprefix" varchar)))[1])) as "resources",
        coalesce(json_extract_scalar(element_at(e, 'eventType'), '$'), nullif(json_format(element_at(e, 'eventType')), 'null')) as "eventtype",
        try_cast(json_extract_scalar(element_at(e, 'managementEvent'), '$') as boolean) as "managementevent",
        coalesce(json_extract_scalar(element_at(e, 'eventCategory'), '$'), nullif(json_format(element_at(e, 'eventCategory')), 'null')) as "eventcategory",
        coalesce(json_extract_scalar(element_at(e, 'recipientAccountId'), '$'), nullif(json_format(element_at(e, 'recipientAccountId')), 'null')) as "recipientaccountid",
        coalesce(json_extract_scalar(element_at(e, 'sharedEventID'), '$'), nullif(json_format(element_at(e, 'sharedEventID')), 'null')) as "sharedeventid",
        coalesce(json_extract_scalar(element_at(e, 'vpcEndpointId'), '$'), nullif(json_format(element_at(e, 'vpcEndpointId')), 'null')) as "vpcendpointid",
        coalesce(json_extract_scalar(element_at(e, 'vpcEndpointAccountId'), '$'), nullif(json_format(element_at(e, 'vpcEndpointAccountId')), 'null')) as "vpcendpointaccountid",
        coalesce(json_extract_scalar(element_at(e, 'apiVersion'), '$'), nullif(json_format(element_at(e, 'apiVersion')), 'null')) as "apiversion",
        coalesce(json_extract_scalar(element_at(e, 'sessionCredentialFromConsole'), '$'), nullif(json_format(element_at(e, 'sessionCredentialFromConsole')), 'null')) as "sessioncredentialfromconsole",
        if(nullif(json_format(element_at(e, 'addendum')), 'null') is null, null, transform(array[try_cast(element_at(e, 'addendum') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'reason'), '$'), nullif(json_format(element_at(m1, 'reason')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'updatedFields'), '$'), nullif(json_format(element_at(m1, 'updatedFields')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'originalRequestID'), '$'), nullif(json_format(element_at(m1, 'originalRequestID')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'originalEventID'), '$'), nullif(json_format(element_at(m1, 'originalEventID')), 'null'))) as row("reason" varchar, "updatedfields" varchar, "originalrequestid" varchar, "originaleventid" varchar)))[1]) as "addendum",
        nullif(json_format(element_at(e, 'edgeDeviceDetails')), 'null') as "edgedevicedetails",
        if(nullif(json_format(element_at(e, 'tlsDetails')), 'null') is null, null, transform(array[try_cast(element_at(e, 'tlsDetails') as map(varchar, json))], m1 -> cast(row(coalesce(json_extract_scalar(element_at(m1, 'tlsVersion'), '$'), nullif(json_format(element_at(m1, 'tlsVersion')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'cipherSuite'), '$'), nullif(json_format(element_at(m1, 'cipherSuite')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'clientProvidedHostHeader'), '$'), nullif(json_format(element_at(m1, 'clientProvidedHostHeader')), 'null')), coalesce(json_extract_scalar(element_at(m1, 'keyExchange'), '$'), nullif(json_format(element_at(m1, 'keyExchange')), 'null'))) as row("tlsversion" varchar, "ciphersuite" varchar, "clientprovidedhostheader" varchar, "keyexchange" varchar)))[1]) as "tlsdetails",
        nullif(json_format(element_at(e, 'eventContext')), 'null') as "eventcontext"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("useridentity"."principalid"), '') as v_1,
        nullif(trim("useridentity"."arn"), '') as v_2,
        nullif(trim("useridentity"."accountid"), '') as v_3,
        nullif(trim("useridentity"."username"), '') as v_4,
        nullif(trim("useridentity"."onbehalfof"."userid"), '') as v_5,
        nullif(trim("useridentity"."onbehalfof"."identitystorearn"), '') as v_6,
        nullif(trim("useridentity"."sessioncontext"."sessionissuer"."arn"), '') as v_7,
        nullif(trim("useridentity"."sessioncontext"."sessionissuer"."accountid"), '') as v_8,
        nullif(trim("useridentity"."sessioncontext"."sessionissuer"."username"), '') as v_9,
        nullif(trim("useridentity"."sessioncontext"."webidfederationdata"."federatedprovider"), '') as v_10,
        nullif(trim("useridentity"."sessioncontext"."sourceidentity"), '') as v_11,
        nullif(trim("sourceipaddress"), '') as v_12,
        nullif(trim("requestid"), '') as v_13,
        transform("resources", y1 -> nullif(trim(y1."arn"), '')) as l_14,
        transform("resources", y1 -> nullif(trim(y1."accountid"), '')) as l_15,
        nullif(trim("recipientaccountid"), '') as v_16,
        nullif(trim("sharedeventid"), '') as v_17,
        nullif(trim("vpcendpointaccountid"), '') as v_18,
        nullif(trim("addendum"."originalrequestid"), '') as v_19,
        nullif(trim("addendum"."originaleventid"), '') as v_20,
        nullif(trim("tlsdetails"."clientprovidedhostheader"), '') as v_21,
        concat_ws(' ', '', coalesce("useridentity"."inscopeof", ''), coalesce("useridentity"."sessioncontext"."webidfederationdata"."attributes", ''), coalesce("requestparameters", ''), coalesce("responseelements", ''), coalesce("additionaleventdata", ''), coalesce("serviceeventdetails", ''), coalesce("edgedevicedetails", ''), coalesce("eventcontext", '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when v_2 like 'arn:%:%:%:%:%' then v_2 end as v_2_aws_arn,
        case when regexp_like(v_3, '^([0-9]{12})$') then v_3 end as v_3_aws_account_id,
        case when v_6 like 'arn:%:%:%:%:%' then v_6 end as v_6_aws_arn,
        case when v_7 like 'arn:%:%:%:%:%' then v_7 end as v_7_aws_arn,
        case when regexp_like(v_8, '^([0-9]{12})$') then v_8 end as v_8_aws_account_id,
        case when v_10 like 'arn:%:%:%:%:%' then v_10 end as v_10_aws_arn,
        case when regexp_like(v_12, '^(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]))$') then v_12 end as v_12_ip,
        filter(l_14, x -> x like 'arn:%:%:%:%:%') as l_14_aws_arn,
        filter(l_15, x -> regexp_like(x, '^([0-9]{12})$')) as l_15_aws_account_id,
        case when regexp_like(v_16, '^([0-9]{12})$') then v_16 end as v_16_aws_account_id,
        case when regexp_like(v_18, '^([0-9]{12})$') then v_18 end as v_18_aws_account_id,
        regexp_extract_all(open_text, '"([A-Za-z]*AccountId|accountId|account)":"[0-9]{12}"|"(instanceId|instance-id|[A-Za-z]*InstanceId)":"i-[^"\\]+"|"(publicDnsName|privateDnsName|domain)":"[^"\\]+"|"[tT]ag(s|Set|List|sList)":(\[|[{])|arn:aws[a-z-]*:[^:"\\ ,]*:[^:"\\ ,]*:[^:"\\ ,]*:[^"\\ ,]+|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z]|https?://([^/@"\\ ]*@)?[A-Za-z0-9._-]+|[A-Za-z]/[0-9]+[.][0-9.]+|["\[]::[0-9a-fA-F][0-9a-fA-F:]*([.][0-9]+)*(/[0-9]+)?|\b([0-9]{1,3}([.][0-9]{1,3}){3}([.]?[A-Za-z0-9_])*(/[0-9]+)?|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*([.][0-9]+)*(:?[A-Za-z0-9_])*(/[0-9]+)?|i-[0-9a-f]{8,17}\b|[0-9a-fA-F]{32,64}\b)') as words
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
        case when v_12_ip is null and v_12 <> '' then v_12 end as v_12_name,
        transform(filter(rest, x -> regexp_like(x, '^(["\[]?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])))$')), x -> regexp_replace(x, '^["\[]', '')) as word_ips,
        transform(filter(rest, x -> starts_with(x, 'http') and strpos(x, '://') > 0), x -> regexp_replace(split_part(x, '/', 3), '^.*@', '')) as word_hosts,
        filter(rest, x -> regexp_like(x, '^([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+[.][A-Za-z0-9.-]*[A-Za-z])$')) as word_emails,
        filter(rest, x -> regexp_like(x, '^(i-[0-9a-f]{8,17})$')) as word_instances,
        transform(filter(rest, x -> regexp_like(x, '^([0-9a-fA-F]{32,64})$')), x -> lower(x)) as word_hashes,
        filter(rest, x -> starts_with(x, '"') and strpos(x, '":') > 0) as keyed
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
        transform(filter(keyed, x -> strpos(x, 'ccount') > 0), x -> split_part(x, '"', 4)) as keyed_accounts,
        transform(filter(keyed, x -> strpos(x, 'nstance') > 0), x -> split_part(x, '"', 4)) as keyed_instances,
        transform(filter(keyed, x -> strpos(x, 'DnsName":') > 0 or starts_with(x, '"domain":')), x -> split_part(x, '"', 4)) as keyed_names,
        case when cardinality(filter(keyed, x -> starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then transform(regexp_extract_all(array_join(regexp_extract_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\[(([{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]$', '$1:$3')) end as tags_1,
        case when cardinality(filter(keyed, x -> starts_with(x, '"tag') or starts_with(x, '"Tag'))) > 0 then transform(regexp_extract_all(array_join(regexp_extract_all(open_text, '"[tT]ag(s|Set|List|sList)":([{]"items":)?\[(([{]"[kK]ey":"(([^"\\]|\\.)*)","[vV]alue":"(([^"\\]|\\.)*)"[}]|[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]),?)+'), ' '), '[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]'), x -> regexp_replace(x, '^[{]"[vV]alue":"(([^"\\]|\\.)*)","[kK]ey":"(([^"\\]|\\.)*)"[}]$', '$3:$1')) end as tags_2,
        nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_2_aws_arn, v_6_aws_arn, v_7_aws_arn, v_10_aws_arn], array[]), coalesce(l_14_aws_arn, array[]), coalesce(word_arns, array[])), x -> x is not null))), array[]) as p_any_aws_arns
    from told
),
derived as (  -- what ARNs tell
    select
        gathered.*,
        filter(filter(transform(p_any_aws_arns, x -> split_part(x, ':', 5)), x -> x <> '' and x is distinct from v_3_aws_account_id and x is distinct from v_8_aws_account_id and x is distinct from v_16_aws_account_id and x is distinct from v_18_aws_account_id), x -> regexp_like(x, '^([0-9]{12})$')) as arn_accounts,
        transform(filter(filter(p_any_aws_arns, x -> strpos(x, ':instance/') > 0), x -> regexp_like(x, '^(.*:instance/(.*/)?i-[0-9a-f]+)$')), x -> regexp_extract(x, '(i-[0-9a-f]+)$', 1)) as arn_instances,
        filter(transform(filter(p_any_aws_arns, x -> x like '%:assumed-role/%@%'), x -> regexp_extract(x, '([^/]*)$', 1)), x -> strpos(x, '@') > 0) as arn_emails
    from gathered
)
select
    p_row_id,
    'AWS.CloudTrail' as p_log_type,
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
    "useridentity",
    "eventsource",
    "eventname",
    "awsregion",
    "sourceipaddress",
    "useragent",
    "errorcode",
    "errormessage",
    "requestparameters",
    "responseelements",
    "additionaleventdata",
    "serviceeventdetails",
    "requestid",
    "eventid",
    "readonly",
    "resources",
    "eventtype",
    "managementevent",
    "eventcategory",
    "recipientaccountid",
    "sharedeventid",
    "vpcendpointid",
    "vpcendpointaccountid",
    "apiversion",
    "sessioncredentialfromconsole",
    "addendum",
    "edgedevicedetails",
    "tlsdetails",
    "eventcontext",
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_12_ip], array[]), coalesce(word_ips, array[]), coalesce(host_ips, array[])), x -> x is not null))), array[]) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_12_name, v_21], array[]), coalesce(host_names, array[]), coalesce(keyed_names, array[])), x -> x is not null))), array[]) as p_any_domain_names,
    nullif(array_sort(array_distinct(filter(array[v_4, v_9, v_11], x -> x is not null))), array[]) as p_any_usernames,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_emails, array[]), coalesce(arn_emails, array[])), x -> x is not null))), array[]) as p_any_emails,
    nullif(array_sort(array_distinct(filter(array[v_1, v_5], x -> x is not null))), array[]) as p_any_actor_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(array[v_3_aws_account_id, v_8_aws_account_id, v_16_aws_account_id, v_18_aws_account_id], array[]), coalesce(l_15_aws_account_id, array[]), coalesce(keyed_accounts, array[]), coalesce(arn_accounts, array[])), x -> x is not null))), array[]) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(filter(concat(coalesce(word_instances, array[]), coalesce(keyed_instances, array[]), coalesce(arn_instances, array[])), x -> x is not null))), array[]) as p_any_aws_instance_ids,
    nullif(array_sort(array_distinct(filter(concat(coalesce(tags_1, array[]), coalesce(tags_2, array[])), x -> x is not null))), array[]) as p_any_aws_tags,
    nullif(array_sort(array_distinct(filter(md5s, x -> x is not null))), array[]) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(filter(sha1s, x -> x is not null))), array[]) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(filter(sha256s, x -> x is not null))), array[]) as p_any_sha256_hashes,
    nullif(array_sort(array_distinct(filter(array[v_13, v_17, v_19, v_20], x -> x is not null))), array[]) as p_any_trace_ids,
    cast(null as array(varchar)) as p_any_mac_addresses,
    p_raw_event
from derived
