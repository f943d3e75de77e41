from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from detect.packs import write_rule
from flow_files import deliver, stopped_trail, table_hashes
from installations import copy_home, installation

from panther_dagster.defs.instance import dagster_instance
from panther_dagster.defs.run import BatchEvent, run_batches
from panther_dagster.detect.rule_numbers import rule_numbers
from panther_dagster.ingest.batching import Batch, cut_batches, unfinished_batches
from panther_dagster.settings import Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

NOON = datetime(2024, 5, 1, 12)
ONE = datetime(2024, 5, 1, 13)


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    (tmp_path / "incoming").mkdir()
    source = SourceSettings(name="incoming", uri=str(tmp_path / "incoming"))
    return installation(copy_home(ensured_home, tmp_path / "home"), sources=(source,))


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = open_lake(settings)
    yield opened
    opened.close()


def cut(settings: Settings, lake: Lake) -> list[Batch]:
    limits, first_hour = settings.batches, settings.schedule.first_hour
    return cut_batches(lake, settings.sources[0], limits=limits, first_hour=first_hour, now_utc=datetime(2024, 5, 1, 14, 30))


def dagster(settings: Settings, folder: Path, *arguments: str) -> None:
    """The command line tool on this installation, as a user calls it."""
    file = folder / "panther.yaml"
    file.write_text(yaml.safe_dump(settings.model_dump(mode="json", include={"sources", "lake"}, exclude_none=True)))
    home = settings.home / "dagster"
    environment = {"PANTHER_HOME": str(settings.home), "PANTHER_SETTINGS": str(file), "DAGSTER_HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "dagster", *arguments, "-m", "panther_dagster.definitions"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-4000:]


def test_a_batch_goes_from_its_files_to_its_alert(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON), stopped_trail("mia", NOON)], NOON)
    events: list[BatchEvent] = []

    (batch,) = cut(settings, lake)
    (outcome,) = run_batches(settings, [batch], events.append)

    assert outcome.is_success
    assert outcome.error == ""
    assert outcome.total("panther_raw", "events") == 2
    assert outcome.total("panther_logs", "events") == 2
    assert outcome.metadata_by_table["panther_alerts.alerts"]["alerts"] == 1
    assert [event.step for event in events if event.kind == "step"] == ["land", "dbt", "rule_matches", "panther_alerts__alerts"]
    assert events[0].kind == "started"
    assert events[-1].kind == "finished"
    assert lake.query("select title, match_count from panther_alerts.alerts").to_pylist() == [
        {"title": "mia stopped CloudTrail audit in 123456789012 us-east-1", "match_count": 2}
    ]
    assert unfinished_batches(lake) == []


