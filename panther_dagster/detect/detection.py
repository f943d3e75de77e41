"""One unit of work: panther_logs.<log type> -> signals, rule errors and rule runs in the lake."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

import pyarrow as pa

from panther_dagster.detect.events import enriched
from panther_dagster.detect.limits import STOPS, LimitedRules
from panther_dagster.detect.lookups.enrichment import Enrichment
from panther_dagster.detect.lookups.history import LookupHistory
from panther_dagster.detect.pack import DeclaredLogTypes, RuleSet
from panther_dagster.detect.prefilter.prefilter import WARM_UP_ROWS, Prefilter
from panther_dagster.detect.prefilter.shadow import with_mismatches
from panther_dagster.detect.quarantine import Quarantine
from panther_dagster.detect.runner import Candidates, DetectionResult, evaluate, every_rule_on_every_row
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN, STANDARD_COLUMNS, table_name
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.tables import RULE_ERRORS, RULE_RUNS, RULE_STOPS, SIGNALS

ROWS_PER_BATCH = 5_000


@dataclass(frozen=True)
class DetectionReport:
    """What one detection did. `matches_by_rule` has the rules that matched."""

    events: int
    matches: int
    errors: int
    rules: int
    seconds: float
    cpu_seconds: float
    events_by_log_type: Mapping[str, int]
    matches_by_rule: Mapping[str, int]


def detect(
    lake: Lake,
    unit: UnitOfWork,
    *,
    rules: RuleSet | LimitedRules,
    registry: DeclaredLogTypes | None = None,
    destinations: Mapping[str, str] | None = None,
    lookups: LookupHistory | None = None,
    use_prefilter: bool = True,
    check_every: int = 0,
    quarantine: Quarantine | None = None,
) -> DetectionReport:
    """Run all enabled rules over the unit's normalized rows and replace the unit's signals, rule errors and rule runs.

    Memory holds one piece of rows and the matches. Rows are read in a fixed order, so that the same unit gives the same tables; the
    result of a range of hours is that of its batches one by one.

    Args: rules: a RuleSet runs in this process; LimitedRules run in their own, where none can hold up or end the detection. registry:
    limits the log types to the declared ones. lookups: tables that explain fields of events to rules, as p_enrichment. use_prefilter: of a
    RuleSet, run a rule only on rows for which its code can return anything but False; the signals are the same without it. check_every: of
    a RuleSet, proves that on one of so many rows (prefilter/shadow.py); 0: on none. quarantine: of
    LimitedRules, leaves rules out that were stopped often, and notes those that are stopped now; None: all run.
    """
    began, cpu_began = time.perf_counter(), _cpu_seconds(rules)
    events_by_log_type: dict[str, int] = {}
    stored = lake.tables_with(unit)  # planning a read of each log type's table takes 0.13 s, of most in vain

    def pieces() -> Iterator[tuple[str, pa.RecordBatch, Enrichment | None]]:
        for log_type in rules.log_types:
            table = f"panther_logs.{table_name(log_type)}"
            if (registry is None or log_type in registry.by_name) and table in stored:
                for rows in _rows(lake, unit, table):
                    events_by_log_type[log_type] = events_by_log_type.get(log_type, 0) + rows.num_rows
                    found = lookups.enrichment(log_type, rows) if lookups is not None else None
                    yield log_type, rows if found is None else enriched(rows, log_type, found), found

    if isinstance(rules, LimitedRules):
        rules.begin(quarantine.rules(lake) if quarantine is not None else None)
        results = list(rules.evaluate_all(pieces(), destinations=destinations))
    else:
        results = list(_evaluated_here(pieces(), rules, destinations, use_prefilter=use_prefilter, check_every=check_every))
    signals, errors, runs = ([getattr(result, name) for result in results] for name in ("signals", "errors", "runs"))
    all_signals = pa.concat_tables([SIGNALS.columns.empty_table(), *signals])
    all_errors = pa.concat_tables([RULE_ERRORS.columns.empty_table(), *errors])
    all_runs = _summed(pa.concat_tables([RULE_RUNS.columns.empty_table(), *runs]))
    stops = stops_of(quarantine, rules, all_errors)

    def write(tx: Transaction) -> None:
        tx.replace(SIGNALS, all_signals, unit)
        tx.replace(RULE_ERRORS, all_errors, unit)
        tx.replace(RULE_RUNS, all_runs, unit)
        if stops.num_rows:
            tx.append(RULE_STOPS, stops)

    lake.transact(write)
    if isinstance(rules, LimitedRules):
        rules.keep_changes()  # after the results: whoever is killed in between runs again, and finds the state as it was before
    matched = all_signals.group_by("rule_id").aggregate([("signal_id", "count")]).sort_by("rule_id").to_pylist()
    return DetectionReport(
        events=sum(events_by_log_type.values()),
        matches=all_signals.num_rows,
        errors=all_errors.num_rows,
        rules=len({row_rule for row_rule in all_runs.column("rule_id").to_pylist()}),
        seconds=time.perf_counter() - began,
        cpu_seconds=_cpu_seconds(rules) - cpu_began,
        events_by_log_type=events_by_log_type,
        matches_by_rule={row["rule_id"]: row["signal_id_count"] for row in matched},
    )


def stops_of(quarantine: Quarantine | None, rules: RuleSet | LimitedRules, errors: pa.Table) -> pa.Table:
    """Rows of RULE_STOPS of a detection, from its rule errors."""
    if quarantine is None or not isinstance(rules, LimitedRules) or not rules.quarantined_ids:
        return RULE_STOPS.columns.empty_table()
    return quarantine.stops(errors, rules.quarantined_ids, STOPS)


def _evaluated_here(
    pieces: Iterable[tuple[str, pa.RecordBatch, Enrichment | None]],
    rules: RuleSet,
    destinations: Mapping[str, str] | None,
    *,
    use_prefilter: bool,
    check_every: int,
) -> Iterator[DetectionResult]:
    for log_type, group in itertools.groupby(pieces, key=itemgetter(0)):
        prefilter = Prefilter(log_type, warm_up_rows=WARM_UP_ROWS, check_every=check_every)
        candidates: Candidates = prefilter if use_prefilter else every_rule_on_every_row
        for _, rows, found in group:
            result = evaluate(rows, rules=rules, log_type=log_type, destinations=destinations, candidates=candidates, enrichment=found)
            yield with_mismatches(result, rows, prefilter.chosen_by_row)


def _cpu_seconds(rules: RuleSet | LimitedRules) -> float:
    return time.thread_time() + (rules.cpu_seconds if isinstance(rules, LimitedRules) else 0.0)


def _rows(lake: Lake, unit: UnitOfWork, table: str) -> Iterator[pa.RecordBatch]:
    """The unit's rows of a normalized table, in order of batches and ids. Full batches, so that results do not depend on the engine's."""
    present = set(lake.query(f"select * from {table} limit 0").schema.names)
    columns = [column for column in (*STANDARD_COLUMNS, *INDICATOR_COLUMNS, RAW_EVENT_COLUMN) if column in present]
    sql = f"select {', '.join(columns)} from {table} where {unit.predicate} order by p_hour, p_batch_id, p_row_id"
    yield from lake.stream(sql, unit.parameters, rows_per_batch=ROWS_PER_BATCH)


def _summed(runs: pa.Table) -> pa.Table:
    """One row per rule, log type, batch and hour."""
    keys = ["rule_id", "rule_version", "log_type", "p_batch_id", "p_hour"]
    values = ["events", "candidates", "matches", "errors", "cpu_seconds"]
    grouped = runs.group_by(keys, use_threads=False).aggregate([(value, "sum") for value in values])
    return grouped.rename_columns([*keys, *values]).sort_by([(key, "ascending") for key in keys]).cast(RULE_RUNS.columns)
