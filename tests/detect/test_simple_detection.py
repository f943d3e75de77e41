"""Rules that are YAML only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from detect.packs import loaded, rows_of, write_rule

from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.runner import evaluate
from panther_dagster.detect.simple_detection import compile_simple_detection
from panther_dagster.detect.unit_tests import run_tests
from panther_dagster.event import PantherEvent

EVENT = {
    "n": 3,
    "m": 4,
    "on": True,
    "name": "Amy",
    "ip": "192.0.2.7",
    "host": "sts.example.com",
    "net": "192.0.2.0/24",
    "empty": [],
    "null": None,
    "names": ["amy", "bo"],
    "rows": [{"v": 1, "t": "a"}, {"v": 2, "t": "a"}],
    "p_enrichment": {"hosts": {"ip": {"owner": {"team": "red"}}, "p_any_ip_addresses": [{"risk": 1}, {"risk": 9}]}},
}


def rule_of(*nodes: Any) -> Any:
    """rule() of match expressions."""
    return compile_simple_detection({"Detection": list(nodes)}).functions["rule"]


def where(key: str, condition: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A match expression."""
    return {"KeyPath": key, "Condition": condition, **({} if value is None else {"Value": value}), **more}


@pytest.mark.parametrize(
    ("node", "holds"),
    [
        (where("n", "Equals", 3), True),
        (where("N", "Equals", 3), True),
        (where("on", "Equals", 1), False),
        (where("on", "Equals", True), True),
        (where("absent", "DoesNotEqual", 3), True),
        (where("n", "IsGreaterThanOrEqual", 3), True),
        (where("name", "IsGreaterThan", 3), False),
        (where("absent", "IsLessThan", 3), False),
        (where("name", "IStartsWith", "aM"), True),
        (where("n", "StartsWith", "3"), False),
        (where("n", "DoesNotStartWith", "3"), True),
        (where("names", "Contains", "bo"), True),
        (where("name", "IsIn", Values=["Amy", "Bo"]), True),
        (where("name", "IsNotIn", Values=["Amy", "Bo"]), False),
        (where("null", "Exists"), True),
        (where("absent", "Exists"), False),
        (where("absent", "DoesNotExist"), True),
        (where("null", "IsNull"), True),
        (where("absent", "IsNull"), True),
        (where("n", "IsNotNull"), True),
        (where("empty", "IsNullOrEmpty"), True),
        (where("ip", "IsIPAddress"), True),
        (where("ip", "IsIPv6Address"), False),
        (where("host", "IsIPAddress"), False),
        (where("host", "IsIPAddressPublic"), False),
        (where("host", "IsIPAddressNotInCIDR", "192.0.2.0/24"), True),
        (where("ip", "IsIPAddressInCIDR", Values=["198.51.100.0/24", "192.0.2.0/29"]), True),
        (where("net", "CIDRContainsIPAddresses", Values=["192.0.2.9"]), True),
        (where("net", "CIDRDoesNotContainIPAddresses", "192.0.2.9"), False),
        ({"DeepKey": ["rows", 1, "v"], "Condition": "Equals", "Value": 2}, True),
        ({"Key": "rows.v", "Condition": "Exists"}, False),
        (where("rows[*].v", "Contains", 2), True),
        ({"Condition": "IsLessThan", "Values": [{"Key": "n"}, {"KeyPath": "m"}]}, True),
        ({"Condition": "Equals", "Values": [{"Key": "absent"}, {"Key": "n"}]}, False),
        ({"Condition": "AlwaysTrue"}, True),
        ({"Condition": "AlwaysFalse"}, False),
        (True, True),
    ],
)
def test_a_match_expression_holds_or_not(node: Any, holds: bool) -> None:
    assert rule_of(node)(PantherEvent(EVENT)) is holds


def test_a_list_is_all_and_combinators_say_otherwise() -> None:
    yes, no = {"Condition": "AlwaysTrue"}, {"Condition": "AlwaysFalse"}
    for nodes, holds in (
        ([yes, yes], True),
        ([yes, no], False),
        ([], True),
        ([{"Any": [no, yes]}], True),
        ([{"All": [no, yes]}], False),
        ([{"OnlyOne": [yes, no]}], True),
        ([{"OnlyOne": [yes, yes]}], False),
        ([{"None": [no, no]}], True),
        ([{"None": [{"All": [yes, {"Any": [no, yes]}]}]}], False),
    ):
        assert rule_of(*nodes)(PantherEvent({})) is holds, nodes


