"""The candidates of a record batch: for each row that any rule may say something of, the rules to run. Used by detect/runner.py.

The results are those of running every rule on every row. What the trees rely on is asked again after each row on which rules ran: when a
constant, a helper or a data model's function has changed, the rules that use it are run on every row from there on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.events import UnreadableEvent
from panther_dagster.detect.prefilter.conditions import Analyzer
from panther_dagster.detect.prefilter.fields import EventFields, Key, add_field
from panther_dagster.detect.prefilter.index import Machine, State, all_conditions
from panther_dagster.detect.prefilter.names import Guards
from panther_dagster.detect.prefilter.values import CANDIDATE, Field, Tree
from panther_dagster.detect.rule import Rule
from panther_dagster.event import PantherEvent
from panther_dagster.standard_fields import RAW_EVENT_COLUMN

# Analyzing a rule takes as long as running it on so many rows.
WARM_UP_ROWS: Final = 5_000
SAMPLED_ROWS: Final = 1_000
SHARE_OF_NEW: Final = 0.3


class Prefilter:
    """Candidates of one log type, for the same rules each time.

    Args: warm_up_rows: so many rows go to all rules before the rules are analyzed, so that small units of work do not pay for it.
    """

    def __init__(self, log_type: str, *, warm_up_rows: int = 0) -> None:
        self._log_type = log_type
        self._warm_up_rows = warm_up_rows
        self._rules: tuple[Rule, ...] | None = None
        self._seen_rows = 0

    def __call__(self, rows: pa.RecordBatch, rules: Sequence[Rule]) -> Iterator[tuple[int, Sequence[Rule]]]:
        """Pairs of row and rules, in order of rows."""
        if self._seen_rows < self._warm_up_rows:
            self._seen_rows += rows.num_rows
            yield from ((index, rules) for index in range(rows.num_rows))
            return
        if self._rules != tuple(rules):
            self.analyze(rules, rows)
        yield from self._candidates(rows)

    def analyze(self, rules: Sequence[Rule], rows: pa.RecordBatch) -> None:
        """Prepare for these rules, and for rows like these. Done by itself when the rules are others than before."""
        self._rules = tuple(rules)
        analyzer = Analyzer(self._log_type)
        for rule in rules:
            analyzer.read(rule)
        self.conditions = [analyzer.conditions_of(rule) for rule in rules]
        self._analyzer = analyzer  # what is in the trees refers to it
        self._trees: list[Tree] = [conditions.tree for conditions in self.conditions]
        fields = {field for condition in all_conditions(self._trees) for field in condition.value.fields}
        self._spelled = {field: analyzer.spellings.most_common(field) for field in fields}
        self._fields = EventFields(self._log_type, self._spelled.values())
        self._has_many_values = self._fields_of_many_values(rows)
        self._build()

    def _fields_of_many_values(self, rows: pa.RecordBatch) -> set[Field]:
        """Fields of which the second half of some rows has many values that the first has not."""
        size = min(rows.num_rows, SAMPLED_ROWS)
        sample = [number * rows.num_rows // size for number in range(size)]
        texts = rows.column(RAW_EVENT_COLUMN).take(pa.array(sample, pa.int64())).cast(pa.large_binary()).to_pylist()
        self._fields.use(rows)
        records = [
            (index, record)
            for index, text in zip(sample, texts, strict=True)
            if text is not None and (record := self._fields.record(text)) is not None
        ]
        many = set()
        for field, spelled in self._spelled.items():
            reader = self._fields.reader(spelled)
            keys: set[Key] = set()
            new = 0
            for number, (index, record) in enumerate(records):
                with contextlib.suppress(UnreadableEvent):
                    key = reader(record, index)
                    new += number > len(records) / 2 and key not in keys
                    keys.add(key)
            if new > max(len(records) * SHARE_OF_NEW / 2, 10):
                many.add(field)
        return many

    def _build(self) -> None:
        trusted = [conditions for conditions, tree in zip(self.conditions, self._trees, strict=True) if tree is not CANDIDATE]
        self._guards = Guards({id(guard): guard for conditions in trusted for guard in conditions.guards}.values())
        self.machine = Machine(self._trees, self._event_of, self._prepare, has_many_values=self._has_many_values)

    def _candidates(self, rows: pa.RecordBatch) -> Iterator[tuple[int, Sequence[Rule]]]:
        rules = self._rules or ()
        self._demote_changed()
        raw = rows.column(RAW_EVENT_COLUMN)
        if not _is_utf8(raw):
            yield from ((index, rules) for index in range(rows.num_rows))
            return
        self._fields.use(rows)
        record_of = self._fields.record
        machine = self.machine
        for index, text in enumerate(raw.cast(pa.large_binary()).to_pylist()):
            record = None if text is None else record_of(text)
            chosen: Sequence[Rule] = rules
            if record is not None:
                state = machine.root
                try:
                    while state.fields:
                        key = state.read(record, index)
                        state = state.memory.get(key) or machine.following(state, key)
                    chosen = state.rules
                except UnreadableEvent:
                    chosen = rules
            if chosen:
                yield index, chosen
                if not self._guards.hold():
                    demoted = [rule for rule in self._demote_changed() if rule not in chosen]
                    machine = self.machine
                    if demoted:
                        yield index, demoted

    def _demote_changed(self) -> list[Rule]:
        """Make the rules whose guards do not hold candidates for good; returns them."""
        if self._guards.hold():
            return []
        demoted = []
        for number, conditions in enumerate(self.conditions):
            if self._trees[number] is not CANDIDATE and not Guards(conditions.guards).hold():
                self._trees[number] = CANDIDATE
                demoted.append(conditions.rule)
        self._build()
        return demoted

    def _prepare(self, state: State) -> None:
        state.rules = tuple(self.conditions[number].rule for number in state.numbers)
        readers = tuple(self._fields.reader(self._spelled[field]) for field in state.fields)
        if len(readers) == 1:
            (state.read,) = readers
        else:
            state.read = lambda record, index: tuple([read(record, index) for read in readers])

    def _event_of(self, fields: tuple[Field, ...], key: Key) -> PantherEvent:
        event: dict[str, Any] = {}
        for field, part in zip(fields, key if len(fields) > 1 else (key,), strict=True):
            add_field(event, self._spelled[field], part)
        return PantherEvent.sharing(event)


def _is_utf8(texts: pa.Array) -> bool:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
