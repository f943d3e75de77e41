"""Views over signals and alerts: one row per alert, and the events of each log type next to the rule that matched them.

`panther_alerts.alerts`, `panther_rule_matches.<log_type>`, `panther_rule_errors.<log_type>`; names and p_ columns are Panther's. Rows
of scheduled queries are in `panther_rule_matches.scheduled_queries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from panther_dagster.standard_fields import table_name
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, ALERT_SIGNALS, QUERY_RESULTS, RULE_ERRORS, SIGNALS

ALERTS_VIEW: Final = "panther_alerts.alerts"

# One row per alert: its creation, what has joined since, and the latest of each change.
ALERTS_SQL: Final = f"""
    with
    created as (
        select
            *,
            row_number() over (partition by alert_id order by event_time, event_id) as place
        from {ALERT_EVENTS.name}
        where event_type = 'CREATED'
    ),
    matched as (
        select
            alert_id,
            sum(match_count) as match_count,
            min(first_event_time) as first_event_time,
            max(last_event_time) as last_event_time,
            array_agg(distinct log_type order by log_type) as log_types
        from {ALERT_EVENTS.name}
        where event_type = 'MATCHED'
        group by alert_id
    ),
    changed as (
        select
            alert_id,
            max(event_time) as update_time,
            max_by(status, case when event_type = 'STATUS' then event_time end) as status,
            max_by(assignee, case when event_type = 'ASSIGNED' then event_time end) as assignee
        from {ALERT_EVENTS.name}
        group by alert_id
    )
    select
        created.alert_id,
        created.rule_id,
        created.rule_version,
        created.alert_type,
        created.severity,
        created.title,
        coalesce(changed.status, 'OPEN') as status,
        nullif(changed.assignee, '') as assignee,
        cast(coalesce(matched.match_count, 0) as bigint) as match_count,
        coalesce(matched.first_event_time, created.first_event_time) as first_event_time,
        coalesce(matched.last_event_time, created.last_event_time) as last_event_time,
        created.event_time as created_time,
        changed.update_time,
        created.dedup,
        created.dedup_period_minutes,
        created.threshold,
        created.log_type,
        matched.log_types,
        created.description,
        created.reference,
        created.runbook,
        created.destinations,
        created.alert_context,
        created.tags,
        created.reports,
        created.p_batch_id,
        created.p_hour
    from created
    inner join changed on changed.alert_id = created.alert_id
    left join matched on matched.alert_id = created.alert_id
    where created.place = 1
"""

_MATCHES_SQL: Final = f"""
    select
        events.*,
        signals.rule_id as p_rule_id,
        signals.signal_id as p_signal_id,
        members.alert_id as p_alert_id,
        signals.title as p_alert_title,
        signals.dedup as p_dedup,
        signals.severity as p_rule_severity,
        alerts.severity as p_alert_severity,
        alerts.created_time as p_alert_creation_time,
        alerts.update_time as p_alert_update_time,
        signals.alert_context as p_alert_context,
        signals.tags as p_rule_tags,
        signals.reports as p_rule_reports
    from {{events}} as events
    inner join {SIGNALS.name} as signals
        on signals.p_row_id = events.p_row_id and signals.p_batch_id = events.p_batch_id and signals.log_type = events.p_log_type
    left join {ALERT_SIGNALS.name} as members
        on members.signal_id = signals.signal_id and members.p_batch_id = signals.p_batch_id and members.alert_type = 'RULE'
    left join {ALERTS_VIEW} as alerts
        on alerts.alert_id = members.alert_id
"""

_ERRORS_SQL: Final = f"""
    select
        events.*,
        errors.rule_id as p_rule_id,
        errors.signal_id as p_signal_id,
        errors.error_message as p_rule_error,
        errors.function as p_rule_error_function,
        errors.traceback as p_rule_error_traceback,
        members.alert_id as p_alert_id
    from {{events}} as events
    inner join {RULE_ERRORS.name} as errors
        on errors.p_row_id = events.p_row_id and errors.p_batch_id = events.p_batch_id and errors.log_type = events.p_log_type
    left join {ALERT_SIGNALS.name} as members
        on
            members.signal_id = errors.signal_id
            and members.p_batch_id = errors.p_batch_id
            and members.alert_type = 'RULE_ERROR'
            and members.dedup = errors.error_type
"""


class LogTypes(Protocol):
    """What views need of the registry of log types."""

    @property
    def names(self) -> Sequence[str]:
        """Log types, as AWS.CloudTrail."""


def ensure_alerts_view(lake: Lake) -> None:
    """Create panther_alerts.alerts when it is missing."""
    if not lake.has_table(ALERTS_VIEW):
        lake.create_view(ALERTS_VIEW, ALERTS_SQL)


def ensure_views(lake: Lake, registry: LogTypes) -> list[str]:
    """Create the views that are missing and whose events table exists. Returns the names of those created.

    A view selects `events.*`: columns that its table gains later appear without doing this again.
    """
    ensure_alerts_view(lake)
    wanted: dict[str, str] = {}
    events_by_name = {table_name(log_type): f"panther_logs.{table_name(log_type)}" for log_type in registry.names}
    for name, events in {**events_by_name, "scheduled_queries": QUERY_RESULTS.name}.items():
        if lake.has_table(events):
            for schema, sql in (("panther_rule_matches", _MATCHES_SQL), ("panther_rule_errors", _ERRORS_SQL)):
                wanted[f"{schema}.{name}"] = sql.format(events=events)
    return lake.create_missing_views(wanted)
