"""Alerts of a backtest are those that the lake would have."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
from alerts.signals import NOW, TEN, error, match, write_batch
from hypothesis import given
from hypothesis import strategies as st

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.backtest.alerting import alerts_of
from panther_dagster.detect.backtest import ERROR_COLUMNS, SIGNAL_COLUMNS
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import RULE_ERRORS, SIGNALS


def table(rows: list[dict[str, Any]], *, batch: str = "b1") -> pa.Table:
    """Matches of one batch as findings have them."""
    placed = [{"p_batch_id": batch, "p_hour": TEN, **row} for row in rows]
    return pa.Table.from_pylist(placed, schema=SIGNALS.columns).select(SIGNAL_COLUMNS)


NO_ERRORS = RULE_ERRORS.columns.empty_table().select(ERROR_COLUMNS)


def test_matches_of_a_window_make_one_alert_with_the_texts_of_the_first() -> None:
    signals = table([match(59, title="late", severity="LOW"), match(0, title="first"), match(61, title="next")])

    found = alerts_of(signals, NO_ERRORS, cut_time_by_batch={})

    assert [(a.dedup, a.first_event_time.minute, a.last_event_time.minute, a.matches, a.title, a.severity) for a in found] == [
        ("alice", 0, 59, 2, "first", "HIGH"),
        ("alice", 1, 1, 1, "next", "HIGH"),
    ]


def test_too_few_matches_and_rules_without_alerts_make_none() -> None:
    signals = table([match(0, threshold=2), match(1, rule_id="Test.Silent", create_alert=False)])

    assert alerts_of(signals, NO_ERRORS, cut_time_by_batch={}) == []


def test_alerts_are_those_of_the_lake_after_its_batches(lake: Lake) -> None:
    chance = random.Random(4)
    signals_in, errors_in, number = 0, 0, 0
    for batch in ("x3", "z1", "w4", "y2"):  # cut in the order of their numbers, and so are they raised below
        matches, failures = [], []
        for _ in range(30):
            number += 1
            row = f"row{number}"
            rule = chance.choice(["Test.Plain", "Test.Many", "Test.Unique", "Test.Silent", "Test.Bare"])
            more: dict[str, Any] = {"rule_id": rule, "row": row, "signal_id": f"{rule}-{row}", "dedup": chance.choice("ab")}
            if rule == "Test.Many":
                more.update(threshold=3, dedup_period_minutes=15)
            if rule == "Test.Unique":
                more.update(threshold=3, unique_value=chance.choice(["x", "y", "z"]))
            if rule == "Test.Silent":
                more.update(create_alert=False)
            if rule == "Test.Bare":
                more.update(dedup=None, dedup_period_minutes=0, threshold=None, title=None, severity=None, create_alert=None)
            matches.append(match(chance.randrange(240), **more))
        for _ in range(6):
            number += 1
            function = chance.choice(["rule", "title", "filter", None])
            failures.append(
                error(chance.randrange(240), row=f"row{number}", function=function, error_type=chance.choice(["KeyError", None]))
            )
        failures.append(failures[0])  # one event, two rows: one signal
        signals_in, errors_in = signals_in + len(matches), errors_in + len(failures)
        write_batch(lake, batch, matches, failures)
    for batch in ("z1", "y2", "x3", "w4"):
        raise_alerts(lake, UnitOfWork(batch_id=batch), now_utc=NOW)
    stored = lake.query(
        "select rule_id, dedup, alert_type, first_event_time, last_event_time, match_count, title, severity from panther_alerts.alerts"
    )
    signals = lake.query(f"select {', '.join(SIGNAL_COLUMNS)} from {SIGNALS.name}")
    errors = lake.query(f"select {', '.join(ERROR_COLUMNS)} from {RULE_ERRORS.name}")
    cut_times = {row["p_batch_id"]: row["cut_time"] for row in lake.query("select * from panther_monitor.batches").to_pylist()}

    found = alerts_of(signals, errors, cut_time_by_batch=cut_times)

    assert (signals.num_rows, errors.num_rows) == (signals_in, errors_in)
    assert len(found) > 15
    assert {alert.alert_type for alert in found} == {"RULE", "RULE_ERROR"}
    assert {alert.rule_id for alert in found} == {"Test.Plain", "Test.Many", "Test.Unique", "Test.Bare", "Okta.Broken"}
    assert sorted(
        (a.rule_id, a.dedup, a.alert_type, a.first_event_time, a.last_event_time, a.matches, a.title, a.severity) for a in found
    ) == sorted(tuple(row.values()) for row in stored.to_pylist())


MATCHES = [
    match(minute, row=f"row{minute}{dedup}", dedup=dedup, p_batch_id=f"b{minute % 3}", threshold=2, dedup_period_minutes=30)
    for minute in range(0, 200, 7)
    for dedup in "ab"
]


@given(st.permutations(MATCHES))
def test_alerts_do_not_depend_on_the_order_in_which_matches_were_read(matches: list[dict[str, Any]]) -> None:
    expected = alerts_of(table(MATCHES), NO_ERRORS, cut_time_by_batch={})

    assert len(expected) > 4
    assert alerts_of(table(matches), NO_ERRORS, cut_time_by_batch={}) == expected
