"""Events in, signals out: every rule of a log type on every row of a record batch. Pure; knows Arrow, no lake and no Dagster.

One event object is shared by all rules of a row; a rule's functions all run before it sees the next row. A rule that raises, or returns
no bool, gives a row in the errors and stops nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from panther_dagster.detect.data_models import DataModel
from panther_dagster.detect.events import Column, EventBatch, UnreadableEvent, enriched
from panther_dagster.detect.lookups.enrichment import Enrichment
from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.progress import FUNCTION, NO_RULE, ROW, RULE, Progress
from panther_dagster.detect.rule import Outcome, Rule, add_details, checked_verdict, is_of_the_host
from panther_dagster.event import PantherEvent
from panther_dagster.storage.tables import RULE_ERRORS, RULE_RUNS, SIGNALS

# The rule_id of the error row of an event that no rule could see.
UNREADABLE_EVENT = "Panther.UnreadableEvent"
# Clock reads cost as much as a small rule, so calls are timed on every 16th row and scaled up; matches and errors are always timed.
TIMED_ROWS = 16
MAX_TRACEBACK = 8_000

Candidates = Callable[[pa.RecordBatch, Sequence[Rule]], Iterator[tuple[int, Sequence[Rule]]]]


@dataclass(frozen=True)
class DetectionResult:
    """What the rules said, in the schemas of SIGNALS, RULE_ERRORS and RULE_RUNS."""

    signals: pa.Table
    errors: pa.Table
    runs: pa.Table


def every_rule_on_every_row(rows: pa.RecordBatch, rules: Sequence[Rule]) -> Iterator[tuple[int, Sequence[Rule]]]:
    """The candidates when nothing is known of the rules: all pairs of row and rule."""
    return ((index, rules) for index in range(rows.num_rows))


def evaluate(
    events: pa.Table | pa.RecordBatch,
    *,
    rules: RuleSet,
    log_type: str,
    destinations: Mapping[str, str] | None = None,
    candidates: Candidates = every_rule_on_every_row,
    progress: Progress | None = None,
    enrichment: Enrichment | None = None,
    enter_batch: Callable[[str], None] | None = None,
) -> DetectionResult:
    """Run the enabled rules of a log type on normalized rows.

    Args: events: rows with p_raw_event and the p_ columns, as in panther_logs. destinations: id by display name, to check what
    destinations() returns; None leaves that to the delivery. candidates: which (row, rules) pairs to run, in order of rows; it may come
    back to a row with more rules. Pairs it leaves out must be ones where the rule returns False. progress: is told which rule (its
    position among those of the log type) runs on which row. enrichment: lookup tables that give events their p_enrichment; None for log
    types without, or when the rows have it as a column. enter_batch: is told the batch of the rows that come next.

    Returns: signals in order of rows, then of rule ids; one run row per rule, batch and hour.
    """
    run = _Run(
        rules.for_log_type(log_type), log_type, destinations, [NO_RULE, 0, 0] if progress is None else progress, enrichment, enter_batch
    )
    for batch in events.to_batches() if isinstance(events, pa.Table) else [events]:
        run.take(batch, candidates)
    return run.result()


@dataclass
class _Tally:
    """What one rule saw and cost in one batch of the lake."""

    events: int = 0
    candidates: int = 0
    matches: int = 0
    errors: int = 0
    sampled_seconds: float = 0.0  # wall, of the timed rows
    exact_seconds: float = 0.0  # wall, of matches and errors
    cpu_seconds: float = 0.0


class _Run:
    def __init__(
        self,
        rules: Sequence[Rule],
        log_type: str,
        destinations: Mapping[str, str] | None,
        progress: Progress,
        enrichment: Enrichment | None,
        enter_batch: Callable[[str], None] | None,
    ) -> None:
        self._enrichment = enrichment
        self._enter_batch = enter_batch
        self._rules = rules
        self._progress = progress
        self._number_by_id = {rule.rule_id: number for number, rule in enumerate(rules)}
        self._log_type = log_type
        self._destinations = destinations
        self._signals: list[dict[str, Any]] = []
        self._errors: list[dict[str, Any]] = []
        self._tallies: dict[tuple[Any, Any], dict[str, _Tally]] = {}
        self._static = {rule.rule_id: _static_columns(rule, log_type) for rule in rules}

    def take(self, rows: pa.RecordBatch, candidates: Candidates) -> None:
        """Run the rules on these rows."""
        start = 0
        for key, size in _pieces(rows):
            if self._enter_batch is not None:
                self._enter_batch(key[0])
            piece, first = rows.slice(start, size), start
            start += size
            tallies = self._tallies.setdefault(key, {rule.rule_id: _Tally() for rule in self._rules})
            for tally in tallies.values():
                tally.events += size
            if self._rules:
                began = time.thread_time()
                self._take_piece(piece, candidates, tallies, _Places(piece, *key), first)
                _share_cpu(list(tallies.values()), time.thread_time() - began)

    def _take_piece(self, rows: pa.RecordBatch, candidates: Candidates, tallies: Mapping[str, _Tally], places: _Places, first: int) -> None:
        if self._enrichment is not None:
            rows = enriched(rows, self._log_type, self._enrichment)  # as a column, which the candidates depend on
        batch = EventBatch(rows, self._log_type, self._enrichment)
        clock, progress = time.perf_counter, self._progress
        plans: dict[int, _Plan] = {}
        row, row_begins = -1, (0, 0)
        for count, (index, chosen) in enumerate(candidates(rows, self._rules)):
            is_again = index == row
            if not is_again:
                row, row_begins = index, (len(self._signals), len(self._errors))
            plan = plans.get(id(chosen))
            if plan is None:
                plan = plans[id(chosen)] = _Plan(chosen, tallies, self._log_type, self._number_by_id)
            plan.rows += 1
            progress[ROW] = first + index
            try:
                event = batch.event(index)
            except UnreadableEvent as unreadable:
                self._note_unreadable(places.place(index), unreadable)
                continue
            is_timed = count % TIMED_ROWS == 0
            before = clock() if is_timed else 0.0
            for model, members in plan.members_by_model:
                shared = PantherEvent.sharing(event, model)
                if self._enrichment is not None:
                    shared.lookup_function = batch.lookup_function(index)
                for rule, verdict, tally, number in members:
                    failure: BaseException | None = None
                    progress[RULE] = number
                    try:
                        output = verdict(shared)
                    except BaseException as error:
                        if is_of_the_host(error):
                            raise
                        output, failure = None, error
                    if output is not False:
                        began = clock()
                        self._note(rule, shared, places.place(index), output, failure, tally)
                        spent = clock() - began
                        tally.exact_seconds += spent
                        before += spent
                    if is_timed:
                        after = clock()
                        tally.sampled_seconds += after - before
                        before = after
            progress[RULE] = NO_RULE
            if is_again:
                for found, begin in zip((self._signals, self._errors), row_begins, strict=True):
                    found[begin:] = sorted(found[begin:], key=lambda made: str(made["rule_id"]))
        for plan in plans.values():
            for rule in plan.chosen:
                tallies[rule.rule_id].candidates += plan.rows

    def _note(
        self, rule: Rule, event: PantherEvent, place: Mapping[str, Any], output: Any, failure: BaseException | None, tally: _Tally
    ) -> None:
        outcome = Outcome(rule)
        if failure is None:
            try:
                outcome.output = checked_verdict(rule, output)
            except Exception as wrong_type:
                failure = wrong_type
        if failure is not None:
            tally.errors += 1
            self._errors.append(self._error_row(rule.rule_id, rule.version, place, _failed_function(failure), _unwrapped(failure)))
            return
        outcome.is_triggered = True
        add_details(outcome, event, is_test=False, destinations=self._destinations, progress=self._progress)
        self._progress[FUNCTION] = 0
        tally.matches += 1
        self._signals.append({**self._static[rule.rule_id], **place, **_signal_columns(outcome, place["p_row_id"])})
        for name, error in outcome.errors.items():
            tally.errors += 1
            self._errors.append(self._error_row(rule.rule_id, rule.version, place, name, error))

    def _note_unreadable(self, place: Mapping[str, Any], error: UnreadableEvent) -> None:
        self._errors.append(self._error_row(UNREADABLE_EVENT, None, place, "event", error))

    def _error_row(
        self, rule_id: str, version: str | None, place: Mapping[str, Any], function: str, error: BaseException
    ) -> dict[str, Any]:
        return {
            **place,
            "signal_id": signal_id(rule_id, place["p_row_id"]),
            "rule_id": rule_id,
            "rule_version": version,
            "log_type": self._log_type,
            "function": function,
            "error_type": type(error).__name__,
            "error_message": _storable(_repr(error)),
            "traceback": _storable("".join(traceback.format_exception(error, limit=-20))[-MAX_TRACEBACK:]),
        }

    def result(self) -> DetectionResult:
        """Everything so far."""
        runs = [
            {
                "rule_id": rule.rule_id,
                "rule_version": rule.version,
                "log_type": self._log_type,
                "p_batch_id": batch_id,
                "p_hour": hour,
                "events": tally.events,
                "candidates": tally.candidates,
                "matches": tally.matches,
                "errors": tally.errors,
                "cpu_seconds": tally.cpu_seconds,
            }
            for (batch_id, hour), tallies in self._tallies.items()
            for rule, tally in zip(self._rules, tallies.values(), strict=True)
        ]
        return DetectionResult(
            pa.Table.from_pylist(self._signals, SIGNALS.columns),
            pa.Table.from_pylist(self._errors, RULE_ERRORS.columns),
            pa.Table.from_pylist(runs, RULE_RUNS.columns),
        )


class _FilterFailed(Exception):
    """Wraps what an inline filter raised."""


class _Plan:
    """What to call for a row that these rules are candidates for: rules by data model, since packs differ in theirs."""

    def __init__(self, chosen: Sequence[Rule], tallies: Mapping[str, _Tally], log_type: str, number_by_id: Mapping[str, int]) -> None:
        self.chosen = chosen
        self.rows = 0
        groups: dict[int, tuple[DataModel | None, list[tuple[Rule, Callable[[Any], Any], _Tally, int]]]] = {}
        for rule in chosen:
            _, members = groups.setdefault(id(rule.data_models), (rule.data_models.get(log_type), []))
            members.append((rule, _verdict_function(rule), tallies[rule.rule_id], number_by_id[rule.rule_id]))
        self.members_by_model = list(groups.values())


def signal_id(rule_id: str, row_id: str) -> str:
    """Id of a rule's match of a row: the same on every run."""
    return hashlib.sha256(f"{rule_id}\n{row_id}".encode()).hexdigest()[:32]


