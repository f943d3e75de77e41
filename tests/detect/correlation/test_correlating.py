"""Correlation over a real lake: events -> signals of rules -> signals of correlation rules -> alerts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.correlation.flow import NOON, TEN, Flow, key, login
from detect.correlation.rules_in_yaml import GROUP, HEAD, SEQUENCE, build
from detect.packs import HOUR

from panther_dagster.alerts.alerting import AlertReport, raise_alerts
from panther_dagster.alerts.correlated import is_left
from panther_dagster.alerts.views import ensure_alerts_view, ensure_views
from panther_dagster.detect.correlation.correlating import CorrelationReport, correlate
from panther_dagster.detect.detection import detect
from panther_dagster.detect.pack import RuleSet
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork


class LogTypes:
    """The only log type."""

    names = ("Test.Type",)


@pytest.fixture
def group(lake: EmbeddedLake, rules: RuleSet, tmp_path: Path) -> Flow:
    """A flow with the group: a login and a key on one user within an hour."""
    return Flow(lake, rules, build(tmp_path, GROUP))


def test_two_rules_on_one_value_in_one_window_raise_one_alert(group: Flow) -> None:
    group.land("b1", login(0), login(7, "bob"), (3, "Other", {}))
    group.land("b2", key(20), key(90, "bob"))

    assert group.run("b1") == CorrelationReport()
    report = group.run("b2")

    assert (report.signals_by_rule, report.batch_ids) == ({"Test.Correlation": 2}, ("b1", "b2"))
    assert group.alerts() == [("ann", 2)]
    assert group.rows("select rule_id, title, severity, alert_type, first_event_time, last_event_time from panther_alerts.alerts") == [
        ("Test.Correlation", "Key after login", "HIGH", "RULE", TEN, TEN + timedelta(minutes=20))
    ]
    ((context,),) = group.rows("select alert_context from panther_alerts.alerts")
    assert json.loads(context) == {"matched": {"user": "ann"}, "rules": ["Test.Key", "Test.Login"]}


def test_the_events_of_the_match_are_found_from_the_alert(group: Flow) -> None:
    group.land("b1", login(0), login(7, "bob"))
    group.land("b2", key(20))
    group.run("b1")
    group.run("b2")
    ensure_views(group.lake, LogTypes())

    found = group.rows(
        "select events.p_row_id, events.p_rule_id from panther_rule_matches.test_type as events"
        " inner join panther_alerts.alerts on alerts.alert_id = events.p_alert_id order by events.p_event_time"
    )

    assert found == [("Login0", "Test.Correlation"), ("Key20", "Test.Correlation")]


def test_a_late_signal_completes_a_match(group: Flow) -> None:
    group.land("b1", key(40))
    group.run("b1")
    assert group.alerts() == []

    group.land("b2", login(-15))
    report = group.run("b2", NOON + timedelta(days=3))

    assert report.batch_ids == ("b2", "b1")
    assert group.alerts() == [("ann", 2)]


def test_running_again_changes_nothing(group: Flow) -> None:
    group.land("b1", login(0), login(30, "bob"), key(70, "bob"))
    group.land("b2", key(20), key(50))
    for batch_id in ("b1", "b2"):
        group.run(batch_id)
    before = group.everything()

    for batch_id in ("b2", "b1", "b1", "b2"):
        assert group.run(batch_id, NOON + timedelta(days=1)).batch_ids in ((), (batch_id,))  # its own rows were replaced by detection
        assert group.everything() == before
    hours = UnitOfWork(hours=(HOUR, HOUR + timedelta(hours=1)))
    detect(group.lake, hours, rules=group.rules)
    correlate(group.lake, hours, rules=group.correlation_rules, now_utc=NOON)
    group.alert(NOON + timedelta(days=1))
    raise_alerts(group.lake, hours, now_utc=NOON + timedelta(days=1))
    assert group.everything() == before
    assert group.alerts() == [("ann", 3), ("bob", 2)]


def test_batches_in_any_order_find_the_same_signals_and_one_alert(
    rules: RuleSet, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rule = build(tmp_path, GROUP)
    events = {"b1": [login(0), key(31, "bob")], "b2": [key(20), login(2, "bob")], "b3": [login(45), key(55)]}
    found = []
    for number, order in enumerate(("b1 b2 b3", "b3 b2 b1", "b2 b3 b1")):
        lake = EmbeddedLake(tmp_path / f"lake{number}", threads=1, memory_limit="500MB")
        lake.ensure_tables()
        try:
            flow = Flow(lake, rules, rule)
            for batch_id in order.split():
                flow.land(batch_id, *events[batch_id])
                flow.run(batch_id)
            found.append((flow.signals(), flow.alerts()))
        finally:
            lake.close()

    ann, bob = ("Login0", "Key20", "Login45", "Key55"), ("Login2", "Key31")
    assert found[0] == ([*(("ann", row) for row in ann), *(("bob", row) for row in bob)], [("ann", 4), ("bob", 2)])
    assert all(one == found[0] for one in found)


def test_a_match_as_long_as_the_lookback_is_one_alert_and_a_longer_one_is_none(group: Flow) -> None:
    group.land("b1", login(0), key(60), login(0, "bob", row="b"), key(60.1, "bob"))
    group.run("b1")

    assert group.alerts() == [("ann", 2)]


def test_a_threshold_counts_the_events_of_a_window_and_a_longer_period_joins_matches(
    lake: EmbeddedLake, rules: RuleSet, tmp_path: Path
) -> None:
    flow = Flow(lake, rules, build(tmp_path, GROUP, tail="DedupPeriodMinutes: 1440\nThreshold: 3\n"))
    flow.land("b1", login(0), key(5))
    flow.run("b1")
    assert flow.alerts() == []

    flow.land("b2", login(300), key(310))
    flow.run("b2")

    assert flow.alerts() == [("ann", 4)]


def test_a_later_window_is_another_alert(group: Flow) -> None:
    group.land("b1", login(0), key(5))
    group.land("b2", login(300), key(310))
    group.run("b1")
    group.run("b2")

    assert group.alerts() == [("ann", 2), ("ann", 2)]


class Killed(BaseException):
    """Stands for kill -9: nothing in the code may catch it."""


@pytest.mark.parametrize("done", range(5), ids=["nothing", "signals", "alerts of b1", "alerts of b2", "worklist"])
def test_killed_between_any_two_commits_no_alert_is_lost_and_none_is_doubled(
    group: Flow, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    group.land("b1", login(0), login(7, "bob"))
    group.land("b2", key(20), key(90, "bob"))
    for batch_id in ("b1", "b2"):
        detect(group.lake, UnitOfWork(batch_id=batch_id), rules=group.rules)
    ensure_alerts_view(group.lake)
    commit, commits = group.lake.transact, []

    def transact(work: Callable[[Transaction], Any]) -> Any:
        if len(commits) == done:
            raise Killed
        commits.append(work)
        return commit(work)

    monkeypatch.setattr(group.lake, "transact", transact)
    with suppress(Killed):
        correlate(group.lake, UnitOfWork(batch_id="b2"), rules=group.correlation_rules, now_utc=NOON)
        group.alert(NOON)
        raise_alerts(group.lake, UnitOfWork(batch_id="b2"), now_utc=NOON)
    assert len(commits) == done
    monkeypatch.undo()
    if done:  # the signals are there: another batch's run raises their alerts
        group.land("b3", (0, "Other", {}))
        group.run("b3", NOON + timedelta(hours=1))
        assert group.alerts() == [("ann", 2)]
    group.run("b2", NOON + timedelta(hours=2))  # and its own batch runs again

    assert group.signals() == [("ann", "Login0"), ("ann", "Key20")]
    assert group.alerts() == [("ann", 2)]
    events = group.rows("select event_type, p_batch_id from panther_alerts.alert_events order by all")
    assert events == [("CREATED", "b1"), ("MATCHED", "b1"), ("MATCHED", "b2")]
    assert group.rows("select * from panther_monitor.correlated_batches") == []


def test_what_is_found_while_alerts_are_raised_is_left_for_the_next_time(group: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    group.land("b1", login(0), key(5))
    group.land("b2", key(50))
    detect(group.lake, UnitOfWork(batch_id="b1"), rules=group.rules)
    correlate(group.lake, UnitOfWork(batch_id="b1"), rules=group.correlation_rules, now_utc=NOON)

    def meanwhile(lake: Lake, unit: UnitOfWork, *, now_utc: datetime) -> AlertReport:
        report = raise_alerts(lake, unit, now_utc=now_utc)
        detect(group.lake, UnitOfWork(batch_id="b2"), rules=group.rules)
        correlate(group.lake, UnitOfWork(batch_id="b2"), rules=group.correlation_rules, now_utc=NOON)
        return report

    monkeypatch.setattr("panther_dagster.alerts.correlated.raise_alerts", meanwhile)
    group.alert(NOON)
    monkeypatch.undo()
    assert group.alerts() == [("ann", 2)]
    assert not is_left(group.lake, now_utc=NOON + timedelta(minutes=14))
    assert is_left(group.lake, now_utc=NOON + timedelta(minutes=15))

    group.alert(NOON + timedelta(minutes=15))

    assert group.alerts() == [("ann", 3)]
    assert not is_left(group.lake, now_utc=NOON + timedelta(days=1))


class CountingLake(EmbeddedLake):
    """Counts the files that queries read, by table, as DuckDB tells it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, threads=1, memory_limit="500MB")
        self.files: Counter[str] | None = None

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        self._count(sql, parameters)
        return super().query(sql, parameters)

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, rows_per_batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        self._count(sql, parameters)
        return super().stream(sql, parameters, rows_per_batch=rows_per_batch)

    def _count(self, sql: str, parameters: Sequence[Any]) -> None:
        if self.files is None:
            return
        plan = super().query(f"explain (analyze, format json) {sql}", parameters).to_pylist()[0]["explain_value"]
        self._count_nodes(json.loads(plan))

    def _count_nodes(self, node: dict[str, Any]) -> None:
        told = node.get("extra_info") or {}
        if self.files is not None and "Total Files Read" in told:
            self.files[told["Table"]] += int(told["Total Files Read"])
        for child in node.get("children") or ():
            self._count_nodes(child)


