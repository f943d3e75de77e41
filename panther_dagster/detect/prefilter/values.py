"""What the analysis knows of a value before there is an event, and the decision tree that it makes of a rule.

    FieldValue   computed from a few fields, by the same operations on the same types as in the rule itself
    Display      a list or tuple whose items are known one by one
    Table        a dict of functions
    Closure      a lambda or inner function
    Method       a method of a FieldValue or of the event, not called yet
    anything else is the Python value itself, a constant

A field is the path of names that lead to it, in lower case, since events find keys without regard to case; prefilter.py knows how events
spell it. A path that ends in OUTLINE stands for less than the field's value.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

# Of one value: top-level fields, and paths below them. Deeper ones are read as a whole.
MAX_FIELDS: Final = 3
MAX_PATHS: Final = 8
MAX_DEPTH_OF_PATH: Final = 5
# Of a value only: null, true, false and numbers as they are; of a text, an array and an object that it is one, and whether it is empty.
OUTLINE: Final = "\0"

Field = tuple[str, ...]
Compute = Callable[["Evaluation"], Any]
# yes and no; raises: an exception that the rule does not catch; 0, 1 ...: one that this handler of the rule's `try` catches.
Outcome = Literal["yes", "no", "raises"] | int


class Spellings:
    """How names of fields are written. `is_whole`: of a top-level field, in lower case, whether it is never read in parts."""

    def __init__(self, is_whole: Callable[[str], bool]) -> None:
        self._counts: dict[Field, Counter[str]] = {}
        self._in_events: dict[Field, Counter[str]] = {}
        self._is_whole = is_whole

    def field(self, *names: str) -> Field:
        """The field at a path of names as written in code."""
        if self._is_whole(names[0].lower()):
            names = names[:1]
        names = names[:MAX_DEPTH_OF_PATH]
        special = next((n for n, name in enumerate(names) if OUTLINE in name), None)
        if special is not None:
            is_outline = special and special == len(names) - 1 and names[special] == OUTLINE
            names = names if is_outline else names[: max(special, 1)]
        path = tuple(name.lower() for name in names)
        for end in range(1, len(path) + 1):
            if path[end - 1] != OUTLINE:
                self._counts.setdefault(path[:end], Counter())[names[end - 1]] += 1
        return path

    def read_in(self, event: Any, path: Field = ()) -> None:
        """Take note of how an event spells the names."""
        for name, value in event.items() if type(event) is dict else ():
            field = (*path, name.lower())
            if field in self._counts:
                self._in_events.setdefault(field, Counter())[name] += 1
                self.read_in(value, field)

    def most_common(self, field: Field) -> Field:
        """The spelling that most events have, of each name; of a name that none has, the one that most reads have."""
        return tuple(self._most_common(field[:end]) for end in range(1, len(field) + 1))

    def _most_common(self, field: Field) -> str:
        if field[-1] == OUTLINE:
            return OUTLINE
        if len(field) == 1 and field[0].startswith("p_"):
            return field[0]  # as columns are named
        in_events, counts = self._in_events.get(field, Counter()), self._counts[field]
        return min(in_events or counts, key=lambda name: (-in_events[name], -counts[name], name))


def joined(fields: Iterable[Field]) -> tuple[Field, ...]:
    """The fields as few paths, in order. Raises Unsupported when they are of too many top-level fields."""
    found = set(fields)
    if len({path[0] for path in found}) > MAX_FIELDS:
        raise Unsupported("many fields")
    kept = {path for path in found if not any(path[:end] in found for end in range(1, len(path)))}
    while len(kept) > MAX_PATHS:
        counts = Counter(path[0] for path in kept)
        widest = min(counts, key=lambda name: (-counts[name], name))
        kept = {path for path in kept if path[0] != widest} | {(widest,)}
    return tuple(sorted(kept))


class Unsupported(Exception):
    """The analysis ends here: whatever comes to this point is a candidate."""


class Evaluation:
    """Values of one event. What is computed twice is the same object, as a variable of the rule is."""

    def __init__(self, event: Any) -> None:
        self.event = event
        self._values: dict[str, Any] = {}

    def value(self, wanted: FieldValue) -> Any:
        """The value; raises what the rule's own code would raise."""
        values = self._values
        key = wanted.key
        if key in values:
            return values[key]
        result = values[key] = wanted.compute(self)
        return result


