"""Numbers of rules from the tables of a lake."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from panther_dagster.detect.rule_numbers import alerts_by_rule, first_hour, log_types_with_events, rule_costs, rule_numbers
from panther_dagster.detect.rule_report import RuleNumbers
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, RULE_ERRORS, RULE_RUNS, SIGNALS, Table

TEN = datetime(2024, 5, 1, 10)
HOURS = (TEN, TEN + timedelta(hours=2))


def write(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    data = pa.Table.from_pylist([{"p_hour": TEN, "p_batch_id": "b1", **row} for row in rows], table.columns)
    lake.transact(lambda tx: tx.append(table, data))


def ran(rule_id: str, hour: datetime, events: int, candidates: int, seconds: float, log_type: str = "A") -> dict[str, Any]:
    numbers = {"events": events, "candidates": candidates, "cpu_seconds": seconds}
    return {"rule_id": rule_id, "log_type": log_type, "p_hour": hour, **numbers}


def test_hours_are_summed_by_rule_and_others_left_out(lake: Lake) -> None:
    eleven, noon = TEN + timedelta(hours=1), TEN + timedelta(hours=2)
    write(lake, RULE_RUNS, ran("R", TEN, 10, 4, 0.5), ran("R", eleven, 20, 5, 0.25, "B"), ran("R", noon, 7, 7, 9.0, "C"))
    write(lake, RULE_RUNS, ran("S", TEN, 0, 0, 0.0, "D"))
    first, last = TEN + timedelta(minutes=1), TEN + timedelta(minutes=7)
    write(lake, SIGNALS, {"rule_id": "R", "p_event_time": first}, {"rule_id": "R", "p_event_time": last}, {"rule_id": "R", "p_hour": noon})
    created = {"rule_id": "R", "event_type": "CREATED", "alert_type": "RULE"}
    write(lake, ALERT_EVENTS, {**created, "alert_id": "a"}, {**created, "alert_id": "b"}, {**created, "alert_id": "c", "p_hour": noon})
    write(
        lake, ALERT_EVENTS, {**created, "alert_id": "a", "event_type": "MATCHED"}, {**created, "alert_id": "d", "alert_type": "RULE_ERROR"}
    )

    numbers, unreadable = rule_numbers(lake, HOURS)

    assert numbers == {
        "R": RuleNumbers(events=30, candidates=9, cpu_seconds=0.75, matches=2, last_match=last, alerts=2),
        "S": RuleNumbers(),
    }
    assert unreadable == 0
    assert rule_costs(lake, HOURS)["R"] == RuleNumbers(events=30, candidates=9, cpu_seconds=0.75)
    assert alerts_by_rule(lake, HOURS) == {"R": 2}
    assert log_types_with_events(lake, HOURS) == {"A", "B"}
    assert first_hour(lake, (TEN - timedelta(days=7), noon)) == TEN
    assert first_hour(lake, (TEN - timedelta(days=7), TEN)) is None


def failed(rule_id: str, minute: int, message: str, error_type: str = "KeyError") -> dict[str, Any]:
    time = TEN + timedelta(minutes=minute)
    return {"rule_id": rule_id, "function": "rule", "error_type": error_type, "error_message": message, "p_event_time": time}


def test_errors_have_the_last_text_and_stops_and_unreadable_events_are_counted_apart(lake: Lake) -> None:
    write(lake, RULE_ERRORS, failed("R", 5, "later"), failed("R", 1, "earlier"), failed("R", 9, "slow", "RuleTimeout"))
    write(lake, RULE_ERRORS, failed("Panther.UnreadableEvent", 1, "no JSON"), failed("Panther.UnreadableEvent", 2, "no JSON"))

    assert rule_numbers(lake, HOURS) == (
        {"R": RuleNumbers(errors=3, stopped=1, last_error="rule(): later", last_stop="rule(): slow")},
        2,
    )
