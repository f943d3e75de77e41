"""What the analysis knows of a value before there is an event, and the decision tree that it makes of a rule.

    FieldValue   computed from one to three top-level fields, by the same operations on the same types as in the rule itself
    Display      a list or tuple whose items are known one by one
    Table        a dict of functions
    Closure      a lambda or inner function
    Method       a method of a FieldValue or of the event, not called yet
    anything else is the Python value itself, a constant

A field is named in lower case, since events find keys without regard to case; index.py knows how events spell it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

MAX_FIELDS: Final = 3

Compute = Callable[["Evaluation"], Any]
# yes and no; raises: an exception that the rule does not catch; 0, 1 ...: one that this handler of the rule's `try` catches.
Outcome = Literal["yes", "no", "raises"] | int


class Spellings:
    """How rules write the names of fields."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def field(self, name: str) -> str:
        """The field of a name as written in code."""
        self._counts.setdefault(name.lower(), Counter())[name] += 1
        return name.lower()

    def most_common(self, field: str) -> str:
        """The spelling that most reads have."""
        counts = self._counts[field]
        return min(counts, key=lambda name: (-counts[name], name))


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
    """A value that depends on `fields` of the event only. Equal keys are equal computations."""

    fields: tuple[str, ...]
    key: str
    compute: Compute


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
