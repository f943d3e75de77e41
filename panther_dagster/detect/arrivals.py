"""Paths that rules read -> those that no event had. One aggregate query over a log type's columns, and a sample of its raw events.

A path is absent when its column is null in every row of the period (for a path that leads into free-form JSON, a list or a map: the
column that holds it), and the value is in none of the sampled raw events either: a column is also null when a value has another type than
declared. A top-level field that is no column is absent when no sampled event has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.events import UnreadableEvent, parsed_json
from panther_dagster.detect.rule_numbers import Hours
from panther_dagster.detect.rule_report import FEW_EVENTS, Absence, Path
from panther_dagster.standard_fields import RAW_EVENT_COLUMN, table_name
from panther_dagster.storage.lake import Lake

SAMPLED_EVENTS: Final = 2_000
SAMPLED_AT_ONCE: Final = 100  # one may have megabytes
# How far before the period the last arrival is looked for.
LOOK_BACK: Final = timedelta(days=30)


def absent_paths(lake: Lake, paths_by_log_type: Mapping[str, Iterable[Path]], hours: Hours) -> dict[str, dict[Path, Absence]]:
    """Of each log type with enough events to tell: the paths that none of them had. Names are compared without regard to case."""
    found: dict[str, dict[Path, Absence]] = {}
    for log_type, paths in paths_by_log_type.items():
        table = f"panther_logs.{table_name(log_type)}"
        wanted = sorted({path for path in paths if not path[0].lower().startswith("p_")})
        if lake.has_table(table):
            absent = _absent_in(lake, table, wanted, hours)
            if absent is not None:
                found[log_type] = absent
    return found


def column_path(schema: pa.Schema, path: Path) -> Path | None:
    """The column that holds a path, spelt as in the table, down to the innermost part of an object; None when there is none."""
    fields: Sequence[pa.Field] = [field for field in schema if not field.name.startswith("p_")]
    steps: list[str] = []
    for name in path:
        field = next((field for field in fields if field.name == name), None)
        field = field or next((field for field in fields if field.name.lower() == name.lower()), None)
        if field is None:
            return tuple(steps) if steps and not fields else None
        steps.append(field.name)
        fields = list(field.type) if pa.types.is_struct(field.type) else []
    return tuple(steps)


def present_paths(texts: Iterable[str | None], paths: Iterable[Path]) -> set[Path]:
    """The paths that lead to a value other than null in at least one event. Through lists they lead to each element."""
    waiting, present = set(paths), set[Path]()
    for text in texts:
        if not waiting:
            break
        try:
            event = parsed_json(text or "")
            present |= {path for path in waiting if _has_value(event, path)}
        except (UnreadableEvent, RecursionError):
            continue
        waiting -= present
    return present


def _absent_in(lake: Lake, table: str, paths: Sequence[Path], hours: Hours) -> dict[Path, Absence] | None:
    schema = lake.query(f"select * from {table} limit 0").schema
    columns = {path: column_path(schema, path) for path in paths}
    declared = sorted({column for column in columns.values() if column is not None})
    counts = ", ".join(["count(*)", *(f"count({_expression(column)})" for column in declared)])
    counted = lake.query(f"select {counts} from {table} as events where p_hour >= ? and p_hour < ?", hours)
    rows, *of_columns = (column[0].as_py() for column in counted.columns)
    if rows < FEW_EVENTS:
        return None
    empty = {column for column, count in zip(declared, of_columns, strict=True) if not count}
    # What is no column is looked for at the top level only: deeper down a path may be that of another kind of event.
    where = {path: column or path[:1] for path, column in columns.items() if column is None or column in empty}
    where = {path: column for path, column in where.items() if columns[path] is not None or column_path(schema, path[:1]) is None}
    if not where:
        return {}
    sample = f"select {RAW_EVENT_COLUMN} from {table} where p_hour >= ? and p_hour < ? order by p_row_id limit {SAMPLED_EVENTS}"
    batches = lake.stream(sample, hours, rows_per_batch=SAMPLED_AT_ONCE)
    present = present_paths((text for batch in batches for text in batch.column(0).to_pylist()), where.values())
    absent = {path: column for path, column in where.items() if column not in present}
    last = _last_hours(lake, table, sorted({column for column in absent.values() if column in empty}), hours[0])
    return {path: Absence(column, column in empty, min(rows, SAMPLED_EVENTS), last.get(column)) for path, column in absent.items()}


def _last_hours(lake: Lake, table: str, columns: Sequence[Path], before: datetime) -> dict[Path, datetime | None]:
    if not columns:
        return {}
    times = ", ".join(f"max(case when {_expression(column)} is not null then p_hour end)" for column in columns)
    found = lake.query(f"select {times} from {table} as events where p_hour >= ? and p_hour < ?", [before - LOOK_BACK, before])
    return {column: values[0].as_py() for column, values in zip(columns, found.columns, strict=True)}


def _expression(column: Path) -> str:
    return ".".join(["events", *('"' + name.replace('"', '""') + '"' for name in column)])


def _has_value(value: Any, path: Path) -> bool:
    if not path:
        return value is not None
    if isinstance(value, list):
        return any(_has_value(element, path) for element in value)
    if not isinstance(value, Mapping):
        return False
    folded = path[0].lower()
    return any(_has_value(inner, path[1:]) for key, inner in value.items() if isinstance(key, str) and key.lower() == folded)
