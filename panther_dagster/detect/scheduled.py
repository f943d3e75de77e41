"""Scheduled queries: SQL over the lake at fixed times, whose rows are the events of scheduled rules.

A query's run at a time is a unit of work of its own: its rows stand in panther_signals.query_results, and what rules say of them in the
tables of every other rule. Running the same time again replaces them. Everything that a query reads is as of that time's clock, so a
query may be run late, or again, for a time that is past.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.detection import stops_of
from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.detect.items import item_files, pack_root
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.lookups.history import LookupHistory
from panther_dagster.detect.metadata import Findings, did_you_mean
from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.quarantine import Quarantine
from panther_dagster.detect.runner import DetectionResult, evaluate
from panther_dagster.detect.schedule import Schedule, read_schedule
from panther_dagster.errors import Location, RuleError
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.panther_sql import lake_sql
from panther_dagster.storage.tables import QUERY_RESULTS, RULE_ERRORS, RULE_RUNS, RULE_STOPS, SIGNALS

QUERY_KEYS: Final = ("Query", "SnowflakeQuery")  # the second is Panther's old name of the first
KEYS: Final = frozenset(
    ("AnalysisType", "QueryName", "Enabled", "Description", "Tags", "Schedule", "Lookback", "LookbackWindowSeconds", "AthenaQuery")
) | set(QUERY_KEYS)
DEFAULT_TIMEOUT: Final = timedelta(minutes=5)
MAX_ROWS: Final = 100_000  # of one run; more are a mistake in the query


@dataclass(frozen=True)
class ScheduledQuery:
    """One query. A saved query has no schedule."""

    name: str
    sql: str
    is_enabled: bool
    location: Location
    schedule: Schedule | None = None
    description: str = ""
    tags: tuple[str, ...] = ()

    def unit(self, time_utc: datetime) -> UnitOfWork:
        """The unit of work of its run at that time."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:8]
        return UnitOfWork(batch_id=f"query-{digest}-{time_utc:%Y%m%dT%H%M%S}")


@dataclass(frozen=True)
class QuerySet:
    """All scheduled and saved queries of some folders, by name, and what is wrong with the others."""

    scheduled: Mapping[str, ScheduledQuery] = field(default_factory=dict)
    saved: Mapping[str, ScheduledQuery] = field(default_factory=dict)
    errors: tuple[RuleError, ...] = ()

    @property
    def templates(self) -> dict[str, str]:
        """SQL by name, for templates that import macros."""
        return {name: query.sql for name, query in {**self.saved, **self.scheduled}.items()}


def load_queries(paths: Sequence[Path]) -> QuerySet:
    """Read the query items below the paths: YAML files in folders whose name contains `queries`. Runs no code of the pack."""
    found: dict[str, dict[str, ScheduledQuery]] = {"scheduled_query": {}, "saved_query": {}}
    errors: list[RuleError] = []
    names: dict[str, Path] = {}
    for file in dict.fromkeys(_query_files(paths)):
        try:
            values = read_document(file)
            kind = values.get("AnalysisType") if isinstance(values, dict) else None
            if kind not in found:
                continue
            query = read_query(values, file)
            if query.name in names:
                raise RuleError(f"query '{query.name}' is in {names[query.name]} too", place_of(file, "QueryName"))
        except RuleError as error:
            errors.append(error)
            continue
        names[query.name] = file
        found[kind][query.name] = query
    return QuerySet(found["scheduled_query"], found["saved_query"], tuple(errors))


def read_query(values: Mapping[str, Any], file: Path) -> ScheduledQuery:
    """A query of its YAML. Raises RuleError with the line."""
    for key in values:
        if key not in KEYS and (similar := did_you_mean(str(key), KEYS)):
            raise RuleError(f"unknown key '{key}'{similar}", place_of(file, key))
    name, sql = values.get("QueryName"), next((values[key] for key in QUERY_KEYS if values.get(key)), None)
    if not isinstance(name, str) or not name:
        raise RuleError("QueryName is missing", place_of(file, "AnalysisType"))
    if not isinstance(sql, str):
        raise RuleError("Query is missing: the SQL to run", place_of(file, "QueryName"))
    schedule = None
    if values.get("AnalysisType") == "scheduled_query":
        findings = Findings(file)
        schedule = read_schedule(values.get("Schedule"), findings, ("Schedule",))
        if findings.errors:
            raise findings.errors[0]
    return ScheduledQuery(
        name=name,
        sql=sql,
        is_enabled=values.get("Enabled", True) is not False,
        location=place_of(file, "QueryName"),
        schedule=schedule,
        description=str(values.get("Description") or ""),
        tags=tuple(map(str, values.get("Tags") or ())),
    )


