"""What the differential test does to an event, under either implementation of the event object.

Run as a script, under the python of a peer, it answers one line of JSON ([event, operations]) with one line of results.
"""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable
from typing import Any


def perform(event_type: Any, event: dict[str, Any], operations: list[list[Any]]) -> list[list[str]]:
    """Result of each operation (kind, path of keys, argument...) on a fresh event: [type, repr], or [exception type, text]."""
    wrapped = event_type(event)
    return [_answer(wrapped, event_type, *operation) for operation in operations]


def _answer(wrapped: Any, event_type: Any, kind: str, path: list[Any], argument: Any) -> list[str]:
    try:
        target = wrapped
        for step in path:
            target = target[step]
        result = _operate(target, event_type, kind, argument)
        return [type(result).__name__, repr(result)]
    except Exception as error:
        return [type(error).__name__, str(error)]


def _operate(target: Any, event_type: Any, kind: str, argument: Any) -> Any:
    keys = argument if isinstance(argument, list) else [argument]
    operations: dict[str, Callable[[], Any]] = {
        "item": lambda: target[argument],
        "get": lambda: target.get(argument),
        "get_default": lambda: target.get(argument, {"d": [1]}),
        "contains": lambda: argument in target,
        "deep_get": lambda: target.deep_get(*keys),
        "deep_get_default": lambda: target.deep_get(*keys, default={"a": [1]}),
        "deep_walk": lambda: target.deep_walk(*keys),
        "deep_walk_default": lambda: target.deep_walk(*keys, default=["d"]),
        "deep_walk_first": lambda: target.deep_walk(*keys, return_val="first"),
        "deep_walk_last": lambda: target.deep_walk(*keys, return_val="last"),
        "udm": lambda: target.udm(*keys),
        "udm_default": lambda: target.udm(*keys, default=7),
        "equal": lambda: target == argument,
        "equal_other_way": lambda: argument == target,
        "equal_itself": lambda: target == target.copy(),
        "list": lambda: list(target),
        "len": lambda: len(target),
        "bool": lambda: bool(target),
        "items": lambda: list(target.items()),
        "values": lambda: list(target.values()),
        "dict": lambda: dict(target),
        "copy": lambda: target.copy(),
        "to_dict": lambda: target.to_dict(),
        "raw_view": lambda: target.raw_view(),
        "slice": lambda: target[:2],
        "json": lambda: json.dumps(target, default=event_type.json_encoder),
        "epoch": lambda: target.event_time_epoch(),
        "hash": lambda: hash(target),
        "text": lambda: f"{target} {target!r}",
        "append": lambda: target.append(1),
        "add": lambda: operator.add(target, [1]),
        "index": lambda: target.index(argument),
    }
    return operations[kind]() if kind else list(operations)


# Names of all operations.
KINDS: list[str] = _operate(None, None, "", None)

if __name__ == "__main__":
    from panther_core import PantherEvent  # of the peer

    for line in sys.stdin:
        print(json.dumps(perform(PantherEvent, *json.loads(line))), flush=True)
