"""Correlation rules of folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect.correlation.rules_in_yaml import GROUP, HEAD, build

from panther_dagster.detect.correlation.loading import in_order, load_correlation_rules
from panther_dagster.detect.overlays import read_overlays
from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.selection import parse_filters
from panther_dagster.detect.unit_test_run import TestOptions, run_pack_tests
from panther_dagster.errors import RuleError


def write(root: Path, name: str, text: str) -> Path:
    """A file of the pack."""
    file = root / "correlation_rules" / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_other_kinds_are_passed_over_and_a_bad_file_costs_itself(tmp_path: Path) -> None:
    write(tmp_path, "good", HEAD + GROUP)
    write(tmp_path, "other", "AnalysisType: rule\nRuleID: Not.A.correlation_rule\n")
    bad = write(tmp_path, "bad", (HEAD + GROUP).replace("Test.Correlation", "Test.Bad").replace("GroupID: Key", "GroupID: Keys"))
    torn = write(tmp_path, "torn", "AnalysisType: correlation_rule\n  RuleID: x\n")

    loaded = load_correlation_rules([tmp_path])

    assert [rule.rule_id for rule in loaded.rules] == ["Test.Correlation"]
    assert {(error.location.file, error.location.line) for error in loaded.errors if error.location} == {(bad, 16), (torn, 2)}


def test_an_id_is_taken_once_and_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    first = write(tmp_path, "a", HEAD + GROUP)
    second = write(tmp_path, "b", HEAD + GROUP)

    loaded = load_correlation_rules([tmp_path, tmp_path / "nowhere"])

    assert [str(error) for error in loaded.errors] == [
        f"{second}:2: id 'Test.Correlation' is taken by {first}:2",
        f"{tmp_path / 'nowhere'}: no such folder of rules",
    ]


def test_a_rule_comes_after_the_correlation_rules_that_it_reads(tmp_path: Path) -> None:
    a = build(tmp_path / "a", GROUP.replace("Test.Key", "Test.B"), head=HEAD.replace("Test.Correlation", "Test.A"))
    b = build(tmp_path / "b", GROUP, head=HEAD.replace("Test.Correlation", "Test.B"))
    circular = build(tmp_path / "c", GROUP.replace("Test.Key", "Test.A"), head=HEAD.replace("Test.Correlation", "Test.B"))

    assert [rule.rule_id for rule in in_order([a, b])] == ["Test.B", "Test.A"]
    with pytest.raises(RuleError, match="correlation rules wait for each other"):
        in_order([a, circular])


def test_rules_that_wait_for_each_other_cost_themselves_only(tmp_path: Path) -> None:
    write(tmp_path, "a", (HEAD + GROUP).replace("Test.Correlation", "Test.A").replace("Test.Key", "Test.B"))
    write(tmp_path, "b", (HEAD + GROUP).replace("Test.Correlation", "Test.B").replace("Test.Key", "Test.A"))
    write(tmp_path, "c", HEAD + GROUP)

    loaded = load_correlation_rules([tmp_path])

    assert [rule.rule_id for rule in loaded.rules] == ["Test.Correlation"]
    assert len(loaded.errors) == 1
    assert "Test.A" in loaded.errors[0].text
    assert "Test.B" in loaded.errors[0].text


TESTS = """\
Tests:
  - Name: own
    ExpectedResult: false
    RuleOutputs: [{ID: Login, Matches: {user: {ann: [0]}}}]
