-- One row per run of a snapshot query in osquery, with all rows that it found. Its fields, their types and indicators: osquery_snapshot.yml.
with landed as (
    select * from LAKE.panther_raw.osquery_snapshot
    where p_batch_id = '20240501T12-0123456789ab'
),
parsed as (  -- the only place where the event's text is parsed
    select landed.*, try_parse_json(p_raw_event) as e
    from landed
),
typed as (
    select
        p_row_id, p_parse_time, p_source_id, p_source_label, p_source_file, p_record_index, p_batch_id, p_hour, p_raw_event,
        try_to_timestamp_ntz(regexp_replace(trim(e:"calendarTime"::string), ' +', ' '), 'DY MON DD HH24:MI:SS YYYY "UTC"')::timestamp_ntz(6) as "CALENDARTIME",
        iff(abs(try_to_double(e:"unixTime"::string)) < 1e14, dateadd('microsecond', round(try_to_double(e:"unixTime"::string) * 1000000), '1970-01-01'::timestamp_ntz(6)), null) as "UNIXTIME",
        e:"name"::string as "NAME",
        e:"action"::string as "ACTION",
        e:"hostIdentifier"::string as "HOSTIDENTIFIER",
        e:"hostname"::string as "HOSTNAME",
        iff(is_array(e:"snapshot"), transform(e:"snapshot"::array, t1 -> strip_null_value(t1)), null) as "SNAPSHOT",
        try_to_number(e:"epoch"::string) as "EPOCH",
        try_to_number(e:"counter"::string) as "COUNTER",
        try_to_boolean(e:"numerics"::string) as "NUMERICS",
        strip_null_value(e:"decorations") as "DECORATIONS",
        e:"log_type"::string as "LOG_TYPE"
    from parsed
),
picked as (  -- the values of fields with indicators, and the open parts
    select
        typed.*,
        nullif(trim("HOSTIDENTIFIER"::string), '') as v_1,
        nullif(trim("HOSTNAME"::string), '') as v_2,
        array_cat(array_cat(coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'username')::string), '')), array_construct()), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'user')::string), '')), array_construct())), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'account_name')::string), '')), array_construct())) as l_3,
        array_cat(array_cat(array_cat(coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'address')::string), '')), array_construct()), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'local_address')::string), '')), array_construct())), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'remote_address')::string), '')), array_construct())), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'ip')::string), '')), array_construct())) as l_4,
        array_cat(array_cat(array_cat(array_cat(coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'hostname')::string), '')), array_construct()), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'fqdn')::string), '')), array_construct())), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'host')::string), '')), array_construct())), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'remote_host')::string), '')), array_construct())), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'server_name')::string), '')), array_construct())) as l_5,
        array_cat(coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'mac')::string), '')), array_construct()), coalesce(transform("SNAPSHOT"::array, y1 -> nullif(trim(get(y1, 'interface_mac')::string), '')), array_construct())) as l_6,
        nullif(trim(get("DECORATIONS", 'username')::string), '') as v_7,
        nullif(trim(get("DECORATIONS", 'user')::string), '') as v_8,
        nullif(trim(get("DECORATIONS", 'hostname')::string), '') as v_9,
        concat_ws(' ', '', coalesce(array_to_string(array_flatten(transform("SNAPSHOT"::array, y1 -> transform(transform(object_keys(y1), k -> get(y1, k::string)), y2 -> y2::string))), ' '), '')) as open_text
    from typed
),
checked as (  -- which values are of their kind; candidates in the open parts
    select
        picked.*,
        case when regexp_like(v_1, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_1 end as v_1_ip,
        case when regexp_like(v_2, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_2 end as v_2_ip,
        filter(l_4, x -> regexp_like(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as l_4_ip,
        filter(l_5, x -> regexp_like(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as l_5_ip,
        transform(filter(l_6, x -> regexp_like(x, '([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}')), x -> lower(replace(x, '-', ':'))) as l_6_mac,
        case when regexp_like(v_9, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])') then v_9 end as v_9_ip,
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
        case when v_1_ip is null and v_1 <> '' then v_1 end as v_1_name,
        case when v_2_ip is null and v_2 <> '' then v_2 end as v_2_name,
        filter(l_5, x -> x <> '' and not regexp_like(x, '((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,5}(:[0-9a-fA-F]{1,4}){1,2}|([0-9a-fA-F]{1,4}:){1,4}(:[0-9a-fA-F]{1,4}){1,3}|([0-9a-fA-F]{1,4}:){1,3}(:[0-9a-fA-F]{1,4}){1,4}|([0-9a-fA-F]{1,4}:){1,2}(:[0-9a-fA-F]{1,4}){1,5}|[0-9a-fA-F]{1,4}:(:[0-9a-fA-F]{1,4}){1,6}|:(:[0-9a-fA-F]{1,4}){1,7}|::|([0-9a-fA-F]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|::([0-9a-fA-F]{1,4}:){0,5}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,5}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,4}:[0-9a-fA-F]{1,4}:((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,3}:([0-9a-fA-F]{1,4}:){2}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9a-fA-F]{1,4}:){1,2}:([0-9a-fA-F]{1,4}:){3}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|[0-9a-fA-F]{1,4}::([0-9a-fA-F]{1,4}:){4}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])')) as l_5_name,
        case when v_9_ip is null and v_9 <> '' then v_9 end as v_9_name,
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
    'Osquery.Snapshot' as p_log_type,
    coalesce("CALENDARTIME", "UNIXTIME", p_parse_time) as p_event_time,
    p_parse_time,
    p_source_id,
    p_source_label,
    p_source_file,
    p_record_index,
    p_batch_id,
    p_hour,
    "CALENDARTIME",
    "UNIXTIME",
    "NAME",
    "ACTION",
    "HOSTIDENTIFIER",
    "HOSTNAME",
    "SNAPSHOT",
    "EPOCH",
    "COUNTER",
    "NUMERICS",
    "DECORATIONS",
    "LOG_TYPE",
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(array_cat(array_cat(coalesce(array_construct_compact(v_1_ip, v_2_ip, v_9_ip), array_construct()), coalesce(l_4_ip, array_construct())), coalesce(l_5_ip, array_construct())), coalesce(word_ips, array_construct())), coalesce(host_ips, array_construct()))))), array_construct()) as p_any_ip_addresses,
    nullif(array_sort(array_distinct(array_compact(array_cat(array_cat(coalesce(array_construct_compact(v_1_name, v_2_name, v_9_name), array_construct()), coalesce(l_5_name, array_construct())), coalesce(host_names, array_construct()))))), array_construct()) as p_any_domain_names,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(array_construct_compact(v_7, v_8), array_construct()), coalesce(l_3, array_construct()))))), array_construct()) as p_any_usernames,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_emails, array_construct()), coalesce(arn_emails, array_construct()))))), array_construct()) as p_any_emails,
    cast(null as array) as p_any_actor_ids,
    nullif(array_sort(array_distinct(array_compact(arn_accounts))), array_construct()) as p_any_aws_account_ids,
    p_any_aws_arns as p_any_aws_arns,
    nullif(array_sort(array_distinct(array_compact(array_cat(coalesce(word_instances, array_construct()), coalesce(arn_instances, array_construct()))))), array_construct()) as p_any_aws_instance_ids,
    cast(null as array) as p_any_aws_tags,
    nullif(array_sort(array_distinct(array_compact(md5s))), array_construct()) as p_any_md5_hashes,
    nullif(array_sort(array_distinct(array_compact(sha1s))), array_construct()) as p_any_sha1_hashes,
    nullif(array_sort(array_distinct(array_compact(sha256s))), array_construct()) as p_any_sha256_hashes,
    cast(null as array) as p_any_trace_ids,
    nullif(array_sort(array_distinct(array_compact(l_6_mac))), array_construct()) as p_any_mac_addresses,
    p_raw_event
from derived
