"""panther test over a small pack."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

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
        "\tBy kind:",
        "\t\trule: 1 (1 passed, 0 failed, 0 skipped, 0 invalid); 2 tests",
    ]


def test_a_failed_test_is_exit_code_1(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Bad", expected="true")

    result = panther("test", "--path", str(pack), "--show-failures-only", exit_code=1)

    assert "Okta.Good" not in result.stdout
    assert "\t[FAIL] Ended\n\t\t[FAIL] [rule] False" in result.stdout
    assert f"\t\tat {pack}/okta_rules/Okta.Bad.yml:12\n" in result.stdout
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


def test_filters_may_follow_one_another_and_names_of_tests_choose(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Low", severity="Low")

    out = panther("test", "--path", str(pack), "--filter", "Severity=High", "Enabled=true", "--test-names", "Ended").stdout

    assert out.splitlines()[:3] == ["Okta.Good", "\t[PASS] Ended", "\t\t[PASS] [rule] False"]
    assert "Okta.Low" not in out


def test_sorted_results_have_the_failures_last(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Bad", expected="true")

    def order(*options: str) -> list[str]:
        out = panther("test", "--path", str(pack), *options, exit_code=1).stdout
        return [line for line in out.splitlines() if line.startswith("Okta.")]

    assert order() == ["Okta.Bad", "Okta.Good"]
    assert order("--sort-test-results") == ["Okta.Good", "Okta.Bad"]


def test_a_pack_that_lists_an_unknown_id_is_exit_code_1_with_its_place(panther, pack: Path) -> None:
    (pack / "packs").mkdir()
    (pack / "packs" / "okta.yml").write_text("AnalysisType: pack\nPackID: Okta\nPackDefinition:\n  IDs: [Okta.God]\n")

    result = panther("test", "--path", str(pack), exit_code=1)

    assert "packs/okta.yml:4: no item has the id 'Okta.God'; did you mean 'Okta.Good'?" in result.stderr
    assert "\t\tpack: 1" in result.stdout


def test_results_as_junit_have_a_suite_per_rule_and_a_case_per_test(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Bad", expected="true", body=BODY + "\n\ndef alert_context(event):\n    raise ValueError('\\x00 <&')\n")
    write_rule(pack, "Okta.Broken", body="def rule(event)\n")

    result = panther("test", "--path", str(pack), "--format", "junit", exit_code=1)

    suites = ElementTree.fromstring(result.stdout).findall("testsuite")
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) for suite in suites] == [
        ("Okta.Bad", "2", "2", "0"),
        ("Okta.Good", "2", "0", "0"),
        ("pack/okta_rules/Okta.Broken.py", "1", "0", "1"),
    ]
    started, ended = suites[0].findall("testcase")
    assert (started.get("classname"), started.get("name"), started.get("file")) == ("Okta.Bad", "Started", "pack/okta_rules/Okta.Bad.yml")
    failure, wrong = started.find("failure"), ended.find("failure")
    assert failure is not None
    assert wrong is not None
    assert failure.get("message") == "alert_context: ValueError('\\x00 <&')"
    assert (failure.text or "").splitlines()[0] == "pack/okta_rules/Okta.Bad.yml:9: alert_context: ValueError('\\x00 <&')"
    assert (ended.get("line"), wrong.get("message")) == ("12", "rule returned False, expected True")
    error = suites[2].find("testcase/error")
    assert error is not None
    assert error.get("message") == "no Python: expected ':'"


def test_coverage_is_a_part_of_the_table_and_of_json(panther, pack: Path) -> None:
    rule = pack / "okta_rules" / "Okta.Good.yml"
    rule.write_text(rule.read_text() + "Reports:\n  MITRE ATT&CK: [TA0001:T1078]\n")

    document = json.loads(panther("test", "--path", str(pack), "--format", "json", "--coverage").stdout)
    table = panther("test", "--path", str(pack), "--coverage").stdout

    assert [row["is_passed"] for row in document["results"]] == [True, True]
    assert document["summary"] == [{"kind": "rule", "items": 1, "passed": 1, "failed": 0, "skipped": 0, "invalid": 0, "tests": 2}]
    assert document["coverage"] == {
        "log_types": [{"name": "Okta.SystemLog", "detections": 1, "enabled": 1}],
        "resource_types": [],
        "techniques": [{"tactic_id": "TA0001", "tactic": "Initial Access", "technique_id": "T1078", "detections": 1, "enabled": 1}],
        "unmapped": 0,
    }
    assert "Initial Access" in table
    panther("test", "--path", str(pack), "--format", "junit", "--coverage", exit_code=2)


def test_overlays_of_the_settings_count_for_their_paths_and_others_by_option(panther, pack: Path) -> None:
    folder = pack.parent / "tuning"
    folder.mkdir()
    (folder / "good.yml").write_text("RuleID: Okta.Good\nInlineFilters: [{Key: eventType, Condition: Equals, Value: none}]\n")
    Path("panther.yaml").write_text(f"rules:\n  paths: [{pack}]\n  overlays: [{folder}]\n")  # in the test's own folder

    assert "\tFailed: 1" in panther("test", exit_code=1).stdout
    assert "\tPassed: 1" in panther("test", "--path", str(pack)).stdout
    assert "\tFailed: 1" in panther("test", "--path", str(pack), "--overlay", str(folder), exit_code=1).stdout


def test_nothing_to_test_is_exit_code_1(panther, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "matches Severity=Low" in panther("test", "--path", str(pack), "--filter", "Severity=Low", exit_code=1).stderr
    assert "empty is an item" in panther("test", "--path", "empty", exit_code=1).stderr


def test_a_folder_that_is_not_there_is_a_wrong_call(panther) -> None:
    panther("test", "--path", "nowhere", exit_code=2)
