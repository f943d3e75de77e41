"""What an event holds under a path, as texts that can be compared. Pure.

A path is names with dots between them. Names are found as rules find them: as written, else without regard to case. A list stands for
each of its items. Objects and nulls are no values, and neither is an empty text: it would join what has nothing in common.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def values_at(event: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """Distinct values under a path, in order."""
    return tuple(dict.fromkeys(_found(event, path)))


def text_of(value: Any) -> str | None:
    """A value as text: `5` and `"5"` are alike, true is `true`. None for what is no value."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return None


def _found(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, path)
    elif not path:
        text = text_of(value)
        if text is not None:
            yield text
    elif isinstance(value, Mapping):
        if path in value:  # also a name that has a dot in it
            yield from _found(value[path], "")
            return
        name, _, rest = path.partition(".")
        key = name if name in value else next((key for key in value if str(key).lower() == name.lower()), None)
        if key is not None:
            yield from _found(value[key], rest)
