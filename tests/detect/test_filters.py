"""Inline filters."""

from __future__ import annotations

from typing import Any

import pytest

from panther_dagster.detect.conditions import ConditionError
from panther_dagster.detect.filters import compile_filters
from panther_dagster.event import PantherEvent

EVENT = PantherEvent(
    {"n": 3, "name": "Amy", "ip": "192.0.2.7", "net": "192.0.2.0/24", "list": ["a"], "empty": [], "deep": {"rows": [{"v": 1}]}}
)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Key": "n", "Condition": "Equals", "Value": 3}, True),
        ({"Key": "N", "Condition": "Equals", "Value": 3}, False),
        ({"Key": "n", "Condition": "DoesNotEqual", "Value": 3}, False),
        ({"Key": "n", "Condition": "IsIn", "Values": [1, 3]}, True),
        ({"Key": "absent", "Condition": "IsLessThan", "Value": 3}, False),
        ({"Key": "absent", "Condition": "IsNullOrEmpty"}, True),
        ({"Key": "empty", "Condition": "IsNullOrEmpty"}, True),
        ({"Key": "absent", "Condition": "Exists"}, False),
        ({"Key": "name", "Condition": "IStartsWith", "Value": "aM"}, True),
        ({"Key": "name", "Condition": "DoesNotContain", "Value": "my"}, False),
        ({"Key": "ip", "Condition": "IsIPAddressInCIDR", "Value": "192.0.2.0/29"}, True),
        ({"Key": "net", "Condition": "CIDRContainsIPAddress", "Value": "198.51.100.1"}, False),
        ({"Key": "ip", "Condition": "IsIPAddressPublic"}, False),
        ({"KeyPath": "deep.rows[0].v", "Condition": "Equals", "Value": 1}, True),
        ({"DeepKey": ["deep", "rows", 0, "v"], "Condition": "Equals", "Value": 2}, False),
        ({"Any": [{"Key": "n", "Condition": "Equals", "Value": 1}, {"Key": "n", "Condition": "Equals", "Value": 3}]}, True),
        ({"OnlyOne": [{"Key": "n", "Condition": "Exists"}, {"Key": "name", "Condition": "Exists"}]}, False),
        ({"None": [{"Key": "n", "Condition": "Exists"}]}, False),
        ({"target": "list", "operator": "contains", "value": "a"}, True),
        ({"target": "list", "operator": "!contains", "value": "a"}, False),
        ({"statement": {"not": [{"target": "n", "operator": "==", "value": 3}]}}, False),
        ({"or": [{"target": "n", "operator": ">", "value": 3}, {"and": [{"target": "n", "operator": ">=", "value": 3}]}]}, True),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], holds: bool) -> None:
    compiled = compile_filters([condition])

    assert compiled is not None
    assert compiled(EVENT) is holds


@pytest.mark.parametrize("filters", [[], [{"All": []}], [{}], [{"statement": {"not": []}}]])
def test_filters_that_say_nothing_are_none(filters: list[Any]) -> None:
    assert compile_filters(filters) is None


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ({"Key": "a"}, "must be a list"),
        (["a"], "must be a mapping"),
        ([{"Key": "a", "Condition": "Equal"}], "unknown Condition 'Equal'"),
        ([{"Condition": "Equals", "Value": 1}], "needs a Key"),
        ([{"target": "a", "operator": "=~"}], "unknown operator '=~'"),
        ([{"KeyPath": "a[", "Condition": "Exists"}], "no JMESPath expression"),
    ],
)
def test_a_filter_that_cannot_be_read_says_why(filters: Any, text: str) -> None:
    with pytest.raises(ConditionError, match=text):
        compile_filters(filters)