def test_what_a_batch_reads_does_not_grow_with_the_age_of_the_lake(
    rules: RuleSet, copy_lake: Callable[[Path], Path], tmp_path: Path
) -> None:
    rule = build(tmp_path, GROUP)
    read = []
    for days in (1, 4):
        lake = CountingLake(copy_lake(tmp_path / f"lake{days}"))
        flow = Flow(lake, rules, rule)
        for day in range(days):  # each day has an alert of its own
            minute = -1440 * (day + 1)
            flow.land(f"b{day}", login(minute), key(minute + 5))
            flow.run(f"b{day}")
        assert len(flow.alerts()) == days
        flow.land("b9", login(0), key(5))
        detect(lake, UnitOfWork(batch_id="b9"), rules=rules)
        lake.files = Counter()
        correlate(lake, UnitOfWork(batch_id="b9"), rules=[rule], now_utc=NOON)
        flow.alert(NOON)
        read.append(lake.files)
        lake.files = None
        assert len(flow.alerts()) == days + 1
        lake.close()

    assert read[0]["signals"] > 0
    assert read[0]["test_type"] > 0
    assert read[1] == read[0]


def test_disabled_rules_find_nothing_and_silent_ones_leave_signals(lake: EmbeddedLake, rules: RuleSet, tmp_path: Path) -> None:
    disabled = build(tmp_path, GROUP, head=HEAD.replace("Enabled: true", "Enabled: false"))
    silent = build(tmp_path, GROUP, head=HEAD.replace("Test.Correlation", "Test.Silent") + "", tail="CreateAlert: false\n")
    flow = Flow(lake, rules, disabled, silent)
    flow.land("b1", login(0), key(5))
    flow.run("b1")

    assert flow.signals() == [("ann", "Login0"), ("ann", "Key5")]
    assert flow.rows("select distinct rule_id, create_alert from panther_signals.signals where dedup = 'ann'") == [("Test.Silent", False)]
    assert flow.alerts() == []


