"""Findings about rules, from numbers written by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from panther_dagster.detect.declared_rules import DeclaredRule
from panther_dagster.detect.rule_report import Absence, Period, RuleNumbers, RuleThresholds, alerts_per_day, read_paths, report_rules

LIMITS = RuleThresholds(slow_microseconds=100, slow_cpu_seconds=2, noisy_alerts_per_day=10)
READS_A = "def rule(event):\n    return event.deep_get('actor', 'id') == 1\n"


def declared(rule_id: str = "R", **values: Any) -> DeclaredRule:
    return DeclaredRule(**{"rule_id": rule_id, "kind": "rule", "is_enabled": True, "log_types": ("A",), "file": Path("r.yml"), **values})


def findings(numbers: RuleNumbers, *, days: float = 1, rule: DeclaredRule | None = None, **period: Any) -> list[tuple[str, str]]:
    (row,) = report_rules([rule or declared()], Period(days, {"R": numbers}, **period), LIMITS)
    return [(finding.kind, finding.text) for finding in row.findings]


@pytest.mark.parametrize(
    ("candidates", "cpu_seconds", "is_slow"),
    [(10_000, 2.0, True), (20_000, 2.0, False), (10_000, 1.9, False), (0, 5.0, False)],  # 200 µs each, 100 µs, too little in all, none
)
def test_a_rule_is_slow_over_both_thresholds(candidates: int, cpu_seconds: float, is_slow: bool) -> None:
    found = findings(RuleNumbers(events=30_000, candidates=candidates, matches=1, cpu_seconds=cpu_seconds))

    assert found == ([("slow", "200 µs for each of 10,000 candidates, 2.0 s in all")] if is_slow else [])


@pytest.mark.parametrize(("alerts", "days", "rate"), [(10, 1, 10.0), (70, 7, 10.0), (5, 0.1, 5.0)])
def test_alerts_are_counted_for_a_day_and_a_part_of_one_counts_whole(alerts: int, days: float, rate: float) -> None:
    assert alerts_per_day(alerts, days) == rate


def test_a_rule_is_noisy_with_more_alerts_a_day_than_allowed() -> None:
    assert findings(RuleNumbers(events=9, matches=99, alerts=70), days=7) == []
    assert findings(RuleNumbers(events=9, matches=99, alerts=71), days=7) == [("noisy", "10.1 alerts a day")]


def test_failures_and_stops_are_told_apart() -> None:
    both = RuleNumbers(events=5, matches=1, errors=3, stopped=1, last_error="rule(): KeyError('a')", last_stop="rule(): RuleTimeout('x')")

    assert findings(both) == [
        ("quarantined", "stops: 1; last: rule(): RuleTimeout('x')"),
        ("fails", "failures: 2; last: rule(): KeyError('a')"),
    ]
    assert findings(RuleNumbers(errors=1, stopped=1, last_stop="x")) == [("quarantined", "stops: 1; last: x")]
    not_run = "batches on which it was not run: 2 (panther rules quarantined)"
    assert findings(RuleNumbers(events=5, errors=2, not_run=2)) == [("quarantined", not_run)]
    assert findings(RuleNumbers(errors=3, stopped=1, not_run=2, last_stop="x")) == [("quarantined", f"stops: 1; last: x; {not_run}")]


def test_a_rule_without_matches_never_matched_or_never_ran() -> None:
    assert findings(RuleNumbers(events=2_000, candidates=30)) == [
        ("never_matched", "2,000 events, of which it ran on 30, and none matched")
    ]
    assert findings(RuleNumbers()) == [("never_ran", "no event of A came")]
    new = findings(RuleNumbers(), log_types=frozenset("A"))
    assert new == [("never_ran", "A had events: the rule is newer than they are, or does not load (panther test)")]


def test_what_does_not_run_on_events_is_not_expected_to() -> None:
    assert findings(RuleNumbers(), rule=declared(is_enabled=False)) == []
    assert findings(RuleNumbers(), rule=declared(kind="correlation_rule", log_types=())) == []


def test_rows_that_no_file_declares_are_added_unless_rules_were_chosen() -> None:
    period = Period(1, {"Gone": RuleNumbers(events=1, matches=1)})

    rows = report_rules([declared(is_enabled=False)], period, LIMITS)

    assert [(row.rule_id, row.rule is None, [finding.kind for finding in row.findings]) for row in rows] == [
        ("Gone", True, ["not_declared"]),
        ("R", False, []),
    ]
    assert [row.rule_id for row in report_rules([declared()], period, LIMITS, with_undeclared=False)] == ["R"]


def reader(tmp_path: Path, *log_types: str, **values: Any) -> DeclaredRule:
    (tmp_path / "r.py").write_text(READS_A)
    return declared(file=tmp_path / "r.yml", log_types=log_types, metadata={"Filename": "r.py"}, **values)


def absence(path: str = "actor.id", **values: Any) -> dict[tuple[str, ...], Absence]:
    return {("actor", "id"): Absence(tuple(path.split(".")), **{"is_declared": True, "sampled": 500, **values})}


MATCHED = RuleNumbers(events=9, matches=1)


def test_a_field_that_no_event_had_is_a_finding_with_the_place_that_reads_it(tmp_path: Path) -> None:
    rule = reader(tmp_path, "A")

    assert findings(MATCHED, rule=rule, absences={"A": {}}) == []
    assert findings(MATCHED, rule=rule, absences={"A": absence()}) == [
        ("absent_field", "rule() reads actor.id (line 2), which no event of A had, nor in the days before")
    ]
    assert findings(MATCHED, rule=rule, absences={"A": absence(last_hour=datetime(2024, 5, 1, 12))}) == [
        ("absent_field", "rule() reads actor.id (line 2), which last arrived in the hour 2024-05-01T12:00")
    ]
    assert findings(MATCHED, rule=rule, absences={"A": absence("actor", is_declared=False)}) == [
        ("absent_field", "rule() reads actor (line 2), which is no column and in none of 500 events of A")
    ]


def test_a_field_must_be_absent_in_each_log_type_and_each_must_be_known(tmp_path: Path) -> None:
    rule = reader(tmp_path, "A", "B")

    assert findings(MATCHED, rule=rule, absences={"A": absence()}) == []
    assert findings(MATCHED, rule=rule, absences={"A": absence(), "B": {}}) == []
    assert [kind for kind, _ in findings(MATCHED, rule=rule, absences={"A": absence(), "B": absence()})] == ["absent_field"]
    assert findings(MATCHED, rule=reader(tmp_path, "A", is_enabled=False), absences={"A": absence()}) == []


def test_paths_are_read_of_enabled_rules_for_log_types_with_events(tmp_path: Path) -> None:
    rules = [reader(tmp_path, "A", "B"), reader(tmp_path, "C", is_enabled=False)]

    assert read_paths(rules, {"A", "C"}) == {"A": {("actor", "id")}}