def test_list_comprehensions_judge_how_many_elements_match() -> None:
    first = [where("v", "Equals", 1), where("t", "Equals", "a")]
    both, none = [where("t", "Equals", "a")], [where("v", "Equals", 9)]
    for condition, matching in (
        ("AnyElement", [first, both]),
        ("AllElements", [both]),
        ("OnlyOneElement", [first]),
        ("NoElement", [none]),
    ):
        for expressions in (first, both, none):
            holds = rule_of(where("rows", condition, Expressions=expressions))(PantherEvent(EVENT))
            assert holds is (expressions in matching), (condition, expressions)


def test_an_element_that_is_no_object_is_compared_itself_and_an_absent_list_is_empty() -> None:
    equals_bo = [{"Condition": "Equals", "Value": "bo"}]

    assert rule_of(where("names", "AnyElement", Expressions=equals_bo))(PantherEvent(EVENT))
    assert not rule_of(where("absent", "AnyElement", Expressions=equals_bo))(PantherEvent(EVENT))
    assert rule_of(where("absent", "NoElement", Expressions=equals_bo))(PantherEvent(EVENT))
    nested = [where("c", "AnyElement", Expressions=[where("d", "Equals", 1)])]
    assert rule_of(where("a", "AnyElement", Expressions=nested))(PantherEvent({"a": [{"c": [{"d": 2}]}, {"c": [{"d": 1}]}]}))


def test_an_enrichment_holds_when_one_of_its_rows_does() -> None:
    def enriched(selector: str, field_path: str, condition: str, value: Any) -> bool:
        enrichment = {"Table": "hosts", "Selector": selector, "FieldPath": field_path}
        return bool(rule_of({"Enrichment": enrichment, "Condition": condition, "Value": value})(PantherEvent(EVENT)))

    assert enriched("ip", "owner.team", "Equals", "red")
    assert enriched("p_any_ip_addresses", "risk", "IsGreaterThan", 8)
    assert not enriched("p_any_ip_addresses", "risk", "DoesNotEqual", 9)
    assert not enriched("absent", "risk", "Equals", 9)


RULE: dict[str, Any] = {
    "Filename": None,
    "Detection": [where("n", "IsGreaterThan", 2)],
    "AlertTitle": "{user.name} did {n} of {what} {}",
    "AlertContext": [{"KeyName": "who", "KeyValue": {"KeyPath": "user.name"}}, {"KeyName": "gone", "KeyValue": {"Key": "gone"}}],
    "GroupBy": [{"KeyPath": "user.name"}, {"Key": "n"}],
    "DynamicSeverities": [
        {"ChangeTo": "Low", "Conditions": [where("n", "Equals", 3)]},
        {"ChangeTo": "CRITICAL", "Conditions": [where("n", "IsGreaterThan", 8), where("n", "IsLessThan", 10)]},
    ],
}


