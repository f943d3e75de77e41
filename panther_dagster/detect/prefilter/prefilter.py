"""The candidates of a record batch: for each row that any rule may say something of, the rules to run. Used by detect/runner.py.

The results are those of running every rule on every row. What the trees rely on is asked again after each row on which rules ran: when a
constant, a helper or a data model's function has changed, the rules that use it are run on every row from there on.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.events import UnreadableEvent, parsed_json
from panther_dagster.detect.prefilter.conditions import Analyzer
from panther_dagster.detect.prefilter.fields import EventFields, Key, Reader, add_field
from panther_dagster.detect.prefilter.index import Group, Machine, State, all_conditions
from panther_dagster.detect.prefilter.names import Guards
from panther_dagster.detect.prefilter.records import NOT_AS_MOST, Records, Together
from panther_dagster.detect.prefilter.values import CANDIDATE, Field, Tree
from panther_dagster.detect.rule import Rule
from panther_dagster.event import PantherEvent
from panther_dagster.standard_fields import RAW_EVENT_COLUMN

# Analyzing a rule takes as long as running it on so many rows.
WARM_UP_ROWS: Final = 2_500
SAMPLED_ROWS: Final = 1_000
SHARE_OF_NEW: Final = 0.3
# Groups of fields that so many events are asked for are read together.
SHARE_OF_ASKED: Final = 0.3
# Of a sample: so many events that do not look like it, and what decodes the others is made anew.
SHARE_NOT_AS_MOST: Final = 0.1
MAX_TIMES_MADE: Final = 100


class Prefilter:
    """Candidates of one log type, for the same rules each time.

    Args: warm_up_rows: the rules are analyzed once there are so many rows, so that small units of work do not pay for it. Until then all
    rules see all rows. check_every: one of so many rows goes to all rules, too; `chosen_by_row` has the ids of those that it would have
    been for, of the batch that came last. 0: none.
    """

    def __init__(self, log_type: str, *, warm_up_rows: int = 0, check_every: int = 0) -> None:
        self._check_every = check_every
        self.chosen_by_row: dict[int, frozenset[str]] = {}
        self._log_type = log_type
        self._warm_up_rows = warm_up_rows
        self._rules: tuple[Rule, ...] | None = None
        self._seen_rows = 0

    def __call__(self, rows: pa.RecordBatch, rules: Sequence[Rule]) -> Iterator[tuple[int, Sequence[Rule]]]:
        """Pairs of row and rules, in order of rows."""
        self.chosen_by_row.clear()
        self._seen_rows += rows.num_rows
        if self._seen_rows < self._warm_up_rows:
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
        self._take_sample(rows)
        for sample in self._samples:
            analyzer.spellings.read_in(sample)
        self._spelled = {field: analyzer.spellings.most_common(field) for field in fields}
        self._fields = EventFields(self._log_type, self._spelled.values())
        self._has_many_values = self._fields_of_many_values()
        self._build()

    def _take_sample(self, rows: pa.RecordBatch) -> None:
        """Rows from the whole batch, so that they are not all of one moment."""
        size = min(rows.num_rows, SAMPLED_ROWS)
        indices = pa.array([number * rows.num_rows // size for number in range(size)], pa.int64())
        sample = pa.RecordBatch.from_arrays([column.take(indices) for column in rows.columns], schema=rows.schema)
        self._sample = sample if _is_utf8(sample.column(RAW_EVENT_COLUMN)) else sample.slice(0, 0)
        self._samples = []
        for text in self._sample.column(RAW_EVENT_COLUMN).to_pylist():
            with contextlib.suppress(UnreadableEvent):
                self._samples.append(None if text is None else parsed_json(text))
        self._not_as_most = self._times_made = 0

    def _sample_records(self) -> Iterator[tuple[int, Any]]:
        self._fields.use(self._sample)
        for index in range(self._sample.num_rows):
            with contextlib.suppress(UnreadableEvent):
                yield index, self._fields.record_of_row(index)

    def _fields_of_many_values(self) -> set[Field]:
        """Fields of which the second half of the sample has many values that the first has not."""
        records = list(self._sample_records())
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
        own = [vars(conditions.rule.module) for conditions in self.conditions]
        self._guards = Guards({id(guard): guard for conditions in trusted for guard in conditions.guards}.values(), own)
        self.machine = Machine(self._trees, self._event_of, self._prepare_group, self._prepare_state, has_many_values=self._has_many_values)
        asked: Counter[tuple[Field, ...]] = Counter()
        for index, record in self._sample_records():
            with contextlib.suppress(UnreadableEvent):
                asked.update(group.fields for group in self._way(record, index))
        often = [fields for fields, count in asked.most_common() if count > SHARE_OF_ASKED * self._sample.num_rows]
        self._often = [self.machine.groups[fields] for fields in often]
        self.machine.read_together(self._often)
        self._make_records()

    def _make_records(self) -> None:
        """What decodes events that look like the sample."""
        self._records = Records(self._fields, [self._spelled[field] for group in self._often for field in group.fields], self._samples)
        self._together = Together(self._records, self._often, self._spelled, self.machine.class_of)
        for group in self.machine.groups.values():
            group.read_fast = _together([self._records.reader(self._spelled[field]) for field in group.fields])
        self._times_made += 1
        self._not_as_most = 0

    def _way(self, record: Any, index: int) -> Iterator[Group]:
        """The groups that are asked for an event."""
        state = self.machine.root
        while state.group is not None:
            yield state.group
            state = self._step(state, state.group, state.group.read(record, index))

    def _step(self, state: State, group: Group, key: Key) -> State:
        number = group.classes.get(key)
        if number is None:
            number = self.machine.class_of(group, key)
        return state.following.get(number) or self.machine.following(state, number)

    def _candidates(self, rows: pa.RecordBatch) -> Iterator[tuple[int, Sequence[Rule]]]:
        rules = self._rules or ()
        self._demote_changed()
        if not _is_utf8(rows.column(RAW_EVENT_COLUMN)):
            yield from ((index, rules) for index in range(rows.num_rows))
            return
        if self._not_as_most > SHARE_NOT_AS_MOST * SAMPLED_ROWS and self._times_made < MAX_TIMES_MADE:
            self._make_records()
        self._fields.use(rows)
        decode, classes, machine = self._records.decode, self._together.classes, self.machine
        for index, text in enumerate(self._fields.texts):
            try:
                record = decode(text)  # type: ignore[arg-type]  # None is no text
            except NOT_AS_MOST:
                chosen = self._rules_of_unusual(index)
            else:
                try:
                    state = machine.after(classes(record, index))
                    while (group := state.group) is not None:
                        key = group.read_fast(record, index)
                        number = group.classes.get(key)
                        if number is None:
                            number = machine.class_of(group, key)
                        state = state.following.get(number) or machine.following(state, number)
                    chosen = state.rules
                except UnreadableEvent:
                    chosen = rules
            if self._check_every and index % self._check_every == 0:
                self.chosen_by_row[index] = frozenset(rule.rule_id for rule in chosen)
                chosen = rules
            if chosen:
                yield index, chosen
                if not self._guards.hold([vars(rule.module) for rule in chosen]):
                    demoted = [rule for rule in self._demote_changed() if rule not in chosen]
                    self._fields.use(rows)
                    decode, classes, machine = self._records.decode, self._together.classes, self.machine
                    if demoted:
                        yield index, demoted

    def _rules_of_unusual(self, index: int) -> Sequence[Rule]:
        """The rules for an event that does not look like most."""
        self._not_as_most += 1
        try:
            record = self._fields.record_of_row(index)
            state = self.machine.root
            while state.group is not None:
                state = self._step(state, state.group, state.group.read(record, index))
            rules: Sequence[Rule] = state.rules
        except UnreadableEvent:
            return self._rules or ()
        if len(self._samples) < 2 * SAMPLED_ROWS:
            self._samples.append(parsed_json(self._fields.texts[index] or b""))
        return rules

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

    def _prepare_state(self, state: State) -> None:
        state.rules = tuple(self.conditions[number].rule for number in state.numbers)

    def _prepare_group(self, group: Group) -> None:
        group.read = _together([self._fields.reader(self._spelled[field]) for field in group.fields])

    def _event_of(self, fields: tuple[Field, ...], key: Key) -> PantherEvent:
        event: dict[str, Any] = {}
        for field, part in zip(fields, key if len(fields) > 1 else (key,), strict=True):
            add_field(event, self._spelled[field], part)
        return PantherEvent.sharing(event)


def _together(readers: Sequence[Reader]) -> Reader:
    """Reads one key, or a tuple of several."""
    if len(readers) == 1:
        return readers[0]
    return lambda record, index: tuple([read(record, index) for read in readers])


def _is_utf8(texts: pa.Array) -> bool:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
