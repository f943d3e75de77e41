"""The pack in the engine: it loads without a complaint, its tests pass, and what it says is worth reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import rule_pack

from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.rule import run_rule
from panther_dagster.detect.unit_tests import run_tests
from panther_dagster.event import PantherEvent
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import PROJECT_ROOT

DROPPED: Final = object()


def with_holes(value: Mapping[str, Any], hole: object) -> Iterator[dict[str, Any]]:
    """The event once for each of its keys, at any depth, with that key's value replaced by the hole."""
    for key, inner in value.items():
        rest = {name: other for name, other in value.items() if name != key}
        yield rest if hole is DROPPED else {**value, key: hole}
        if isinstance(inner, Mapping):
            yield from ({**value, key: changed} for changed in with_holes(inner, hole))
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping):
            yield from ({**value, key: [changed, *inner[1:]]} for changed in with_holes(inner[0], hole))


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules([rule_pack.PACK], registry=load_registry(PROJECT_ROOT / "dbt_project"))


def test_pack_loads_without_errors_or_warnings(rules: RuleSet) -> None:
    assert rules.errors == ()
    assert rules.warnings == ()
    assert {rule.rule_id for rule in rules.rules} == set(rule_pack.rules())


def test_every_test_of_every_rule_passes(rules: RuleSet) -> None:
    reports = list(run_tests(rules, minimum_tests=2))
    failed = [(r.rule_id, r.name, r.error, r.functions) for report in reports for r in report.results if not r.is_passed]

    assert failed == []
    assert all(report.is_passed for report in reports)
    assert len(reports) == len(rule_pack.rules()) + len(rule_pack.documents("scheduled_rule"))


def test_title_of_every_alert_names_something_of_its_event(rules: RuleSet) -> None:
    for report in run_tests(rules):
        for test, result in zip(report.rule.tests, report.results, strict=True):
            if test["ExpectedResult"]:
                title = next(output.output for output in result.functions if output.name == "title")
                assert title is not None
                assert any(len(text) > 2 and text in title for text in rule_pack.texts(test["Log"])), title


@pytest.mark.parametrize("hole", [None, "", DROPPED], ids=["null", "empty", "absent"])
def test_no_function_of_a_rule_fails_on_an_event_with_a_hole(rules: RuleSet, hole: object) -> None:
    failures = set()
    for rule in rules.rules:
        for test in rule.tests:
            model = rule.data_models.get(test["Log"]["p_log_type"])
            for event in with_holes(test["Log"], hole):
                outcome = run_rule(rule, PantherEvent.sharing(event, model))
                failures |= {(rule.rule_id, function, repr(error)) for function, error in outcome.errors.items()}

    assert failures == set()