def _verdict_function(rule: Rule) -> Callable[[Any], Any]:
    function, condition = rule.functions["rule"], rule.filter
    if condition is None:
        return function

    def filtered(event: Any) -> Any:
        try:
            passes = condition(event)
        except Exception as error:
            raise _FilterFailed from error
        return function(event) if passes else False

    return filtered


def _pieces(rows: pa.RecordBatch) -> Iterator[tuple[tuple[Any, Any], int]]:
    """Runs of rows of one (p_batch_id, p_hour), with their sizes."""
    columns = [rows.column(name) for name in ("p_batch_id", "p_hour")]
    if all(len(column.unique()) <= 1 for column in columns):
        if rows.num_rows:
            yield (columns[0][0].as_py(), columns[1][0].as_py()), rows.num_rows
        return
    for key, run in itertools.groupby(zip(*(column.to_pylist() for column in columns), strict=True)):
        yield key, sum(1 for _ in run)


def _share_cpu(tallies: Sequence[_Tally], cpu_seconds: float) -> None:
    """Give each rule its part of the CPU time that the piece took, by the wall time of its timed calls."""
    weights = [tally.sampled_seconds * TIMED_ROWS + tally.exact_seconds for tally in tallies]
    total = sum(weights)
    for tally, weight in zip(tallies, weights, strict=True):
        tally.cpu_seconds += cpu_seconds * weight / total if total else cpu_seconds / len(tallies)
        tally.sampled_seconds = tally.exact_seconds = 0.0


