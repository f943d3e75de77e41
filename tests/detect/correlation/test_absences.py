"""Correlation rules with an absence: judged at due times, over a real lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from detect.correlation.flow import NOON, TEN, Flow
from detect.correlation.rules_in_yaml import ABSENCE, build

from panther_dagster.detect.correlation.correlating import CorrelationReport, is_due
from panther_dagster.detect.detection import detect
from panther_dagster.detect.pack import RuleSet
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork


@pytest.fixture
def absence(lake: EmbeddedLake, rules: RuleSet, tmp_path: Path) -> Flow:
    """A flow with the absence: a change without a ticket within an hour, due every half hour."""
    return Flow(lake, rules, build(tmp_path, ABSENCE))


def change(minute: float, repo: str = "app") -> tuple[float, str, dict[str, Any]]:
    return minute, "Change", {"repo": repo}


def ticket(minute: float, repo: str = "app") -> tuple[float, str, dict[str, Any]]:
    return minute, "Ticket", {"repo": repo}


def minutes(*numbers: float) -> Sequence[datetime]:
    """Times after ten."""
    return [TEN + timedelta(minutes=number) for number in numbers]


def test_an_absence_is_judged_at_due_times_when_everything_has_arrived(absence: Flow) -> None:
    at_12, at_20, at_44, at_45, at_46 = minutes(12, 20, 44, 45, 46)
    absence.land("b1", change(10), change(11, "web"))
    assert absence.run("b1", at_12) == CorrelationReport()
    absence.run_due(at_20)
    absence.land("b2", ticket(25))
    absence.run("b2", at_44)
    assert not is_due(absence.lake, absence.correlation_rules, now_utc=at_44)
    assert absence.run_due(at_44) == CorrelationReport()

    assert is_due(absence.lake, absence.correlation_rules, now_utc=at_45)
    assert absence.run_due(at_45).batch_ids == ("b1",)

    assert absence.alerts() == [("web", 1)]
    before = absence.everything()
    assert absence.run_due(at_46) == CorrelationReport()
    assert absence.everything() == before


def test_due_times_that_nobody_looked_at_are_made_up_for(absence: Flow) -> None:
    absence.run_due(TEN)
    absence.land("b1", change(10))
    absence.run("b1", TEN + timedelta(minutes=11))

    absence.run_due(TEN + timedelta(days=2))

    assert absence.alerts() == [("app", 1)]


def test_looking_often_or_once_finds_the_same(rules: RuleSet, tmp_path: Path) -> None:
    events = [change(10), ticket(95), change(40, "web"), ticket(41, "web"), change(70, "api"), change(100, "api")]
    found = []
    for name, looks in (("often", range(20, 241, 20)), ("once", [240])):
        lake = EmbeddedLake(tmp_path / name, threads=1, memory_limit="500MB")
        lake.ensure_tables()
        try:
            flow = Flow(lake, rules, build(tmp_path, ABSENCE))
            flow.run_due(TEN)
            flow.land("b1", *events)
            flow.run("b1", TEN)
            for look in minutes(*looks):
                flow.run_due(look)
            found.append((flow.signals(), flow.alerts()))
        finally:
            lake.close()

    # The change of app is seen at 10:30 and 11:00, before its ticket.
    expected = [("api", "Change70"), ("api", "Change100"), ("app", "Change10")]
    assert found == [(expected, [("app", 1), ("api", 2)])] * 2


def test_a_change_that_comes_late_is_judged_with_what_is_known(absence: Flow) -> None:
    absence.run_due(NOON)
    absence.land("b1", ticket(5), ticket(130, "web"))
    absence.land("b2", change(10), change(10, "web"))
    absence.run("b1", NOON)
    absence.run("b2", NOON + timedelta(days=1))

    assert absence.alerts() == [("web", 1)]


def test_a_late_ticket_takes_no_alert_back_and_makes_no_second_one(absence: Flow) -> None:
    absence.run_due(TEN)
    absence.land("b1", change(10))
    absence.run("b1", TEN + timedelta(minutes=11))
    absence.run_due(NOON)
    absence.land("b2", ticket(12))
    absence.run("b2", NOON + timedelta(hours=1))
    absence.run_due(NOON + timedelta(hours=2))

    assert absence.alerts() == [("app", 1)]


def test_a_new_rule_with_an_absence_looks_back_one_lookback_only(absence: Flow) -> None:
    absence.land("b1", change(0), change(100, "web"))
    detect(absence.lake, UnitOfWork(batch_id="b1"), rules=absence.rules)

    absence.run_due(TEN + timedelta(minutes=180))

    assert absence.alerts() == [("web", 1)]
