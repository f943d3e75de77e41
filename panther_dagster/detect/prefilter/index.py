"""All rules of a log type as one machine: it reads one field after the other until it is known which rules an event is for.

A group is the fields that one value depends on, and all conditions on such values. Keys that no condition tells apart are one class of
the group; it remembers the class of each key that it has met.
A state is a set of rules that are candidates already, and what is left of the trees of others. It asks for the group that most of them
ask first, those with few values before those with many; each class leads to another state.
The memory of all is bounded: at the bound it starts anew, which costs time only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from panther_dagster.detect.prefilter.values import (
    CANDIDATE,
    RETURNS_FALSE,
    Branch,
    Condition,
    Evaluation,
    Field,
    FieldValue,
    Outcome,
    Tree,
)

MAX_STATES: Final = 20_000
MAX_NODES: Final = 400_000
MAX_MEMORY_BYTES: Final = 48_000_000
# A dict entry and the object that is its key, beside the text.
_ENTRY_BYTES: Final = 150

Key = Any  # as in fields.py; a tuple of these for a group of several fields
_Pending = Sequence[tuple[int, Tree]]


class Group:
    """`fields`: what its conditions depend on. `classes`: of the keys that it has met. `read` and `read_fast` are the user's, for speed."""

    __slots__ = (
        *("_by_base", "_known", "_told_apart", "classes", "conditions", "fields"),
        *("number_of_others", "numbers", "outcomes", "read", "read_fast"),
    )

    def __init__(self, fields: tuple[Field, ...], conditions: Iterable[Condition]) -> None:
        self.fields = fields
        self.conditions = tuple(conditions)
        self.classes: dict[Key, int] = {}
        self.outcomes: list[tuple[Outcome, ...]] = []  # of each class
        self.numbers: dict[tuple[Outcome, ...], int] = {}
        self.number_of_others: int | None = None
        self.read: Any = None
        self.read_fast: Any = None
        # The texts that conditions compare the field with, when they do nothing else: all others are of one class.
        texts = [condition.value.told_apart for condition in self.conditions]
        self._told_apart = None if len(fields) > 1 or None in texts else frozenset().union(*(text or () for text in texts))
        # Conditions by what is computed from the fields first, such as a data model's value, which may have fewer values than they.
        by_base: dict[str, tuple[FieldValue, list[int]]] = {}
        for position, condition in enumerate(self.conditions):
            base = condition.value.base or condition.value
            by_base.setdefault(base.key, (base, []))[1].append(position)
        self._by_base = [found for found in by_base.values() if len(found[1]) > 2 and not found[0].path]
        self._known: dict[tuple[str, type, Any], tuple[Outcome, ...]] = {}

    def is_other(self, key: Key) -> bool:
        """Whether a key is one of the many texts that no condition tells apart."""
        return key.__class__ is str and self._told_apart is not None and key not in self._told_apart

    def outcomes_of(self, evaluation: Evaluation) -> tuple[tuple[Outcome, ...], int]:
        """The outcomes of all conditions, and how many more are known of base values."""
        found: dict[int, Outcome] = {}
        size = len(self._known)
        for base, positions in self._by_base:
            try:
                value = evaluation.value(base)
            except Exception:  # each condition says what becomes of it
                continue
            if value.__class__ in (str, bool, type(None)):
                known = self._known.get((base.key, value.__class__, value))
                if known is None:
                    known = tuple([self.conditions[position].outcome(evaluation) for position in positions])
                    self._known[base.key, value.__class__, value] = known
                found.update(zip(positions, known, strict=True))
        outcomes = [found[n] if n in found else condition.outcome(evaluation) for n, condition in enumerate(self.conditions)]
        return tuple(outcomes), len(self._known) - size

    def forget(self) -> None:
        """Forget the keys and values that it has met, not their classes."""
        self.classes.clear()
        self._known.clear()


