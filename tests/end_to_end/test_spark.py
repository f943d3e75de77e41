"""Detection on a Spark cluster of this machine: two workers, each a process with its own Python, against the single process.

`make test-spark` installs what it needs. The cluster starts once.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from detect.detections import pieces_of, told
from detect.packs import rows_of, write_rule
from installations import installation

from panther_dagster.defs.detections import rule_matches_assets
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.run import SILENT
from panther_dagster.defs.units import BATCH_TAG, hourly_partitions, partition_key
from panther_dagster.demo.story import Story, tell_story
from panther_dagster.detect import detection
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.spark import SparkCluster, SparkRules
from panther_dagster.detect.watch import RuleLimits
from panther_dagster.detect.watched_worker import WorkerFailed
from panther_dagster.errors import SettingsError
from panther_dagster.settings import PROJECT_ROOT, DetectionSettings, RulesSettings, Settings
from panther_dagster.standard_fields import table_name
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import RULE_ERRORS, RULE_RUNS, SIGNALS, TIME, Table

MASTER = "local-cluster[2,1,1024]"
# These JVMs live for seconds: without the optimizing compiler they start sooner.
CONF = {f"spark.{role}.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" for role in ("driver", "executor")}
CONF |= {"spark.task.maxFailures": "2"}  # a task is lost once
NOON = datetime(2024, 5, 1, 12)
HOUR = datetime(2024, 5, 1, 11)
BATCH_ID = "20240501T11-000000000001"
LIMITS = RuleLimits(seconds=2.0)
LOG_TYPES = ["AWS.CloudTrail", "Okta.SystemLog", "Suricata.DNS"]
CODE_BY_RULE_ID = {
    "Test.Raises": "def rule(event):\n    return event['noSuchField']\n",
    "Test.Hangs": "import time\ndef rule(event):\n    return event.get('eventName') == 'StopLogging' and time.sleep(600)\n",
    "Test.Counts": (
        "from panther_detection_helpers.caching import increment_counter\n"
        "def rule(event):\n    return increment_counter('events') % 100 == 0\n"
        "def title(event):\n    return event['p_log_type']\n"
    ),
    "Test.Owner": (
        "def owner(event):\n    return event.deep_get('p_enrichment', 'owners', 'userIdentity.userName', 'team')\n"
        "def rule(event):\n    return owner(event) is not None\n"
        "def title(event):\n    return owner(event)\n"
    ),
}
LOOKUP = """AnalysisType: lookup_table
LookupName: owners
Enabled: true
Filename: owners.csv
LogTypeMap:
  PrimaryKey: user
  AssociatedLogTypes:
    - LogType: AWS.CloudTrail
      Selectors: [$.userIdentity.userName]
"""

needs_spark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("pyspark", "pandas"))
    or not (shutil.which("java") or os.environ.get("JAVA_HOME")),
    reason="needs pyspark and Java 17: make test-spark",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkCluster]:
    """Workers that import the package and the tests' rules as this process does."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PROJECT_ROOT), *([before] if before else [])])
    found = SparkCluster(MASTER, tmp_path_factory.mktemp("pieces"), conf=CONF, min_events=1)
    with found.session():
        yield found
    os.environ.pop("PYTHONPATH")
    if before is not None:
        os.environ["PYTHONPATH"] = before


@pytest.fixture
def settings(copy_lake: Callable[[Path], Path], tmp_path: Path) -> Settings:
    """A story in the normalized tables of a lake, and rules beside those of the project."""
    pack = tmp_path / "pack"
    for rule_id, code in CODE_BY_RULE_ID.items():
        write_rule(pack, rule_id, code, LogTypes=LOG_TYPES)
    (pack / "lookup_tables").mkdir()
    (pack / "lookup_tables" / "owners.yml").write_text(LOOKUP)
    (pack / "lookup_tables" / "owners.csv").write_text("user,team\nsvc-backup,Storage\n")
    copy_lake(tmp_path / "home" / "lake")
    found = installation(tmp_path / "home", rules=RulesSettings(paths=(PROJECT_ROOT / "rules", pack), max_seconds=LIMITS.seconds))
    lake = open_lake(found)
    put_story(lake, tell_story(seed=7, now_utc=NOON, events=900))
    lake.close()
    return found


def put_story(lake: Lake, story: Story) -> None:
    """The story as one batch."""
    for log_type in sorted({event.log_type for event in story.events}):
        told_events = [event for event in story.events if event.log_type == log_type]
        size = len(told_events)
        rows = rows_of(
            [json.dumps(event.body) for event in told_events],
            batch_id=BATCH_ID,
            p_row_id=pa.array([f"{log_type}-{number:06d}" for number in range(size)]),
            p_log_type=pa.array([log_type] * size),
            p_event_time=pa.array([event.time_utc for event in told_events], TIME),
            p_hour=pa.array([HOUR] * size, TIME),
        )
        data = pa.Table.from_batches([rows])
        table = Table(f"panther_logs.{table_name(log_type)}", "One row per event.", data.schema)
        lake.transact(lambda tx, table=table, data=data: tx.append(table, data))


def run_detection(settings: Settings) -> dict[str, Any]:
    """Materialize the detections of the batch; returns the metadata of each table."""
    asset = rule_matches_assets({}, hourly_partitions(settings.schedule))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [asset],
            instance=instance,
            resources={"lake": LakeResource.of(settings)},
            partition_key=partition_key(HOUR),
            tags={BATCH_TAG: BATCH_ID},
            run_config=SILENT,
        )
    assert result.success
    made = [event.step_materialization_data.materialization for event in result.all_events if event.is_step_materialization]
    return {".".join(one.asset_key.path): {name: value.value for name, value in one.metadata.items()} for one in made}


