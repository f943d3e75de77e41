-- One row per employee, source and hour in which the employee acted. An example of a model that joins logs to a business table.
with employees as (
    select * from LAKE.panther_marts.employees
),

names as (  -- what logs call an employee
    select
        lower(email) as identity_name,
        email
    from employees
    union
    select
        lower(user_name) as identity_name,
        email
    from employees
),

okta as (
    select
        p_row_id,
        p_log_type,
        p_event_time,
        "ACTOR":"alternateId"::string as actor_login,
        "CLIENT":"ipAddress"::string as ip_address,
        case when "OUTCOME":"result"::string in ('FAILURE', 'DENY') then 1 else 0 end as is_failure
    from LAKE.panther_logs.okta_systemlog
),

cloudtrail as (
    select
        p_row_id,
        p_log_type,
        p_event_time,
        "USERIDENTITY":"arn"::string as caller_arn,
        "USERIDENTITY":"userName"::string as user_name,
        "USERIDENTITY":"sessionContext":"sourceIdentity"::string as source_identity,
        "SOURCEIPADDRESS"::string as ip_address,
        case when "ERRORCODE"::string is not null then 1 else 0 end as is_failure
    from LAKE.panther_logs.aws_cloudtrail
),

acts as (  -- an event once for each name that it gives its actor
    select
        p_row_id,
        p_log_type,
        p_event_time,
        lower(actor_login) as identity_name,
        ip_address,
        is_failure
    from okta
    union all
    select
        p_row_id,
        p_log_type,
        p_event_time,
        lower(user_name) as identity_name,
        ip_address,
        is_failure
    from cloudtrail
    union all
    select
        p_row_id,
        p_log_type,
        p_event_time,
        lower(source_identity) as identity_name,
        ip_address,
        is_failure
    from cloudtrail
    union all
    select
        p_row_id,
        p_log_type,
        p_event_time,
        lower(split_part(caller_arn, '/', 3)) as identity_name,  -- arn:aws:sts::<account>:assumed-role/<role>/<session>
        ip_address,
        is_failure
    from cloudtrail
    where caller_arn like '%:assumed-role/%'
),

events_of_employees as (  -- once, even if two of its names are the employee's
    select distinct
        names.email,
        acts.p_log_type,
        acts.p_row_id,
        acts.p_event_time,
        acts.ip_address,
        acts.is_failure
    from acts
    inner join names on acts.identity_name = names.identity_name
),

activity as (
    select
        email,
        p_log_type as log_type,
        date_trunc('hour', p_event_time) as activity_hour,
        count(*) as events,
        sum(is_failure) as failures,
        count(distinct ip_address) as ip_addresses,
        min(p_event_time) as first_seen,
        max(p_event_time) as last_seen
    from events_of_employees
    group by email, p_log_type, date_trunc('hour', p_event_time)
)

select
    activity.email,
    activity.log_type,
    activity.activity_hour,
    employees.user_name,
    employees.full_name,
    employees.role,
    employees.team,
    employees.manager_email,
    employees.is_privileged,
    activity.events,
    activity.failures,
    activity.ip_addresses,
    activity.first_seen,
    activity.last_seen
from activity
inner join employees on activity.email = employees.email
