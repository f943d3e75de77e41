"""Rules over rows that the lake holds already: what they would have found in a range of event time. Reads panther_logs, writes nothing.

detection.py runs all rules over one batch and replaces its signals; this runs some rules over many batches and keeps the findings in
memory. Both read rows in the same order and run rules in the same way, so a range that is exactly one batch gives the batch's signals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.detect.detection import ROWS_PER_BATCH
from panther_dagster.detect.events import enriched
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.lookups.history import LookupHistory
from panther_dagster.detect.runner import UNREADABLE_EVENT
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN, STANDARD_COLUMNS, table_name
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import RULE_ERRORS, SIGNALS

# The rows of one read are sorted, so their number bounds the memory and disk that this takes. An hour of delivery is never split.
ROWS_PER_READ: Final = 50_000
MAX_ERROR_TEXTS: Final = 1_000  # of a rule; distinct ones, the rest is only counted
# What alerts and comparisons need of a match or error; texts of alerts but the title stay behind.
SIGNAL_COLUMNS: Final = (
    *("signal_id", "rule_id", "log_type", "p_row_id", "p_event_time", "p_batch_id", "p_hour", "title", "severity"),
    *("dedup", "dedup_period_minutes", "threshold", "unique_value", "create_alert"),
)
ERROR_COLUMNS: Final = (
    *("signal_id", "rule_id", "log_type", "p_row_id", "p_event_time", "p_batch_id", "p_hour"),
    *("function", "error_type", "error_message"),
)


@dataclass(frozen=True)
class TimeRange:
    """Event times from `start` on and before `end`, naive UTC."""

    start: datetime
    end: datetime

    @property
    def parameters(self) -> list[Any]:
        """Values of the `?` in a condition `p_event_time >= ? and p_event_time < ?`."""
        return [self.start, self.end]

    def __str__(self) -> str:
        return f"{self.start.isoformat()}Z..{self.end.isoformat()}Z"


@dataclass(frozen=True)
class StoredRows:
    """Rows of a log type in the range, counted by hour of delivery, oldest first."""

    log_type: str
    rows_by_hour: Mapping[datetime, int]

    @property
    def rows(self) -> int:
        """Of all hours."""
        return sum(self.rows_by_hour.values())


def stored_rows(lake: Lake, log_types: Iterable[str], times: TimeRange) -> list[StoredRows]:
    """What the lake holds of each log type in the range; log types without rows are left out. Reads two columns."""
    found = []
    for log_type in sorted(set(log_types)):
        table = f"panther_logs.{table_name(log_type)}"
        if not lake.has_table(table):
            continue
        sql = f"select p_hour, count(*) as n from {table} where p_event_time >= ? and p_event_time < ? group by 1 order by 1"
        rows_by_hour = {row["p_hour"]: row["n"] for row in lake.query(sql, times.parameters).to_pylist()}
        if rows_by_hour:
            found.append(StoredRows(log_type, rows_by_hour))
    return found


def read_rows(lake: Lake, stored: StoredRows, times: TimeRange) -> Iterator[pa.RecordBatch]:
    """The rows in the order in which detection reads them, in batches as large as its own; only the columns that rules can see."""
    table = f"panther_logs.{table_name(stored.log_type)}"
    present = set(lake.query(f"select * from {table} limit 0").schema.names)
    columns = [column for column in (*STANDARD_COLUMNS, *INDICATOR_COLUMNS, RAW_EVENT_COLUMN) if column in present]
    sql = f"""
        select {", ".join(columns)} from {table}
        where p_event_time >= ? and p_event_time < ? and p_hour >= ? and p_hour <= ?
        order by p_hour, p_batch_id, p_row_id
    """
    for first, last in _spans(stored.rows_by_hour):
        yield from lake.stream(sql, [*times.parameters, first, last], rows_per_batch=ROWS_PER_BATCH)


def _spans(rows_by_hour: Mapping[datetime, int]) -> Iterator[tuple[datetime, datetime]]:
    """First and last hour of reads of at most ROWS_PER_READ rows, or of one hour."""
    first = last = None
    rows = 0
    for hour, size in rows_by_hour.items():
        if first is not None and last is not None and rows + size > ROWS_PER_READ:
            yield first, last
            first, rows = None, 0
        first, last, rows = first or hour, hour, rows + size
    if first is not None and last is not None:
        yield first, last


@dataclass
class RuleFindings:
    """What one rule saw, found and cost. Times are event times."""

    rule_id: str
    version: str
    events: int = 0
    candidates: int = 0  # events that its code was run on
    matches: int = 0
    errors: int = 0
    cpu_seconds: float = 0.0
    is_stopped: bool = False  # hung, took too much memory or ended its process, and was left out from then on
    first_match: datetime | None = None
    last_match: datetime | None = None
    entities: Counter[tuple[str, str]] = field(default_factory=Counter)  # (p_any_ column, value): matches that have it
    error_texts: Counter[str] = field(default_factory=Counter)  # `function: error`: how often

    def top_entities(self, number: int) -> list[tuple[str, str, int]]:
        """(p_any_ column, value, matches) of the most frequent ones; equal ones by column and value."""
        ordered = sorted(self.entities.items(), key=lambda entry: (-entry[1], entry[0]))
        return [(column, value, count) for (column, value), count in ordered[:number]]


class Findings:
    """Runs the rules of one version of a pack on rows, batch after batch, and keeps what they found.

    Args: rules: loaded with `only`. lookups: tables that explain events to these rules. destinations: as for detection.detect.
    """

    def __init__(self, rules: LimitedRules, *, lookups: LookupHistory | None = None, destinations: Mapping[str, str] | None = None) -> None:
        self._rules = rules
        self._lookups = lookups
        self._destinations = destinations
        self._log_types = frozenset(rules.log_types)
        self._signals: list[pa.Table] = []
        self._errors: list[pa.Table] = []
        self.by_rule = {rule.rule_id: RuleFindings(rule.rule_id, rule.version) for rule in rules.rules}
        self.unreadable_events = 0

    @property
    def signals(self) -> pa.Table:
        """All matches: SIGNAL_COLUMNS."""
        return pa.concat_tables([SIGNALS.columns.empty_table().select(SIGNAL_COLUMNS), *self._signals])

    @property
    def errors(self) -> pa.Table:
        """All errors of rules: ERROR_COLUMNS."""
        return pa.concat_tables([RULE_ERRORS.columns.empty_table().select(ERROR_COLUMNS), *self._errors])

    def take(self, rows: pa.RecordBatch, log_type: str) -> None:
        """Run the rules of that log type on these rows, at most ROWS_PER_BATCH of them: the budget of a rule is for so many."""
        if log_type not in self._log_types:
            return
        enrichment = self._lookups.enrichment(log_type, rows) if self._lookups is not None else None
        explained = enriched(rows, log_type, enrichment) if enrichment is not None else rows
        result = self._rules.evaluate(explained, log_type=log_type, destinations=self._destinations, enrichment=enrichment)
        for run in result.runs.to_pylist():
            found = self.by_rule[run["rule_id"]]
            for name in ("events", "candidates", "matches", "cpu_seconds"):
                setattr(found, name, getattr(found, name) + run[name])
        for rule_id in self._rules.quarantined_ids:
            self.by_rule[rule_id].is_stopped = True
        self._note_matches(result.signals, rows)
        self._note_errors(result.errors)

    def _note_matches(self, signals: pa.Table, rows: pa.RecordBatch) -> None:
        if not signals.num_rows:
            return
        self._signals.append(signals.select(SIGNAL_COLUMNS))
        places = pc.index_in(signals.column("p_row_id"), rows.column("p_row_id"))
        columns = {
            name: rows.column(name).take(places.combine_chunks()).to_pylist() for name in INDICATOR_COLUMNS if name in rows.schema.names
        }
        rule_ids, times = signals.column("rule_id").to_pylist(), signals.column("p_event_time").to_pylist()
        for index, (rule_id, time) in enumerate(zip(rule_ids, times, strict=True)):
            found = self.by_rule[rule_id]
            found.first_match, found.last_match = min(found.first_match or time, time), max(found.last_match or time, time)
            found.entities.update((name, value) for name, values in columns.items() for value in values[index] or ())

    def _note_errors(self, errors: pa.Table) -> None:
        is_unreadable = pc.equal(errors.column("rule_id"), UNREADABLE_EVENT)
        self.unreadable_events += pc.sum(is_unreadable).as_py() or 0
        errors = errors.filter(pc.invert(is_unreadable)).select(ERROR_COLUMNS)
        if not errors.num_rows:
            return
        self._errors.append(errors)
        for error in errors.to_pylist():
            found = self.by_rule[error["rule_id"]]
            found.errors += 1
            text = f"{error['function']}(): {error['error_message'] or error['error_type']}"
            if text in found.error_texts or len(found.error_texts) < MAX_ERROR_TEXTS:
                found.error_texts[text] += 1
