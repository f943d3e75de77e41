"""A backtest over the events of batches gives what detection and alerting gave for them."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.packs import HOUR, rows_of, write_rule
from detect.test_backtest import DAY, SEVEN, times_of
from detect.test_detection import put_rows

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.backtest.running import BacktestReport, RuleVersion, run_backtest
from panther_dagster.detect.backtest import TimeRange
from panther_dagster.detect.detection import detect
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.lookups.declaration import read_lookup_tables
from panther_dagster.detect.lookups.history import LookupHistory, load_lookup_tables
from panther_dagster.errors import BacktestError, RuleError
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import TIME

RULE_IDS = ["Test.Even", "Test.Threshold", "Test.Fails", "Test.Silent"]


def write_pack(root: Path) -> Path:
    dedup = "def dedup(event):\n    return event['who']\n"
    write_rule(root, "Test.Even", f"def rule(event):\n    return event['n'] % 2 == 0\n{dedup}")
    write_rule(root, "Test.Threshold", f"def rule(event):\n    return event['n'] > 2\n{dedup}", Threshold=3, DedupPeriodMinutes=15)
    write_rule(
        root, "Test.Fails", "def rule(event):\n    return event['n'] / (event['n'] - 3) < 0\ndef title(event):\n    return event['no']\n"
    )
    write_rule(root, "Test.Silent", "def rule(event):\n    return True\n", CreateAlert=False)
    return root


def put_batches(lake: EmbeddedLake) -> None:
    """Three batches of twelve events, a minute to six apart, with late ones, over two hours."""
    for number, batch in enumerate(("b1", "b2", "b3")):
        raw = [f'{{"n": {n}, "who": "{"ab"[n % 3 % 2]}"}}' for n in range(12)]
        times = times_of(*((n * (number + 4) + number * 25) % 110 for n in range(12)))
        put_rows(lake, rows_of(raw, batch_id=batch, first=number * 12, p_event_time=times))


def backtest(
    lake: EmbeddedLake, pack: Path, *rule_ids: str, base: Path | None = None, times: TimeRange = DAY, **more: Any
) -> BacktestReport:
    with ExitStack() as stack:
        versions = [RuleVersion(stack.enter_context(LimitedRules([path], only=rule_ids))) for path in (pack, base) if path is not None]
        return run_backtest(lake, *versions, times=times, **more)


def test_matches_and_alerts_are_those_of_detection(lake: EmbeddedLake, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    put_batches(lake)
    with LimitedRules([pack]) as rules:
        for batch in ("b1", "b2", "b3"):
            unit = UnitOfWork(batch_id=batch)
            detect(lake, unit, rules=rules)
            raise_alerts(lake, unit, now_utc=HOUR)
    matches = {
        row["rule_id"]: row["n"] for row in lake.query("select rule_id, count(*) as n from panther_signals.signals group by 1").to_pylist()
    }
    errors = {
        row["rule_id"]: row["n"]
        for row in lake.query("select rule_id, count(*) as n from panther_signals.rule_errors group by 1").to_pylist()
    }
    alerts = lake.query(
        "select rule_id, dedup, alert_type, first_event_time, last_event_time, match_count, title from panther_alerts.alerts"
    )

    report = backtest(lake, pack, *RULE_IDS)

    assert report.events_by_log_type == {"Test.Type": 36}
    assert {rule_id: found.matches for rule_id, found in report.present.by_rule.items()} == matches
    assert matches == {"Test.Even": 18, "Test.Threshold": 27, "Test.Fails": 6, "Test.Silent": 36}
    assert {rule_id: found.errors for rule_id, found in report.present.by_rule.items() if found.errors} == errors == {"Test.Fails": 9}
    found = [(a.rule_id, a.dedup, a.alert_type, a.first_event_time, a.last_event_time, a.matches, a.title) for a in report.present.alerts]
    assert len(found) > 5
    assert sorted(found) == sorted(tuple(row.values()) for row in alerts.to_pylist())


def test_the_range_of_one_batch_gives_the_signals_of_that_batch(lake: EmbeddedLake, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    raw = [f'{{"n": {n}, "who": "a"}}' for n in range(6)]
    put_rows(lake, rows_of(raw, batch_id="b1", p_event_time=times_of(0, 1, 2, 3, 4, 5)))
    put_rows(lake, rows_of(raw, batch_id="b2", first=6, p_event_time=times_of(60, 61, 62, 63, 64, 65)))
    with LimitedRules([pack]) as rules:
        detect(lake, UnitOfWork(batch_id="b1"), rules=rules)
        detect(lake, UnitOfWork(batch_id="b2"), rules=rules)
    stored = lake.query("select rule_id, count(*) as n from panther_signals.signals where p_batch_id = 'b2' group by 1").to_pylist()

    report = backtest(lake, pack, *RULE_IDS, times=TimeRange(SEVEN + timedelta(hours=1), SEVEN + timedelta(hours=2)))

    assert {r: f.matches for r, f in report.present.by_rule.items() if f.matches} == {row["rule_id"]: row["n"] for row in stored}
    assert report.present.by_rule["Test.Even"].first_match == SEVEN + timedelta(hours=1)


def test_nothing_is_written(lake: EmbeddedLake, tmp_path: Path) -> None:
    put_batches(lake)
    snapshots = "select count(*) as n from ducklake_snapshots('lake')"
    before = lake.query(snapshots).to_pylist()

    backtest(lake, write_pack(tmp_path / "pack"), *RULE_IDS)

    assert lake.query(snapshots).to_pylist() == before
    assert lake.query("select count(*) as n from panther_signals.signals").to_pylist() == [{"n": 0}]


def test_a_changed_rule_is_compared_with_what_it_was(lake: EmbeddedLake, tmp_path: Path) -> None:
    code = "def rule(event):\n    return event['n'] in {numbers}\ndef dedup(event):\n    return str(event['n'])\n"
    write_rule(tmp_path / "old", "Test.Rule", code.format(numbers=(1, 2)))
    write_rule(tmp_path / "new", "Test.Rule", code.format(numbers=(2, 3)))
    write_rule(tmp_path / "new", "Test.New", code.format(numbers=(4,)))
    put_rows(lake, rows_of([f'{{"n": {n}}}' for n in range(5)], p_event_time=times_of(0, 1, 2, 3, 4)))

    report = backtest(lake, tmp_path / "new", "Test.Rule", "Test.New", base=tmp_path / "old")

    changes = report.difference
    assert changes is not None
    assert [(a.rule_id, a.dedup, a.first_event_time.minute) for a in changes.added] == [("Test.Rule", "3", 3), ("Test.New", "4", 4)]
    assert [(a.rule_id, a.dedup, a.first_event_time.minute) for a in changes.lost] == [("Test.Rule", "1", 1)]
    assert (changes.matches_added, changes.matches_lost) == ({"Test.Rule": 1, "Test.New": 1}, {"Test.Rule": 1})
    assert report.base is not None
    assert sorted(report.base.by_rule) == ["Test.Rule"]


def test_rows_are_counted_as_they_are_done(lake: EmbeddedLake, tmp_path: Path) -> None:
    put_batches(lake)
    seen: list[tuple[int, int]] = []

    backtest(lake, write_pack(tmp_path), "Test.Even", on_rows=lambda done, total: seen.append((done, total)))

    assert seen == [(0, 36), (36, 36)]


def test_a_range_without_events_is_refused(lake: EmbeddedLake, tmp_path: Path) -> None:
    put_batches(lake)
    nothing = TimeRange(SEVEN + timedelta(days=1), SEVEN + timedelta(days=2))

    with pytest.raises(BacktestError, match=r"no event of Test\.Type with an event time in 2024-05-07T07:00:00Z\.\.2024-05-08T07:00:00Z"):
        backtest(lake, write_pack(tmp_path), "Test.Even", times=nothing)


def test_rules_of_which_none_loads_are_refused_with_what_is_wrong(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Broken", "def rule(event)\n")

    with pytest.raises(RuleError, match=r"test_broken\.py"):
        backtest(lake, tmp_path, "Test.Broken")


def test_rules_see_the_lookup_rows_of_the_batch_s_time_and_none_is_loaded(lake: EmbeddedLake, tmp_path: Path) -> None:
    code = "def rule(event):\n    return event.deep_get('p_enrichment', 'staff', 'who', 'team') == 'ops'\n"
    write_rule(tmp_path, "Test.Team", code)
    asks = "def rule(event):\n    row = event.lookup('staff', event['who'])\n    return row is not None and row['team'] == 'ops'\n"
    write_rule(tmp_path, "Test.Asks", asks)
    folder = tmp_path / "lookup_tables"
    folder.mkdir()
    associated = "AssociatedLogTypes: [{LogType: Test.Type, Selectors: [who]}]"
    declared = "AnalysisType: lookup_table\nLookupName: staff\nEnabled: true\nFilename: staff.csv\n"
    (folder / "staff.yml").write_text(f"{declared}LogTypeMap: {{PrimaryKey: name, {associated}}}\n")
    (folder / "staff.csv").write_text("name,team\njo,ops\nmia,dev\n")
    catalog = read_lookup_tables([tmp_path])
    assert not catalog.errors
    put_rows(lake, rows_of(['{"who": "jo"}', '{"who": "mia"}'], batch_id="b1"))
    later = pa.array([HOUR + timedelta(hours=2)] * 2, TIME)
    put_rows(lake, rows_of(['{"who": "jo"}', '{"who": "mia"}'], batch_id="b2", first=2, p_parse_time=later))

    def matches() -> list[int]:
        with LimitedRules([tmp_path], only=["Test.Asks", "Test.Team"]) as rules:
            report = run_backtest(lake, RuleVersion(rules, LookupHistory(lake, catalog)), times=DAY)
        return [report.present.by_rule[rule_id].matches for rule_id in ("Test.Asks", "Test.Team")]

    assert matches() == [0, 0]
    load_lookup_tables(lake, catalog, clock=lambda: HOUR)
    (folder / "staff.csv").write_text("name,team\njo,ops\nmia,ops\n")
    load_lookup_tables(lake, catalog, clock=lambda: HOUR + timedelta(hours=1))
    assert matches() == [3, 3]  # jo twice, mia since she is in ops
