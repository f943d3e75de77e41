"""Signals and rule errors of a unit of work -> alert windows and the events of alerts. Reads panther_signals, writes panther_alerts.

One writer at a time (`lake.lock("alerts")`); everything that a unit changes becomes visible in one transaction.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.alerts.grouping import Creation, Grouping, Member, Signal, Window, group_signals
from panther_dagster.alerts.views import ensure_alerts_view
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.tables import ALERT_EVENTS, ALERT_SIGNALS, RULE_ERRORS, SIGNALS

DEFAULT_PERIOD_MINUTES: Final = 60  # Panther's default for rules; rule errors carry no period of their own
ERROR_SEVERITY: Final = "LOW"  # a rule that fails is a blind spot to repair, not an attack
MAX_PARAMETERS: Final = 500  # of one statement
# A failing title() or severity() falls back to the rule's static value and the match is kept: no reason for an alert.
FALLBACK_FUNCTIONS: Final = (
    "title",
    "description",
    "reference",
    "runbook",
    "severity",
    "destinations",
    "dedup",
    "alert_context",
    "unique",
)
_QUOTED_FALLBACKS = ", ".join(f"'{name}'" for name in FALLBACK_FUNCTIONS)

# Matches and errors of one unit in the shape of grouping.Signal; {unit} stands twice.
_UNIT_SIGNALS: Final = f"""
    select
        signal_id,
        rule_id,
        coalesce(dedup, 'defaultDedupString:' || rule_id) as dedup,
        'RULE' as alert_type,
        coalesce(nullif(dedup_period_minutes, 0), {DEFAULT_PERIOD_MINUTES}) as dedup_period_minutes,
        coalesce(threshold, 1) as threshold,
        unique_value,
        log_type,
        p_row_id,
        p_event_time,
        p_batch_id,
        p_hour
    from {SIGNALS.name}
    where coalesce(create_alert, true) and {{unit}}
    union all
    select distinct
        signal_id,
        rule_id,
        coalesce(error_type, 'Exception') as dedup,
        'RULE_ERROR' as alert_type,
        {DEFAULT_PERIOD_MINUTES} as dedup_period_minutes,
        1 as threshold,
        cast(null as varchar) as unique_value,
        log_type,
        p_row_id,
        p_event_time,
        p_batch_id,
        p_hour
    from {RULE_ERRORS.name}
    where coalesce(function, 'rule') not in ({_QUOTED_FALLBACKS}) and {{unit}}
"""


@dataclass(frozen=True)
class AlertReport:
    """What a unit did to alerts: signals grouped, alerts created, alerts of before that gained matches."""

    signals: int = 0
    created: int = 0
    joined: int = 0
    created_by_severity: Mapping[str, int] = field(default_factory=dict)
    alert_ids: tuple[str, ...] = ()  # created ones, in the order of the batches


def raise_alerts(lake: Lake, unit: UnitOfWork, *, now_utc: datetime) -> AlertReport:
    """Group the unit's signals into alerts and record it; doing it twice changes nothing.

    The unit's rows are replaced: one MATCHED event for each alert, batch and log type. A CREATED event is written once in an alert's
    life, when its matches (or distinct unique() values) first reach the threshold, and survives every re-run, also one that finds
    no matches any more. Hours are handled batch by batch in the order in which they were cut, which is what separate runs would do.

    Args: now_utc: naive UTC; when the lake learnt it. Events that an earlier run wrote keep their time.
    """
    with lake.lock("alerts"):
        ensure_alerts_view(lake)
        batches = list(_batches(lake, unit))
        previous = _previous_windows(lake, unit)
        if not batches and not previous:
            return AlertReport()
        windows = _windows_of_other_units(lake, unit, batches) if batches else []
        before = {window.alert_id for window in windows if window.is_created}
        created = _created_alerts(lake, unit)
        grouping = group_signals(batches, windows, previous=previous, created=created)
        creations = _created_rows(lake, grouping.creations, now_utc)
        matched = _matched_rows(grouping, _known_times(lake, unit), now_utc)

        def write(transaction: Transaction) -> None:
            kept = transaction.query(
                f"select * from {ALERT_EVENTS.name} where event_type <> 'MATCHED' and {unit.predicate}", unit.parameters
            )
            transaction.replace(ALERT_SIGNALS, _table(ALERT_SIGNALS.columns, _membership_rows(grouping)), unit)
            transaction.replace(ALERT_EVENTS, _table(ALERT_EVENTS.columns, [*creations, *matched]), unit)
            if kept.num_rows:
                transaction.append(ALERT_EVENTS, kept)

        lake.transact(write)
    touched = {window.alert_id for _, window in grouping.assignments}
    return AlertReport(
        signals=len(grouping.assignments),
        created=len(creations),
        joined=len(touched & before),
        created_by_severity=dict(Counter(row["severity"] for row in creations)),
        alert_ids=tuple(row["alert_id"] for row in creations),
    )


def _batches(lake: Lake, unit: UnitOfWork) -> Iterator[list[Signal]]:
    """The unit's signals, one list for each batch, in the order in which batches were cut."""
    sql = f"""
        with found as ({_UNIT_SIGNALS.format(unit=unit.predicate)})
        select found.*
        from found
        left join (select p_batch_id as cut_batch_id, min(cut_time) as cut_time from panther_monitor.batches group by 1) as cuts
            on cuts.cut_batch_id = found.p_batch_id
        order by coalesce(cuts.cut_time, found.p_hour), found.p_batch_id
    """
    rows = lake.query(sql, [*unit.parameters, *unit.parameters])
    signals = (Signal(*values) for values in zip(*(column.to_pylist() for column in rows.columns), strict=True))
    for _, group in groupby(signals, key=lambda signal: signal.batch_id):
        yield list(group)


