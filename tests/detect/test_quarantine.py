"""Rules that were stopped in several detections are not run in the next ones, and nothing of that is silent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.packs import EVENT_TIME, HOUR, rows_of, write_rule
from detect.stored_rows import put_rows, rows

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.detect.detection import ROWS_PER_BATCH, DetectionReport, detect
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.quarantine import Quarantine, release
from panther_dagster.detect.rule_numbers import Unseen, quarantined_rules, rule_numbers, unseen_events
from panther_dagster.detect.rule_report import RuleNumbers
from panther_dagster.detect.scheduled import ScheduledQuery, run_query
from panther_dagster.errors import Location
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Transaction, UnitOfWork
from panther_dagster.storage.tables import RULE_STOPS

NOON = datetime(2024, 5, 6, 12)
DAY = timedelta(days=1)
# Leaves a line for each time it was run.
EXITS = "import os\ndef rule(event):\n    open({marks!r}, 'a').write('x')\n    os._exit(3)\n"


class Flow:
    """A pack with a rule that ends its process and a good one, and a lake with a batch for each hour from seven on."""

    def __init__(self, lake: EmbeddedLake, root: Path) -> None:
        self.lake = lake
        self.pack = root / "pack"
        self.marks = root / "marks"
        write_rule(self.pack, "Test.Good", "def rule(event):\n    return event['n'] == 1\n")
        write_rule(self.pack, "Test.Exits", EXITS.format(marks=str(self.marks)))
        put_rows(lake, *(self._batch(number) for number in range(6)))

    @staticmethod
    def _batch(number: int) -> pa.RecordBatch:
        hour = pa.array([HOUR + timedelta(hours=number)] * 3, pa.timestamp("us"))
        return rows_of(['{"n": 0}', '{"n": 1}', '{"n": 2}'], batch_id=f"b{number}", first=number * 3, p_hour=hour)

    def detect(self, unit: UnitOfWork | str, now_utc: datetime = NOON, after: int = 3) -> DetectionReport:
        """One run, in processes of its own."""
        unit = UnitOfWork(batch_id=unit) if isinstance(unit, str) else unit
        with LimitedRules([self.pack]) as rules:
            return detect(self.lake, unit, rules=rules, quarantine=Quarantine(after, DAY, now_utc))

    @property
    def runs(self) -> int:
        """How often the bad rule has been run."""
        return len(self.marks.read_text()) if self.marks.exists() else 0

    def errors(self, batch_id: str) -> list[tuple[Any, ...]]:
        """Of the bad rule."""
        return rows(self.lake, f"select error_type, p_row_id from panther_signals.rule_errors where p_batch_id = '{batch_id}' order by all")


@pytest.fixture
def flow(lake: EmbeddedLake, tmp_path: Path) -> Flow:
    return Flow(lake, tmp_path)


def test_after_three_stops_a_rule_is_not_run_and_each_batch_says_so(flow: Flow) -> None:
    for number in range(3):
        flow.detect(f"b{number}", NOON + timedelta(hours=number))
    assert flow.runs == 3

    report = flow.detect("b3", NOON + timedelta(hours=3))

    assert flow.runs == 3
    assert (report.events, report.matches_by_rule, report.errors) == (3, {"Test.Good": 1}, 1)
    assert flow.errors("b2") == [("RuleEndedProcess", "r6")]
    ((error,),) = rows(flow.lake, "select error_message from panther_signals.rule_errors where p_batch_id = 'b3'")
    assert error.startswith(
        "RuleQuarantined(\"stopped 3 times, not run until 2024-05-07 12:00 UTC; last: RuleEndedProcess('its process ended"
    )
    assert flow.errors("b3") == [("RuleQuarantined", "r10")]  # the first by id
    runs = "select rule_id, events, candidates, matches, errors from panther_monitor.rule_runs where p_batch_id = 'b3' order by all"
    assert rows(flow.lake, runs) == [("Test.Exits", 3, 0, 0, 1), ("Test.Good", 3, 3, 1, 0)]
    raise_alerts(flow.lake, UnitOfWork(batch_id="b3"), now_utc=NOON)
    assert rows(
        flow.lake, "select rule_id, alert_type, dedup from panther_alerts.alert_events where event_type = 'CREATED' order by 1"
    ) == [
        ("Test.Exits", "RULE_ERROR", "RuleQuarantined"),
        ("Test.Good", "RULE", "defaultDedupString:Test.Good"),
    ]


@pytest.fixture
def quarantined(flow: Flow) -> Flow:
    """With two stops, which are enough here."""
    version = load_rules([flow.pack]).rule_by_id["Test.Exits"].version
    stop = {"rule_id": "Test.Exits", "rule_version": version, "event_type": "STOPPED"}
    stops = [{**stop, "event_time": NOON + timedelta(hours=number)} for number in range(2)]
    flow.lake.transact(lambda tx: tx.append(RULE_STOPS, pa.Table.from_pylist(stops, RULE_STOPS.columns)))
    return flow


def test_it_is_tried_again_when_the_stops_are_old_and_one_more_is_enough_then(quarantined: Flow) -> None:
    quarantined.detect("b3", NOON + DAY - timedelta(seconds=1), after=2)
    assert quarantined.runs == 0
    quarantined.detect("b3", NOON + DAY, after=2)
    assert quarantined.runs == 1
    quarantined.detect("b4", NOON + DAY + timedelta(minutes=1), after=2)
    assert quarantined.runs == 1


def test_another_version_of_the_rule_runs(quarantined: Flow) -> None:
    write_rule(quarantined.pack, "Test.Exits", "def rule(event):\n    return event['n'] == 2\n")

    assert quarantined.detect("b3", NOON + timedelta(hours=3), after=2).matches_by_rule == {"Test.Exits": 1, "Test.Good": 1}


def test_a_released_rule_runs_until_it_has_been_stopped_so_often_again(quarantined: Flow) -> None:
    release(quarantined.lake, "Test.Good", now_utc=NOON + timedelta(hours=2))
    assert [rule.rule_id for rule in quarantined_rules(quarantined.lake, Quarantine(2, DAY, NOON + timedelta(hours=2)))] == ["Test.Exits"]
    release(quarantined.lake, "Test.Exits", now_utc=NOON + timedelta(hours=2))

    for number in range(3, 6):
        quarantined.detect(f"b{number}", NOON + timedelta(hours=number), after=2)

    assert quarantined.runs == 2


def test_without_a_quarantine_every_rule_always_runs(flow: Flow) -> None:
    for number in range(3):
        flow.detect(f"b{number}", after=0)

    assert flow.runs == 3
    assert Quarantine(0, DAY, NOON).rules(flow.lake) == {}


def test_stops_of_a_detection_that_did_not_end_do_not_count(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(work: Callable[[Transaction], Any]) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(flow.lake, "transact", killed)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            flow.detect("b0", after=2)
    monkeypatch.undo()

    flow.detect("b0", after=2)

    assert flow.runs == 3
    assert rows(flow.lake, "select rule_id, event_type, event_time, p_batch_id from panther_monitor.rule_stops") == [
        ("Test.Exits", "STOPPED", NOON, "b0")
    ]


def test_a_failure_that_looks_like_a_stop_is_none(lake: EmbeddedLake, tmp_path: Path) -> None:
    code = "class RuleTimeout(Exception):\n    pass\ndef rule(event):\n    raise RuleTimeout('mine')\n"
    write_rule(tmp_path, "Test.Raises", code)
    put_rows(lake, rows_of(["{}"]))

    with LimitedRules([tmp_path]) as rules:
        detect(lake, UnitOfWork(batch_id="b1"), rules=rules, quarantine=Quarantine(1, DAY, NOON))

    assert rows(lake, "select * from panther_monitor.rule_stops") == []


def test_hours_give_what_their_batches_give_and_each_has_one_row_however_large(quarantined: Flow) -> None:
    many = [json.dumps({"n": 0})] * (ROWS_PER_BATCH + 1)
    hour = pa.array([HOUR + timedelta(hours=6)] * len(many), pa.timestamp("us"))
    put_rows(quarantined.lake, rows_of(many, batch_id="b6", first=100_000, p_hour=hour))
    now = NOON + timedelta(hours=3)
    for batch_id in ("b4", "b5", "b6"):
        quarantined.detect(batch_id, now, after=2)
    found = "select * from panther_signals.rule_errors where p_batch_id >= 'b4' order by all"
    one_by_one = rows(quarantined.lake, found)

    quarantined.detect(UnitOfWork(hours=(HOUR + timedelta(hours=4), HOUR + timedelta(hours=7))), now, after=2)

    assert rows(quarantined.lake, found) == one_by_one
    assert [quarantined.errors(batch_id) for batch_id in ("b4", "b5", "b6")] == [
        [("RuleQuarantined", "r12")],
        [("RuleQuarantined", "r15")],
        [("RuleQuarantined", "r100000")],
    ]
    assert quarantined.runs == 0


def test_events_that_a_rule_has_not_seen_are_known_until_it_has_run_on_them(flow: Flow) -> None:
    for number in range(3):
        flow.detect(f"b{number}", NOON + timedelta(hours=number), after=2)
    hours = (HOUR, HOUR + timedelta(hours=9))
    unseen = Unseen("Test.Exits", "Test.Type", 9, 3, HOUR, HOUR + timedelta(hours=2), (EVENT_TIME, EVENT_TIME))
    assert unseen_events(flow.lake, hours) == [unseen]
    numbers = rule_numbers(flow.lake, hours)[0]["Test.Exits"]
    assert numbers == RuleNumbers(events=9, errors=3, stopped=2, not_run=1, last_stop=numbers.last_stop)

    write_rule(flow.pack, "Test.Exits", "def rule(event):\n    return False\n")
    flow.detect("b1", NOON + timedelta(hours=3), after=2)
    assert [(one.events, one.batches) for one in unseen_events(flow.lake, hours)] == [(6, 2)]
    flow.detect(UnitOfWork(hours=hours), NOON + timedelta(hours=3), after=2)

    assert unseen_events(flow.lake, hours) == []
    assert quarantined_rules(flow.lake, Quarantine(2, DAY, NOON + timedelta(hours=3))) == []  # the runs are of another version


def test_rules_of_scheduled_queries_are_left_out_too(lake: EmbeddedLake, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    code = EXITS.format(marks=str(marks))
    write_rule(tmp_path / "pack", "Test.Scheduled", code, AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=["Numbers"])
    query = ScheduledQuery("Numbers", "select 1 as n", True, Location(tmp_path / "q.yml", 1))

    for hour in range(3):
        at = NOON + timedelta(hours=hour)
        with LimitedRules([tmp_path / "pack"]) as rules:
            run_query(lake, query, rules=rules, time_utc=at, templates={}, quarantine=Quarantine(2, DAY, at))

    assert len(marks.read_text()) == 2
    assert [kind for (kind,) in rows(lake, "select error_type from panther_signals.rule_errors order by p_hour")] == [
        "RuleEndedProcess",
        "RuleEndedProcess",
        "RuleQuarantined",
    ]
