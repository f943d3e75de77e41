"""Signals -> signals of correlation rules, in panther_signals.signals: one for each event that belongs to a match.

Two occasions. `correlate` looks around the signals of a unit of work that has just been detected: what they complete, also together with
signals of other batches, late ones included. `correlate_due` looks at the due times of rules with an absence, which become true because
nothing happens. A signal has an id of rule, values and event, and is written where its event is: looking again finds it there, and
nothing is taken back. docs/decisions/0010-correlation-rules.md says why.

Their events may be in batches that were grouped into alerts long ago, so each transaction that adds signals also names their batches in
panther_monitor.correlated_batches; alerts/correlated.py takes them from there (docs/decisions/0019-correlated-batches.md).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.correlation.evaluation import Match, SignalIndex
from panther_dagster.detect.correlation.loading import in_order
from panther_dagster.detect.correlation.reading import Place, read_signals
from panther_dagster.detect.correlation.rule import CorrelationRule
from panther_dagster.detect.rule import DEFAULT_DEDUP_PREFIX, MAX_TEXT
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.tables import CORRELATED_BATCHES, CORRELATION_RUNS, SIGNALS

# What says that something did happen may come later than what it explains. CloudTrail delivers most events within 15 minutes.
ARRIVAL: Final = timedelta(minutes=15)
_INSTANT: Final = timedelta(microseconds=1)
Span = tuple[datetime, datetime]  # first and last event time


@dataclass(frozen=True)
class CorrelationReport:
    """What was found that was not there before: signals by rule, and the batches that hold them."""

    signals_by_rule: Mapping[str, int] = field(default_factory=dict)
    batch_ids: tuple[str, ...] = ()

    @property
    def signals(self) -> int:
        """Signals that were written."""
        return sum(self.signals_by_rule.values())


def correlate(lake: Lake, unit: UnitOfWork, *, rules: Sequence[CorrelationRule], now_utc: datetime) -> CorrelationReport:
    """Run the enabled rules on the unit's signals and whatever they match with, and add the signals that are missing.

    Rules without an absence look after every signal, so that neither batches nor their order change what is found; rules with one look at
    their due times up to now.

    Args: now_utc: naive UTC.
    """
    enabled = in_order(rule for rule in rules if rule.is_enabled)
    spans = _spans(lake, unit, {element.rule_id for rule in enabled for element in rule.pattern.present})
    if not spans:
        return CorrelationReport()
    reports = []
    with lake.lock("correlation"):
        for rule in enabled:
            span = _joined(spans[element.rule_id] for element in rule.pattern.present if element.rule_id in spans)
            if span is None:
                continue
            rows = _rows_around(lake, rule, span, now_utc)
            reports.append(_add(lake, rule, rows, now_utc))
            if rows:  # what reads this rule's signals has to look there too
                times = [row["p_event_time"] for row in rows]
                spans[rule.rule_id] = (min(times), max(times))
    return _summed(reports)


def is_due(lake: Lake, rules: Sequence[CorrelationRule], *, now_utc: datetime) -> bool:
    """Whether a rule with an absence has a due time that nobody has looked at."""
    return any(_due_times(lake, rule, now_utc) for rule in rules)


def correlate_due(lake: Lake, *, rules: Sequence[CorrelationRule], now_utc: datetime) -> CorrelationReport:
    """Look at all due times of enabled rules with an absence since the last time, and add the signals that are missing.

    A due time is looked at 15 minutes later, when what happened before it has arrived. A rule that is new begins with the due times of
    one lookback.

    Args: now_utc: naive UTC.
    """
    reports = []
    with lake.lock("correlation"):
        for rule in in_order(rules):
            times = _due_times(lake, rule, now_utc)
            if times:
                index = SignalIndex(rule.pattern, read_signals(lake, rule.pattern, times[0] - rule.pattern.lookback, times[-1]))
                rows = _rows(rule, (match for time in times for match in index.at(time)))
                reports.append(_add(lake, rule, rows, now_utc, looked_until=times[-1]))
    return _summed(reports)


def _spans(lake: Lake, unit: UnitOfWork, rule_ids: Iterable[str]) -> dict[str, Span]:
    """First and last event time of the unit's signals, by rule."""
    wanted = sorted(rule_ids)
    if not wanted:
        return {}
    sql = f"""
        select rule_id, min(p_event_time) as first_time, max(p_event_time) as last_time
        from {SIGNALS.name}
        where rule_id in ({", ".join("?" * len(wanted))}) and {unit.predicate}
        group by rule_id
    """
    rows = lake.query(sql, [*wanted, *unit.parameters]).to_pylist()
    return {row["rule_id"]: (row["first_time"], row["last_time"]) for row in rows}


def _joined(spans: Iterable[Span]) -> Span | None:
    found = list(spans)
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


def _rows_around(lake: Lake, rule: CorrelationRule, span: Span, now_utc: datetime) -> list[dict[str, Any]]:
    pattern = rule.pattern
    start, end = span[0] - pattern.lookback, span[1] + pattern.lookback
    if not pattern.absent:
        return _rows(rule, SignalIndex(pattern, read_signals(lake, pattern, start, end)).at_any_time())
    times = list(rule.schedule.times(span[0] - _INSTANT, min(end, now_utc - ARRIVAL)))
    if not times:
        return []
    index = SignalIndex(pattern, read_signals(lake, pattern, start, end))
    return _rows(rule, (match for time in times for match in index.at(time)))


