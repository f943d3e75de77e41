"""The candidates of a record batch: for each row that any rule may say something of, the rules to run. Used by detect/runner.py.

The results are those of running every rule on every row. What the trees rely on is asked again after each row on which rules ran: when a
constant, a helper or a data model's function has changed, the rules that use it are run on every row from there on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, Final

import pyarrow as pa
from msgspec import UNSET

from panther_dagster.detect.events import AddedFields, UnreadableEvent, parsed_json
from panther_dagster.detect.lookups.enrichment import FIELD as ENRICHMENT_FIELD
from panther_dagster.detect.prefilter.conditions import Analyzer
from panther_dagster.detect.prefilter.fields import FieldDecoder
from panther_dagster.detect.prefilter.index import Machine, State, all_conditions
from panther_dagster.detect.prefilter.names import Guards
from panther_dagster.detect.prefilter.values import CANDIDATE, Tree
from panther_dagster.detect.rule import Rule
from panther_dagster.event import PantherEvent
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN

# Analyzing a rule takes as long as running it on so many rows.
WARM_UP_ROWS: Final = 5_000
SAMPLED_ROWS: Final = 1_000


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
        self._trees: list[Tree] = [_unless_enriched(conditions.tree) for conditions in self.conditions]
        fields = sorted({field for condition in all_conditions(self._trees) for field in condition.value.fields})
        self._spelling_by_field = {
            field: field if AddedFields.may_have(field) else analyzer.spellings.most_common(field) for field in fields
        }
        self._decoder = FieldDecoder(self._spelling_by_field.values())
        self._has_many_values = self._fields_of_many_values(rows)
        self._build()

    def _fields_of_many_values(self, rows: pa.RecordBatch) -> set[str]:
        """Fields with another text in more than one of ten rows."""
        size = min(rows.num_rows, SAMPLED_ROWS)
        texts = rows.column(RAW_EVENT_COLUMN).slice(0, size).cast(pa.large_binary()).to_pylist()
        records = [record for text in texts if text is not None and (record := self._decoder.record(text)) is not None]
        self._added = AddedFields(rows, self._log_type)
        many = set()
        for field in self._spelling_by_field:
            reader = self._reader(field)
            if len({_key(reader, record, index) for index, record in enumerate(records)}) > max(size / 10, 20):
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
        self._added = AddedFields(rows, self._log_type)
        record_of = self._decoder.record
        machine = self.machine
        for index, text in enumerate(raw.cast(pa.large_binary()).to_pylist()):
            record = None if text is None else record_of(text)
            if record is None:
                chosen: Sequence[Rule] = rules
            else:
                state = machine.root
                while state.fields:
                    read = state.read
                    if read.__class__ is attrgetter:
                        value = read(record)
                        key = value if value is UNSET else bytes(value)
                    else:
                        key = read(record, index)
                    following = state.memory.get(key)
                    if following is None:
                        try:
                            following = machine.following(state, key)
                        except UnreadableEvent:
                            break
                    state = following
                chosen = rules if state.fields else state.rules
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
        if len(state.fields) == 1:
            state.read = self._reader(state.fields[0])
        elif state.fields:
            readers = [self._reader(field) for field in state.fields]
            state.read = lambda record, index: tuple(_key(reader, record, index) for reader in readers)

    def _reader(self, field: str) -> Any:
        spelling = self._spelling_by_field[field]
        read = attrgetter(self._decoder.attribute_of(spelling))
        if not AddedFields.may_have(spelling):
            return read
        is_list = spelling in INDICATOR_COLUMNS

        def read_added(record: Any, index: int) -> Any:
            value = read(record)
            if value is not UNSET:
                return bytes(value)
            added = self._added.value(spelling, index)
            return UNSET if not added else tuple(added) if is_list else added

        return read_added

    def _event_of(self, fields: tuple[str, ...], key: Any) -> PantherEvent:
        keys = key if len(fields) > 1 else (key,)
        event: dict[str, Any] = {}
        for field, text in zip(fields, keys, strict=True):
            if isinstance(text, bytes):
                event[self._spelling_by_field[field]] = parsed_json(text)
            elif text is not UNSET:
                event[self._spelling_by_field[field]] = list(text) if isinstance(text, tuple) else text
        return PantherEvent.sharing(event)


def _key(reader: Any, record: Any, index: int) -> Any:
    if isinstance(reader, attrgetter):
        value = reader(record)
        return value if value is UNSET else bytes(value)
    return reader(record, index)


def _unless_enriched(tree: Tree) -> Tree:
    """What lookup tables say is in no event's text: a rule that reads it is a candidate for every row."""
    reads = {field for condition in all_conditions([tree]) for field in condition.value.fields}
    return CANDIDATE if ENRICHMENT_FIELD in reads else tree


def _is_utf8(texts: pa.Array) -> bool:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
