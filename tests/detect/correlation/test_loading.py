"""Correlation rules of folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect.correlation.rules_in_yaml import GROUP, HEAD, build

from panther_dagster.detect.correlation.loading import in_order, load_correlation_rules
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
