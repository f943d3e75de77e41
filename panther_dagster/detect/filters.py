"""Inline filters: conditions in a rule's YAML that are checked before its code runs.

    InlineFilters:
      - All:
          - {KeyPath: userIdentity.type, Condition: Equals, Value: Root}
          - {Key: sourceIPAddress, Condition: IsIPAddressInCIDR, Value: 192.0.2.0/24}

A list is an All. The compiled form ({target, operator, value} under and/or/not) is read too. A target of letters, digits and `_` is a
top-level field, in its own case; anything else is a JMESPath expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from panther_dagster.detect.conditions import COMBINATORS, OPERATOR_BY_CONDITION, Condition, ConditionError, comparison

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+")


def compile_filters(filters: Any) -> Condition | None:
    """One condition that holds when all filters hold; None when they say nothing. Raises ConditionError."""
    if not isinstance(filters, Sequence) or isinstance(filters, str):
        raise ConditionError("InlineFilters must be a list of conditions")
    conditions = [condition for condition in map(_condition, filters) if condition is not None]
    if not conditions:
        return None
    return COMBINATORS["All"](conditions)


def _condition(node: Any) -> Condition | None:
    if not isinstance(node, Mapping):
        raise ConditionError(f"a condition must be a mapping, not {node!r}")
    if not node:
        return None
    if "statement" in node:
        return _condition(node["statement"])
    for name, combine in _COMBINATIONS.items():
        if name in node:
            parts = node[name]
            parts = parts if isinstance(parts, list) else [parts]
            conditions = [condition for condition in map(_condition, parts) if condition is not None]
            return combine(conditions) if conditions else None
    if "operator" in node:
        return comparison(_target(str(node.get("target"))), str(node["operator"]), node.get("value"))
    return _match_expression(node)


def _match_expression(node: Mapping[str, Any]) -> Condition:
    name = node.get("Condition")
    if not isinstance(name, str) or name not in OPERATOR_BY_CONDITION:
        raise ConditionError(f"unknown Condition {name!r}; known: {', '.join(OPERATOR_BY_CONDITION)}")
    if "Key" in node:
        find = _field(str(node["Key"]))
    elif "DeepKey" in node:
        find = _target(".".join(f'"{part}"' if isinstance(part, str) else f"[{part}]" for part in node["DeepKey"]).replace(".[", "["))
    elif "KeyPath" in node:
        find = _target(str(node["KeyPath"]))
    else:
        raise ConditionError("a condition needs a Key, a DeepKey or a KeyPath")
    return comparison(find, OPERATOR_BY_CONDITION[name], node.get("Values", node.get("Value")))


def _target(text: str) -> Callable[[Any], Any]:
    if _PLAIN_NAME.fullmatch(text):
        return _field(text)
    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        raise ConditionError(f"no JMESPath expression: {text!r}: {error}") from error
    return lambda event: expression.search(_raw(event))


def _field(name: str) -> Callable[[Any], Any]:
    return lambda event: _raw(event).get(name)


def _raw(event: Any) -> Any:
    return event.raw_view() if hasattr(event, "raw_view") else event


_COMBINATIONS: dict[str, Callable[[list[Condition]], Condition]] = {
    **COMBINATORS,
    "and": COMBINATORS["All"],
    "or": COMBINATORS["Any"],
    "not": lambda conditions: COMBINATORS["None"]([COMBINATORS["All"](conditions)]),
}
