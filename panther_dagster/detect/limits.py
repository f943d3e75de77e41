"""Rules in a process of their own, under a budget of time and memory: what a rule does to its process costs its own results only.

A rule that hangs, takes all memory or ends the process is stopped. It is then left out (quarantined) for the rest of this detection, which
gets one row in the errors for it, and the batch runs again without it, in a process as it was after loading. So the others' results of
every batch are complete, and each is there once. So is what rules remember through the cache: changes come with the results of a batch and
are kept when the whole detection has succeeded. What rules keep in their modules' globals starts anew with such a process.

A rule that was stopped in several detections is not run at all in the next ones; which, says who begins them (quarantine.py).

Rules without such faults give what runner.evaluate gives in this process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.detect.lookups.enrichment import Enrichment
from panther_dagster.detect.lookups.shared import SharedTables, Told
from panther_dagster.detect.pack import DeclaredLogTypes
from panther_dagster.detect.progress import NO_RULE
from panther_dagster.detect.quarantine import QuarantinedRule, RuleQuarantined, RuleVersion
from panther_dagster.detect.rule import Rule
from panther_dagster.detect.runner import UNREADABLE_EVENT, DetectionResult, signal_id
from panther_dagster.detect.state.history import BatchChanges
from panther_dagster.detect.state.location import MEMORY, opener_of
from panther_dagster.detect.state.overlay import changes_of_json, changes_to_json
from panther_dagster.detect.watch import RuleEndedProcess, RuleLimits, RuleOutOfMemory, RuleTimeout
from panther_dagster.detect.watched_worker import LoadStopped, Stopped, WatchedWorker, WorkerFailed
from panther_dagster.errors import Location, PantherError, RuleError
from panther_dagster.storage.tables import RULE_ERRORS, RULE_RUNS, SIGNALS

SCHEMAS = (SIGNALS.columns, RULE_ERRORS.columns, RULE_RUNS.columns)


class RuleStartedThreads(PantherError):
    """A process ended while a thread of this rule was about, and no rule is the cause when it runs alone."""


# What error_type says of a rule that was stopped.
STOPS: Final = tuple(kind.__name__ for kind in (RuleTimeout, RuleOutOfMemory, RuleEndedProcess, RuleStartedThreads))


@dataclass(frozen=True)
class LoadedRule:
    """What is known of a rule whose code is in another process."""

    rule_id: str
    version: str
    log_types: tuple[str, ...]
    is_enabled: bool
    kind: str  # rule or scheduled_rule, whose log types are queries


@dataclass(frozen=True)
class _Request:
    """What rules are to look at."""

    events: pa.RecordBatch
    log_type: str
    destinations: Mapping[str, str] | None
    lookups: Told | None
    rows_before: int


class LimitedRules:
    """The rules of some paths, loaded and run under limits. Loading begins at once; the first use waits for it.

    Args: overlays, registry: as for pack.load_rules. use_prefilter, check_every: as for detection.detect. state: where what rules remember
    is kept, as of state/location.py. only: ids of the rules to load, which then run whether they are enabled or not; None: all, of which
    the enabled ones run. Close it, or use it in a `with`.
    Raises, from all that needs the rules: WorkerFailed: they could not be loaded or run, and no rule is the cause.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        overlays: Sequence[Path] = (),
        limits: RuleLimits | None = None,
        registry: DeclaredLogTypes | None = None,
        use_prefilter: bool = True,
        check_every: int = 0,
        state: str = MEMORY,
        only: Collection[str] | None = None,
    ) -> None:
        self._limits = limits or RuleLimits()
        fields = registry and {log_type: [field.name for field in declared.fields] for log_type, declared in registry.by_name.items()}
        self._refused: dict[str, str] = {}  # files that must not be run, with why
        self._order: dict[str, Any] = {
            "paths": [str(path.absolute()) for path in paths],
            "overlays": [str(path.absolute()) for path in overlays],
            "fields_by_log_type": fields,
            "refused": self._refused,
            "use_prefilter": use_prefilter,
            "check_every": check_every,
            "state": state,
            "only": None if only is None else sorted(only),
            "seconds": self._limits.seconds,
            "memory_bytes": self._limits.memory_bytes,
        }
        self._worker = WatchedWorker(self._order, self._limits)
        self._quarantined: set[str] = set()
        self._left_out: dict[RuleVersion, QuarantinedRule] = {}
        self._told: set[tuple[str, str, str]] = set()  # rule, log type and batch of which a row says that it was left out
        self._state = state
        self._shared = SharedTables()
        self._changes: dict[str, BatchChanges] = {}  # by batch, of this detection
        self._is_state_known = False  # to the process that runs rules
        self._rows_seen: Counter[str] = Counter()  # by log type
        self.cache_users: set[str] = set()  # rules that have used the cache so far
        self.cpu_seconds = 0.0  # of evaluating

    def __enter__(self) -> LimitedRules:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all processes."""
        self._worker.close()
        self._shared.close()

    def begin(self, left_out: Mapping[RuleVersion, QuarantinedRule] | None = None) -> None:
        """Begin a detection: rules remember what has been kept, and nothing of a detection that was not finished.

        Args: left_out: rules that are not run in it; its errors have a row for each of them, log type and batch.
        """
        self._left_out = dict(left_out or {})
        self._told.clear()
        self._changes.clear()
        self._is_state_known = False

    def keep_changes(self) -> None:
        """End a detection that has succeeded: keep what rules remember of it. Opens nothing when no rule has used the cache.

        Raises StateError: the store cannot be used; the detection is to be done again.
        """
        open_store = opener_of(self._state) if self._changes else None
        if open_store is not None:
            with closing(open_store()) as store:
                store.take(list(self._changes.values()))

    @cached_property
    def _summary(self) -> dict[str, Any]:
        while True:
            try:
                return self._worker.load()
            except LoadStopped as stopped:
                # A file that is stopped although it was refused would be stopped for ever.
                if str(stopped.file) in self._refused:
                    raise WorkerFailed(f"{stopped.file}: {stopped.cause.text}") from stopped
                self._refused[str(stopped.file)] = stopped.cause.text
                self._worker = WatchedWorker(self._order, self._limits)

    @cached_property
    def rules(self) -> tuple[LoadedRule, ...]:
        """Every rule that could be loaded, by id, disabled ones included."""
        return tuple(LoadedRule(rule_id, version, tuple(types), *rest) for rule_id, version, types, *rest in self._summary["rules"])

    @cached_property
    def errors(self) -> tuple[RuleError, ...]:
        """What is wrong with those that could not: also that the import did not end, or ended its process."""
        return tuple(
            RuleError(text, Location(Path(file), line) if file is not None else None) for text, file, line in self._summary["errors"]
        )

    @cached_property
    def log_types(self) -> tuple[str, ...]:
        """Log types that an enabled rule reads, sorted."""
        return tuple(sorted({log_type for rule in self.rules if rule.is_enabled and rule.kind == Rule.kind for log_type in rule.log_types}))

    @property
    def quarantined_ids(self) -> frozenset[str]:
        """Rules that were stopped, and are left out from now on."""
        return frozenset(self._quarantined)

    @property
    def left_out_ids(self) -> frozenset[str]:
        """Rules that this detection does not run, because of what happened in earlier ones."""
        return frozenset(rule.rule_id for rule in self.rules if (rule.rule_id, rule.version) in self._left_out)

    def leave_out(self, rule_ids: Iterable[str]) -> None:
        """Quarantine these rules; no error tells of it."""
        self._quarantined.update(rule_ids)

    def count_rows(self, log_type: str, rows: int) -> int:
        """Note that so many rows are seen now. Returns how many came before."""
        self._rows_seen[log_type] += rows
        return self._rows_seen[log_type] - rows

    def evaluate_all(
        self, pieces: Iterable[tuple[str, pa.RecordBatch, Enrichment | None]], *, destinations: Mapping[str, str] | None = None
    ) -> Iterator[DetectionResult]:
        """What evaluate says of each piece of a detection: a log type, rows and their enrichment, in the order in which rules see them."""
        for log_type, rows, found in pieces:
            yield self.evaluate(rows, log_type=log_type, destinations=destinations, enrichment=found)

    def evaluate(
        self,
        events: pa.RecordBatch,
        *,
        log_type: str,
        destinations: Mapping[str, str] | None = None,
        enrichment: Enrichment | None = None,
        rule_ids: Collection[str] | None = None,
        rows_before: int | None = None,
    ) -> DetectionResult:
        """As runner.evaluate; the errors have a row for each rule that was stopped. A quarantined rule has 0 candidates in the runs.

        Args: enrichment: answers event.lookup(); what it says of the events themselves they have in their column p_enrichment. rule_ids: of
        the enabled rules run these; None: all. rows_before: how many rows of the log type came before: the first ones go to all rules,
        whatever the prefilter could say. None: as many as this object has seen.
        """
        if rows_before is None:
            rows_before = self.count_rows(log_type, events.num_rows)
        notes = _Notes(events, log_type)
        request = _Request(events, log_type, destinations, self._shared.told(enrichment), rows_before)
        wanted = [rule for rule in self.rules if rule.is_enabled and log_type in rule.log_types]
        if rule_ids is not None:
            wanted = [rule for rule in wanted if rule.rule_id in rule_ids]
        left_out = {rule.rule_id for rule in wanted if (rule.rule_id, rule.version) in self._left_out}
        for rule in wanted:
            if rule.rule_id in left_out:
                notes.not_run(rule, self._left_out[rule.rule_id, rule.version], self._told)
        while True:
            rules = [rule for rule in wanted if rule.rule_id not in self._quarantined | left_out]
            try:
                results = [self._run(request, rules)]
            except Stopped as stopped:
                if stopped.rule is not None and stopped.is_certain and stopped.rule < len(rules):
                    self._quarantine(rules[stopped.rule], stopped, notes)
                    continue
                results = self._one_by_one(request, rules, notes)
            break
        notes.left_out([rule for rule in wanted if rule.rule_id in self._quarantined | left_out], results)
        return joined(events, [*results, notes.result()])

    def _one_by_one(self, request: _Request, rules: Sequence[LoadedRule], notes: _Notes) -> list[DetectionResult]:
        """Each rule in a process of its own: whoever fails there is the cause."""
        results, have_threads, failures = [], [], []
        for rule in rules:
            self._worker.end_child()
            try:
                results.append(self._run(request, [rule]))
            except Stopped as stopped:
                failures.append((rule, stopped))
            else:
                if self._worker.threads_started:
                    have_threads.append(rule)
        self._worker.end_child()
        if len(failures) == len(rules) > 1 and all(failure.rule is None for _, failure in failures):
            raise WorkerFailed(f"detection failed for each of {len(rules)} rules, outside of them: {failures[0][1].cause.text}")
        for rule, failure in failures:
            self._quarantine(rule, failure, notes)
        if not failures:
            for rule in have_threads:
                cause = RuleStartedThreads("the process ended, and this rule had started a thread")
                self._quarantine(rule, Stopped(cause), notes)
        return results

    def _run(self, request: _Request, rules: Sequence[LoadedRule]) -> DetectionResult:
        if not rules:
            return DetectionResult(*(schema.empty_table() for schema in SCHEMAS))
        if not self._worker.is_usable:
            self._worker.close()
            self._worker = WatchedWorker(self._order, self._limits)
            vars(self).pop("_summary", None)
        _ = self._summary  # waits for the rules of a new worker
        ids = [rule.rule_id for rule in rules]
        answer = self._worker.run(
            request.events,
            rule_ids=ids,
            log_type=request.log_type,
            destinations=request.destinations,
            lookups=request.lookups,
            state=lambda: changes_to_json(list(self._changes.values())),
            is_state_known=self._is_state_known,
            rows_before=request.rows_before,
        )
        try:
            changes = changes_of_json(answer.state)
            users = [ids if position == NO_RULE else [ids[position]] for position in answer.used]
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            self._worker.end_child()
            raise Stopped(RuleEndedProcess("the answer of its process has another form")) from error
        if [table.schema for table in answer.tables] != list(SCHEMAS):
            self._worker.end_child()
            raise Stopped(RuleEndedProcess("the answer of its process has other columns"))
        self._is_state_known = True
        self.cache_users.update(*users)
        for batch in changes:
            before = self._changes.get(batch.batch_id)
            self._changes[batch.batch_id] = batch if before is None else replace(batch, changes={**before.changes, **batch.changes})
        self.cpu_seconds += answer.cpu_seconds
        return DetectionResult(*answer.tables)

    def _quarantine(self, rule: LoadedRule, stopped: Stopped, notes: _Notes) -> None:
        self._quarantined.add(rule.rule_id)
        notes.add(rule, stopped)


class _Notes:
    """Rows about rules that were stopped on a batch, or left out of it."""

    def __init__(self, events: pa.RecordBatch, log_type: str) -> None:
        self._events = events
        self._log_type = log_type
        self._errors: list[dict[str, Any]] = []
        self._runs: list[dict[str, Any]] = []

    def add(self, rule: LoadedRule, stopped: Stopped) -> None:
        """A rule was stopped."""
        row = stopped.row if 0 <= stopped.row < self._events.num_rows else 0
        row_id = self._events.column("p_row_id")[row].as_py()
        seen = "noticed at" if stopped.rule is None else f"stopped in {stopped.function}() on"
        text = f"{stopped.cause.text}; {seen} row {row_id}, left out for the rest of this detection"
        self._add(rule, row, type(stopped.cause)(text), stopped.trace)

    def _add(self, rule: LoadedRule, row: int, error: PantherError, trace: str = "") -> None:
        place = {name: self._events.column(name)[row].as_py() for name in ("p_row_id", "p_event_time", "p_batch_id", "p_hour")}
        self._errors.append(
            {
                **place,
                "signal_id": signal_id(rule.rule_id, place["p_row_id"]),
                "rule_id": rule.rule_id,
                "rule_version": rule.version,
                "log_type": self._log_type,
                "function": "rule",  # no verdict is kept, whichever function it was: not one of alerting.FALLBACK_FUNCTIONS
                "error_type": type(error).__name__,
                "error_message": repr(error),
                "traceback": trace.encode("utf-8", "backslashreplace").decode(),
            }
        )
        self._runs.append(self._run_row(rule, place["p_batch_id"], place["p_hour"], events=0, errors=1))

    def not_run(self, rule: LoadedRule, why: QuarantinedRule, told: set[tuple[str, str, str]]) -> None:
        """A rule is in quarantine: one row for each batch, at its first event. `told`: the batches that have theirs."""
        batch_ids = self._events.column("p_batch_id").to_pylist()
        for row, batch_id in enumerate(batch_ids):
            if (rule.rule_id, self._log_type, batch_id) not in told:
                told.add((rule.rule_id, self._log_type, batch_id))
                self._add(rule, row, RuleQuarantined(str(why)))

    def left_out(self, rules: Sequence[LoadedRule], results: Sequence[DetectionResult]) -> None:
        """Count the events that these rules were meant for, where they have no result."""
        have_run = {rule_id for result in results for rule_id in result.runs.column("rule_id").to_pylist()}
        pieces = pa.table({name: self._events.column(name) for name in ("p_batch_id", "p_hour")})
        counted = pieces.group_by(["p_batch_id", "p_hour"], use_threads=False).aggregate([([], "count_all")]).to_pylist()
        for rule in rules:
            if rule.rule_id not in have_run:
                self._runs += [self._run_row(rule, piece["p_batch_id"], piece["p_hour"], events=piece["count_all"]) for piece in counted]

    def result(self) -> DetectionResult:
        """The rows."""
        return DetectionResult(
            SIGNALS.columns.empty_table(),
            pa.Table.from_pylist(self._errors, RULE_ERRORS.columns),
            pa.Table.from_pylist(self._runs, RULE_RUNS.columns),
        )

    def _run_row(self, rule: LoadedRule, batch_id: str, hour: Any, *, events: int, errors: int = 0) -> dict[str, Any]:
        return {
            "rule_id": rule.rule_id,
            "rule_version": rule.version,
            "log_type": self._log_type,
            "p_batch_id": batch_id,
            "p_hour": hour,
            "events": events,
            "candidates": 0,
            "matches": 0,
            "errors": errors,
            "cpu_seconds": 0.0,
        }


def joined(events: pa.RecordBatch, results: Sequence[DetectionResult]) -> DetectionResult:
    """One result of what different rules gave on the same events, in order of rows. The first has met every unreadable event."""
    if len(results) == 1 or all(not result.runs.num_rows for result in results[1:]):
        return results[0]
    row_ids = events.column("p_row_id")

    def in_order(tables: list[pa.Table]) -> pa.Table:
        joined = pa.concat_tables(tables)
        position = pc.index_in(joined.column("p_row_id"), row_ids).to_pylist()
        return joined.take(pa.array(sorted(range(joined.num_rows), key=position.__getitem__), pa.int64()))

    errors = [
        # So have the others.
        result.errors.filter(pc.not_equal(result.errors.column("rule_id"), UNREADABLE_EVENT)) if number else result.errors
        for number, result in enumerate(results)
    ]
    return DetectionResult(
        in_order([result.signals for result in results]), in_order(errors), pa.concat_tables([result.runs for result in results])
    )
