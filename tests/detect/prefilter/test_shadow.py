"""Rows on which all rules run to prove the prefilter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from detect.packs import loaded, rows_of, write_rule

from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.detect.prefilter.conditions import Analyzer
from panther_dagster.detect.prefilter.prefilter import WARM_UP_ROWS, Prefilter
from panther_dagster.detect.prefilter.shadow import with_mismatches
from panther_dagster.detect.prefilter.values import RETURNS_FALSE
from panther_dagster.detect.runner import evaluate

LOG_TYPE = "Test.Type"
IS_X = "def rule(event):\n    return event.get('a') == 'x'\n"
ROWS = rows_of(['{"a":"y"}', '{"a":"x"}', '{"a":"y"}', '{"a":"x"}', '{"a":"x"}'])


@pytest.fixture
def never_runs_a(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug: the prefilter takes Test.A for a rule that always returns False."""
    right = Analyzer.conditions_of

    def conditions_of(self: Any, rule: Any) -> Any:
        found = right(self, rule)
        if rule.rule_id == "Test.A":
            object.__setattr__(found, "tree", RETURNS_FALSE)
        return found

    monkeypatch.setattr(Analyzer, "conditions_of", conditions_of)


def checked(root: Path, check_every: int) -> Any:
    """What a detection of ROWS gives."""
    prefilter = Prefilter(LOG_TYPE, check_every=check_every)
    result = evaluate(ROWS, rules=loaded(root), log_type=LOG_TYPE, candidates=prefilter)
    return with_mismatches(result, ROWS, prefilter.chosen_by_row)


def test_every_so_many_rows_all_rules_run(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", IS_X)
    prefilter = Prefilter(LOG_TYPE, check_every=2)

    assert [row for row, _ in prefilter(ROWS, loaded(tmp_path).rules)] == [0, 1, 2, 3, 4]
    assert prefilter.chosen_by_row == {0: frozenset(), 2: frozenset(), 4: {"Test.A"}}
    assert [row for row, _ in Prefilter(LOG_TYPE)(ROWS, loaded(tmp_path).rules)] == [1, 3, 4]


def test_a_right_prefilter_gives_no_errors(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", IS_X)

    result = checked(tmp_path, 1)

    assert (result.signals.num_rows, result.errors.num_rows) == (3, 0)


@pytest.mark.usefixtures("never_runs_a")
def test_a_rule_that_says_something_where_it_was_not_chosen_is_an_error_and_counts(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", IS_X)
    write_rule(tmp_path, "Test.B", IS_X)

    result = checked(tmp_path, 4)

    found = [(row["rule_id"], row["p_row_id"]) for row in result.signals.to_pylist()]
    assert found == [("Test.B", "r1"), ("Test.B", "r3"), ("Test.A", "r4"), ("Test.B", "r4")]
    (error,) = result.errors.to_pylist()
    assert (error["rule_id"], error["p_row_id"], error["function"], error["error_type"]) == (
        "Test.A",
        "r4",
        "prefilter",
        "PrefilterMismatch",
    )
    assert "the rule matched on row r4" in error["error_message"]


@pytest.mark.usefixtures("never_runs_a")
def test_a_rule_that_raises_where_it_was_not_chosen_is_reported_as_well(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", "def rule(event):\n    return event['b'] == 1\n")

    errors = checked(tmp_path, 5).errors.to_pylist()

    assert [(row["p_row_id"], row["error_type"]) for row in errors] == [("r0", "KeyError"), ("r0", "PrefilterMismatch")]


def test_the_process_that_holds_the_rules_checks_too(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", IS_X)
    rows = rows_of(['{"a":"y"}'] * WARM_UP_ROWS)

    with LimitedRules([tmp_path], limits=RuleLimits(seconds=20.0), check_every=1_000) as rules:
        (run,) = rules.evaluate(rows, log_type=LOG_TYPE).runs.to_pylist()

    assert (run["events"], run["candidates"], run["errors"]) == (WARM_UP_ROWS, 3, 0)  # rows 0, 1,000 and 2,000
