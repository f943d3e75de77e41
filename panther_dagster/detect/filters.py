"""Inline filters: conditions in a rule's YAML that are checked before its code runs.

    InlineFilters:
      - All:
          - {KeyPath: userIdentity.type, Condition: Equals, Value: Root}
          - {Key: sourceIPAddress, Condition: IsIPAddressInCIDR, Value: 192.0.2.0/24}

A list is an All. The compiled form ({target, operator, value} under and/or/not) is read too. A target of letters, digits and `_` is a
top-level field, in its own case; anything else is a JMESPath expression.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

Filter = Callable[[Any], bool]
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]+")


class FilterError(ValueError):
    """A filter that cannot be compiled."""


def compile_filters(filters: Any) -> Filter | None:
    """One condition that holds when all filters hold; None when they say nothing. Raises FilterError."""
    if not isinstance(filters, Sequence) or isinstance(filters, str):
        raise FilterError("InlineFilters must be a list of conditions")
    conditions = [condition for condition in map(_condition, filters) if condition is not None]
    if not conditions:
        return None
    return _all(conditions)


def _condition(node: Any) -> Filter | None:
    if not isinstance(node, Mapping):
        raise FilterError(f"a condition must be a mapping, not {node!r}")
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
        return _comparison(_target(str(node.get("target"))), str(node["operator"]), node.get("value"))
    return _match_expression(node)


def _match_expression(node: Mapping[str, Any]) -> Filter:
    name = node.get("Condition")
    if name not in _CONDITIONS:
        raise FilterError(f"unknown Condition {name!r}; known: {', '.join(_CONDITIONS)}")
    if "Key" in node:
        find = _field(str(node["Key"]))
    elif "DeepKey" in node:
        find = _target(".".join(f'"{part}"' if isinstance(part, str) else f"[{part}]" for part in node["DeepKey"]).replace(".[", "["))
    elif "KeyPath" in node:
        find = _target(str(node["KeyPath"]))
    else:
        raise FilterError("a condition needs a Key, a DeepKey or a KeyPath")
    return _comparison(find, _CONDITIONS[name], node.get("Values", node.get("Value")))


def _target(text: str) -> Callable[[Any], Any]:
    if _PLAIN_NAME.fullmatch(text):
        return _field(text)
    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        raise FilterError(f"no JMESPath expression: {text!r}: {error}") from error
    return lambda event: expression.search(_raw(event))


def _field(name: str) -> Callable[[Any], Any]:
    return lambda event: _raw(event).get(name)


def _raw(event: Any) -> Any:
    return event.raw_view() if hasattr(event, "raw_view") else event


def _comparison(find: Callable[[Any], Any], operator: str, value: Any) -> Filter:
    # `!=` is an operator of its own; any other leading `!` negates.
    name = operator.removeprefix("!") if operator != "!=" else "=="
    compare = _OPERATORS.get(name)
    if compare is None:
        raise FilterError(f"unknown operator {operator!r}")
    if operator.startswith("!"):
        return lambda event: not compare(find(event), value)
    return lambda event: bool(compare(find(event), value))


def _all(conditions: list[Filter]) -> Filter:
    return lambda event: all(condition(event) for condition in conditions)


def _any(conditions: list[Filter]) -> Filter:
    return lambda event: any(condition(event) for condition in conditions)


def _none(conditions: list[Filter]) -> Filter:
    return lambda event: not any(condition(event) for condition in conditions)


def _only_one(conditions: list[Filter]) -> Filter:
    return lambda event: sum(condition(event) for condition in conditions) == 1


def _contains(target: Any, value: Any) -> bool:
    return target is not None and value in target


def _in_network(address: Any, network: Any) -> bool:
    return address is not None and ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _is_empty(target: Any, value: Any) -> bool:
    return target is None or (hasattr(target, "__len__") and len(target) == 0)


_COMBINATIONS: dict[str, Callable[[list[Filter]], Filter]] = {
    "All": _all,
    "Any": _any,
    "None": _none,
    "OnlyOne": _only_one,
    "and": _all,
    "or": _any,
    "not": lambda conditions: _none([_all(conditions)]),
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda target, value: bool(target == value),
    "<": lambda target, value: target is not None and target < value,
    ">": lambda target, value: target is not None and target > value,
    "<=": lambda target, value: target is not None and target <= value,
    ">=": lambda target, value: target is not None and target >= value,
    "contains": _contains,
    "in": lambda target, value: target in value,
    "in_cidr": _in_network,
    "contains_ip": lambda target, value: target is not None and _in_network(value, target),
    "is_public": lambda target, value: target is not None and ipaddress.ip_address(target).is_global,
    "is_private": lambda target, value: target is not None and ipaddress.ip_address(target).is_private,
    "starts_with": lambda target, value: target is not None and target.startswith(value),
    "ends_with": lambda target, value: target is not None and target.endswith(value),
    "empty": _is_empty,
    "null": lambda target, value: target is None,
    "insensitive_equals": lambda target, value: target is not None and target.lower() == value.lower(),
    "insensitive_starts_with": lambda target, value: target is not None and target.lower().startswith(value.lower()),
    "insensitive_ends_with": lambda target, value: target is not None and target.lower().endswith(value.lower()),
    "insensitive_contains": lambda target, value: target is not None and value.lower() in target.lower(),
}
_CONDITIONS: dict[str, str] = {
    "Equals": "==",
    "DoesNotEqual": "!=",
    "IsGreaterThan": ">",
    "IsGreaterThanOrEquals": ">=",
    "IsLessThan": "<",
    "IsLessThanOrEquals": "<=",
    "Contains": "contains",
    "DoesNotContain": "!contains",
    "IsIn": "in",
    "IsNotIn": "!in",
    "StartsWith": "starts_with",
    "DoesNotStartWith": "!starts_with",
    "EndsWith": "ends_with",
    "DoesNotEndWith": "!ends_with",
    "IEquals": "insensitive_equals",
    "DoesNotIEqual": "!insensitive_equals",
    "IContains": "insensitive_contains",
    "DoesNotIContain": "!insensitive_contains",
    "IStartsWith": "insensitive_starts_with",
    "DoesNotIStartWith": "!insensitive_starts_with",
    "IEndsWith": "insensitive_ends_with",
    "DoesNotIEndWith": "!insensitive_ends_with",
    "Exists": "!null",
    "DoesNotExist": "null",
    "IsNull": "null",
    "IsNotNull": "!null",
    "IsNullOrEmpty": "empty",
    "IsNotNullOrEmpty": "!empty",
    "IsIPAddressInCIDR": "in_cidr",
    "IsIPAddressNotInCIDR": "!in_cidr",
    "CIDRContainsIPAddress": "contains_ip",
    "IsIPAddressPublic": "is_public",
    "IsIPAddressPrivate": "is_private",
}
