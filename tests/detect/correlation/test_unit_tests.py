"""Running the tests of a correlation rule's YAML."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from detect.correlation.rules_in_yaml import ABSENCE, GROUP, SEQUENCE, build

from panther_dagster.detect.correlation.loading import load_correlation_rules
from panther_dagster.detect.correlation.unit_tests import CorrelationTestResult, run_correlation_test, run_correlation_tests


def outputs(**times_by_element: Any) -> list[dict[str, Any]]:
    """RuleOutputs: for each element times of signals on ann, or the whole Matches."""
    paths = {"Login": "user", "Key": "p_alert_context.owner", "Change": "repo", "Ticket": "repo", "Failed": "user"}
    return [
        {"ID": element, "Matches": times if isinstance(times, dict) else {paths[element]: {"ann": times}}}
        for element, times in times_by_element.items()
    ]


def result(folder: Path, detection: str, rule_outputs: Any, expected: Any = True, **more: Any) -> CorrelationTestResult:
    """Result of one test."""
    test = {"Name": "t", "ExpectedResult": expected, "RuleOutputs": rule_outputs, **more}
    return run_correlation_test(build(folder, detection), test)


def test_minutes_and_rfc_3339_are_times(tmp_path: Path) -> None:
    assert result(tmp_path, GROUP, outputs(Login=[0], Key=[60])).is_passed
    assert result(tmp_path, GROUP, outputs(Login=[0], Key=[61]), expected=False).is_passed
    written = outputs(Login=["2024-05-01T10:00:00Z"], Key=["2024-05-01T12:30:00+02:00"])
    assert result(tmp_path, GROUP, written).is_passed


def test_a_failed_test_says_what_was_found(tmp_path: Path) -> None:
    found = result(tmp_path, GROUP, outputs(Login=[0], Key=[5]), expected=False)
    missed = result(tmp_path, GROUP, outputs(Login=[0]))

    assert (found.is_passed, found.is_triggered, found.error) == (False, True, "the rule found a match on ann, expected none")
    assert (missed.is_passed, missed.is_triggered, missed.error) == (False, False, "the rule found no match, expected a match")


def test_the_same_time_twice_is_two_signals_and_two_values_are_one(tmp_path: Path) -> None:
    sequence = SEQUENCE.replace("- From: user\n            To: owner", "- On: user")
    key = {"user": {"ann": [9]}}
    assert result(tmp_path, sequence, outputs(Failed=[0, 0], Login=[5], Key=key)).is_passed
    two_values = {"user": {"ann": [0], "bob": [0]}}
    assert not result(tmp_path, sequence, outputs(Failed=two_values, Login=[5], Key=key)).is_triggered


def test_an_absence_is_judged_at_the_latest_signal(tmp_path: Path) -> None:
    assert result(tmp_path, ABSENCE, outputs(Change=[0])).is_passed
    assert result(tmp_path, ABSENCE, outputs(Change=[0], Ticket=[60]), expected=False).is_passed
    assert not result(tmp_path, ABSENCE, outputs(Change=[0], Ticket=[61])).is_triggered


@pytest.mark.parametrize(
    ("rule_outputs", "text"),
    [
        (outputs(Login={"usr": {"ann": [0]}}), "Login does not read 'usr'; did you mean 'user'?"),
        ([{"ID": "Logon", "Matches": {}}], "there is no element 'Logon'; did you mean 'Login'?"),
        ([{"ID": "Login", "Match": {}}], "unknown key 'Match'; did you mean 'Matches'?"),
        (outputs(Login=["yesterday"]), "'yesterday' is no time"),
        (outputs(Login={"user": ["ann"]}), "user of Login must be a mapping of value to times"),
        (outputs(Login={"user": {"": [0]}}), "'' is no value to match on"),
        ({"Login": [0]}, "RuleOutputs must be a list of ID and Matches"),
    ],
)
def test_a_test_that_cannot_run_fails_with_the_reason(tmp_path: Path, rule_outputs: Any, text: str) -> None:
    for expected in (True, False):
        found = result(tmp_path, GROUP, rule_outputs, expected)
        assert not found.is_passed
        assert text in str(found.error)


def test_a_test_without_verdict_or_with_unknown_keys_fails(tmp_path: Path) -> None:
    rule = build(tmp_path, GROUP)

    assert run_correlation_test(rule, {"Name": "t", "RuleOutputs": []}).error == "the test has no ExpectedResult"
    assert "did you mean 'RuleOutputs'?" in str(result(tmp_path, GROUP, [], RuleOutput=[]).error)
    assert "must be true or false" in str(result(tmp_path, GROUP, [], "yes").error)
    assert "must be a mapping" in str(run_correlation_test(rule, 5).error)


def test_tests_run_in_order_and_can_be_chosen_by_name(tmp_path: Path) -> None:
    tests = "Tests:\n" + "".join(f"  - {{Name: {name}, ExpectedResult: false, RuleOutputs: []}}\n" for name in ("one", "two"))
    rule = build(tmp_path, GROUP, tail=tests)

    assert [found.name for found in run_correlation_tests(rule)] == ["one", "two"]
    assert [found.name for found in run_correlation_tests(rule, test_names=["two"])] == ["two"]
    assert all(found.is_passed for found in run_correlation_tests(rule))


def test_every_correlation_test_of_panther_analysis_passes() -> None:
    checkout = os.environ.get("PANTHER_ANALYSIS")
    if not checkout:
        pytest.skip("no yardstick: PANTHER_ANALYSIS does not name a checkout of panther-analysis")
    loaded = load_correlation_rules([Path(checkout)])
    results = [found for rule in loaded.rules for found in run_correlation_tests(rule)]

    assert loaded.errors == ()
    assert [(found.rule_id, found.name, found.error) for found in results if not found.is_passed] == []
    assert (len(loaded.rules), len(results)) == (31, 91)
