"""Rules as files declare them, without running their code."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect.packs import write_rule

from panther_dagster.detect.declared_rules import read_declared_rules
from panther_dagster.detect.overlays import read_overlays
from panther_dagster.detect.selection import parse_filters
from panther_dagster.errors import RuleError


def test_rules_of_every_kind_are_read_and_nothing_is_run(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Exits", "import os\nos._exit(1)\n", LogTypes=["Test.Type", "Test.Other"])
    write_rule(tmp_path, "Test.Scheduled", "", AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=["Query"], Enabled=False)
    write_rule(tmp_path, "Test.Correlated", "", AnalysisType="correlation_rule", LogTypes=None, Filename=None)
    (tmp_path / "test_rules" / "policy.yml").write_text("AnalysisType: policy\nPolicyID: Test.Policy\n")
    (tmp_path / "test_rules" / "bad.yml").write_text("AnalysisType: rul\n")

    declared = read_declared_rules([tmp_path])

    assert [(rule.rule_id, rule.kind, rule.is_enabled, rule.log_types, rule.severity) for rule in declared.rules] == [
        ("Test.Correlated", "correlation_rule", True, (), "HIGH"),
        ("Test.Exits", "rule", True, ("Test.Type", "Test.Other"), "HIGH"),
        ("Test.Scheduled", "scheduled_rule", False, ("Query",), "HIGH"),
    ]
    (error,) = declared.errors
    assert str(error).endswith("bad.yml:1: unknown AnalysisType 'rul'; did you mean 'rule'?")


def test_an_overlay_counts_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    write_rule(tmp_path / "pack", "Test.One", "")
    write_rule(tmp_path / "pack", "Test.Two", "")
    (tmp_path / "tuning").mkdir()
    (tmp_path / "tuning" / "one.yml").write_text("RuleID: Test.One\nEnabled: false\nSeverity: Low\n")
    (tmp_path / "tuning" / "two.yml").write_text("PolicyID: Test.Two\nEnabled: false\n")

    declared = read_declared_rules([tmp_path / "pack"], read_overlays([tmp_path / "tuning"]))

    assert [(rule.rule_id, rule.is_enabled, rule.severity) for rule in declared.rules] == [
        ("Test.One", False, "LOW"),
        ("Test.Two", True, "HIGH"),
    ]
    assert ["'Test.Two' is a rule: write RuleID" in str(error) for error in declared.errors] == [True]


def test_filters_choose_by_keys_of_the_yaml(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.High", "", Tags=["Network"])
    write_rule(tmp_path, "Test.Low", "", Severity="Low")
    declared = read_declared_rules([tmp_path])

    assert [rule.rule_id for rule in declared.chosen(parse_filters(["severity!=low"]))] == ["Test.High"]
    assert [rule.rule_id for rule in declared.chosen(parse_filters(["Tags=network", "Severity=High"]))] == ["Test.High"]
    with pytest.raises(RuleError, match="no rule has a key 'Sevrity'; did you mean 'Severity'"):
        declared.chosen(parse_filters(["Sevrity=Low"]))


def test_reads_are_those_of_functions_that_decide(tmp_path: Path) -> None:
    functions = {"rule": "a", "title": "b", "alert_context": "c"}
    code = "".join(f"def {name}(event):\n    return event['{field}']\n" for name, field in functions.items())
    write_rule(tmp_path, "Test.Python", code)
    write_rule(tmp_path, "Test.Broken", "def rule(event)\n")
    simple = {"Detection": [{"KeyPath": "d.e", "Condition": "Equals", "Value": 1}], "Filename": None}
    write_rule(tmp_path, "Test.Simple", "", **simple)
    write_rule(tmp_path, "Test.Wrong", "", Detection=[{"Key": "a", "Condition": "Eqals", "Value": 1}], Filename=None)

    reads = {rule.rule_id: [(read.path, read.function) for read in rule.reads] for rule in read_declared_rules([tmp_path]).rules}

    assert reads == {
        "Test.Broken": [],
        "Test.Python": [(("a",), "rule"), (("b",), "title")],
        "Test.Simple": [(("d",), "rule")],
        "Test.Wrong": [],
    }
