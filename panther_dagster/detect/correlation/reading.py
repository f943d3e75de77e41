"""Signals of the lake with the values that a correlation rule matches on. Reads panther_signals.signals, panther_logs and query results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from panther_dagster.detect.correlation.evaluation import Signal
from panther_dagster.detect.correlation.rule import CONTEXT_PREFIX, Pattern
from panther_dagster.detect.correlation.values import values_at
from panther_dagster.detect.events import EventBatch, UnreadableEvent
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN, STANDARD_COLUMNS, table_name
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import QUERY_RESULTS, SIGNALS

ROWS_PER_BATCH: Final = 5_000


@dataclass(frozen=True)
class Place:
    """The event of a signal."""

    log_type: str
    row_id: str
    batch_id: str
    hour: datetime


def read_signals(lake: Lake, pattern: Pattern, start: datetime, end: datetime) -> list[Signal]:
    """Signals of the pattern's rules whose events happened from `start` to `end` (both included), each with its values.

    Events are read only for rules that have a path into the event; they are read in pieces and only their values are kept.
    """
    paths_by_rule: dict[str, set[str]] = {}
    for element in pattern.elements:
        paths_by_rule.setdefault(element.rule_id, set()).update(path for paths in element.paths for path in paths)
    condition, parameters = _of_rules(sorted(paths_by_rule), start, end)
    has_context = any(path.startswith(CONTEXT_PREFIX) for path in pattern.paths)
    context = "alert_context" if has_context else "cast(null as varchar)"
    sql = f"""
        select signal_id, rule_id, log_type, p_row_id, p_event_time, p_batch_id, p_hour, {context} as alert_context
        from {SIGNALS.name}
        where {condition}
    """
    found: dict[str, list[tuple[Any, ...]]] = {}
    for batch in lake.stream(sql, parameters, rows_per_batch=ROWS_PER_BATCH):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            values = _context_values(row[-1], paths_by_rule[row[1]])
            found.setdefault(row[2], []).append((*row[:-1], values))
    signals = []
    for log_type, rows in sorted(found.items()):
        event_paths = {rule_id: _event_paths(paths_by_rule[rule_id]) for rule_id in {row[1] for row in rows}}
        values_by_row = _event_values(lake, log_type, event_paths, start, end)
        for signal_id, rule_id, _, row_id, time, batch_id, hour, values in rows:
            known = values_by_row.get(row_id, {})
            of_event = {path: known[path] for path in event_paths[rule_id] if path in known}
            signals.append(Signal(signal_id, rule_id, time, {**values, **of_event}, Place(log_type, row_id, batch_id, hour)))
    return signals


def _of_rules(rule_ids: Sequence[str], start: datetime, end: datetime) -> tuple[str, list[Any]]:
    condition = f"rule_id in ({', '.join('?' * len(rule_ids))}) and p_event_time >= ? and p_event_time <= ?"
    return condition, [*rule_ids, start, end]


def _event_paths(paths: set[str]) -> list[str]:
    return sorted(path for path in paths if not path.startswith(CONTEXT_PREFIX))


def _context_values(text: str | None, paths: set[str]) -> dict[str, tuple[str, ...]]:
    wanted = [path for path in paths if path.startswith(CONTEXT_PREFIX)]
    if not wanted or text is None:
        return {}
    try:
        context = json.loads(text)
    except ValueError:  # alert_context() is written by json.dumps; this one is not ours
        return {}
    return {path: values_at({CONTEXT_PREFIX[:-1]: context}, path) for path in wanted}


def _event_values(
    lake: Lake, log_type: str, paths_by_rule: Mapping[str, Sequence[str]], start: datetime, end: datetime
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Values by row id and path, of the events that have a signal of one of the rules."""
    rule_ids = sorted(rule_id for rule_id, paths in paths_by_rule.items() if paths)
    if not rule_ids:
        return {}
    table = f"panther_logs.{table_name(log_type)}"
    if not lake.has_table(table):
        table = QUERY_RESULTS.name  # the log type is the name of a scheduled query
    paths = sorted({path for rule_id in rule_ids for path in paths_by_rule[rule_id]})
    return {
        row_id: {path: values_at(event, path) for path in paths} for row_id, event in _events(lake, table, log_type, rule_ids, start, end)
    }


def _events(
    lake: Lake, table: str, log_type: str, rule_ids: Sequence[str], start: datetime, end: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    present = set(lake.query(f"select * from {table} limit 0").schema.names)
    names = [column for column in (*STANDARD_COLUMNS, *INDICATOR_COLUMNS, RAW_EVENT_COLUMN) if column in present]
    condition, parameters = _of_rules(rule_ids, start, end)
    sql = f"""
        with wanted as (select distinct p_row_id, p_batch_id from {SIGNALS.name} where log_type = ? and {condition})
        select {", ".join(f"events.{name}" for name in names)}
        from {table} as events
        inner join wanted on wanted.p_row_id = events.p_row_id and wanted.p_batch_id = events.p_batch_id
        where events.p_event_time >= ? and events.p_event_time <= ?
    """
    for rows in lake.stream(sql, [log_type, *parameters, start, end], rows_per_batch=ROWS_PER_BATCH):
        events = EventBatch(rows, log_type)
        row_ids = rows.column("p_row_id").to_pylist()
        for index, row_id in enumerate(row_ids):
            try:
                yield row_id, events.event(index)
            except UnreadableEvent:
                continue  # no rule could see it either