def test_a_rule_that_ends_or_holds_up_its_process_fails_no_run(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    types = {"LogTypes": ["AWS.CloudTrail"]}
    write_rule(tmp_path / "bad", "Test.Exits", "import os\ndef rule(event):\n    os._exit(1)\n", **types)
    write_rule(tmp_path / "bad", "Test.Hangs", "def rule(event):\n    while True:\n        pass\n", **types)
    write_rule(tmp_path / "bad", "Test.Import", "import os\nos._exit(1)\ndef rule(event):\n    return True\n", **types)
    rules = settings.rules.model_copy(update={"paths": (*settings.rules.paths, tmp_path / "bad"), "max_seconds": 1.0})
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON)], NOON)

    (outcome,) = run_batches(settings.model_copy(update={"rules": rules}), cut(settings, lake))

    assert outcome.is_success
    alerts = lake.query(
        "select alert_type, rule_id, split_part(title, ';', 1) as title from panther_alerts.alerts order by all"
    ).to_pylist()
    assert [tuple(alert.values()) for alert in alerts] == [
        ("RULE", "AWS.CloudTrail.LoggingSwitchedOff", "mia stopped CloudTrail audit in 123456789012 us-east-1"),
        ("RULE_ERROR", "Test.Exits", "RuleEndedProcess('its process ended with exit code 1"),
        ("RULE_ERROR", "Test.Hangs", "RuleTimeout('took longer than 1 s"),
    ]
    numbers, _ = rule_numbers(lake, (NOON, ONE))
    assert {rule_id: found.stopped for rule_id, found in numbers.items() if found.errors} == {"Test.Exits": 1, "Test.Hangs": 1}
    with dagster_instance(settings) as instance:
        made = instance.fetch_materializations(dg.AssetKey(["panther_signals", "rule_errors"]), limit=1).records[0].asset_materialization
        assert made
        assert made.metadata["quarantined"].value == ["Test.Exits", "Test.Hangs"]
        entries = instance.all_logs(outcome.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        checks = {c.check_name: c for entry in entries if entry.dagster_event for c in [entry.dagster_event.asset_check_evaluation_data]}
        assert not checks["no_rule_errors"].passed
        (error,) = checks["rules_load"].metadata["errors"].value
        assert error.endswith("test_import.py: import failed: RuleRefused('its import ended the process with exit code 1')")


def test_what_ran_shows_in_dagster(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON)], NOON)
    (outcome,) = run_batches(settings, cut(settings, lake))

    with dagster_instance(settings) as instance:
        run = instance.get_run_by_id(outcome.run_id)
        assert run
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert run.tags["dagster/partition"] == "2024-05-01-12:00"
        made = instance.fetch_materializations(dg.AssetKey(["panther_logs", "aws_cloudtrail"]), limit=1).records[0].asset_materialization
        assert made
        assert made.partition == "2024-05-01-12:00"
        assert made.metadata["events"].value == 1
        assert made.metadata["dagster/row_count"].value == 1
        # A log type without rows is complete for this hour, too.
        assert instance.get_materialized_partitions(dg.AssetKey(["panther_logs", "suricata_dns"])) == {"2024-05-01-12:00"}
        entries = instance.all_logs(outcome.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        checks = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
        assert {check.check_name: check.passed for check in checks} == {
            "accounting": True,
            "failure_rate": True,
            "no_rule_errors": True,
            "rules_load": True,
        }


def test_a_batch_that_fails_says_why_and_the_next_one_runs(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON)], NOON)
    deliver(tmp_path / "incoming", "b.json", [stopped_trail("ada", ONE)], ONE)
    first, second = cut(settings, lake)
    never_cut = replace(first, batch_id="20240501T12-000000000000")

    failed, done = run_batches(settings, [never_cut, second])

    assert not failed.is_success
    assert failed.error.startswith("land: ")
    assert "no batch '20240501T12-000000000000' has been cut" in failed.error
    assert done.is_success


def test_a_backfill_of_hours_by_the_command_line_gives_what_the_batches_gave(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    for number, hour in enumerate((NOON, NOON, ONE)):
        deliver(tmp_path / "incoming", f"{number}.json", [stopped_trail(f"user-{number}", hour)] * 2, hour)
        outcomes = run_batches(settings, cut(settings, lake))  # so that noon has two batches
        assert [outcome.is_success for outcome in outcomes] == [True]
    before = table_hashes(lake)
    assert before["panther_alerts.alert_events"][0] == 6
    lake.close()

    dagster(settings, tmp_path, "asset", "materialize", "--select", FLOW, "--partition-range", "2024-05-01-12:00...2024-05-01-13:00")
    assert table_hashes(lake) == before
    lake.close()

    dagster(settings, tmp_path, "asset", "materialize", "--select", "key:panther_logs/aws_cloudtrail", "--partition", "2024-05-01-12:00")
    assert table_hashes(lake) == before
    with dagster_instance(settings) as instance:
        signals = instance.get_materialized_partitions(dg.AssetKey(["panther_signals", "signals"]))
        assert signals == {"2024-05-01-12:00", "2024-05-01-13:00"}


FLOW = " or ".join(f"group:{group}" for group in ("raw", "normalized", "indicators", "detections", "alerts"))