class _Places:
    """Where each row of a piece stands in the lake."""

    def __init__(self, rows: pa.RecordBatch, batch_id: Any, hour: Any) -> None:
        self._row_ids = Column(rows.column("p_row_id"))
        self._event_times = Column(rows.column("p_event_time"))
        self._of_piece = {"p_batch_id": batch_id, "p_hour": hour}

    def place(self, index: int) -> dict[str, Any]:
        """The columns of a row that its signals and errors carry."""
        return {"p_row_id": self._row_ids.value(index), "p_event_time": self._event_times.value(index), **self._of_piece}


def _static_columns(rule: Rule, log_type: str) -> dict[str, Any]:
    return {
        "rule_id": rule.rule_id,
        "rule_version": rule.version,
        "log_type": log_type,
        "dedup_period_minutes": rule.dedup_period_minutes,
        "threshold": rule.threshold,
        "tags": list(rule.tags),
        "reports": json.dumps(rule.reports),
        "create_alert": rule.creates_alert,
    }


def _signal_columns(outcome: Outcome, row_id: str) -> dict[str, Any]:
    """Generated values, each with its YAML value where the rule generated nothing."""
    rule, outputs = outcome.rule, outcome.outputs
    destinations = outputs.get("destinations")
    return {
        "signal_id": signal_id(rule.rule_id, row_id),
        "title": _storable(outputs.get("title") or rule.display_name or rule.rule_id),
        "dedup": _storable(outputs.get("dedup")),
        "unique_value": _storable(outputs.get("unique")),
        "severity": outputs.get("severity") or rule.severity,
        "description": _storable(outputs.get("description") or rule.description),
        "reference": _storable(outputs.get("reference") or rule.reference),
        "runbook": _storable(outputs.get("runbook") or rule.runbook),
        "destinations": destinations if destinations is not None else (list(rule.output_ids) or None),
        "alert_context": outputs.get("alert_context"),
    }


def _storable(text: str | None) -> str | None:
    """`text` without lone surrogates, which no UTF-8 column takes: they are written as \\udc80."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def _repr(error: BaseException) -> str:
    try:
        return repr(error)
    except Exception:
        return f"{type(error).__name__}(<no repr>)"


def _failed_function(error: BaseException) -> str:
    return "filter" if isinstance(error, _FilterFailed) else "rule"


def _unwrapped(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, _FilterFailed) and error.__cause__ is not None else error
