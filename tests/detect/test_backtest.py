"""Rules over a range of event time of the lake."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from detect.packs import HOUR, rows_of, write_rule
from detect.test_detection import put_rows

from panther_dagster.detect import backtest
from panther_dagster.detect.backtest import Findings, StoredRows, TimeRange, read_rows, stored_rows
from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.tables import TEXTS, TIME

SEVEN = datetime(2024, 5, 6, 7)
DAY = TimeRange(datetime(2024, 5, 6), datetime(2024, 5, 7))
EVEN = "def rule(event):\n    return event['n'] % 2 == 0\ndef dedup(event):\n    return str(event['n'])\n"


def times_of(*minutes: float) -> pa.Array:
    """Minutes after seven, as a column of event times."""
    return pa.array([SEVEN + timedelta(minutes=minute) for minute in minutes], TIME)


def read(lake: EmbeddedLake, times: TimeRange) -> list[str]:
    return [
        row_id
        for one in stored_rows(lake, ["Test.Type"], times)
        for rows in read_rows(lake, one, times)
        for row_id in rows["p_row_id"].to_pylist()
    ]


def test_a_range_has_its_start_and_not_its_end(lake: EmbeddedLake) -> None:
    put_rows(lake, rows_of(["{}"] * 4, p_event_time=times_of(-0.001, 0, 59.999, 60)))
    times = TimeRange(SEVEN, SEVEN + timedelta(hours=1))

    assert read(lake, times) == ["r1", "r2"]
    assert stored_rows(lake, ["Test.Type", "Test.Unknown"], times) == [StoredRows("Test.Type", {HOUR: 2})]
    assert stored_rows(lake, ["Test.Type"], TimeRange(SEVEN + timedelta(hours=2), SEVEN + timedelta(hours=3))) == []


def test_rows_come_by_hour_batch_and_id_whatever_the_reads(lake: EmbeddedLake, monkeypatch: pytest.MonkeyPatch) -> None:
    next_hour = pa.array([HOUR + timedelta(hours=1)] * 2, TIME)
    put_rows(
        lake,
        rows_of(["{}"] * 2, batch_id="b3", first=0, p_hour=next_hour),
        rows_of(["{}"] * 2, batch_id="b2", first=2),
        rows_of(["{}"] * 2, batch_id="b1", first=4),
    )
    expected = ["r4", "r5", "r2", "r3", "r0", "r1"]

    assert read(lake, DAY) == expected
    monkeypatch.setattr(backtest, "ROWS_PER_READ", 1)
    assert read(lake, DAY) == expected


def test_findings_are_counted_by_rule(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", EVEN)
    write_rule(tmp_path, "Test.Never", "def rule(event):\n    return False\n")
    write_rule(tmp_path, "Test.Other", EVEN)
    addresses = pa.array([["192.0.2.1"], ["192.0.2.2", "192.0.2.1"], ["192.0.2.3"], ["192.0.2.2"]], TEXTS)
    names = pa.array([None, ["jo"], None, ["jo"]], TEXTS)
    rows = rows_of(
        ['{"n": 2}', '{"n": 4}', '{"n": 1}', "{}"],
        p_event_time=times_of(9, 3, 1, 2),
        p_any_ip_addresses=addresses,
        p_any_usernames=names,
    )

    with LimitedRules([tmp_path], only=["Test.Even", "Test.Never"]) as rules:
        findings = Findings(rules)
        findings.take(rows, "Test.Type")

    assert sorted(findings.by_rule) == ["Test.Even", "Test.Never"]
    even, never = findings.by_rule["Test.Even"], findings.by_rule["Test.Never"]
    assert (even.events, even.candidates, even.matches, even.errors) == (4, 4, 2, 1)
    assert (even.first_match, even.last_match) == (SEVEN + timedelta(minutes=3), SEVEN + timedelta(minutes=9))
    assert even.error_texts == {"rule(): KeyError('n')": 1}
    assert even.top_entities(2) == [("p_any_ip_addresses", "192.0.2.1", 2), ("p_any_ip_addresses", "192.0.2.2", 1)]
    assert even.top_entities(9)[2:] == [("p_any_usernames", "jo", 1)]
    assert (never.events, never.matches, never.first_match, never.top_entities(5)) == (4, 0, None, [])
    assert findings.signals.column("p_row_id").to_pylist() == ["r0", "r1"]


def test_a_rule_that_is_not_enabled_runs_when_it_is_chosen(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", EVEN, Enabled=False)

    with LimitedRules([tmp_path], only=["Test.Even"]) as rules:
        findings = Findings(rules)
        findings.take(rows_of(['{"n": 2}']), "Test.Type")

    assert findings.by_rule["Test.Even"].matches == 1


def test_a_rule_that_hangs_costs_itself_only(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", EVEN)
    write_rule(tmp_path, "Test.Hangs", "def rule(event):\n    while event['n'] == 3:\n        pass\n    return True\n")
    batches = [rows_of([f'{{"n": {n}}}' for n in range(first, first + 2)], first=first) for first in (0, 2, 4)]

    with LimitedRules([tmp_path], only=["Test.Even", "Test.Hangs"], limits=RuleLimits(seconds=1)) as rules:
        findings = Findings(rules)
        for rows in batches:
            findings.take(rows, "Test.Type")

    even, hangs = findings.by_rule["Test.Even"], findings.by_rule["Test.Hangs"]
    assert (even.events, even.matches, even.is_stopped) == (6, 3, False)
    assert (hangs.events, hangs.matches, hangs.errors, hangs.is_stopped) == (6, 2, 1, True)
    assert "took longer than 1 s; stopped in rule() on row r3" in next(iter(hangs.error_texts))


def test_an_event_that_is_no_json_is_counted_for_no_rule(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", EVEN)

    with LimitedRules([tmp_path], only=["Test.Even"]) as rules:
        findings = Findings(rules)
        findings.take(rows_of(["no json", '{"n": 2}']), "Test.Type")

    assert (findings.unreadable_events, findings.by_rule["Test.Even"].errors) == (1, 0)
    assert findings.errors.num_rows == 0
