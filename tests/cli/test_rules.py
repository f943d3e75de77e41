"""panther test over a small pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

RULE = """
AnalysisType: rule
RuleID: {rule_id}
Filename: {rule_id}.py
Enabled: {enabled}
LogTypes: [Okta.SystemLog]
Severity: {severity}
Tests:
  - Name: Started
    ExpectedResult: true
    Log: {{eventType: user.session.start}}
  - Name: Ended
    ExpectedResult: {expected}
    Log: {{eventType: user.session.end}}
"""
BODY = """
def rule(event):
    return event.get("eventType") == "user.session.start"


def title(event):
    return "Started \\x1b[31m"
"""


def write_rule(
    pack: Path, rule_id: str, *, expected: str = "false", severity: str = "High", enabled: str = "true", body: str = BODY
) -> None:
    folder = pack / "okta_rules"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{rule_id}.yml").write_text(RULE.format(rule_id=rule_id, expected=expected, severity=severity, enabled=enabled))
    (folder / f"{rule_id}.py").write_text(body)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    write_rule(tmp_path / "pack", "Okta.Good")
    return tmp_path / "pack"


def test_output_has_rule_test_and_functions_then_a_summary(panther, pack: Path) -> None:
    out = panther("test", "--path", str(pack)).stdout

    assert out.splitlines() == [
        "Okta.Good",
        "\t[PASS] Started",
        "\t\t[PASS] [rule] True",
        "\t\t[PASS] [title] Started \\x1b[31m",
        "\t[PASS] Ended",
        "\t\t[PASS] [rule] False",
        "",
        "Test Summary",
        f"\tPath: {pack}",
        "\tPassed: 1",
        "\tSkipped: 0",
        "\tFailed: 0",
        "\tInvalid: 0",
    ]


def test_a_failed_test_is_exit_code_1(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Bad", expected="true")

    result = panther("test", "--path", str(pack), "--show-failures-only", exit_code=1)

    assert "Okta.Good" not in result.stdout
    assert "\t[FAIL] Ended\n\t\t[FAIL] [rule] False" in result.stdout
    assert "\tPassed: 1\n\tSkipped: 0\n\tFailed: 1\n\tInvalid: 0" in result.stdout


def test_a_rule_that_cannot_be_loaded_is_exit_code_1_with_its_place(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Broken", body="def rule(event)\n    return True\n")

    result = panther("test", "--path", str(pack), exit_code=1)

    assert "Okta.Broken.py:1" in result.stderr
    assert "\tInvalid: 1" in result.stdout


def test_filters_choose_rules(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Low", severity="Low", expected="true")

    assert "Okta.Low" not in panther("test", "--path", str(pack), "--filter", "Severity=High,Critical").stdout
    assert "Okta.Good" not in panther("test", "--path", str(pack), "--filter", "Severity!=High", exit_code=1).stdout


def test_disabled_rules_are_tested_unless_skipped(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Off", expected="true", enabled="false")

    panther("test", "--path", str(pack), exit_code=1)
    assert "\tPassed: 1\n\tSkipped: 1\n" in panther("test", "--path", str(pack), "--skip-disabled-tests").stdout


def test_too_few_tests_fail(panther, pack: Path) -> None:
    panther("test", "--path", str(pack), "--minimum-tests", "2")
    assert "has 2 of 3 tests" in panther("test", "--path", str(pack), "--minimum-tests", "3", exit_code=1).stdout


def test_results_as_json(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Bad", expected="true")

    results = json.loads(panther("test", "--path", str(pack), "--format", "json", exit_code=1).stdout)

    assert [(row["rule_id"], row["name"], row["is_passed"]) for row in results] == [
        ("Okta.Bad", "Started", True),
        ("Okta.Bad", "Ended", False),
        ("Okta.Good", "Started", True),
        ("Okta.Good", "Ended", True),
    ]


def test_a_folder_that_is_not_there_is_a_wrong_call(panther) -> None:
    panther("test", "--path", "nowhere", exit_code=2)
