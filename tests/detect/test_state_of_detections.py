"""What rules remember, from detection to detection: rules in their own process, a lake, and stores that outlive both."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from detect.packs import HOUR, rows_of, write_rule
from detect.state_stores import dynamodb_endpoint, dynamodb_location, location, sqlite_in
from detect.stored_rows import put_rows, rows
from installations import installation

from panther_dagster.defs.resources import LakeResource
from panther_dagster.detect.detection import detect
from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.detect.scheduled import ScheduledQuery, run_query
from panther_dagster.detect.state.location import opener_of
from panther_dagster.detect.watched_worker import WorkerFailed
from panther_dagster.errors import Location
from panther_dagster.settings import RulesSettings
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork

__all__ = ["dynamodb_endpoint", "dynamodb_location", "location"]

THIRD = (
    "from panther_detection_helpers.caching import evaluate_threshold\n"
    "def rule(event):\n    return evaluate_threshold(f\"failed {event['user']}\", threshold=3, expiry_seconds=3600)\n"
)
COUNTS = "from panther_detection_helpers import caching\ndef rule(event):\n    return caching.increment_counter('k') < 0\n"
LIMITS = RuleLimits(seconds=10.0)
FAILED = '{"user": "jo"}'


def count(location: str, key: str = "k") -> int | None:
    open_store = opener_of(location)
    assert open_store is not None
    with closing(open_store()) as store:
        entry = store.history(key).entry
    return None if entry is None else entry.count


def detected(lake: EmbeddedLake, pack: Path, location: str, **unit: Any) -> None:
    with LimitedRules([pack], limits=LIMITS, state=location) as rules:
        detect(lake, UnitOfWork(**unit), rules=rules)


def matches(lake: EmbeddedLake) -> list[str]:
    return [row_id for (row_id,) in rows(lake, "select p_row_id from panther_signals.signals order by all")]


def test_a_threshold_is_reached_over_two_batches_and_again_when_they_run_again(lake: EmbeddedLake, tmp_path: Path, location: str) -> None:
    write_rule(tmp_path / "pack", "Test.Third", THIRD)
    put_rows(lake, rows_of([FAILED] * 2), rows_of(['{"user": "al"}', FAILED, FAILED], batch_id="b2", first=2))

    detected(lake, tmp_path / "pack", location, batch_id="b1")
    assert matches(lake) == []
    with LimitedRules([tmp_path / "pack"], limits=LIMITS, state=location) as rules:
        for batch_id in ("b2", "b2", "b1"):
            detect(lake, UnitOfWork(batch_id=batch_id), rules=rules)
            assert matches(lake) == ["r3"]

    assert (count(location, "failed jo"), count(location, "failed al")) == (1, 1)


def test_an_hour_that_is_run_again_counts_its_batches_once(lake: EmbeddedLake, tmp_path: Path) -> None:
    location = sqlite_in(tmp_path)
    write_rule(tmp_path / "pack", "Test.Third", THIRD)
    put_rows(lake, rows_of([FAILED] * 2), rows_of([FAILED] * 2, batch_id="b2", first=2))
    for batch_id in ("b1", "b2"):
        detected(lake, tmp_path / "pack", location, batch_id=batch_id)

    detected(lake, tmp_path / "pack", location, hours=(HOUR, HOUR.replace(hour=8)))

    assert matches(lake) == ["r2"]
    assert count(location, "failed jo") == 1


def test_without_a_store_a_detection_remembers_nothing_of_another(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path / "pack", "Test.Third", THIRD)
    put_rows(lake, rows_of([FAILED] * 2), rows_of([FAILED] * 4, batch_id="b2", first=2))

    with LimitedRules([tmp_path / "pack"], limits=LIMITS) as rules:
        for batch_id in ("b1", "b2"):
            detect(lake, UnitOfWork(batch_id=batch_id), rules=rules)

    assert matches(lake) == ["r4"]


def test_a_batch_that_runs_again_without_a_stopped_rule_counts_once(lake: EmbeddedLake, tmp_path: Path) -> None:
    location = sqlite_in(tmp_path)
    write_rule(tmp_path / "pack", "Test.Counts", COUNTS)
    write_rule(
        tmp_path / "pack", "Test.Ends", "import os\ndef rule(event):\n    if event['n'] == 7_000:\n        os._exit(1)\n    return False\n"
    )
    thread = "import threading\ndef rule(event):\n    if event['n'] == 11_000:\n        threading.Thread(target=lambda: None).start()\n"
    write_rule(tmp_path / "pack", "Test.Thread", thread + "        import os\n        os._exit(1)\n    return False\n")
    put_rows(lake, rows_of([f'{{"n": {n}}}' for n in range(12_000)]))

    detected(lake, tmp_path / "pack", location, batch_id="b1")

    assert {row for row in rows(lake, "select rule_id from panther_signals.rule_errors")} == {("Test.Ends",), ("Test.Thread",)}
    assert count(location) == 12_000


def test_rules_that_do_not_use_the_cache_make_no_file(lake: EmbeddedLake, tmp_path: Path) -> None:
    location = sqlite_in(tmp_path)
    write_rule(tmp_path / "pack", "Test.Plain", "from panther_detection_helpers import caching\ndef rule(event):\n    return True\n")
    put_rows(lake, rows_of([FAILED]))

    detected(lake, tmp_path / "pack", location, batch_id="b1")

    assert matches(lake) == ["r0"]
    assert not (tmp_path / "state").exists()


def test_a_detection_that_is_killed_leaves_nothing(lake: EmbeddedLake, tmp_path: Path) -> None:
    location = sqlite_in(tmp_path)
    flag = tmp_path / "flag"
    code = COUNTS.replace("    return", "    wait(event)\n    return") + (
        "def wait(event):\n    import pathlib, time\n"
        f"    if event['n'] == 6_000 and not pathlib.Path({str(flag)!r}).exists():\n"
        f"        pathlib.Path({str(flag)!r}).touch()\n        time.sleep(600)\n"
    )
    write_rule(tmp_path / "pack", "Test.Counts", code)
    put_rows(lake, rows_of([f'{{"n": {n}}}' for n in range(7_000)], p_row_id=[f"{n:05}" for n in range(7_000)]))
    lake.close()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, __file__, str(tmp_path), location], env=environment)
    _wait_for(lambda: flag.exists() or process.poll() is not None)
    process.kill()

    assert process.wait() == -signal.SIGKILL

    assert count(location) is None
    again = EmbeddedLake(tmp_path / "lake", threads=1, memory_limit="500MB")
    detected(again, tmp_path / "pack", location, batch_id="b1")
    again.close()
    assert count(location) == 7_000


def test_a_store_that_fails_fails_the_detection_whatever_rules_make_of_it(lake: EmbeddedLake, tmp_path: Path) -> None:
    (tmp_path / "rules.sqlite").write_bytes(b"no database" * 100)
    code = COUNTS.replace(
        "    return", "    try:\n        caching.get_counter('k')\n    except Exception:\n        pass\n    return True or"
    )
    write_rule(tmp_path / "pack", "Test.Counts", code)
    put_rows(lake, rows_of([FAILED]))

    with pytest.raises(WorkerFailed, match="file is not a database"):
        detected(lake, tmp_path / "pack", f"sqlite:{tmp_path / 'rules.sqlite'}", batch_id="b1")
    assert matches(lake) == []


def test_scheduled_rules_remember(lake: EmbeddedLake, tmp_path: Path) -> None:
    location = sqlite_in(tmp_path)
    write_rule(tmp_path / "pack", "Test.Third", THIRD, AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=["Failed"])
    query = ScheduledQuery("Failed", "select 'jo' as user from range(2)", True, Location(tmp_path / "x.yml"))

    found = []
    for hour in (7, 8, 8, 7):
        with LimitedRules([tmp_path / "pack"], limits=LIMITS, state=location) as rules:
            found.append(run_query(lake, query, rules=rules, time_utc=HOUR.replace(hour=hour), templates={}).matches)

    assert found == [0, 1, 1, 0]
    assert count(location, "failed jo") == 1


@pytest.mark.parametrize(("state", "expected"), [("sqlite", ["r2"]), ("memory", [])])
def test_the_setting_reaches_the_rules(lake: EmbeddedLake, tmp_path: Path, state: str, expected: list[str]) -> None:
    write_rule(tmp_path / "pack", "Test.Third", THIRD)
    put_rows(lake, rows_of([FAILED] * 2), rows_of([FAILED], batch_id="b2", first=2))
    settings = installation(tmp_path / "home", rules=RulesSettings(paths=(tmp_path / "pack",), state=state))

    for batch_id in ("b1", "b2"):
        with closing(LakeResource.of(settings).rules) as rules:
            detect(lake, UnitOfWork(batch_id=batch_id), rules=rules)

    assert matches(lake) == expected
    assert (tmp_path / "home" / "rules.sqlite").exists() == (state == "sqlite")


def _wait_for(happens: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.02)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    opened = EmbeddedLake(folder / "lake", threads=1, memory_limit="500MB")
    detected(opened, folder / "pack", sys.argv[2], batch_id="b1")
