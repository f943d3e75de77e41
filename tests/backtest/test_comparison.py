"""What changed between two versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from panther_dagster.backtest.alerting import BacktestAlert
from panther_dagster.backtest.comparison import difference

TEN = datetime(2024, 5, 6, 10)
ALERT = BacktestAlert("Test.Rule", "jo", "RULE", TEN, TEN, 1, "jo signed in", "LOW")


def test_the_same_alerts_and_matches_are_no_change() -> None:
    found = difference([ALERT], [ALERT], matches_before=[("Test.Rule", "r1")], matches_after=[("Test.Rule", "r1")])

    assert not found.is_change


def test_alerts_are_told_apart_by_rule_dedup_type_and_first_event() -> None:
    others = [
        replace(ALERT, rule_id="Test.Other"),
        replace(ALERT, dedup="mia"),
        replace(ALERT, alert_type="RULE_ERROR"),
        replace(ALERT, first_event_time=TEN + timedelta(seconds=1)),
    ]

    found = difference([ALERT], others, matches_before=[], matches_after=[])

    assert (found.added, found.lost, found.changed) == (tuple(others), (ALERT,), ())


def test_another_title_or_severity_is_a_change_and_another_count_is_not() -> None:
    louder, renamed, longer = replace(ALERT, severity="HIGH"), replace(ALERT, title="hello"), replace(ALERT, matches=9)

    assert difference([ALERT], [louder], matches_before=[], matches_after=[]).changed == ((ALERT, louder),)
    assert difference([ALERT], [renamed], matches_before=[], matches_after=[]).changed == ((ALERT, renamed),)
    assert not difference([ALERT], [longer], matches_before=[], matches_after=[]).is_change


def test_matches_are_compared_by_event() -> None:
    found = difference([], [], matches_before=[("A", "r1"), ("A", "r2")], matches_after=[("A", "r2"), ("A", "r3"), ("B", "r3")])

    assert (found.matches_added, found.matches_lost) == ({"A": 1, "B": 1}, {"A": 1})
    assert found.is_change
