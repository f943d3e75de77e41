"""panther_monitor.rule_runs, signals, rule errors and alerts of some hours -> numbers by rule. One aggregate query for each table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from panther_dagster.detect.limits import STOPS
from panther_dagster.detect.quarantine import Quarantine, QuarantinedRule, RuleQuarantined
from panther_dagster.detect.rule_report import RuleNumbers
from panther_dagster.detect.runner import UNREADABLE_EVENT
from panther_dagster.standard_fields import table_name
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, RULE_ERRORS, RULE_RUNS, SIGNALS

Hours = tuple[datetime, datetime]  # first hour, and the time before which the last one begins; naive UTC
_QUOTED_STOPS: Final = ", ".join(f"'{name}'" for name in STOPS)
_NOT_RUN: Final = RuleQuarantined.__name__

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
        case when error_type in ({_QUOTED_STOPS}) then 'stop' when error_type = '{_NOT_RUN}' then 'not run' else 'error' end as kind,
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
# Of a batch in which a rule was stopped all events count: it may have seen the first ones.
_UNSEEN: Final = f"""
    with left_out as (
        select distinct rule_id, log_type, p_batch_id
        from {RULE_ERRORS.name}
        where error_type in ({_QUOTED_STOPS}, '{_NOT_RUN}') and p_hour >= ? and p_hour < ?
    )
    select
        runs.rule_id,
        runs.log_type,
        cast(sum(runs.events) as bigint) as events,
        count(distinct runs.p_batch_id) as batches,
        min(runs.p_hour) as first_hour,
        max(runs.p_hour) as last_hour
    from {RULE_RUNS.name} as runs
    inner join left_out using (rule_id, log_type, p_batch_id)
    where runs.p_hour >= ? and runs.p_hour < ?
    group by 1, 2
    order by 1, 2
"""
_LATEST_VERSIONS: Final = f"""
    select distinct
        rule_id,
        rule_version
    from {RULE_RUNS.name}
    where p_hour >= ?
    qualify p_hour = max(p_hour) over (partition by rule_id)
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
        if row["kind"] == "stop":
            of_rule.update(stopped=row["errors"], last_stop=row["last_error"])
        elif row["kind"] == "not run":
            of_rule["not_run"] = row["errors"]
        else:
            of_rule["last_error"] = row["last_error"]
    return {rule_id: RuleNumbers(**row) for rule_id, row in values.items()}, unreadable


@dataclass(frozen=True)
class Unseen:
    """Events of a log type that a rule has not seen, because it was stopped or in quarantine. Hours are of delivery.

    `event_times`: the first and the last event of these batches; None when the lake does not have them as a table.
    """

    rule_id: str
    log_type: str
    events: int
    batches: int
    first_hour: datetime
    last_hour: datetime
    event_times: tuple[datetime, datetime] | None = None


def unseen_events(lake: Lake, hours: Hours) -> list[Unseen]:
    """What rules have not seen of batches of these hours, and have not been run on since."""
    found = []
    for row in lake.query(_UNSEEN, [*hours, *hours]).to_pylist():
        table = f"panther_logs.{table_name(row['log_type'])}"
        times = None
        if lake.has_table(table):
            sql = f"""
                select min(p_event_time) as first_time, max(p_event_time) as last_time
                from {table}
                where p_hour >= ? and p_hour <= ? and p_batch_id in (
                    select p_batch_id from {RULE_ERRORS.name}
                    where rule_id = ? and log_type = ? and error_type in ({_QUOTED_STOPS}, '{_NOT_RUN}') and p_hour >= ? and p_hour < ?
                )
            """
            parameters = [row["first_hour"], row["last_hour"], row["rule_id"], row["log_type"], *hours]
            (of_events,) = lake.query(sql, parameters).to_pylist()
            if of_events["first_time"] is not None:
                times = of_events["first_time"], of_events["last_time"]
        found.append(Unseen(**row, event_times=times))
    return found


def quarantined_rules(lake: Lake, quarantine: Quarantine) -> list[QuarantinedRule]:
    """Rules in quarantine, by id, without those that have run in another version since, as far as the runs of the period say."""
    found = quarantine.rules(lake)
    if not found:
        return []
    latest: defaultdict[str, set[str]] = defaultdict(set)  # of one hour there may be several
    for row in lake.query(_LATEST_VERSIONS, [quarantine.now_utc - quarantine.period]).to_pylist():
        latest[row["rule_id"]].add(row["rule_version"])
    return [rule for rule in found.values() if rule.version in latest.get(rule.rule_id, {rule.version})]


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
