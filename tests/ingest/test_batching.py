"""New objects become batches, each object once, whatever happens to keys and whoever else cuts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ingest.place import HOUR, NOW, Place, okta

from panther_dagster.ingest.batching import finish_batch, unfinished_batches
from panther_dagster.ingest.ledger import Batch
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.tables import OBJECTS


def names_in(place: Place, batch: Batch) -> list[str]:
    rows = place.lake.query(f"select uri from {OBJECTS.name} where p_batch_id = ? order by uri", [batch.batch_id])
    return [place.name_of(uri) for uri in rows["uri"].to_pylist()]


def test_nothing_to_cut(place: Place) -> None:
    assert place.cut() == []


def test_objects_of_an_hour_are_one_batch(place: Place) -> None:
    place.write("b.json", okta(1), modified=datetime(2024, 5, 1, 12, 59, 59))
    place.write("a.json", okta(2), modified=datetime(2024, 5, 1, 12))
    place.write("c.json", okta(3), modified=datetime(2024, 5, 1, 11, 59, 59))
    early, late = place.cut(datetime(2024, 5, 1, 13, 5))
    assert [early.hour, late.hour] == [datetime(2024, 5, 1, 11), HOUR]
    assert [names_in(place, early), names_in(place, late)] == [["c.json"], ["a.json", "b.json"]]
    assert (late.objects, late.size_bytes, late.state, late.source_id) == (2, 2 * len(okta(1)), "CUT", "test")
    assert late.cut_time == datetime(2024, 5, 1, 13, 5)


def test_an_id_is_the_hour_and_a_hash_of_the_objects(place: Place, copy_lake: Callable[[Path], Path], tmp_path: Path) -> None:
    place.write("a.json", okta(1))
    (batch,) = place.cut()
    assert re.fullmatch(r"20240501T12-[0-9a-f]{12}", batch.batch_id)
    other = EmbeddedLake(copy_lake(tmp_path / "other"), threads=1, memory_limit="500MB")
    (same,) = Place(other, place.folder).cut(datetime(2024, 5, 1, 18))
    other.close()
    assert same.batch_id == batch.batch_id


def test_objects_from_before_the_first_hour_or_from_the_future_belong_to_now(place: Place) -> None:
    place.write("old.json", okta(1), modified=datetime(2023, 12, 31, 23))
    place.write("future.json", okta(2), modified=datetime(2031, 1, 1))
    (batch,) = place.cut()
    assert (batch.hour, names_in(place, batch)) == (HOUR, ["future.json", "old.json"])


def test_batches_are_bounded_in_number_and_bytes(place: Place) -> None:
    for number in range(5):
        place.write(f"{number}.json", okta(number))
    size = len(okta(0))
    place.write("5.json", okta(5) * 10)
    assert [batch.objects for batch in place.cut(max_objects=2)] == [2, 2, 2]
    for number in range(6, 10):
        place.write(f"{number}.json", okta(number))
    place.write("91.json", okta(5) * 10)
    cut = sorted(names_in(place, batch) for batch in place.cut(max_bytes=2 * size))  # batches of one hour come in the order of their ids
    assert cut == [["6.json", "7.json"], ["8.json", "9.json"], ["91.json"]]  # the large one alone


def test_each_object_is_cut_once_wherever_its_key_sorts(place: Place) -> None:
    place.write("m.json", okta(1))
    place.ingest()
    place.write("a.json", okta(2))
    place.write("z.json", okta(3))
    place.write("late.json", okta(4), modified=datetime(2024, 5, 1, 9))
    (place.folder / "m.json").unlink()
    assert [names_in(place, batch) for batch in place.cut()] == [["late.json"], ["a.json", "z.json"]]
    assert place.cut() == []


def test_a_rewritten_object_is_another_object(place: Place) -> None:
    place.write("a.json", okta("old"))
    place.ingest()
    place.write("a.json", okta("new"), modified=datetime(2024, 5, 1, 12, 10))
    place.ingest()
    assert place.ledger() == {"a.json": "LANDED", "a.json#2": "LANDED"}
    assert sorted(place.numbers()) == ["unew", "uold"]


def test_an_object_that_is_gone_is_missing_and_lands_when_it_is_back(place: Place) -> None:
    path = place.write("a.json", okta(1))
    place.cut()
    path.unlink()
    place.ingest()
    assert (place.ledger(), place.failures()) == ({"a.json": "MISSING"}, [])
    place.write("a.json", okta(1))
    (report,) = place.ingest()
    assert report.records == 1
    assert sorted(place.ledger().values()) == ["LANDED", "MISSING"]


def test_a_batch_is_unfinished_until_it_is_done(place: Place) -> None:
    place.write("a.json", okta(1))
    (report,) = place.ingest()
    assert [(batch.batch_id, batch.state) for batch in unfinished_batches(place.lake)] == [(report.batch_id, "LANDED")]
    finish_batch(place.lake, report.batch_id)
    assert unfinished_batches(place.lake) == []


CUTTER = """
import sys
from pathlib import Path
from ingest.place import Place
from panther_dagster.storage.embedded import EmbeddedLake
lake = EmbeddedLake(Path(sys.argv[1]), threads=1, memory_limit="300MB")
place = Place(lake, Path(sys.argv[2]))
lake.query("select 1")
print("ready", flush=True)
sys.stdin.readline()
print(len(place.cut(max_objects=3)))
lake.close()
"""


def test_two_cutters_at_once_share_no_object(place: Place, lake: EmbeddedLake) -> None:
    for number in range(20):
        place.write(f"{number}.json", okta(number))
    environment = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""}
    command = [sys.executable, "-c", CUTTER, str(lake.folder), str(place.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    cutters = [subprocess.Popen(command, env=environment, text=True, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for cutter in cutters:
        assert cutter.stdout.readline() == "ready\n"
    for cutter in cutters:
        cutter.stdin.write("go\n")
        cutter.stdin.flush()
    assert sorted(cutter.communicate()[0].strip() for cutter in cutters) == ["0", "7"]
    rows = lake.query(f"select count(*) as n, count(distinct uri) as uris from {OBJECTS.name}").to_pylist()
    assert rows == [{"n": 20, "uris": 20}]


def test_an_aware_time_is_taken_as_utc(place: Place) -> None:
    place.write("a.json", okta(1))
    (batch,) = place.cut(NOW.replace(tzinfo=timezone(timedelta(hours=2))) + timedelta(hours=2))
    assert batch.cut_time == NOW