def _previous_windows(lake: Lake, unit: UnitOfWork) -> dict[Member, datetime]:
    sql = f"select signal_id, rule_id, dedup, alert_type, window_start from {ALERT_SIGNALS.name} where {unit.predicate}"
    rows = lake.query(sql, unit.parameters).to_pylist()
    return {(row["signal_id"], (row["rule_id"], row["dedup"], row["alert_type"])): row["window_start"] for row in rows}


def _windows_of_other_units(lake: Lake, unit: UnitOfWork, batches: Sequence[Sequence[Signal]]) -> list[Window]:
    """Windows that the unit's signals could join, as the rows of other units leave them."""
    signals = [signal for batch in batches for signal in batch]
    period = max(signal.period for signal in signals)
    earliest = min(signal.event_time for signal in signals) - period
    latest = max(signal.event_time for signal in signals) + period
    sql = f"""
        with
        wanted as (select distinct rule_id, dedup, alert_type from ({_UNIT_SIGNALS.format(unit=unit.predicate)}) as unit_signals),
        members as (
            select
                members.*,
                row_number() over (
                    partition by members.alert_id
                    order by members.p_event_time, members.p_row_id, members.signal_id
                ) as place
            from {ALERT_SIGNALS.name} as members
            inner join wanted
                on wanted.rule_id = members.rule_id and wanted.dedup = members.dedup and wanted.alert_type = members.alert_type
            where members.window_start >= ? and members.window_start <= ? and not ({unit.predicate})
        ),
        created as (select distinct alert_id from {ALERT_EVENTS.name} where event_type = 'CREATED')
        select
            members.rule_id,
            members.dedup,
            members.alert_type,
            members.window_start,
            count(*) as match_count,
            -- distinct values are counted towards the threshold only
            array_agg(distinct case when created.alert_id is null then members.unique_value end) as unique_values,
            max(case when members.place = 1 then members.p_event_time end) as first_event_time,
            max(case when members.place = 1 then members.p_row_id end) as first_row_id,
            max(case when members.place = 1 then members.signal_id end) as first_signal_id,
            max(members.p_event_time) as last_event_time,
            count(created.alert_id) > 0 as is_created
        from members
        left join created on created.alert_id = members.alert_id
        group by members.rule_id, members.dedup, members.alert_type, members.window_start
    """
    rows = lake.query(sql, [*unit.parameters, *unit.parameters, earliest, latest, *unit.parameters]).to_pylist()
    return [
        Window(
            rule_id=row["rule_id"],
            dedup=row["dedup"],
            alert_type=row["alert_type"],
            start=row["window_start"],
            match_count=row["match_count"],
            unique_values={value for value in row["unique_values"] or () if value is not None},
            first=(row["first_event_time"], row["first_row_id"], row["first_signal_id"]),
            last_event_time=row["last_event_time"],
            is_created=row["is_created"],
        )
        for row in rows
    ]


def _created_alerts(lake: Lake, unit: UnitOfWork) -> frozenset[str]:
    """Alerts of the unit's rules that exist already, whoever created them."""
    sql = f"""
        select distinct alert_id
        from {ALERT_EVENTS.name}
        where
            event_type = 'CREATED'
            and rule_id in (
                select rule_id from {SIGNALS.name} where {unit.predicate}
                union all
                select rule_id from {RULE_ERRORS.name} where {unit.predicate}
            )
    """
    return frozenset(lake.query(sql, [*unit.parameters, *unit.parameters]).column("alert_id").to_pylist())


def _known_times(lake: Lake, unit: UnitOfWork) -> dict[str, datetime]:
    sql = f"select event_id, event_time from {ALERT_EVENTS.name} where event_type = 'MATCHED' and {unit.predicate}"
    return {row["event_id"]: row["event_time"] for row in lake.query(sql, unit.parameters).to_pylist()}


