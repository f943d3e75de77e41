"""Simple detections: rules that are YAML only -> the functions that a Python rule would have.

    Detection:                                                     rule
      - {KeyPath: userIdentity.type, Condition: Equals, Value: Root}
      - Any:
          - {KeyPath: sourceIPAddress, Condition: IsIPAddressPublic}
          - KeyPath: resources
            Condition: AnyElement
            Expressions: [{Key: type, Condition: StartsWith, Value: 'AWS::S3'}]
    AlertTitle: 'Root came from {sourceIPAddress}'                 title
    AlertContext: [{KeyName: who, KeyValue: {KeyPath: userIdentity.arn}}]   alert_context
    GroupBy: [{KeyPath: recipientAccountId}]                       dedup
    DynamicSeverities: [{ChangeTo: LOW, Conditions: [...]}]        severity

A value of the wrong type does not satisfy a condition, and so satisfies its negation; an absent one is null.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from panther_dagster.detect.conditions import (
    COMBINATORS,
    OPERATOR_BY_CONDITION,
    OPERATORS,
    Condition,
    ConditionError,
    split_operator,
)
from panther_dagster.detect.field_paths import ABSENT, Several, Steps, enriched_values, parse_path, value_at
from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.detect.rule import SEVERITIES

Finder = Callable[[Any], Any]
_KEYS: Final = ("Key", "DeepKey", "KeyPath", "Enrichment")
_CONSTANTS: Final = {"AlwaysTrue": True, "AlwaysFalse": False}
_COMPREHENSIONS: Final[Mapping[str, Callable[[int, int], bool]]] = {  # of elements that match, of all
    "AnyElement": lambda matching, size: matching > 0,
    "AllElements": lambda matching, size: matching == size,
    "OnlyOneElement": lambda matching, size: matching == 1,
    "NoElement": lambda matching, size: matching == 0,
}
_ALL_CONDITIONS: Final = (*OPERATOR_BY_CONDITION, *_COMPREHENSIONS, *_CONSTANTS)
_WITHOUT_VALUE: Final = frozenset(("null", "empty", "is_ip", "is_ipv4", "is_ipv6", "is_public", "is_private"))
_OF_EACH: Final = (OPERATORS["in_cidr"], OPERATORS["contains_ip"])  # with several values one has to fit
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class FieldUse:
    """A top-level field that a simple detection reads, and where in its YAML."""

    name: str
    path: tuple[Any, ...]


@dataclass(frozen=True)
class SimpleDetection:
    """A rule's functions by name, and the fields that they read."""

    functions: Mapping[str, Callable[[Any], Any]]
    fields: tuple[FieldUse, ...]


def compile_simple_detection(values: Mapping[str, Any]) -> SimpleDetection:
    """The functions that a rule's YAML describes. Raises ConditionError with the place in the YAML."""
    compiler = _Compiler()
    functions: dict[str, Callable[[Any], Any]] = {"rule": compiler.rule(values["Detection"], ("Detection",))}
    for key, name, compile_function in (
        ("AlertTitle", "title", compiler.title),
        ("GroupBy", "dedup", compiler.dedup),
        ("AlertContext", "alert_context", compiler.alert_context),
        ("DynamicSeverities", "severity", compiler.severity),
    ):
        if values.get(key) is not None:
            functions[name] = compile_function(values[key], (key,))
    return SimpleDetection(functions, tuple(compiler.fields))