class State:
    """What is known so far. `group`: what to read next, None at the end. `following`: states by class. `rules` is the user's, for speed."""

    __slots__ = ("asked", "by_outcomes", "following", "group", "numbers", "pending", "rules")

    def __init__(self, numbers: tuple[int, ...], pending: _Pending, group: Group | None) -> None:
        self.numbers = numbers
        self.pending = pending
        self.group = group
        self.following: dict[int, State] = {}
        self.by_outcomes: dict[tuple[Outcome, ...], State] = {}
        wanted = {condition.id for condition in all_conditions(tree for _, tree in pending)} if group is not None else ()
        self.asked = [number for number, condition in enumerate(group.conditions) if condition.id in wanted] if group is not None else []
        self.rules: Any = None


class Machine:
    """Candidate rules by number.

    Args: trees: of each rule. event_of: the event that has these keys for these fields and nothing else. has_many_values: fields that
    rarely have the same value twice, which are read last. prepare_group, prepare_state: called with each new one.
    """

    def __init__(
        self,
        trees: Iterable[Tree],
        event_of: Callable[[tuple[Field, ...], Key], Any],
        prepare_group: Callable[[Group], None],
        prepare_state: Callable[[State], None],
        *,
        has_many_values: Iterable[Field] = (),
        max_states: int = MAX_STATES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self._trees = tuple(trees)
        self._event_of = event_of
        self._prepare_state = prepare_state
        self._has_many_values = frozenset(has_many_values)
        self._max_states = max_states
        self._max_memory_bytes = max_memory_bytes
        by_fields: dict[tuple[Field, ...], list[Condition]] = defaultdict(list)
        for condition in all_conditions(self._trees):
            by_fields[condition.value.fields].append(condition)
        self.groups = {fields: Group(fields, conditions) for fields, conditions in by_fields.items()}
        for group in self.groups.values():
            prepare_group(group)
        self._together: tuple[Group, ...] = ()
        self._start_anew()

    def _start_anew(self) -> None:
        self._nodes: dict[tuple[Any, ...], Branch] = {}
        self._states: dict[tuple[Any, ...], State] = {}
        self._after: dict[tuple[int, ...], State] = {}
        self.memory_bytes = 0
        for group in self.groups.values():
            group.forget()
        done: dict[int, Tree] = {}
        self.root = self._state([], [(number, self._rest(tree, {}, done)) for number, tree in enumerate(self._trees)])

    @property
    def state_count(self) -> int:
        """How many states are kept."""
        return len(self._states)

    def read_together(self, groups: Iterable[Group]) -> None:
        """Groups that most events are asked for: `after` takes the classes of all of them at once."""
        self._together = tuple(groups)
        self._after.clear()

    def after(self, classes: tuple[int, ...]) -> State:
        """The state that asks for none of the groups that are read together, after these classes of theirs."""
        state = self._after.get(classes)
        if state is None:
            known = dict(zip(map(id, self._together), classes, strict=True))
            state = self.root
            while state.group is not None and id(state.group) in known:
                number = known[id(state.group)]
                state = state.following.get(number) or self.following(state, number)
            self._spend(_ENTRY_BYTES + 8 * len(classes))
            self._after[classes] = state
        return state

    def class_of(self, group: Group, key: Key) -> int:
        """The class of a key that the group does not remember."""
        is_other = group.is_other(key)
        if is_other and group.number_of_others is not None:
            return group.number_of_others
        outcomes, new = group.outcomes_of(Evaluation(self._event_of(group.fields, key)))
        number = group.numbers.get(outcomes)
        if number is None:
            number = group.numbers[outcomes] = len(group.outcomes)
            group.outcomes.append(outcomes)
        self._spend((1 + new) * (_ENTRY_BYTES + _size(key)))
        if is_other:
            group.number_of_others = number
        else:
            group.classes[key] = number
        return number

    def following(self, state: State, number: int) -> State:
        """The state after a class that `state` does not remember."""
        group = state.group
        if group is None:
            raise ValueError("a state at the end has none that follows")
        outcomes = group.outcomes[number]
        asked = tuple([outcomes[position] for position in state.asked])
        found = state.by_outcomes.get(asked)
        if found is None:
            known = {group.conditions[position].id: outcome for position, outcome in zip(state.asked, asked, strict=True)}
            done: dict[int, Tree] = {}
            found = self._state(state.numbers, [(rule, self._rest(tree, known, done)) for rule, tree in state.pending])
            if len(self._states) > self._max_states or len(self._nodes) > MAX_NODES:
                self._start_anew()
                return found
            self._spend(_ENTRY_BYTES + 8 * len(asked))
            state.by_outcomes[asked] = found
        self._spend(_ENTRY_BYTES)
        state.following[number] = found
        return found

    def _spend(self, size: int) -> None:
        self.memory_bytes += size
        if self.memory_bytes > self._max_memory_bytes:
            for group in self.groups.values():
                group.forget()
            for state in self._states.values():
                state.following.clear()
                state.by_outcomes.clear()
            self._after.clear()
            self.memory_bytes = size

    def _state(self, numbers: Sequence[int], pending: _Pending) -> State:
        candidates = tuple(sorted([*numbers, *(number for number, tree in pending if tree is CANDIDATE)]))
        rest = tuple((number, tree) for number, tree in pending if isinstance(tree, Branch))
        identity = (candidates, tuple((number, id(tree)) for number, tree in rest))
        found = self._states.get(identity)
        if found is None:
            found = self._states[identity] = State(candidates, rest, self.groups[self._next_fields(rest)] if rest else None)
            self._prepare_state(found)
        return found

    def _next_fields(self, pending: _Pending) -> tuple[Field, ...]:
        """What to read next: what most trees begin with, but first what has few values, since that may end trees before more is read."""
        first = Counter(tree.condition.value.fields for _, tree in pending if isinstance(tree, Branch))
        anywhere = Counter(condition.value.fields for condition in all_conditions(tree for _, tree in pending))
        for counts in (first, anywhere):
            few = {fields: count for fields, count in counts.items() if self._has_many_values.isdisjoint(fields)}
            if few:
                return _most_asked(few)
        return _most_asked(first)

    def _rest(self, tree: Tree, known: dict[Any, Outcome], done: dict[int, Tree]) -> Tree:
        """What is left of a tree when these outcomes are known. Equal trees are the same object."""
        if not isinstance(tree, Branch):
            return tree
        rest = done.get(id(tree))
        if rest is None:
            outcome = known.get(tree.condition.id)
            if outcome is not None:
                rest = self._rest(tree.following.get(outcome, CANDIDATE), known, done)
            else:
                rest = self._joined(tree.condition, {o: self._rest(t, known, done) for o, t in tree.following.items()})
            done[id(tree)] = rest
        return rest

    def _joined(self, condition: Condition, following: dict[Outcome, Tree]) -> Tree:
        ends = list(following.values())
        if all(end is CANDIDATE for end in ends):
            return CANDIDATE
        # A value that can raise is asked whether it `runs` first; so `holds` and `is_false` have the outcomes yes and no only.
        if condition.kind != "runs" and all(end is RETURNS_FALSE for end in (following.get("yes"), following.get("no"))):
            return RETURNS_FALSE
        identity = (condition.id, tuple((outcome, id(end)) for outcome, end in following.items()))
        node = self._nodes.get(identity)
        if node is None:
            node = self._nodes[identity] = Branch(condition, following)
        return node


def all_conditions(trees: Iterable[Tree]) -> Iterable[Condition]:
    """Every condition of the trees, once."""
    found: dict[Any, Condition] = {}
    seen: set[int] = set()
    waiting = list(trees)
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, Branch) and id(tree) not in seen:
            seen.add(id(tree))
            found.setdefault(tree.condition.id, tree.condition)
            waiting.extend(tree.following.values())
    return found.values()


def _most_asked(counts: Mapping[tuple[Field, ...], int]) -> tuple[Field, ...]:
    return min(counts, key=lambda fields: (-counts[fields], len(fields), fields))


def _size(key: Key) -> int:
    return sum(map(_size, key)) if isinstance(key, tuple) else len(key) if isinstance(key, (bytes, str)) else 0