def _due_times(lake: Lake, rule: CorrelationRule, now_utc: datetime) -> list[datetime]:
    if not rule.is_enabled or not rule.pattern.absent:
        return []
    until = now_utc - ARRIVAL
    rows = lake.query(f"select max(looked_until) as time from {CORRELATION_RUNS.name} where rule_id = ?", [rule.rule_id]).to_pylist()
    return list(rule.schedule.times(rows[0]["time"] or until - rule.pattern.lookback, until))


def _rows(rule: CorrelationRule, matches: Iterable[Match]) -> list[dict[str, Any]]:
    """Rows of SIGNALS: one for each event and values, in order of time."""
    rows: dict[str, dict[str, Any]] = {}
    for match in matches:
        values = dict(zip(rule.pattern.parameters, match.values, strict=True))
        for signal in match.signals:
            place: Place = signal.place
            row_id = _signal_id(rule.rule_id, match.values, place)
            if row_id not in rows:
                rows[row_id] = {**_static_columns(rule), **_columns(rule, row_id, values, place), "p_event_time": signal.time}
    return sorted(rows.values(), key=lambda row: (row["p_event_time"], row["p_row_id"], row["signal_id"]))


def _static_columns(rule: CorrelationRule) -> dict[str, Any]:
    return {
        "rule_id": rule.rule_id,
        "rule_version": rule.version,
        "title": rule.title,
        "dedup_period_minutes": rule.dedup_period_minutes,
        "threshold": rule.threshold,
        "severity": rule.severity,
        "description": rule.description,
        "reference": rule.reference,
        "runbook": rule.runbook,
        "destinations": list(rule.output_ids) or None,
        "tags": list(rule.tags),
        "reports": json.dumps(rule.reports),
        "create_alert": rule.creates_alert,
    }


def _columns(rule: CorrelationRule, signal_id: str, values: Mapping[str, str | None], place: Place) -> dict[str, Any]:
    return {
        "signal_id": signal_id,
        "log_type": place.log_type,
        "p_row_id": place.row_id,
        "p_batch_id": place.batch_id,
        "p_hour": place.hour,
        "dedup": _dedup(rule.rule_id, tuple(values.values())),
        "alert_context": json.dumps({"matched": values, "rules": sorted(rule.pattern.rule_ids)}),
    }


def _dedup(rule_id: str, values: Sequence[str | None]) -> str:
    """The value that the signals share; several as a JSON list."""
    if not values:
        return f"{DEFAULT_DEDUP_PREFIX}{rule_id}"
    text = str(values[0]) if len(values) == 1 else json.dumps(values)
    if len(text) <= MAX_TEXT:
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
    return text[: MAX_TEXT - len(digest) - 1] + " " + digest


def _signal_id(rule_id: str, values: Sequence[str | None], place: Place) -> str:
    text = json.dumps([rule_id, values, place.log_type, place.row_id])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _add(
    lake: Lake, rule: CorrelationRule, rows: Sequence[Mapping[str, Any]], now_utc: datetime, looked_until: datetime | None = None
) -> CorrelationReport:
    """Write the rows that are not there yet, the batches whose alerts are to be raised for them, and until when the rule has looked."""

    def write(transaction: Transaction) -> list[Mapping[str, Any]]:
        known: set[str] = set()
        if rows:
            sql = f"select signal_id from {SIGNALS.name} where rule_id = ? and p_event_time >= ? and p_event_time <= ?"
            times = [row["p_event_time"] for row in rows]
            known.update(transaction.query(sql, [rule.rule_id, min(times), max(times)]).column("signal_id").to_pylist())
        new = [row for row in rows if row["signal_id"] not in known]
        if new:
            transaction.append(SIGNALS, pa.Table.from_pylist(new, SIGNALS.columns))
        if new and rule.creates_alert:
            transaction.append(CORRELATED_BATCHES, pa.Table.from_pylist(_batches_to_alert(new, now_utc), CORRELATED_BATCHES.columns))
        if looked_until is not None:
            unit = UnitOfWork(batch_id=f"correlation:{rule.rule_id}")
            state = {"rule_id": rule.rule_id, "rule_version": rule.version, "looked_until": looked_until, "p_batch_id": unit.batch_id}
            transaction.replace(CORRELATION_RUNS, pa.Table.from_pylist([state], CORRELATION_RUNS.columns), unit)
        return new

    if not rows and looked_until is None:
        return CorrelationReport()
    new = lake.transact(write)
    return CorrelationReport({rule.rule_id: len(new)} if new else {}, tuple(dict.fromkeys(row["p_batch_id"] for row in new)))


def _batches_to_alert(new: Sequence[Mapping[str, Any]], now_utc: datetime) -> list[dict[str, Any]]:
    first_times: dict[str, datetime] = {}
    for row in new:
        first_times[row["p_batch_id"]] = min(first_times.get(row["p_batch_id"], row["p_event_time"]), row["p_event_time"])
    place = {"found_time": now_utc, "p_batch_id": f"correlation:{uuid.uuid4()}"}
    return [{"correlated_batch_id": batch_id, "first_event_time": time, **place} for batch_id, time in first_times.items()]


def _summed(reports: Sequence[CorrelationReport]) -> CorrelationReport:
    by_rule = {rule_id: count for report in reports for rule_id, count in report.signals_by_rule.items()}
    return CorrelationReport(by_rule, tuple(dict.fromkeys(batch_id for report in reports for batch_id in report.batch_ids)))