class _Compiler:
    def __init__(self) -> None:
        self.fields: list[FieldUse] = []
        self._depth = 0  # of list comprehensions: their keys are an element's, not the event's

    def rule(self, nodes: Any, path: tuple[Any, ...]) -> Callable[[Any], bool]:
        holds = self._all(nodes, path)
        return lambda event: holds(_raw(event))

    def title(self, template: Any, path: tuple[Any, ...]) -> Callable[[Any], str]:
        if not isinstance(template, str):
            raise ConditionError(f"AlertTitle must be text, not {template!r}", path)
        parts: list[str | Finder] = []
        for index, part in enumerate(_PLACEHOLDER.split(template)):
            parts.append(part if index % 2 == 0 else self._path_finder(part.strip(), path))
        return lambda event: "".join(part if isinstance(part, str) else _text(part(_raw(event))) for part in parts)

    def dedup(self, nodes: Any, path: tuple[Any, ...]) -> Callable[[Any], str]:
        finders = [self._finder(node, (*path, index)) for index, node in enumerate(_list(nodes, "GroupBy", path))]

        def dedup(event: Any) -> str:
            texts = [_text(find(_raw(event))) for find in finders]
            # As a JSON array, ("a", "b:c") and ("a:b", "c") stay apart.
            return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False) if any(texts) else ""

        return dedup

    def alert_context(self, nodes: Any, path: tuple[Any, ...]) -> Callable[[Any], dict[str, Any]]:
        finders: dict[str, Finder] = {}
        for index, node in enumerate(_list(nodes, "AlertContext", path)):
            if not isinstance(node, Mapping) or not isinstance(node.get("KeyName"), str) or "KeyValue" not in node:
                raise ConditionError("each of AlertContext needs a KeyName and a KeyValue", (*path, index))
            finders[node["KeyName"]] = self._finder(node["KeyValue"], (*path, index, "KeyValue"))
        return lambda event: {name: _plain(find(_raw(event))) for name, find in finders.items()}

    def severity(self, nodes: Any, path: tuple[Any, ...]) -> Callable[[Any], str]:
        choices: list[tuple[Condition, str]] = []
        for index, node in enumerate(_list(nodes, "DynamicSeverities", path)):
            if not isinstance(node, Mapping) or "ChangeTo" not in node or "Conditions" not in node:
                raise ConditionError("each of DynamicSeverities needs a ChangeTo and Conditions", (*path, index))
            severity = str(node["ChangeTo"]).upper()
            if severity not in (*SEVERITIES, "DEFAULT"):
                text = f"unknown severity '{node['ChangeTo']}'; one of Info, Low, Medium, High, Critical, Default"
                raise ConditionError(text, (*path, index, "ChangeTo"))
            choices.append((self._all(node["Conditions"], (*path, index, "Conditions")), severity))
        return lambda event: next((severity for holds, severity in choices if holds(_raw(event))), "DEFAULT")

    def _all(self, nodes: Any, path: tuple[Any, ...]) -> Condition:
        return COMBINATORS["All"](self._conditions(nodes, path))

    def _conditions(self, nodes: Any, path: tuple[Any, ...]) -> list[Condition]:
        return [self._condition(node, (*path, index)) for index, node in enumerate(_list(nodes, str(path[-1]), path))]

    def _condition(self, node: Any, path: tuple[Any, ...]) -> Condition:
        if isinstance(node, bool):
            return lambda event: node
        if not isinstance(node, Mapping):
            raise ConditionError(f"a match expression must be a mapping, not {node!r}", path)
        for combinator, combine in COMBINATORS.items():
            if combinator in node:
                if len(node) > 1:
                    others = ", ".join(str(key) for key in node if key != combinator)
                    raise ConditionError(f"{combinator} stands alone: move {others} out", path)
                return combine(self._conditions(node[combinator], (*path, combinator)))
        name = node.get("Condition")
        if name is None:
            raise ConditionError("a match expression needs a Condition", path)
        if not isinstance(name, str) or name not in _ALL_CONDITIONS:
            raise ConditionError(f"unknown Condition {name!r}{did_you_mean(str(name), _ALL_CONDITIONS)}", (*path, "Condition"))
        if name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda event: constant
        if name in _COMPREHENSIONS:
            return self._comprehension(node, name, path)
        return self._match(node, name, path)

    def _comprehension(self, node: Mapping[str, Any], name: str, path: tuple[Any, ...]) -> Condition:
        find = self._finder(node, path)
        if "Expressions" not in node:
            raise ConditionError(f"{name} needs Expressions", path)
        self._depth += 1
        holds = self._all(node["Expressions"], (*path, "Expressions"))
        self._depth -= 1
        judge = _COMPREHENSIONS[name]

        def judged(event: Any) -> bool:
            found = find(event)
            elements = found if isinstance(found, list) else []
            return judge(sum(holds(element) for element in elements), len(elements))

        return judged

    def _match(self, node: Mapping[str, Any], name: str, path: tuple[Any, ...]) -> Condition:
        operator, is_negated = split_operator(OPERATOR_BY_CONDITION[name])
        if name in ("Exists", "DoesNotExist"):
            find = self._finder(node, path)
            return lambda event: (find(event) is not ABSENT) is (name == "Exists")
        values = node.get("Values")
        if values is not None and not any(key in node for key in _KEYS) and all(_is_key(value) for value in _list(values, "Values", path)):
            if len(values) != 2:
                raise ConditionError("to compare two fields, Values must be two keys", (*path, "Values"))
            left, right = (self._finder(value, (*path, "Values", index)) for index, value in enumerate(values))
            return _compared(left, operator, right, is_negated)
        find = self._finder(node, path)
        value = node.get("Values", node.get("Value"))
        if value is None and operator not in _WITHOUT_VALUE:
            raise ConditionError(f"{name} needs a Value or Values", path)
        if operator == "in" and not isinstance(value, list):
            raise ConditionError(f"{name} needs Values, a list", path)
        if operator == "in_cidr":
            _check_networks(value, (*path, "Values" if "Values" in node else "Value"))
        return _compared(find, operator, lambda event: value, is_negated)

    def _finder(self, node: Any, path: tuple[Any, ...]) -> Finder:
        """What a key specifier names; within a list comprehension an expression without one speaks of the element itself."""
        keys = [key for key in _KEYS if isinstance(node, Mapping) and key in node]
        if not keys and self._depth and isinstance(node, Mapping):
            return lambda element: element
        if len(keys) != 1:
            raise ConditionError(f"needs one of {', '.join(_KEYS)}" + (f", has {' and '.join(keys)}" if keys else ""), path)
        key, value = keys[0], node[keys[0]]
        if key == "Enrichment":
            return self._enrichment(value, (*path, key))
        if key == "DeepKey":
            if not isinstance(value, list) or not value or not all(type(step) in (str, int) for step in value):
                raise ConditionError("DeepKey must be a list of names and indices", (*path, key))
            return self._steps_finder(tuple(value), (*path, key))
        if not isinstance(value, str):
            raise ConditionError(f"{key} must be text, not {value!r}", (*path, key))
        return self._path_finder(value, (*path, key)) if key == "KeyPath" else self._steps_finder((value,), (*path, key))

    def _enrichment(self, node: Any, path: tuple[Any, ...]) -> Finder:
        parts = [node.get(key) for key in ("Table", "Selector", "FieldPath")] if isinstance(node, Mapping) else [None]
        if not all(isinstance(part, str) and part for part in parts):
            raise ConditionError("Enrichment needs a Table, a Selector and a FieldPath", path)
        table, selector, field_path = map(str, parts)
        steps = _parsed(field_path, (*path, "FieldPath"))
        return lambda event: enriched_values(event, table, selector, steps)

    def _path_finder(self, text: str, path: tuple[Any, ...]) -> Finder:
        return self._steps_finder(_parsed(text, path), path)

    def _steps_finder(self, steps: Steps, path: tuple[Any, ...]) -> Finder:
        if not self._depth and isinstance(steps[0], str):
            self.fields.append(FieldUse(steps[0], path))
        return lambda event: value_at(event, steps)