def _membership_rows(grouping: Grouping) -> Iterator[dict[str, Any]]:
    for signal, window in grouping.assignments:
        yield {
            "alert_id": window.alert_id,
            "signal_id": signal.signal_id,
            "rule_id": signal.rule_id,
            "dedup": signal.dedup,
            "alert_type": signal.alert_type,
            "window_start": window.start,
            "log_type": signal.log_type,
            "p_row_id": signal.p_row_id,
            "p_event_time": signal.event_time,
            "unique_value": signal.unique_value,
            "p_batch_id": signal.batch_id,
            "p_hour": signal.hour,
        }


def _matched_rows(grouping: Grouping, known_times: Mapping[str, datetime], now_utc: datetime) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for signal, window in grouping.assignments:
        event_id = _event_id("MATCHED", window.alert_id, signal.batch_id, signal.log_type)
        row = rows.setdefault(
            event_id,
            {
                "event_id": event_id,
                "alert_id": window.alert_id,
                "event_type": "MATCHED",
                "event_time": known_times.get(event_id, now_utc),
                "p_batch_id": signal.batch_id,
                "p_hour": signal.hour,
                "rule_id": signal.rule_id,
                "alert_type": signal.alert_type,
                "log_type": signal.log_type,
                "dedup": signal.dedup,
                "dedup_period_minutes": signal.dedup_period_minutes,
                "threshold": signal.threshold,
                "first_event_time": signal.event_time,
                "last_event_time": signal.event_time,
                "match_count": 0,
            },
        )
        row["match_count"] += 1
        row["first_event_time"] = min(row["first_event_time"], signal.event_time)
        row["last_event_time"] = max(row["last_event_time"], signal.event_time)
    return list(rows.values())


def _created_rows(lake: Lake, creations: Sequence[Creation], now_utc: datetime) -> list[dict[str, Any]]:
    matches = _texts_by_signal(lake, SIGNALS.name, [c for c in creations if c.window.alert_type == "RULE"])
    errors = _texts_by_signal(lake, RULE_ERRORS.name, [c for c in creations if c.window.alert_type == "RULE_ERROR"])
    rows = []
    for creation in creations:
        texts = matches if creation.window.alert_type == "RULE" else errors
        # The window's first signal may have gone, when its batch was detected anew and is still to be grouped.
        first = texts.get(creation.first_signal_id) or texts[creation.own_signal_id]
        attributes = _match_attributes(first) if creation.window.alert_type == "RULE" else _error_attributes(first)
        rows.append(
            {
                "event_id": _event_id("CREATED", creation.window.alert_id),
                "alert_id": creation.window.alert_id,
                "event_type": "CREATED",
                "event_time": now_utc,
                "p_batch_id": creation.batch_id,
                "p_hour": creation.hour,
                "rule_id": creation.window.rule_id,
                "rule_version": first["rule_version"],
                "alert_type": creation.window.alert_type,
                "log_type": first["log_type"],
                "dedup": creation.window.dedup,
                "dedup_period_minutes": creation.dedup_period_minutes,
                "threshold": creation.threshold,
                "first_event_time": creation.first_event_time,
                "last_event_time": creation.last_event_time,
                "match_count": 0,
                "status": "OPEN",
                **attributes,
            }
        )
    return rows


def _match_attributes(signal: Mapping[str, Any]) -> dict[str, Any]:
    """An alert's texts from its first match; empty ones count as not generated."""
    names = ("description", "reference", "runbook", "destinations", "alert_context", "tags", "reports")
    return {
        "severity": signal["severity"] or "INFO",
        "title": signal["title"] or signal["rule_id"],
        **{name: signal[name] for name in names},
    }


def _error_attributes(error: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "severity": ERROR_SEVERITY,
        "title": error["error_message"] or error["error_type"] or error["rule_id"],
        "description": f"Rule {error['rule_id']} failed in {error['function'] or 'rule'}(): {error['traceback'] or error['error_message']}",
    }


def _texts_by_signal(lake: Lake, table: str, creations: Sequence[Creation]) -> dict[str, dict[str, Any]]:
    """Rows of the given creations' signals, by signal id."""
    if not creations:
        return {}
    earliest = min(creation.first_event_time for creation in creations)
    latest = max(creation.last_event_time for creation in creations)
    ids = sorted({signal_id for creation in creations for signal_id in (creation.first_signal_id, creation.own_signal_id)})
    sql = f"select * from {table} where p_event_time >= ? and p_event_time <= ?"
    parameters: list[Any] = [earliest, latest]
    if len(ids) <= MAX_PARAMETERS:
        sql += f" and signal_id in ({', '.join('?' * len(ids))})"
        parameters += ids
    wanted = pa.array(ids, pa.string())
    found: dict[str, dict[str, Any]] = {}
    for batch in lake.stream(sql, parameters):
        rows = batch.filter(pc.is_in(batch.column("signal_id"), value_set=wanted)).to_pylist()
        found.update((row["signal_id"], row) for row in rows)
    return found


def _event_id(*parts: str) -> str:
    return hashlib.md5("\n".join(parts).encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def _table(columns: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=columns)
