"""Running the tests of a rule's YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from detect.packs import loaded, write_data_model, write_policy, write_rule

from panther_dagster.detect.selection import parse_filters
from panther_dagster.detect.unit_tests import TestResult, run_tests
from panther_dagster.errors import RuleError

CODE = """
import json
from unittest.mock import MagicMock
LIMITS = {"n": 3}
def limit():
    return LIMITS["n"]
def rule(event):
    global LIMITS
    if isinstance(LIMITS, MagicMock):
        LIMITS = json.loads(LIMITS())
    print("seen", event["n"])
    return event["n"] > limit()
def title(event):
    return "n " + event["name"]
def severity(event):
    return "LOW"
def destinations(event):
    return ["Slack"]
"""


def a_test(expected: Any, log: Any, **more: Any) -> dict[str, Any]:
    """A test as in YAML."""
    return {"Name": "t", "ExpectedResult": expected, "Log": log, **more}


def result_of(root: Path, test: Any, code: str = CODE, metadata: Mapping[str, Any] | None = None, **options: Any) -> TestResult:
    """Result of the only test of the only rule."""
    write_rule(root, "Test.Rule", code, Tests=[test], **(metadata or {}))
    ((result,),) = (report.results for report in run_tests(loaded(root), **options))
    return result


def test_an_expected_alert_shows_every_function(tmp_path: Path) -> None:
    result = result_of(tmp_path, a_test(True, {"n": 4, "name": "x"}))

    assert (result.is_passed, result.is_triggered, result.printed) == (True, True, "seen 4\n")
    assert [(f.name, f.output, f.error) for f in result.functions] == [
        ("rule", "True", None),
        ("title", "n x", None),
        ("severity", "LOW", None),
        ("destinations", None, None),
    ]


def test_another_verdict_fails_either_way(tmp_path: Path) -> None:
    assert result_of(tmp_path, a_test(False, {"n": 4, "name": "x"})).error == "rule returned True, expected False"
    assert result_of(tmp_path, a_test(True, {"n": 1, "name": "x"})).error == "rule returned False, expected True"


def test_a_failing_function_counts_only_where_an_alert_is_expected(tmp_path: Path) -> None:
    failed = result_of(tmp_path, a_test(True, {"n": 4}))

    assert (failed.is_passed, failed.error) == (False, "title: KeyError('name')")
    assert result_of(tmp_path, a_test(False, {"n": 1})).is_passed


def test_a_rule_that_raises_fails_either_way(tmp_path: Path) -> None:
    for expected in (True, False):
        result = result_of(tmp_path, a_test(expected, {}))
        assert (result.is_passed, result.error) == (False, "KeyError('n')")


def test_mocks_replace_functions_and_constants_for_one_test(tmp_path: Path) -> None:
    mocked = [{"objectName": "limit", "returnValue": 1}, {"objectName": "limit", "returnValue": 9}]
    assert result_of(tmp_path, a_test(False, {"n": 5}, Mocks=mocked)).is_passed
    constant = a_test(True, {"n": 2, "name": "x"}, Mocks=[{"objectName": "LIMITS", "returnValue": '{"n": 1}'}])
    write_rule(tmp_path, "Test.Rule", CODE, Tests=[constant, a_test(False, {"n": 2})])

    (report,) = run_tests(loaded(tmp_path))

    assert [result.is_passed for result in report.results] == [True, True]


def test_a_mock_of_nothing_fails_the_test(tmp_path: Path) -> None:
    result = result_of(tmp_path, a_test(False, {"n": 1}, Mocks=[{"objectName": "absent", "returnValue": 1}]))

    assert not result.is_passed
    assert "does not have the attribute 'absent'" in (result.error or "")


def test_destinations_are_checked_when_some_are_given(tmp_path: Path) -> None:
    test = a_test(True, {"n": 4, "name": "x"}, ExpectedDestinations=["id-1"])

    assert result_of(tmp_path, test, destinations={"Slack": "id-1"}).is_passed
    assert not result_of(tmp_path, test, destinations={"Pager": "id-1"}).is_passed


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ({"Name": "t"}, "the test has no ExpectedResult, Log"),
        ({"Name": "t", "ExpectedResult": "yes", "Log": {}}, "ExpectedResult must be true or false, not 'yes'"),
        ({"Name": "t", "ExpectedResult": True, "Log": []}, "Log must be an object"),
        ("t", "a test must be a mapping of Name, ExpectedResult and Log"),
    ],
)
def test_a_malformed_test_fails_with_the_reason(tmp_path: Path, test: Any, error: str) -> None:
    result = result_of(tmp_path, test)

    assert (result.is_passed, result.error) == (False, error)


def test_the_data_model_is_that_of_the_events_own_log_type(tmp_path: Path) -> None:
    write_data_model(tmp_path, "Test.Model", "Test.Type", "[{Name: source_ip, Path: ip}]")
    code = "def rule(event):\n    return event.udm('source_ip') == '192.0.2.1'\n"

    assert result_of(tmp_path, a_test(True, {"ip": "192.0.2.1", "p_log_type": "Test.Type"}), code).is_passed
    assert result_of(tmp_path, a_test(False, {"ip": "192.0.2.1"}), code).is_passed


def test_a_policy_gets_a_plain_dict_and_alerts_when_it_is_false(tmp_path: Path) -> None:
    code = """