def _compared(find: Finder, operator: str, find_value: Finder, is_negated: bool) -> Condition:
    compare = OPERATORS[operator]

    def holds(event: Any) -> bool:
        found = find(event)
        value = _plain(find_value(event))
        candidates = found.values if isinstance(found, Several) else (None if found is ABSENT else found,)
        return any(_satisfies(compare, each, value) for each in candidates) is not is_negated

    return holds


def _satisfies(compare: Callable[[Any, Any], bool], found: Any, value: Any) -> bool:
    if isinstance(found, bool) is not isinstance(value, bool) and isinstance(found, int) and isinstance(value, int):
        return False  # true is not 1
    if isinstance(value, list) and compare in _OF_EACH:
        return any(_satisfies(compare, found, each) for each in value)
    try:
        return bool(compare(found, value))
    except (TypeError, AttributeError, ValueError):
        return False


def _check_networks(value: Any, path: tuple[Any, ...]) -> None:
    for network in value if isinstance(value, list) else [value]:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ConditionError(f"no network: {error}", path) from error


def _is_key(value: Any) -> bool:
    return isinstance(value, Mapping) and any(key in value for key in _KEYS)


def _list(nodes: Any, name: str, path: tuple[Any, ...]) -> list[Any]:
    if not isinstance(nodes, list):
        raise ConditionError(f"{name} must be a list, not {nodes!r}", path)
    return nodes


def _parsed(text: str, path: tuple[Any, ...]) -> Steps:
    try:
        return parse_path(text)
    except ValueError as error:
        raise ConditionError(str(error), path) from error


def _raw(event: Any) -> Any:
    return event.raw_view() if hasattr(event, "raw_view") else event


def _plain(value: Any) -> Any:
    if isinstance(value, Several):
        return list(value.values)
    return None if value is ABSENT else value


def _text(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, default=str)