def _query_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        path = path.resolve()
        if not path.exists():
            continue  # the loader of rules says so
        root = pack_root(path)
        for file in item_files(root, below=path):
            if file == path or any("queries" in part for part in file.relative_to(root).parts[:-1]):
                yield file


def query_rows(lake: Lake, query: ScheduledQuery, *, time_utc: datetime, templates: Mapping[str, str]) -> pa.Table:
    """The rows of a query at a time, in the columns of panther_signals.query_results. Writes nothing.

    A row's p_event_time is its own where it has one, else the time of the run. Equal rows get ids of their own.

    Args: time_utc: naive; the query's clock. Raises: LakeError: the query cannot be translated, fails, or takes too long.
    """
    timeout = query.schedule.timeout if query.schedule and query.schedule.timeout is not None else DEFAULT_TIMEOUT
    sql = lake_sql(query.sql, now_utc=time_utc, templates=templates)
    found = lake.read(
        f"select to_json(r) as event, {_event_time(lake, sql)} as event_time from ({sql}) as r order by all",
        max_rows=MAX_ROWS,
        timeout_seconds=timeout.total_seconds(),
    )
    unit = query.unit(time_utc)
    seen: dict[str, int] = {}
    rows = []
    for row in found.to_pylist():
        text = str(row["event"])
        seen[text] = seen.get(text, 0) + 1
        rows.append(
            {
                "p_row_id": hashlib.sha256(f"{unit.batch_id}\n{text}\n{seen[text]}".encode()).hexdigest()[:32],
                "p_log_type": query.name,
                "p_event_time": row["event_time"] or time_utc,
                "p_parse_time": time_utc,
                "p_batch_id": unit.batch_id,
                "p_hour": time_utc.replace(minute=0, second=0, microsecond=0),
                "p_raw_event": text,
            }
        )
    return pa.Table.from_pylist(rows, QUERY_RESULTS.columns)


def _event_time(lake: Lake, sql: str) -> str:
    """Expression of the rows' p_event_time."""
    names = {name.lower() for name in lake.read(f"select * from ({sql}) as r limit 0").schema.names}
    return "try_cast(r.p_event_time as timestamp)" if "p_event_time" in names else "cast(null as timestamp)"


@dataclass(frozen=True)
class QueryReport:
    """What one run of a query gave."""

    rows: int
    matches: int
    errors: int
    rules: int  # that ran; none do when there are no rows
    unit: UnitOfWork


def run_query(
    lake: Lake,
    query: ScheduledQuery,
    *,
    rules: RuleSet | LimitedRules,
    time_utc: datetime,
    templates: Mapping[str, str],
    destinations: Mapping[str, str] | None = None,
    lookups: LookupHistory | None = None,
    quarantine: Quarantine | None = None,
) -> QueryReport:
    """Run a query as of a time, and its scheduled rules on what it finds; replaces what an earlier run of the same time wrote.

    Args: rules: those that are enabled and name the query in ScheduledQueries run. time_utc: naive. destinations: as of runner.evaluate.
    lookups: tables for event.lookup(), as of that time; rows get no p_enrichment, which is the query's affair. quarantine: as of
    detection.detect.
    Raises: LakeError: the query fails or takes too long; nothing is written.
    """
    rows = query_rows(lake, query, time_utc=time_utc, templates=templates)
    if isinstance(rules, LimitedRules):
        rules.begin(quarantine.rules(lake) if quarantine is not None else None)
    result = _evaluated(rows, query.name, rules, destinations, lookups)
    unit = query.unit(time_utc)
    stops = stops_of(quarantine, rules, result.errors)

    def write(tx: Transaction) -> None:
        tx.replace(QUERY_RESULTS, rows, unit)
        tx.replace(SIGNALS, result.signals, unit)
        tx.replace(RULE_ERRORS, result.errors, unit)
        tx.replace(RULE_RUNS, result.runs, unit)
        if stops.num_rows:
            tx.append(RULE_STOPS, stops)

    lake.transact(write)
    if isinstance(rules, LimitedRules):
        rules.keep_changes()
    return QueryReport(rows.num_rows, result.signals.num_rows, result.errors.num_rows, result.runs.num_rows, unit)


def _evaluated(
    rows: pa.Table, name: str, rules: RuleSet | LimitedRules, destinations: Mapping[str, str] | None, lookups: LookupHistory | None
) -> DetectionResult:
    if not rows.num_rows:
        return evaluate(rows, rules=RuleSet(()), log_type=name)
    events = rows.combine_chunks().to_batches()[0]
    enrichment = lookups.enrichment(name, events) if lookups is not None else None
    enrichment = enrichment.for_calls() if enrichment is not None else None
    if isinstance(rules, LimitedRules):
        return rules.evaluate(events, log_type=name, destinations=destinations, enrichment=enrichment)
    return evaluate(events, rules=rules, log_type=name, destinations=destinations, enrichment=enrichment)
