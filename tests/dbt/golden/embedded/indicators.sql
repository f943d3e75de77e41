-- One row per indicator value, log type, hour and batch. Reads the normalized rows of one unit of work; columns: indicators.yml.
-- A new log type is a line here (a test compares the list with the folders), so that dbt knows all tables that this one is made from.

select
    indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."aws_cloudtrail"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as aws_cloudtrail
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."aws_cloudtraildigest"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as aws_cloudtraildigest
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."aws_cloudtrailinsight"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as aws_cloudtrailinsight
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."aws_config"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as aws_config
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."okta_systemlog"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as okta_systemlog
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."osquery_batch"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as osquery_batch
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."osquery_differential"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as osquery_differential
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."osquery_snapshot"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as osquery_snapshot
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."osquery_status"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as osquery_status
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_alert"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_alert
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_anomaly"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_anomaly
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_dhcp"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_dhcp
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_dns"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_dns
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_event"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_event
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_fileinfo"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_fileinfo
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_flow"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_flow
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_http"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_http
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_ssh"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_ssh
group by indicator, value, p_batch_id
union all
select
    indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (
    select p_batch_id, p_hour, p_event_time, indicator, unnest(found) as value
    from (
        select p_batch_id, p_hour, p_event_time, unnest(['ip_addresses', 'domain_names', 'usernames', 'emails', 'actor_ids', 'aws_account_ids', 'aws_arns', 'aws_instance_ids', 'aws_tags', 'md5_hashes', 'sha1_hashes', 'sha256_hashes', 'trace_ids', 'mac_addresses']) as indicator, unnest([p_any_ip_addresses, p_any_domain_names, p_any_usernames, p_any_emails, p_any_actor_ids, p_any_aws_account_ids, p_any_aws_arns, p_any_aws_instance_ids, p_any_aws_tags, p_any_md5_hashes, p_any_sha1_hashes, p_any_sha256_hashes, p_any_trace_ids, p_any_mac_addresses]) as found
        from "lake"."panther_logs"."suricata_tls"
        where p_batch_id = '20240501T12-0123456789ab'
    ) as lists
) as suricata_tls
group by indicator, value, p_batch_id
