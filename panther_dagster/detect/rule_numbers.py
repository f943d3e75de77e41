"""panther_monitor.rule_runs, signals, rule errors and alerts of some hours -> numbers by rule. One aggregate query for each table."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

from panther_dagster.detect.limits import RuleStartedThreads
from panther_dagster.detect.rule_report import RuleNumbers
from panther_dagster.detect.runner import UNREADABLE_EVENT
from panther_dagster.detect.watch import RuleEndedProcess, RuleOutOfMemory, RuleTimeout
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, RULE_ERRORS, RULE_RUNS, SIGNALS

Hours = tuple[datetime, datetime]  # first hour, and the time before which the last one begins; naive UTC
STOPS: Final = tuple(kind.__name__ for kind in (RuleTimeout, RuleOutOfMemory, RuleEndedProcess, RuleStartedThreads))

_COSTS: Final = f"""
    select
        rule_id,
        cast(sum(events) as bigint) as events,
        cast(sum(candidates) as bigint) as candidates,
        sum(cpu_seconds) as cpu_seconds
    from {RULE_RUNS.name}
    where p_hour >= ? and p_hour < ?
    group by rule_id
"""
_MATCHES: Final = f"""
    select
        rule_id,
        count(*) as matches,
        max(p_event_time) as last_match
    from {SIGNALS.name}
    where p_hour >= ? and p_hour < ?
    group by rule_id
"""
_ERRORS: Final = f"""
    select
        rule_id,
        error_type in ({", ".join(f"'{name}'" for name in STOPS)}) as is_stop,
        count(*) as errors,
        max_by(function || '(): ' || coalesce(error_message, ''), p_event_time) as last_error
    from {RULE_ERRORS.name}
    where p_hour >= ? and p_hour < ?
    group by 1, 2
"""
_ALERTS: Final = f"""
    select
        rule_id,
        count(distinct alert_id) as alerts
    from {ALERT_EVENTS.name}
    where event_type = 'CREATED' and alert_type = 'RULE' and p_hour >= ? and p_hour < ?
    group by rule_id
"""
_FIRST_HOUR: Final = f"select min(p_hour) from {RULE_RUNS.name} where p_hour >= ? and p_hour < ?"
_LOG_TYPES: Final = f"select distinct log_type from {RULE_RUNS.name} where events > 0 and p_hour >= ? and p_hour < ?"


def rule_numbers(lake: Lake, hours: Hours) -> tuple[dict[str, RuleNumbers], int]:
    """Numbers of each rule that did anything, and how many events no rule could read."""
    values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for sql in (_COSTS, _MATCHES, _ALERTS):
        for row in lake.query(sql, hours).to_pylist():
            values[row.pop("rule_id")].update(row)
    unreadable = 0
    for row in lake.query(_ERRORS, hours).to_pylist():
        if row["rule_id"] == UNREADABLE_EVENT:
            unreadable += row["errors"]
            continue
        of_rule = values[row["rule_id"]]
        of_rule["errors"] = of_rule.get("errors", 0) + row["errors"]
        if row["is_stop"]:
            of_rule.update(stopped=row["errors"], last_stop=row["last_error"])
        else:
            of_rule["last_error"] = row["last_error"]
    return {rule_id: RuleNumbers(**row) for rule_id, row in values.items()}, unreadable


def rule_costs(lake: Lake, hours: Hours) -> dict[str, RuleNumbers]:
    """Events, candidates and CPU time of each rule that ran."""
    return {row.pop("rule_id"): RuleNumbers(**row) for row in lake.query(_COSTS, hours).to_pylist()}


def alerts_by_rule(lake: Lake, hours: Hours) -> dict[str, int]:
    """Alerts that were created, of rules that matched."""
    return {row["rule_id"]: row["alerts"] for row in lake.query(_ALERTS, hours).to_pylist()}


def first_hour(lake: Lake, hours: Hours) -> datetime | None:
    """The first of these hours in which any rule ran: a lake may be younger than the period."""
    hour: datetime | None = lake.query(_FIRST_HOUR, hours).column(0)[0].as_py()
    return hour


def log_types_with_events(lake: Lake, hours: Hours) -> frozenset[str]:
    """Log types, and queries of scheduled rules, on whose events some rule was to run."""
    return frozenset(lake.query(_LOG_TYPES, hours).column("log_type").to_pylist())
