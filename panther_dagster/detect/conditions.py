"""What inline filters and simple detections have in common: operators, the names of conditions, and how conditions combine."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Condition = Callable[[Any], bool]


class ConditionError(ValueError):
    """A condition that cannot be compiled. `path` leads to it, as keys and indices of the YAML."""

    def __init__(self, text: str, path: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.path = tuple(path)


def comparison(find: Callable[[Any], Any], operator: str, value: Any) -> Condition:
    """What `find` gives, compared with a value. Raises ConditionError for an operator that does not exist."""
    name, is_negated = split_operator(operator)
    compare = OPERATORS.get(name)
    if compare is None:
        raise ConditionError(f"unknown operator {operator!r}")
    if is_negated:
        return lambda event: not compare(find(event), value)
    return lambda event: bool(compare(find(event), value))


def split_operator(operator: str) -> tuple[str, bool]:
    """The operator without its `!`, and whether it had one: `!contains` is (`contains`, True), `!=` is (`==`, True)."""
    return ("==", True) if operator == "!=" else (operator.removeprefix("!"), operator.startswith("!"))


def _all(conditions: Sequence[Condition]) -> Condition:
    return lambda event: all(condition(event) for condition in conditions)


def _any(conditions: Sequence[Condition]) -> Condition:
    return lambda event: any(condition(event) for condition in conditions)


def _none(conditions: Sequence[Condition]) -> Condition:
    return lambda event: not any(condition(event) for condition in conditions)


def _only_one(conditions: Sequence[Condition]) -> Condition:
    return lambda event: sum(condition(event) for condition in conditions) == 1


def _contains(target: Any, value: Any) -> bool:
    return target is not None and value in target


def _in_network(address: Any, network: Any) -> bool:
    return address is not None and ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _is_empty(target: Any, value: Any) -> bool:
    return target is None or (hasattr(target, "__len__") and len(target) == 0)


COMBINATORS: Final[Mapping[str, Callable[[Sequence[Condition]], Condition]]] = {
    "All": _all,
    "Any": _any,
    "None": _none,
    "OnlyOne": _only_one,
}
OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": lambda target, value: bool(target == value),
    "<": lambda target, value: target is not None and target < value,
    ">": lambda target, value: target is not None and target > value,
    "<=": lambda target, value: target is not None and target <= value,
    ">=": lambda target, value: target is not None and target >= value,
    "contains": _contains,
    "in": lambda target, value: target in value,
    "in_cidr": _in_network,
    "contains_ip": lambda target, value: target is not None and _in_network(value, target),
    "is_ip": lambda target, value: target is not None and bool(ipaddress.ip_address(target)),
    "is_ipv4": lambda target, value: target is not None and ipaddress.ip_address(target).version == 4,
    "is_ipv6": lambda target, value: target is not None and ipaddress.ip_address(target).version == 6,
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
OPERATOR_BY_CONDITION: Final[Mapping[str, str]] = {
    "Equals": "==",
    "DoesNotEqual": "!=",
    "IsGreaterThan": ">",
    "IsGreaterThanOrEqual": ">=",
    "IsGreaterThanOrEquals": ">=",
    "IsLessThan": "<",
    "IsLessThanOrEqual": "<=",
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
    "CIDRContainsIPAddresses": "contains_ip",
    "CIDRDoesNotContainIPAddresses": "!contains_ip",
    "IsIPAddress": "is_ip",
    "IsIPv4Address": "is_ipv4",
    "IsIPv6Address": "is_ipv6",
    "IsIPAddressPublic": "is_public",
    "IsIPAddressPrivate": "is_private",
}
