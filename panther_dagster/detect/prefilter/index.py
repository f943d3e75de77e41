"""All rules of a log type as one machine: it reads one field after the other until it is known which rules an event is for.

A state is a set of rules that are candidates already, and what is left of the trees of others. It asks for the field that most of them
ask first, those with few values before those with many. Values that no condition tells apart lead to the same state, so there are few
states; each remembers the texts that it has met.
The memory of both is bounded: at the bound it starts anew, which costs time only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from panther_dagster.detect.prefilter.values import CANDIDATE, RETURNS_FALSE, Branch, Condition, Evaluation, Field, Outcome, Tree

MAX_STATES: Final = 20_000
MAX_NODES: Final = 400_000
MAX_MEMORY_BYTES: Final = 48_000_000
# A field that was asked for so many values that no state remembered has many values, whatever was thought of it.
MANY_VALUES: Final = 1_500
# A dict entry and the object that is its key, beside the text.
_ENTRY_BYTES: Final = 150

Key = Any  # as in fields.py; a tuple of these for a state that reads several fields
_Pending = Sequence[tuple[int, Tree]]


class State:
    """What is known so far. `fields`: what to read next, empty at the end. `read` and `rules` are the user's, for speed."""

    __slots__ = ("_known", "classes", "conditions", "fields", "memory", "numbers", "pending", "read", "rules")

    def __init__(self, numbers: tuple[int, ...], pending: _Pending, fields: tuple[Field, ...]) -> None:
        self.numbers = numbers
        self.pending = pending
        self.fields = fields
        self.memory: dict[Key, State] = {}
        self.classes: dict[tuple[Outcome, ...], State] = {}
        self._known = frozenset(fields)
        self.conditions = tuple(filter(self.decides, all_conditions(tree for _, tree in pending)))
        self.read: Any = None
        self.rules: Any = None

    def decides(self, condition: Condition) -> bool:
        """Whether reading this state's fields answers a condition."""
        known = self._known
        return all(any(path[:end] in known for end in range(1, len(path) + 1)) for path in condition.value.fields)


class Machine:
    """Candidate rules by number.

    Args: trees: of each rule. event_of: the event that has these keys for these fields and nothing else. prepare: called with each new
    state. has_many_values: fields that rarely have the same value twice, which are read last.
    """

    def __init__(
        self,
        trees: Iterable[Tree],
        event_of: Callable[[tuple[Field, ...], Key], Any],
        prepare: Callable[[State], None],
        *,
        has_many_values: Iterable[Field] = (),
        max_states: int = MAX_STATES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self._trees = tuple(trees)
        self._event_of = event_of
        self._prepare = prepare
        self._fields_of_many_values = set(has_many_values)
        self._together_many: set[tuple[Field, ...]] = set()
        self._unknown_values: Counter[tuple[Field, ...]] = Counter()
        self._max_states = max_states
        self._max_memory_bytes = max_memory_bytes
        self._start_anew()

    def _start_anew(self) -> None:
        self._nodes: dict[tuple[Any, ...], Branch] = {}
        self._states: dict[tuple[Any, ...], State] = {}
        self.memory_bytes = 0
        done: dict[int, Tree] = {}
        self.root = self._state([], [(number, self._rest(tree, {}, done)) for number, tree in enumerate(self._trees)])

    @property
    def state_count(self) -> int:
        """How many states are kept."""
        return len(self._states)

    def following(self, state: State, key: Key) -> State:
        """The state after a key that `state` does not remember."""
        evaluation = Evaluation(self._event_of(state.fields, key))
        self._unknown_values[state.fields] += 1
        if self._unknown_values[state.fields] == MANY_VALUES and not self._has_many(state.fields):
            self._together_many.add(state.fields)
            self._start_anew()
        if self._has_many(state.fields):
            found = self._state(state.numbers, self._asked_now(state, evaluation))
            self._remember(state, key, (), found)
            return found
        outcomes = tuple([condition.outcome(evaluation) for condition in state.conditions])
        known_state = state.classes.get(outcomes)
        if known_state is None:
            known = {condition.id: outcome for condition, outcome in zip(state.conditions, outcomes, strict=True)}
            done: dict[int, Tree] = {}
            known_state = self._state(state.numbers, [(number, self._rest(tree, known, done)) for number, tree in state.pending])
        self._remember(state, key, outcomes, known_state)
        return known_state

    def _has_many(self, fields: tuple[Field, ...]) -> bool:
        return fields in self._together_many or not self._fields_of_many_values.isdisjoint(fields)

    def _asked_now(self, state: State, evaluation: Evaluation) -> _Pending:
        """The trees after those conditions that they ask now. Most values are new, so conditions that come later wait."""
        known: dict[Any, Outcome] = {}
        pending = []
        for number, tree in state.pending:
            while isinstance(tree, Branch) and state.decides(tree.condition):
                condition = tree.condition
                outcome = known.get(condition.id)
                if outcome is None:
                    outcome = known[condition.id] = condition.outcome(evaluation)
                tree = tree.following.get(outcome, CANDIDATE)
            pending.append((number, tree))
        return pending

    def _remember(self, state: State, key: Key, outcomes: tuple[Outcome, ...], found: State) -> None:
        if len(self._states) > self._max_states or len(self._nodes) > MAX_NODES:
            self._start_anew()
            return
        self.memory_bytes += _ENTRY_BYTES + _size(key)
        if outcomes and outcomes not in state.classes:
            self.memory_bytes += _ENTRY_BYTES + 8 * len(outcomes)
        if self.memory_bytes > self._max_memory_bytes:
            for other in self._states.values():
                other.memory.clear()
                other.classes.clear()
            self.memory_bytes = 2 * _ENTRY_BYTES + _size(key) + 8 * len(outcomes)
        state.memory[key] = found
        if outcomes:
            state.classes[outcomes] = found

    def _state(self, numbers: Sequence[int], pending: _Pending) -> State:
        candidates = tuple(sorted([*numbers, *(number for number, tree in pending if tree is CANDIDATE)]))
        rest = tuple((number, tree) for number, tree in pending if isinstance(tree, Branch))
        identity = (candidates, tuple((number, id(tree)) for number, tree in rest))
        found = self._states.get(identity)
        if found is None:
            found = self._states[identity] = State(candidates, rest, _next_fields(rest, self._has_many))
            self._prepare(found)
        return found

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


def _next_fields(pending: _Pending, has_many: Callable[[tuple[Field, ...]], bool]) -> tuple[Field, ...]:
    """What to read next: what most trees begin with, but first whatever has few values, since that may end trees before more is read."""
    first = Counter(tree.condition.value.fields for _, tree in pending if isinstance(tree, Branch))
    anywhere = Counter(condition.value.fields for condition in all_conditions(tree for _, tree in pending))
    for counts in (first, anywhere):
        few = {fields: count for fields, count in counts.items() if not has_many(fields)}
        if few:
            return _most_asked(few)
    return _most_asked(first) if first else ()


def _most_asked(counts: Mapping[tuple[Field, ...], int]) -> tuple[Field, ...]:
    return min(counts, key=lambda fields: (-counts[fields], len(fields), fields))


def _size(key: Key) -> int:
    return sum(map(_size, key)) if isinstance(key, tuple) else len(key) if isinstance(key, (bytes, str)) else 0
