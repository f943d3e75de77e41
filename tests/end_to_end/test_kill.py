"""kill -9 of a whole ingest at random instants, then a run to the end: every table is as after one clean run.

PANTHER_KILLS sets how many kills (default 3; `make test-all` asks for 20), PANTHER_KILL_SEED which instants.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from installations import copy_home

from panther_dagster.defs.batch_runs import BATCH_JOB
from panther_dagster.defs.code_location import build_definitions
from panther_dagster.defs.instance import dagster_instance
from panther_dagster.defs.run import SILENT
from panther_dagster.demo.writer import write_story
from panther_dagster.ingest.accounting import check_accounting
from panther_dagster.ingest.batching import unfinished_batches
from panther_dagster.settings import LakeSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import UnitOfWork

PROGRAM = Path(__file__).with_name("ingest_story.py")
KILLS = int(os.environ.get("PANTHER_KILLS", "3"))
SEED = int(os.environ.get("PANTHER_KILL_SEED", "1"))
NOW = datetime(2024, 5, 1, 14, 0)
DAY = UnitOfWork(hours=(datetime(2024, 5, 1), datetime(2024, 5, 2)))
SCHEMAS = ("panther_raw", "panther_logs", "panther_indicators", "panther_signals", "panther_alerts", "panther_monitor")
# How long a rule took is different in every run; all else is not.
MEASURED = {"cpu_seconds"}
Tables = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def incoming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Okta and CloudTrail files of the demo's story, delivered in three hours: three batches. More log types would only take longer."""
    folder = tmp_path_factory.mktemp("story") / "incoming"
    write_story(folder, seed=7, now_utc=NOW, events=300)
    keep_only(folder, "okta", "cloudtrail")
    return folder


@pytest.fixture(scope="module")
def clean(ensured_home: Path, incoming: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, float]:
    """Tables of a run that nobody disturbs, and the seconds that its work took."""
    home = copy_home(ensured_home, tmp_path_factory.mktemp("clean") / "home")
    seconds = run(home, incoming)
    lake = open_lake(Settings(home=home, lake=LakeSettings(threads=1, memory_limit="500MB")))
    correlated = "select p_row_id from panther_signals.signals where rule_id = 'CrossSource.Identity.OktaTakeoverToAWS'"
    assert lake.query(correlated).num_rows == 3  # kills meet a correlation rule's match, too
    lake.close()
    return tables_of(home), seconds


def start(home: Path, incoming: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), str(home), str(incoming), NOW.isoformat(), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(home: Path, incoming: Path, *more: str) -> float:
    """To the end. Returns the seconds after its imports."""
    with start(home, incoming, *more) as process:
        assert process.stdout
        process.stdout.readline()
        started = time.monotonic()
        rest, errors = process.communicate(timeout=400)
        assert process.returncode == 0, errors[-3000:]
        assert rest == "done\n"
        return time.monotonic() - started


def run_and_kill(home: Path, incoming: Path, *, after_seconds: float) -> bool:
    """Whether the kill met it alive."""
    with start(home, incoming) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        try:
            process.wait(after_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        return process.returncode != 0


def tables_of(home: Path) -> Tables:
    """Rows and a hash of every table of the flow."""
    lake = open_lake(Settings(home=home, lake=LakeSettings(threads=1, memory_limit="500MB")))
    try:
        assert unfinished_batches(lake) == []
        assert check_accounting(lake, DAY) == []
        sql = "select schema_name || '.' || table_name as name from duckdb_tables() where database_name = 'lake' order by 1"
        names = [name for name in lake.query(sql)["name"].to_pylist() if name.split(".")[0] in SCHEMAS]
        hashes: Tables = {}
        for name in names:
            rows = lake.query(f"select * from {name}").to_pylist()
            texts = sorted(json.dumps({k: v for k, v in row.items() if k not in MEASURED}, default=str, sort_keys=True) for row in rows)
            hashes[name] = (len(rows), hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16])
        return hashes
    finally:
        lake.close()