def stored(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    lake = open_lake(settings)
    found = {table.name: lake.query(f"select * from {table.name} order by all").to_pylist() for table in (SIGNALS, RULE_ERRORS, RULE_RUNS)}
    lake.close()
    for run in found[RULE_RUNS.name]:
        del run["cpu_seconds"]
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


@needs_spark
def test_the_detections_of_a_story_are_those_of_the_single_process(
    settings: Settings, cluster: SparkCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "ROWS_PER_BATCH", 120)
    there = settings.model_copy(update={"detection": DetectionSettings(engine="spark", spark_master=MASTER, spark_min_events=1)})

    metadata = run_detection(settings)
    here = stored(settings)
    lake = open_lake(settings)
    for table in (SIGNALS, RULE_ERRORS, RULE_RUNS):
        lake.transact(lambda tx, table=table: tx.delete(table, UnitOfWork(batch_id=BATCH_ID)))
    lake.close()
    (settings.home / "rules.sqlite").unlink()
    on_cluster = run_detection(there)

    assert stored(settings) == here
    assert {name: each for name, each in on_cluster[SIGNALS.name].items() if "seconds" not in name} == {
        name: each for name, each in metadata[SIGNALS.name].items() if "seconds" not in name
    }
    assert on_cluster[RULE_ERRORS.name]["quarantined"] == ["Test.Hangs"]
    assert not list((settings.home / "spark").iterdir())
    matched = {row["rule_id"] for row in here[SIGNALS.name]}
    assert {"Test.Counts", "Test.Owner", "AWS.CloudTrail.LoggingSwitchedOff"} <= matched
    assert {row["title"] for row in here[SIGNALS.name] if row["rule_id"] == "Test.Owner"} == {"Storage"}
    assert {(row["rule_id"], row["error_type"]) for row in here[RULE_ERRORS.name]} == {
        ("Test.Raises", "KeyError"),
        ("Test.Hangs", "RuleTimeout"),
    }
    assert len({row["log_type"] for row in here[RULE_RUNS.name]}) >= 4


@needs_spark
def test_a_worker_that_is_killed_neither_loses_nor_doubles_anything(cluster: SparkCluster, tmp_path: Path) -> None:
    flag = tmp_path / "killed"
    code = f"""
import os, time
def rule(event):
    if event['n'] == 730 and not os.path.exists({str(flag)!r}):
        holder = os.getppid()
        with open(f'/proc/{{holder}}/stat') as stat:
            worker = int(stat.read().rpartition(')')[2].split()[1])
        with open({str(flag)!r}, 'w') as file:
            file.write(str(worker))
        os.kill(worker, 9)
        time.sleep(600)
    return event['n'] % 3 == 0
"""
    write_rule(tmp_path / "pack", "Test.Kills", code)
    pieces = pieces_of(rows_of([json.dumps({"n": n}) for n in range(2_000)]), 250)

    with SparkRules([tmp_path / "pack"], cluster=cluster, limits=RuleLimits(seconds=20.0)) as rules:
        found = told(rules.evaluate_all(pieces))
        assert rules.set_aside_ids == set()
    assert int(flag.read_text()) not in (os.getpid(), os.getppid())
    with LimitedRules([tmp_path / "pack"], limits=RuleLimits(seconds=20.0)) as rules:
        expected = told(rules.evaluate_all(pieces))

    assert found == expected
    assert [(run["events"], run["matches"]) for run in found["runs"]] == [(2_000, 667)]


@needs_spark
def test_workers_with_other_rules_fail_the_detection_with_their_name(cluster: SparkCluster, tmp_path: Path) -> None:
    write_rule(tmp_path / "pack", "Test.Changed", "def rule(event):\n    return True\n")
    pieces = pieces_of(rows_of(['{"n": 1}'] * 5), 5)

    with SparkRules([tmp_path / "pack"], cluster=cluster) as rules:
        assert [rule.rule_id for rule in rules.rules] == ["Test.Changed"]
        write_rule(tmp_path / "pack", "Test.Changed", "def rule(event):\n    return False\n")
        with pytest.raises(
            WorkerFailed, match=r"on the Spark cluster local-cluster\[2,1,1024\]: \S+ has another version of rule Test\.Changed: "
        ):
            list(rules.evaluate_all(pieces))
    assert not list(cluster.folder.iterdir())


def test_a_process_that_detects_by_itself_does_not_import_pyspark(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from panther_dagster.defs.resources import LakeResource
from panther_dagster.settings import RulesSettings, Settings
resource = LakeResource.of(Settings(home=Path({str(tmp_path)!r}), rules=RulesSettings(paths=())))
resource.rules.close()
print(sorted(name for name in sys.modules if name.partition('.')[0] in ('pyspark', 'py4j') or name == 'panther_dagster.detect.spark'))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=PROJECT_ROOT, check=False)
    assert (ran.stdout.strip(), ran.returncode) == ("[]", 0), ran.stderr


def test_a_run_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    detection = DetectionSettings(engine="spark", spark_master=MASTER)
    with pytest.raises(SettingsError, match=r"pip install 'panther-dagster\[spark\]'"):
        _ = LakeResource.of(Settings(home=tmp_path, rules=RulesSettings(paths=()), detection=detection)).rules
