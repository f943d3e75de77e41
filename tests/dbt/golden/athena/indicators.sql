-- One row per indicator value, log type, hour and batch. Reads the normalized rows of one unit of work; columns: indicators.yml.
-- A new log type is a line here (a test compares the list with the folders), so that dbt knows all tables that this one is made from.

select
    'ip_addresses' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'AWS.CloudTrail' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrail" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'AWS.CloudTrailDigest' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtraildigest" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'AWS.CloudTrailInsight' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_cloudtrailinsight" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'AWS.Config' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."aws_config" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Okta.SystemLog' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."okta_systemlog" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Osquery.Batch' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_batch" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Osquery.Differential' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_differential" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Osquery.Snapshot' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_snapshot" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Osquery.Status' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."osquery_status" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.Alert' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_alert" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.Anomaly' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_anomaly" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.DHCP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dhcp" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.DNS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_dns" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.Event' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_event" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.FileInfo' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_fileinfo" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.Flow' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_flow" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.HTTP' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_http" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.SSH' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_ssh" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id


union all
select
    'ip_addresses' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_ip_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_ip_addresses
group by value, p_batch_id
union all
select
    'domain_names' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_domain_names) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_domain_names
group by value, p_batch_id
union all
select
    'usernames' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_usernames) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_usernames
group by value, p_batch_id
union all
select
    'emails' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_emails) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_emails
group by value, p_batch_id
union all
select
    'actor_ids' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_actor_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_actor_ids
group by value, p_batch_id
union all
select
    'aws_account_ids' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_aws_account_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_account_ids
group by value, p_batch_id
union all
select
    'aws_arns' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_aws_arns) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_arns
group by value, p_batch_id
union all
select
    'aws_instance_ids' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_aws_instance_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_instance_ids
group by value, p_batch_id
union all
select
    'aws_tags' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_aws_tags) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_aws_tags
group by value, p_batch_id
union all
select
    'md5_hashes' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_md5_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_md5_hashes
group by value, p_batch_id
union all
select
    'sha1_hashes' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_sha1_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha1_hashes
group by value, p_batch_id
union all
select
    'sha256_hashes' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_sha256_hashes) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_sha256_hashes
group by value, p_batch_id
union all
select
    'trace_ids' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_trace_ids) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_trace_ids
group by value, p_batch_id
union all
select
    'mac_addresses' as indicator,
    value,
    'Suricata.TLS' as log_type,
    max(p_hour) as p_hour,
    p_batch_id,
    count(*) as events,
    min(p_event_time) as first_seen,
    max(p_event_time) as last_seen
from (select p_batch_id, p_hour, p_event_time, each_one.value from "awsdatacatalog"."panther_logs"."suricata_tls" cross join unnest(p_any_mac_addresses) as each_one (value) where p_batch_id = '20240501T12-0123456789ab') as p_any_mac_addresses
group by value, p_batch_id