def policy(resource):
    assert type(resource) is dict and type(resource["Rules"]) is list
    resource["Seen"] = True
    return not resource["Rules"]
def title(resource):
    return "open to " + resource["Rules"][0]
"""
    tests = [
        {"Name": "open", "ExpectedResult": False, "Resource": {"Rules": ["192.0.2.0/24"]}},
        {"Name": "closed", "ExpectedResult": True, "Resource": {"Rules": []}},
        {"Name": "title fails", "ExpectedResult": False, "Resource": {"Rules": [1]}},
        {"Name": "wrong", "ExpectedResult": True, "Resource": {"Rules": ["x"]}},
        {"Name": "an event", "ExpectedResult": True, "Log": {}},
    ]
    write_policy(tmp_path, "Test.Policy", code, Tests=tests)

    (report,) = run_tests(loaded(tmp_path))

    assert [(result.name, result.is_passed, result.is_triggered, result.error) for result in report.results] == [
        ("open", True, True, None),
        ("closed", True, False, None),
        ("title fails", False, True, "title: TypeError('can only concatenate str (not \"int\") to str')"),
        ("wrong", False, True, "policy returned False, expected True"),
        ("an event", False, False, "the test has no Resource"),
    ]
    assert [(output.name, output.output) for output in report.results[0].functions] == [
        ("policy", "False"),
        ("title", "open to 192.0.2.0/24"),
    ]
    assert [output.name for output in report.results[1].functions] == ["policy"]


def test_a_scheduled_rule_never_has_a_data_model(tmp_path: Path) -> None:
    write_data_model(tmp_path, "Test.Model", "Test.Type", "[{Name: source_ip, Path: ip}]")
    code = "def rule(event):\n    return event.udm('source_ip') is None\n"
    scheduled = {"AnalysisType": "scheduled_rule", "LogTypes": None, "ScheduledQueries": ["Q"]}

    assert result_of(tmp_path, a_test(True, {"ip": "192.0.2.1", "p_log_type": "Test.Type"}), code, metadata=scheduled).is_passed


def test_a_test_never_changes_the_log_that_another_run_sees(tmp_path: Path) -> None:
    write_rule(
        tmp_path,
        "Test.Rule",
        "def rule(event):\n    event.raw_view()['seen'] = True\n    return 'Seen' in event\n",
        Tests=[a_test(True, {})],
    )
    rules = loaded(tmp_path)

    list(run_tests(rules))

    assert rules.rules[0].tests[0]["Log"] == {}


def test_filters_choose_rules_without_regard_to_case(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", CODE, Tags=["Cloud"], Severity="High")
    write_rule(tmp_path, "Test.B", CODE, Tags=["Host"], Severity="Low", Enabled=False)

    def chosen(*texts: str, **options: Any) -> list[str]:
        return [report.rule.rule_id for report in run_tests(loaded(tmp_path), filters=parse_filters(texts), **options)]

    assert chosen() == ["Test.A", "Test.B"]
    assert chosen("Severity=high,critical") == ["Test.A"]
    assert chosen("severity!=high") == ["Test.B"]
    assert chosen("Tags=cloud,host", "Enabled=false") == ["Test.B"]
    assert chosen("LogTypes=Test.Type", skip_disabled=True) == ["Test.A"]
    with pytest.raises(RuleError, match="no rule has a key 'Sevrity'; did you mean 'Severity'"):
        chosen("Sevrity=High")
    with pytest.raises(RuleError, match="'High' is no filter"):
        chosen("High")


def test_a_minimum_of_tests_asks_for_both_verdicts(tmp_path: Path) -> None:
    test = a_test(False, {"n": 1})
    for tests, minimum, shortfall in (
        ([test], 1, None),
        ([test], 2, "has 1 of 2 tests"),
        ([test, test], 2, "needs a test that expects an alert and one that expects none"),
        ([test, a_test(True, {"n": 4, "name": "x"})], 2, None),
    ):
        write_rule(tmp_path, "Test.Rule", CODE, Tests=tests)
        (report,) = run_tests(loaded(tmp_path), minimum_tests=minimum)
        assert (report.shortfall, report.is_passed) == (shortfall, shortfall is None)
