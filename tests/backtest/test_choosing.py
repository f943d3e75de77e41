"""Which rules differ between two versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from panther_dagster.backtest.choosing import ChosenRules, PackItems, changed_rules
from panther_dagster.detect.items import Item
from panther_dagster.detect.limits import LoadedRule


def items(root: Path, *ids: str, kind: str = "rule", **values: Any) -> PackItems:
    return PackItems({item_id: Item(kind, item_id, root / f"{item_id}.yml", {"RuleID": item_id, **values}) for item_id in ids})


def rule(rule_id: str, version: str, kind: str = "rule", *, is_enabled: bool = True) -> LoadedRule:
    return LoadedRule(rule_id, version, ("A",), is_enabled, kind)


def test_rules_of_the_same_version_are_left_out(tmp_path: Path) -> None:
    both = items(tmp_path, "Same", "Changed")

    chosen = changed_rules([rule("Same", "1"), rule("Changed", "2")], [rule("Same", "1"), rule("Changed", "1")], both, both)

    assert chosen == ChosenRules(("Changed",), present=("Changed",), base=("Changed",))


def test_a_rule_runs_where_it_is_there_and_enabled(tmp_path: Path) -> None:
    present = [rule("New", "1"), rule("NewOff", "1", is_enabled=False), rule("On", "2"), rule("Off", "2", is_enabled=False)]
    before = [rule("Gone", "1"), rule("On", "1", is_enabled=False), rule("Off", "1", is_enabled=True)]

    chosen = changed_rules(present, before, items(tmp_path, "New", "NewOff", "On", "Off"), items(tmp_path, "Gone", "On", "Off"))

    assert chosen.rule_ids == ("Gone", "New", "Off", "On")
    assert (chosen.present, chosen.base) == (("New", "On"), ("Gone", "Off"))
    assert (chosen.disabled, chosen.base_disabled) == ({"NewOff", "Off"}, {"On"})


def test_a_rule_that_loads_in_one_version_only_has_changed_and_one_that_never_loads_has_not(tmp_path: Path) -> None:
    both = items(tmp_path, "Broken", "Repaired", "Never")

    chosen = changed_rules([rule("Repaired", "1")], [rule("Broken", "1")], both, both)

    assert (chosen.rule_ids, chosen.present, chosen.base) == (("Broken", "Repaired"),) * 3


def test_a_rule_that_becomes_a_scheduled_one_is_gone_and_named(tmp_path: Path) -> None:
    chosen = changed_rules(
        [rule("R", "2", "scheduled_rule")], [rule("R", "1")], items(tmp_path, "R", kind="scheduled_rule"), items(tmp_path, "R")
    )

    assert (chosen.rule_ids, chosen.present, chosen.base, chosen.not_run) == (("R",), (), ("R",), ("R",))


def test_other_kinds_are_named_by_their_yaml_without_tests_their_code_and_their_helpers(tmp_path: Path) -> None:
    (tmp_path / "now").mkdir()
    (tmp_path / "base").mkdir()
    (tmp_path / "now" / "p.py").write_text("1")
    (tmp_path / "base" / "p.py").write_text("2")

    def policies(name: str, severity: str) -> PackItems:
        root = tmp_path / name
        tested = items(root, "Tested", kind="policy", Tests=[name]).by_id
        coded = items(root, "Coded", kind="policy", Filename="p.py").by_id
        severe = items(root, "Severe", kind="correlation_rule", Severity=severity).by_id
        helped = items(root, "Helped", kind="scheduled_rule").by_id
        return PackItems({**tested, **coded, **severe, **helped})

    present, before = [rule("Helped", "2", "scheduled_rule")], [rule("Helped", "1", "scheduled_rule")]
    chosen = changed_rules(present, before, policies("now", "Low"), policies("base", "High"))

    assert chosen == ChosenRules((), (), not_run=("Coded", "Helped", "Severe"))