def test_a_correlation_rule_reads_the_signals_of_another(lake: EmbeddedLake, rules: RuleSet, tmp_path: Path) -> None:
    first = build(tmp_path, GROUP, tail="CreateAlert: false\n")
    detection = GROUP.replace("Test.Login", "Test.Correlation").replace("Test.Key", "Test.Change").replace("p_alert_context.owner", "user")
    second = build(tmp_path, detection, head=HEAD.replace("Test.Correlation", "Test.Second"))
    flow = Flow(lake, rules, second, first)
    flow.land("b1", login(0), (8, "Change", {"user": "ann"}))
    flow.land("b2", key(5))
    flow.run("b1")

    report = flow.run("b2")

    assert report.signals_by_rule == {"Test.Correlation": 2, "Test.Second": 2}
    assert flow.rows("select rule_id, dedup, match_count from panther_alerts.alerts") == [("Test.Second", "ann", 2)]


def test_a_sequence_is_found_over_batches(lake: EmbeddedLake, rules: RuleSet, tmp_path: Path) -> None:
    flow = Flow(lake, rules, build(tmp_path, SEQUENCE))
    flow.land("b1", (0, "Failed", {"user": "ann"}), key(20), (1, "Failed", {"user": "bob"}))
    flow.land("b2", (4, "Failed", {"user": "ann"}), login(9), login(10, "bob"), key(19, "bob"))
    flow.run("b2")
    flow.run("b1")

    assert flow.signals() == [("ann", "Failed0"), ("ann", "Failed4"), ("ann", "Login9"), ("ann", "Key20")]
    assert flow.alerts() == [("ann", 4)]


def test_paths_lead_into_lists_and_columns(lake: EmbeddedLake, rules: RuleSet, tmp_path: Path) -> None:
    detection = GROUP.replace("Match: user", "Match: p_any_usernames").replace("p_alert_context.owner", "request.owners.name")
    flow = Flow(lake, rules, build(tmp_path, detection))
    owners = {"owners": [{"name": "eve"}, {"name": "bob"}]}
    flow.land("b1", login(0, users=["ann", "bob"]), key(5, request=owners))
    flow.run("b1")

    assert flow.alerts() == [("bob", 2)]