"""
OUR_TEST = "{Name: ours, ExpectedResult: true, RuleOutputs: [{ID: Login, Matches: {user: {ann: [0]}}}]}"


def overlay(root: Path, text: str) -> Path:
    """The overlay `tuning/a.yml`; returns its folder."""
    folder = root / "tuning"
    folder.mkdir(exist_ok=True)
    (folder / "a.yml").write_text(text)
    return folder


def test_an_overlay_changes_a_rule_and_its_version_and_leaves_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "pack", "a", HEAD + GROUP)
    values = "Enabled: false\nSeverity: Low\nDedupPeriodMinutes: 1440\nThreshold: 3\n"
    folder = overlay(tmp_path, f"RuleID: Test.Correlation\n{values}")

    (plain,) = load_correlation_rules([tmp_path / "pack"]).rules
    loaded = load_correlation_rules([tmp_path / "pack"], overlays=[folder])

    assert loaded.errors == ()
    (rule,) = loaded.rules
    assert (rule.is_enabled, rule.severity, rule.dedup_period_minutes, rule.threshold) == (False, "LOW", 1440, 3)
    assert (plain.is_enabled, plain.severity, plain.dedup_period_minutes, plain.threshold) == (True, "HIGH", 61, 1)
    assert rule.version != plain.version
    assert rule.location.file == file


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("RuleID: Test.Correlation\nInlineFilters: []\n", "a.yml:2: InlineFilters has no effect on a correlation rule"),
        ("PolicyID: Test.Correlation\nEnabled: false\n", "a.yml:1: 'Test.Correlation' is a correlation rule: write RuleID"),
        (
            "RuleID: Test.Correlation\nSeverity: Low\nDedupPeriodMinutes: 60\n",
            "a.yml:3: DedupPeriodMinutes must be more than the lookback of 60 minutes, so that a match is one alert",
        ),
    ],
)
def test_an_overlay_that_makes_no_sense_is_told_at_its_line_once_and_changes_nothing(tmp_path: Path, text: str, error: str) -> None:
    write(tmp_path / "pack", "a", HEAD + GROUP)
    folder = overlay(tmp_path, text)

    loaded = load_correlation_rules([tmp_path / "pack"], overlays=[folder])
    run = run_pack_tests([tmp_path / "pack"], TestOptions(), overlays=read_overlays([folder]))

    assert [str(found).replace(f"{folder}/", "") for found in loaded.errors] == [error]
    assert [str(found).replace(f"{folder}/", "") for found in run.errors] == [error]
    assert [(rule.is_enabled, rule.severity) for rule in loaded.rules] == [(True, "HIGH")]
    assert load_rules([tmp_path / "pack"], overlays=[folder]).errors == ()  # a run loads both kinds


def test_an_overlay_that_cannot_be_read_is_told_by_the_other_rules_loading(tmp_path: Path) -> None:
    write(tmp_path / "pack", "a", HEAD + GROUP)
    folder = overlay(tmp_path, "RuleID: Test.Correlation\nThreshold: x\n")

    assert load_correlation_rules([tmp_path / "pack"], overlays=[folder]).errors == ()
    (error,) = load_rules([tmp_path / "pack"], overlays=[folder]).errors
    assert str(error) == f"{folder}/a.yml:2: Threshold must be a whole number, not 'x'"


def test_unit_tests_of_an_overlay_are_added_and_fail_at_its_lines(tmp_path: Path) -> None:
    write(tmp_path / "pack", "a", HEAD + GROUP + TESTS)
    folder = overlay(tmp_path, f"RuleID: Test.Correlation\nTests:\n  - {OUR_TEST}\n")

    run = run_pack_tests([tmp_path / "pack"], TestOptions(), overlays=read_overlays([folder]))

    assert run.errors == ()
    assert [(result.name, result.is_passed, str(result.place or "")) for report in run.reports for result in report.results] == [
        ("own", True, ""),
        ("ours", False, f"{folder}/a.yml:3"),
    ]


def test_filters_and_disabled_rules_of_a_test_run_follow_the_overlay(tmp_path: Path) -> None:
    write(tmp_path / "pack", "a", HEAD + GROUP + TESTS)
    overlays = read_overlays([overlay(tmp_path, "RuleID: Test.Correlation\nEnabled: false\nSeverity: Low\n")])

    def tested(options: TestOptions) -> int:
        return len(run_pack_tests([tmp_path / "pack"], options, overlays=overlays).reports)

    assert tested(TestOptions()) == 1
    assert tested(TestOptions(skip_disabled=True)) == 0
    assert tested(TestOptions(filters=tuple(parse_filters(["Severity=Low"])))) == 1
    assert tested(TestOptions(filters=tuple(parse_filters(["Severity=High"])))) == 0
