"""Users with roles in a CSV, CloudTrail files, a rule that reads both: a replay sees the roles of the time that it replays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flow_files import deliver, stopped_trail
from installations import copy_home, installation

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.detect.detection import detect
from panther_dagster.detect.lookups.declaration import read_lookup_tables
from panther_dagster.detect.lookups.history import LookupHistory, load_lookup_tables
from panther_dagster.detect.pack import load_rules
from panther_dagster.ingest.batching import cut_batches, finish_batch, unfinished_batches
from panther_dagster.ingest.landing import land_batch
from panther_dagster.log_types.registry import load_registry
from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import RulesSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake, UnitOfWork

NOON = datetime(2024, 5, 1, 12)
ONE = datetime(2024, 5, 1, 13)
TWO = datetime(2024, 5, 1, 14)
TABLE = """AnalysisType: lookup_table
LookupName: users
Enabled: true
Filename: users.csv
LogTypeMap:
  PrimaryKey: user
  AssociatedLogTypes:
    - LogType: AWS.CloudTrail
      Selectors: [$.userIdentity.userName]
"""
RULE = """AnalysisType: rule
RuleID: Test.ContractorStopsTrail
Enabled: true
Filename: contractor.py
LogTypes: [AWS.CloudTrail]
Severity: High
"""
CODE = """
def user(event):
    return event.deep_get("p_enrichment", "users", "userIdentity.userName", default={})
def rule(event):
    return event.get("eventName") == "StopLogging" and user(event).get("role") == "contractor"
def title(event):
    return f"{user(event)['p_match']}, {user(event)['role']}"
"""


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    pack = tmp_path / "pack"
    (tmp_path / "incoming").mkdir()
    for name, text in {"lookup_tables/users.yml": TABLE, "aws_rules/contractor.yml": RULE, "aws_rules/contractor.py": CODE}.items():
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_text(text)
    source = SourceSettings(name="incoming", uri=str(tmp_path / "incoming"))
    return installation(copy_home(ensured_home, tmp_path / "home"), sources=(source,), rules=RulesSettings(paths=(pack,)))


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = open_lake(settings)
    yield opened
    opened.close()


def load_users(settings: Settings, lake: Lake, rows: str, now: datetime) -> str:
    (settings.rules.paths[0] / "lookup_tables" / "users.csv").write_text(rows)
    (report,) = load_lookup_tables(lake, read_lookup_tables(settings.rules.paths), clock=lambda: now)
    return report.state


def detect_unit(settings: Settings, lake: Lake, unit: UnitOfWork) -> None:
    """As another process does it: everything is read anew."""
    registry = load_registry(settings.dbt_project)
    rules = load_rules(settings.rules.paths, registry=registry)
    report = detect(lake, unit, rules=rules, registry=registry, lookups=LookupHistory(lake, read_lookup_tables(settings.rules.paths)))
    assert (rules.errors, report.errors) == ((), 0)


def run_flow(settings: Settings, lake: Lake, now: datetime) -> None:
    """What was delivered, from its objects to its alerts; batches are taken in `now`."""
    cut_batches(lake, settings.sources[0], limits=settings.batches, first_hour=settings.schedule.first_hour, now_utc=now)
    project, registry = DbtProject(settings, lake), load_registry(settings.dbt_project)
    for batch in unfinished_batches(lake):
        unit = UnitOfWork(batch_id=batch.batch_id)
        land_batch(lake, batch.batch_id, source=settings.sources[0], registry=registry, limits=settings.batches)
        project.build(unit, log_types=project.log_types_with_rows(unit))
        detect_unit(settings, lake, unit)
        raise_alerts(lake, unit, now_utc=now)
        finish_batch(lake, batch.batch_id)


def signals(lake: Lake) -> list[dict[str, object]]:
    return lake.query("select * from panther_signals.signals order by p_hour, title").to_pylist()


def test_a_replay_of_an_old_hour_sees_the_rows_of_its_time(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    both = [stopped_trail("jo", NOON), stopped_trail("al", NOON)]
    incoming = tmp_path / "incoming"
    assert load_users(settings, lake, "user,role\njo,contractor\nal,engineer\n", datetime(2024, 5, 1, 11)) == "LOADED"
    deliver(incoming, "a.json", both, NOON)
    run_flow(settings, lake, NOON.replace(minute=5))
    assert [row["title"] for row in signals(lake)] == ["jo, contractor"]

    assert load_users(settings, lake, "user,role\njo,engineer\nal,contractor\n", NOON.replace(minute=30)) == "LOADED"
    deliver(incoming, "b.json", both, NOON.replace(minute=40))  # of the same hour, after the change
    run_flow(settings, lake, NOON.replace(minute=45))
    deliver(incoming, "c.json", both, ONE)
    run_flow(settings, lake, ONE.replace(minute=5))
    before = signals(lake)
    assert [(row["p_hour"], row["title"]) for row in before] == [
        (NOON, "al, contractor"),
        (NOON, "jo, contractor"),
        (ONE, "al, contractor"),
    ]

    assert load_users(settings, lake, "user,role\njo,gone\nal,gone\n", TWO) == "LOADED"
    detect_unit(settings, lake, UnitOfWork(hours=(NOON, ONE)))
    detect_unit(settings, lake, UnitOfWork(hours=(ONE, TWO)))
    assert signals(lake) == before
    assert lake.query("select title from panther_alerts.alerts order by 1").to_pylist() == [
        {"title": "al, contractor"},
        {"title": "jo, contractor"},
    ]

    deliver(incoming, "d.json", both, TWO)
    run_flow(settings, lake, TWO.replace(minute=5))
    assert signals(lake) == before


def test_a_table_that_is_new_is_tried_on_old_hours_by_running_them_again(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    (settings.rules.paths[0] / "lookup_tables" / "users.csv").write_text("user,role\n")
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("jo", NOON)], NOON)
    run_flow(settings, lake, NOON.replace(minute=5))
    assert signals(lake) == []

    load_users(settings, lake, "user,role\njo,contractor\n", TWO)
    detect_unit(settings, lake, UnitOfWork(hours=(NOON, ONE)))

    assert [row["title"] for row in signals(lake)] == ["jo, contractor"]
