"""Changes to a pack's detections that stay outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect.packs import rows_of, write_policy, write_rule

from panther_dagster.detect.overlays import read_overlays
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.runner import evaluate
from panther_dagster.detect.unit_test_run import TestOptions, run_pack_tests

CODE = "def rule(event):\n    return True\n"
TEST = "{Name: more, ExpectedResult: false, Log: {user: scanner}}"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A rule and a policy."""
    write_rule(tmp_path / "pack", "Test.Rule", CODE, Tests=[{"Name": "own", "ExpectedResult": True, "Log": {"user": "amy"}}])
    write_policy(tmp_path / "pack", "Test.Policy", "def policy(resource):\n    return True\n")
    return tmp_path / "pack"


def overlay(pack: Path, text: str, name: str = "a") -> Path:
    """An overlay; returns the folder."""
    folder = pack.parent / "tuning"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(text)
    return folder


def problems(rules: RuleSet, folder: Path) -> list[str]:
    """Errors, with paths as seen from the overlays."""
    return [str(error).replace(f"{folder}/", "") for error in rules.errors]


def test_an_overlay_replaces_values_and_the_version_covers_it(pack: Path) -> None:
    plain = load_rules([pack])
    folder = overlay(pack, "RuleID: Test.Rule\nEnabled: false\nSeverity: Low\nDedupPeriodMinutes: 15\nThreshold: 7\n")
    overlay(pack, "PolicyID: Test.Policy\nSeverity: Critical\n", "b")

    tuned = load_rules([pack], overlays=[folder])

    assert tuned.errors == ()
    (rule,) = tuned.rules
    assert (rule.is_enabled, rule.severity, rule.dedup_period_minutes, rule.threshold) == (False, "LOW", 15, 7)
    assert tuned.policies[0].severity == "CRITICAL"
    assert rule.version != plain.rules[0].version
    assert plain.rules[0].severity == "HIGH"


def test_inline_filters_of_an_overlay_keep_events_from_the_rule(pack: Path) -> None:
    folder = overlay(pack, "RuleID: Test.Rule\nInlineFilters:\n  - {Key: user, Condition: DoesNotEqual, Value: scanner}\n")

    result = evaluate(
        rows_of(['{"user": "amy"}', '{"user": "scanner"}']), rules=load_rules([pack], overlays=[folder]), log_type="Test.Type"
    )

    assert result.signals.column("p_row_id").to_pylist() == ["r0"]


def test_tests_of_an_overlay_are_added_and_fail_at_its_lines(pack: Path) -> None:
    folder = overlay(pack, f"RuleID: Test.Rule\nTests:\n  - {TEST}\n")

    (report, _) = (run := run_pack_tests([pack], TestOptions(), overlays=read_overlays([folder]))).reports[::-1]

    assert [(result.name, result.is_passed, str(result.place or "")) for result in report.results] == [
        ("own", True, ""),
        ("more", False, f"{folder}/a.yml:3"),
    ]
    assert run.errors == ()
    overlay(pack, f"RuleID: Test.Rule\nInlineFilters: [{{Key: user, Condition: Equals, Value: amy}}]\nTests:\n  - {TEST}\n")
    assert run_pack_tests([pack], TestOptions(), overlays=read_overlays([folder])).is_passed


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("RuleID: Test.Rul\nEnabled: true\n", "a.yml:1: no rule or policy has the id 'Test.Rul'; did you mean 'Test.Rule'?"),
        ("PolicyID: Test.Rule\nEnabled: true\n", "a.yml:1: 'Test.Rule' is a rule: write RuleID"),
        ("PolicyID: Test.Policy\nThreshold: 3\n", "a.yml:2: Threshold has no effect on a policy"),
        ("RuleID: Test.Rule\nSeverty: Low\n", "a.yml:2: an overlay cannot change Severty; did you mean 'Severity'?"),
        ("RuleID: Test.Rule\nLogTypes: [A]\n", "a.yml:2: an overlay cannot change LogTypes; it can: Enabled, Severity"),
        ("RuleID: Test.Rule\nSeverity: Hgh\n", "a.yml:2: unknown severity 'Hgh'"),
        ("RuleID: Test.Rule\nThreshold: x\n", "a.yml:2: Threshold must be a whole number, not 'x'"),
        ("RuleID: Test.Rule\nEnabled:\n", "a.yml:2: Enabled says nothing"),
        ("RuleID: Test.Rule\nInlineFilters: [{Key: a, Condition: Is}]\n", "a.yml:2: unknown Condition 'Is'"),
        ("Enabled: true\n", "a.yml:1: an overlay is a mapping with one RuleID or PolicyID"),
        ("- a\n", "a.yml:1: an overlay is a mapping with one RuleID or PolicyID"),
        ("RuleID: [\n", "a.yml:2: no YAML"),
    ],
)
def test_a_bad_overlay_is_told_at_its_line_and_changes_nothing(pack: Path, text: str, error: str) -> None:
    folder = overlay(pack, text)

    rules = load_rules([pack], overlays=[folder])
    run = run_pack_tests([pack], TestOptions(), overlays=read_overlays([folder]))

    assert [found.startswith(error) for found in problems(rules, folder)] == [True], problems(rules, folder)
    assert [str(found) for found in run.errors] == [str(found) for found in rules.errors]
    assert [(found.rule_id, found.is_enabled, found.severity) for found in rules.detections] == [
        ("Test.Policy", True, "HIGH"),
        ("Test.Rule", True, "HIGH"),
    ]
    assert len(run.reports) == 2


def test_a_second_overlay_for_an_id_is_an_error_and_so_is_a_folder_that_is_not_there(pack: Path) -> None:
    folder = overlay(pack, "RuleID: Test.Rule\nSeverity: Low\n")
    overlay(pack, "RuleID: Test.Rule\nSeverity: Critical\n", "b")

    rules = load_rules([pack], overlays=[folder, pack / "absent"])

    assert problems(rules, folder) == [
        "b.yml:1: 'Test.Rule' has an overlay already: a.yml",
        f"{pack}/absent: no such folder of overlays",
    ]
    assert rules.rules[0].severity == "LOW"


def test_an_overlay_for_a_part_of_the_pack_that_is_not_loaded_is_none(pack: Path) -> None:
    (pack / "global_helpers").mkdir()
    folder = overlay(pack, "RuleID: Test.Rule\nSeverity: Low\n")

    assert load_rules([pack / "test_policies"], overlays=[folder]).errors == ()
    assert run_pack_tests([pack / "test_policies"], TestOptions(), overlays=read_overlays([folder])).errors == ()
