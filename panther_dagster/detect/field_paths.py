"""Paths of simple detections: where in an event a value is. Keys are found as in events: exactly first, else without regard to case.

Key: userName                   a top-level field
DeepKey: [resources, 0, ARN]    below objects and lists
KeyPath: resources[0].ARN       the same as text; `[*]` is each element, `["a.b"]` a name that holds a dot
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ABSENT: Final[Any] = object()
EACH: Final[Any] = object()
Steps = tuple[Any, ...]  # names, indices and EACH
_STEP = re.compile(r"""\.?([^.\[\]"]+)|\[(-?\d+)\]|\[(\*)\]|\["([^"]*)"\]""")


@dataclass(frozen=True)
class Several:
    """Values of which any may satisfy a condition: those of the rows that an enrichment found."""

    values: Sequence[Any]


def parse_path(text: str) -> Steps:
    """Steps of a KeyPath. Raises ValueError with what is wrong."""
    steps: list[Any] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match.group().startswith(".") and not position):
            raise ValueError(f"'{text}' is no path: nothing can be read at '{text[position:]}'; write a.b, a[0].b or a[*].b")
        name, index, each, quoted = match.groups()
        steps.append(name if name is not None else EACH if each else quoted if quoted is not None else int(index))
        position = match.end()
    if not steps:
        raise ValueError("a path must not be empty")
    return tuple(steps)


def value_at(value: Any, steps: Steps) -> Any:
    """The value that steps lead to; ABSENT where there is none. After EACH it is the list of all that are there."""
    for position, step in enumerate(steps):
        if step is EACH:
            rest = steps[position + 1 :]
            return [found for found in (value_at(each, rest) for each in _elements(value)) if found is not ABSENT]
        value = _item(value, step) if isinstance(step, int) else _field(value, step)
        if value is ABSENT:
            return ABSENT
    return value


def enriched_values(event: Any, table: str, selector: str, steps: Steps) -> Any:
    """The field of the row, or of all rows, that a lookup table has for what a selector of the event holds; ABSENT without a row."""
    rows = value_at(event, ("p_enrichment", table, selector.removeprefix("$.")))
    if isinstance(rows, list):
        return Several([found for found in (value_at(row, steps) for row in rows) if found is not ABSENT])
    return ABSENT if rows is ABSENT else value_at(rows, steps)


def _elements(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _item(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and -len(value) <= index < len(value) else ABSENT


def _field(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        return ABSENT
    if name in value:
        return value[name]
    folded = name.lower()
    return next((inner for key, inner in value.items() if isinstance(key, str) and key.lower() == folded), ABSENT)