def test_signals_have_the_title_context_dedup_and_severity_that_the_yaml_describes(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", "", **RULE, Severity="Medium")
    events = ['{"n": 3, "user": {"name": "amy"}, "what": ["x"]}', '{"n": 9}', '{"n": 4}', '{"n": 1}']

    result = evaluate(rows_of(events), rules=loaded(tmp_path), log_type="Test.Type")

    assert result.errors.num_rows == 0
    signals = result.signals.select(["title", "dedup", "severity", "alert_context"]).to_pylist()
    assert [(row["title"], row["dedup"], row["severity"]) for row in signals] == [
        ('amy did 3 of ["x"] {}', '["amy", "3"]', "LOW"),
        (" did 9 of  {}", '["", "9"]', "CRITICAL"),
        (" did 4 of  {}", '["", "4"]', "MEDIUM"),
    ]
    assert json.loads(signals[0]["alert_context"]) == {"who": "amy", "gone": None}


def test_its_tests_run_and_show_its_functions(tmp_path: Path) -> None:
    tests = [{"Name": "t", "ExpectedResult": True, "Log": {"n": 3}}, {"Name": "f", "ExpectedResult": False, "Log": {"n": "x"}}]
    write_rule(tmp_path, "Test.Rule", "", **RULE, Tests=tests)

    (report,) = run_tests(loaded(tmp_path))

    assert report.is_passed
    assert [output.name for output in report.results[0].functions] == ["rule", "title", "dedup", "alert_context", "severity"]


def test_its_version_changes_with_the_expressions_and_not_with_tests(tmp_path: Path) -> None:
    versions = []
    for changed in ({}, {"Tests": []}, {"Detection": [where("n", "IsGreaterThan", 3)]}):
        write_rule(tmp_path, "Test.Rule", "", **{**RULE, **changed})
        versions.append(loaded(tmp_path).rules[0].version)

    assert (versions[0] == versions[1], versions[0] == versions[2]) == (True, False)


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"Detection": [where("n", "Equal", 3)]}, ":10: unknown Condition 'Equal'; did you mean 'Equals'?"),
        ({"Detection": [{"KeyPath": "n"}]}, ":9: a match expression needs a Condition"),
        ({"Detection": [{"Condition": "Equals", "Value": 1}]}, ":9: needs one of Key, DeepKey, KeyPath, Enrichment"),
        ({"Detection": [where("n", "Equals", 1, Key="m")]}, ":9: needs one of Key, DeepKey, KeyPath, Enrichment, has Key and KeyPath"),
        ({"Detection": [where("n", "Equals")]}, ":9: Equals needs a Value or Values"),
        ({"Detection": [where("n", "IsIn", 3)]}, ":9: IsIn needs Values, a list"),
        ({"Detection": [where("n[", "Exists")]}, ":9: 'n[' is no path"),
        ({"Detection": [where("n", "IsIPAddressInCIDR", "192.0.2.0/99")]}, ":11: no network: "),
        ({"Detection": [where("n", "AnyElement")]}, ":9: AnyElement needs Expressions"),
        ({"Detection": [{"All": [True], "Any": [True]}]}, ":9: All stands alone: move Any out"),
        ({"Detection": [{"Any": {"Key": "n"}}]}, ":9: Any must be a list"),
        ({"Detection": ["n"]}, ":9: a match expression must be a mapping, not 'n'"),
        ({"Detection": [{"Condition": "Equals", "Values": [{"Key": "n"}]}]}, ":10: to compare two fields, Values must be two keys"),
        (
            {"Detection": [{"Enrichment": {"Table": "t"}, "Condition": "IsNull"}]},
            ":9: Enrichment needs a Table, a Selector and a FieldPath",
        ),
        ({"Detection": [True], "AlertTitle": "{a[}"}, ":10: 'a[' is no path"),
        ({"Detection": [True], "GroupBy": [{"KeyPath": 1}]}, ":11: KeyPath must be text, not 1"),
        ({"Detection": [True], "AlertContext": [{"KeyName": "a"}]}, ":11: each of AlertContext needs a KeyName and a KeyValue"),
        ({"Detection": [True], "DynamicSeverities": [{"ChangeTo": "Hgh", "Conditions": []}]}, ":11: unknown severity 'Hgh'"),
    ],
)
def test_a_bad_expression_is_an_error_at_its_line(tmp_path: Path, metadata: dict[str, Any], error: str) -> None:
    file = write_rule(tmp_path, "Test.Rule", "", Filename=None, **metadata)
    write_rule(tmp_path, "Test.Good", "def rule(event): return True")

    rules = load_rules([tmp_path])

    assert str(rules.errors[0]).startswith(f"{file}{error}")
    assert ([rule.rule_id for rule in rules.rules], rules.failed_ids) == (["Test.Good"], ("Test.Rule",))


def test_a_field_that_the_log_type_does_not_declare_is_a_warning_at_its_line(tmp_path: Path) -> None:
    class Field:
        name = "eventName"

    class LogType:
        fields = (Field,)

    class Registry:
        by_name = {"Test.Type": LogType}  # noqa: RUF012

    nodes = [
        where("EVENTNAME", "Exists"),
        where("rows", "AnyElement", Expressions=[where("evntName", "Exists")]),
        where("evntName.x", "IsNull"),
    ]
    file = write_rule(tmp_path, "Test.Rule", "", Filename=None, Detection=nodes)

    warnings = [str(warning) for warning in load_rules([file], registry=Registry()).warnings]

    assert warnings == [
        f"{file}:11: no field 'rows' in Test.Type",
        f"{file}:16: no field 'evntName' in Test.Type; did you mean 'eventName'?",
    ]