@dataclass(frozen=True, eq=False)
class FieldValue:
    """A value that depends on `fields` of the event only. Equal keys are equal computations.

    `path`: the names that lead to it, as written in code, when it is what the event has there, or the constant `default` where it has
    nothing. `base`: the value that it depends on, and on nothing else, when it is computed from another. `told_apart`: when no other texts
    than these in the place of the field give other values.
    """

    fields: tuple[Field, ...]
    key: str
    compute: Compute
    path: tuple[str, ...] = ()
    default: Any = None
    base: FieldValue | None = None
    told_apart: frozenset[str] | None = None

    def at(self, spellings: Spellings, name: str) -> FieldValue:
        """The same value for whoever asks nothing of it but its item of that name."""
        return self if not self.path else replace(self, fields=(spellings.field(*self.path, name),), path=(*self.path, name), default=None)

    def outlined(self, spellings: Spellings) -> FieldValue:
        """The same value for whoever asks only what OUTLINE tells."""
        if not self.path:
            return self
        return FieldValue((spellings.field(*self.path, OUTLINE),), f"outline {self.key}", self.compute)


@dataclass(frozen=True, eq=False)
class Display:
    """`[a, b]` or `(a, b)` with items that depend on the event."""

    items: tuple[Any, ...]
    kind: type


@dataclass(frozen=True, eq=False)
class Table:
    """`{"a": function, ...}`: constant keys, and values that no field's value is computed from."""

    values: Mapping[Any, Any]


@dataclass(frozen=True, eq=False)
class Closure:
    """An inner function with the names that it sees."""

    node: ast.FunctionDef | ast.Lambda
    scope: Any


@dataclass(frozen=True, eq=False)
class Method:
    """`receiver.name`, where the receiver depends on the event."""

    receiver: Any
    name: str


class EventMarker:
    """The event itself. `is_plain`: as the methods of data models see it, without udm and deep_walk."""

    def __init__(self, is_plain: bool) -> None:
        self.is_plain = is_plain


EVENT: Final = EventMarker(is_plain=False)
PLAIN_EVENT: Final = EventMarker(is_plain=True)


def is_abstract(value: Any) -> bool:
    """Whether a value is no Python constant."""
    return isinstance(value, (FieldValue, Display, Table, Closure, Method, EventMarker))


@dataclass(frozen=True, eq=False)
class Condition:
    """One question to one value. `handlers`: the exception types of the `try` around it, one tuple for each handler.

    holds: is it true; runs: can it be computed; is_false: is it False itself.
    """

    kind: Literal["holds", "runs", "is_false"]
    value: FieldValue
    handlers: tuple[tuple[type[BaseException], ...], ...] = ()
    id: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", (self.kind, self.value.key, self.handlers))

    def outcome(self, evaluation: Evaluation) -> Outcome:
        """The answer for an event."""
        try:
            value = evaluation.value(self.value)
            if self.kind == "holds":
                return "yes" if value else "no"
            return "yes" if self.kind == "runs" or value is False else "no"
        except Exception as error:
            for number, types in enumerate(self.handlers):
                if isinstance(error, types):
                    return number
            return "raises"


class Leaf:
    """An end of a tree."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


CANDIDATE: Final = Leaf("candidate")
RETURNS_FALSE: Final = Leaf("returns False")


@dataclass(frozen=True, eq=False)
class Branch:
    """A condition and what follows each outcome; outcomes that are not named lead to CANDIDATE."""

    condition: Condition
    following: Mapping[Outcome, Tree]


Tree = Leaf | Branch