@pytest.mark.timeout(900 + 120 * KILLS)
def test_killed_at_random_instants_and_run_again_the_tables_are_those_of_a_clean_run(
    clean: tuple[Tables, float], ensured_home: Path, incoming: Path, tmp_path: Path
) -> None:
    expected, seconds = clean
    assert expected["panther_raw.okta_systemlog"][0] > 20
    assert expected["panther_logs.aws_cloudtrail"][0] > 20
    assert expected["panther_alerts.alert_signals"][0] > 5
    assert expected["panther_monitor.batches"][0] == 3
    dice = random.Random(SEED)
    killed_at: list[float] = []
    for number in range(4 * KILLS):
        if len(killed_at) == KILLS:
            break
        home = copy_home(ensured_home, tmp_path / f"home-{number}")
        while len(killed_at) < KILLS:  # one home bears several kills, until one comes too late
            instant = dice.uniform(0, 0.8 * seconds)
            if not run_and_kill(home, incoming, after_seconds=instant):
                break
            killed_at.append(instant)
        run(home, incoming)
        assert tables_of(home) == expected, f"seed {SEED}, killed at {killed_at}"
        shutil.rmtree(home)
    assert len(killed_at) == KILLS
    print(f"killed after {', '.join(f'{instant:.2f}' for instant in killed_at)} s of {seconds:.2f} s")


@pytest.mark.timeout(900)
def test_a_dagster_run_that_is_killed_is_found_by_the_sensor_and_its_batch_run_again(
    ensured_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = tmp_path / "incoming"
    write_story(incoming, seed=7, now_utc=NOW, events=300)
    keep_only(incoming, "okta")
    settings = installation_of(tmp_path / "home", incoming)
    copy_home(ensured_home, settings.home)

    with start(settings.home, incoming, "--through-dagster", "--die-at", "rule_matches") as process:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == -9, errors[-3000:]

    definitions = build_definitions(settings)
    monkeypatch.setattr("panther_dagster.defs.sources.utc_now", lambda: datetime.now(UTC) + timedelta(minutes=2))
    with dagster_instance(settings) as instance:
        (killed,) = instance.get_runs()
        assert killed.status is dg.DagsterRunStatus.STARTED
        requests = sweep(definitions, instance)
        found = instance.get_run_by_id(killed.run_id)
        assert found
        assert found.status is dg.DagsterRunStatus.FAILURE
        first = killed.tags["lake/batch_id"]
        assert [request.run_key for request in requests if request.tags["lake/batch_id"] == first] == [f"{first}/1"]
        job = definitions.resolve_job_def(BATCH_JOB)
        for request in requests:
            done = job.execute_in_process(
                instance=instance, partition_key=request.partition_key, tags=request.tags, run_config=SILENT, raise_on_error=False
            )
            assert done.success
        assert sweep(definitions, instance) == []

    clean_home = copy_home(ensured_home, tmp_path / "clean")
    run(clean_home, incoming)
    assert without_run_times(tables_of(settings.home)) == without_run_times(tables_of(clean_home))


def installation_of(home: Path, incoming: Path) -> Settings:
    """The same as in ingest_story.py."""
    return Settings(
        home=home,
        lake=LakeSettings(threads=1, memory_limit="500MB"),
        sources=(SourceSettings(name="story", uri=str(incoming), is_polled=False),),
    )


def keep_only(incoming: Path, *names: str) -> None:
    for folder in incoming.iterdir():
        if folder.name not in names:
            shutil.rmtree(folder)


def sweep(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Sequence[dg.RunRequest]:
    """What the sensor for left batches asks for."""
    sensor = definitions.get_repository_def().get_sensor_def("unfinished_batches")
    answer = sensor(dg.build_sensor_context(instance=instance))
    return answer.run_requests or [] if isinstance(answer, dg.SensorResult) else []


def without_run_times(tables: Tables) -> Tables:
    """Without what Dagster's steps stamp with the clock: when an alert was raised."""
    return {name: value for name, value in tables.items() if name != "panther_alerts.alert_events"}
