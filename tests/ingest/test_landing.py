"""Batches land in one transaction, the same however often; the numbers of every object add up."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest.place import HOUR, NOW, OKTA, Place, fingerprint, okta, registry
from shared_data import shared_data

from panther_dagster.errors import LakeError
from panther_dagster.ingest import rows as landing_rows
from panther_dagster.ingest.accounting import check_accounting
from panther_dagster.ingest.landing import land_batch
from panther_dagster.ingest.ledger import find_batch
from panther_dagster.settings import BatchSettings
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import BATCHES, CLASSIFICATION_FAILURES, OBJECTS, raw_table

KILLS = int(os.environ.get("PANTHER_KILLS", "5"))


def suricata(kind: str, number: int) -> bytes:
    return json.dumps({"timestamp": "2024-05-01T12:00:00.000000+0000", "event_type": kind, "flow_id": number}).encode()


def test_a_row_says_where_it_came_from(place: Place) -> None:
    place.write("a.json", [okta(1), okta(2)])
    (report,) = place.ingest()
    rows = place.lake.query(f"select * from {raw_table(OKTA).name} order by p_record_index").to_pylist()
    uri = (place.folder / "a.json").as_uri()
    assert [row["p_record_index"] for row in rows] == [0, 1]
    for row in rows:
        assert (row["p_source_id"], row["p_source_label"], row["p_source_file"]) == ("test", "Test", uri)
        assert (row["p_batch_id"], row["p_hour"], row["p_parse_time"]) == (report.batch_id, HOUR, NOW)
    first, second = (row["p_row_id"] for row in rows)
    assert (len(first), first[:24], first[24:], second[24:]) == (32, second[:24], "00000000", "00000001")


def test_ids_are_a_hash_of_uri_and_etag_and_the_index() -> None:
    from datetime import datetime

    from panther_dagster.ingest.sources import SourceObject

    prefix = landing_rows.RowPrefix(SourceObject("s3://logs/a.json", "e1", 1, datetime(2024, 5, 1)))
    # printf 's3://logs/a.json\ne1' | sha256sum
    assert prefix.row_id(255) == "134865a9656e6cd790b43c55000000ff"


def test_a_mixed_object_lands_by_log_type_and_keeps_its_order(place: Place) -> None:
    report = place.ingest_one([okta(1), suricata("dns", 1), b"oops", okta(2), suricata("stats", 2), b'{"x":1}', suricata("dns", 3)])
    assert report.rows_by_log_type == {OKTA: 2, "Suricata.DNS": 2, "Suricata.Event": 1}
    assert report.failures_by_reason == {"INVALID_JSON": 1, "NO_LOG_TYPE": 1}
    assert (report.records, report.failures) == (7, 2)
    sql = f"select p_record_index as i, right(p_row_id, 8) as tail from {raw_table('Suricata.DNS').name} order by i"
    assert place.lake.query(sql).to_pylist() == [{"i": 1, "tail": "00000001"}, {"i": 6, "tail": "00000006"}]


def test_the_ledger_counts_every_object(place: Place) -> None:
    place.write("a.json", [okta(1), suricata("dns", 1), b"oops"])
    place.write("b.json.gz", gzip.compress(okta(2)))
    place.write("c.json", b"")
    place.ingest()
    sql = f"select state, records, rows_landed, failures, raw_bytes, rows_by_log_type from {OBJECTS.name} order by uri"
    first, second, third = (tuple(row.values()) for row in place.lake.query(sql).to_pylist())
    size = len(okta(1)) + len(suricata("dns", 1)) + len("oops") + 3
    assert first == ("LANDED", 3, 2, 1, size, '{"Okta.SystemLog": 1, "Suricata.DNS": 1}')
    assert second == ("LANDED", 1, 1, 0, len(okta(2)), '{"Okta.SystemLog": 1}')
    assert third == ("LANDED", 0, 0, 0, 0, "{}")


def test_a_declared_log_type_keeps_partial_records(lake: EmbeddedLake, tmp_path: Path) -> None:
    place = Place(lake, tmp_path / "source", log_types=(OKTA,))
    report = place.ingest_one([okta(1), b'{"eventType":"user.session.end"}', suricata("dns", 1), b'{"foreign":1}'])
    assert report.rows_by_log_type == {OKTA: 2, "Suricata.DNS": 1}
    assert "not Okta.SystemLog" in place.failure()["detail"]


def test_landing_again_changes_nothing(place: Place) -> None:
    place.write("a.json", [okta(1), suricata("dns", 1), b"oops"])
    place.write("b.json", [okta(2)])
    (report,) = place.ingest()
    before = fingerprint(place.lake)
    assert place.land(report.batch_id) == report
    assert fingerprint(place.lake) == before


def test_landing_again_keeps_rows_of_objects_that_are_gone(place: Place) -> None:
    place.write("a.json", [okta(1), b"oops"])
    place.write("b.json", [okta(2)])
    (report,) = place.ingest()
    before = fingerprint(place.lake)
    (place.folder / "a.json").unlink()
    assert place.land(report.batch_id) == report
    assert fingerprint(place.lake) == before


def test_landing_again_recognizes_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a.json", [okta(1), suricata("dns", 1)])
    place.cut()
    from panther_dagster.log_types.registry import Registry

    (batch,) = place.lake.query(f"select p_batch_id from {BATCHES.name}")["p_batch_id"].to_pylist()
    fewer = Registry({name: registry().get(name) for name in registry().names if not name.startswith("Suricata")})
    first = land_batch(place.lake, batch, source=place.source, registry=fewer, limits=BatchSettings())
    assert (first.rows_by_log_type, first.failures_by_reason) == ({OKTA: 1}, {"NO_LOG_TYPE": 1})
    second = place.land(batch)
    assert (second.rows_by_log_type, second.failures_by_reason) == ({OKTA: 1, "Suricata.DNS": 1}, {})
    assert place.failures() == []


def test_an_object_that_changes_while_it_is_read_leaves_no_rows(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a.json", [okta(1)])
    growing = place.write("b.json", [okta(n, more="x" * 2000) for n in range(2, 2000)])  # several windows
    place.write("c.json", [okta(5000)])
    monkeypatch.setattr(landing_rows, "FILE_BYTES", 1000)  # so that rows are staged before the change is seen
    take = landing_rows.BatchRows.add

    def add(self: landing_rows.BatchRows, log_type: str, prefix: landing_rows.RowPrefix, *rest: object) -> None:
        if prefix.uri.endswith("b.json"):
            growing.write_bytes(growing.read_bytes() + okta("more"))
        take(self, log_type, prefix, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(landing_rows.BatchRows, "add", add)
    (report,) = place.ingest()
    assert (report.rows_by_log_type, place.ledger()) == ({OKTA: 2}, {"a.json": "LANDED", "b.json": "MISSING", "c.json": "LANDED"})
    assert place.numbers() == ["u1", "u5000"]
    assert sorted(path.name for path in Path(place.lake.data_path).rglob("staged-*")) == sorted(  # type: ignore[attr-defined]
        row["path"] for row in place.lake.query("select path from __ducklake_metadata_lake.ducklake_data_file").to_pylist()
    )


def test_an_unknown_batch_is_an_error(place: Place) -> None:
    with pytest.raises(LakeError, match="no batch 'x' has been cut"):
        find_batch(place.lake, "x")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(["okta", "dns", "stats", "oops", "x"]), max_size=30),
    max_objects=st.integers(1, 4),
    file_bytes=st.sampled_from([300, 64 * 1024 * 1024]),
)
def test_batch_boundaries_and_file_sizes_do_not_matter(
    kinds: list[str], max_objects: int, file_bytes: int, copy_lake: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("law")
    made = {"okta": okta, "dns": lambda n: suricata("dns", n), "stats": lambda n: suricata("stats", n), "oops": lambda n: b"oops%d" % n}
    texts = [made.get(kind, lambda n: b'{"x":%d}' % n)(number) for number, kind in enumerate(kinds)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing_rows, "FILE_BYTES", file_bytes)
        lake = EmbeddedLake(copy_lake(folder / "lake"), threads=1, memory_limit="300MB")
        place = Place(lake, folder / "source")
        for start in range(0, len(texts), 5):
            place.write(f"{start:03}.json", texts[start : start + 5])
        place.ingest(max_objects=max_objects)
    try:
        found = [text for name in (OKTA, "Suricata.DNS", "Suricata.Event") for text in place.texts(name)]
        failed = lake.query(f"select p_raw_event from {CLASSIFICATION_FAILURES.name}")["p_raw_event"].to_pylist()
        assert sorted(found + failed) == sorted(text.decode() for text in texts)
    finally:
        lake.close()


# ---- accounting


@pytest.fixture
def landed(place: Place) -> Place:
    """Two objects that add up."""
    place.write("a.json", [okta(1), okta(2), b"oops"])
    place.write("b.json", [suricata("dns", 1)])
    place.ingest()
    return place


HOUR_UNIT = UnitOfWork(hours=(HOUR, HOUR.replace(hour=13)))


def complaints(place: Place, damage: str) -> list[str]:
    place.lake.connection.execute(damage)  # type: ignore[attr-defined]
    return [row["wrong"] for row in check_accounting(place.lake, HOUR_UNIT)]


def test_what_adds_up_has_no_complaint(landed: Place) -> None:
    assert check_accounting(landed.lake, HOUR_UNIT) == []


def test_a_lost_row_is_found(landed: Place) -> None:
    (wrong,) = complaints(landed, f"delete from {raw_table(OKTA).name} where p_record_index = 1")
    assert wrong == "rows {'panther_raw.okta_systemlog': 2}, but {'panther_raw.okta_systemlog': 1} in the tables"


def test_a_lost_failure_is_found(landed: Place) -> None:
    assert complaints(landed, f"delete from {CLASSIFICATION_FAILURES.name}") == [
        "1 failures, but 0 in panther_monitor.classification_failures"
    ]


def test_a_row_that_is_there_twice_is_found(landed: Place) -> None:
    table = raw_table(OKTA).name
    delete = f"delete from {table} where p_record_index = 1"
    double = f"insert into {table} select * from {table} where p_record_index = 0"
    assert complaints(landed, f"{delete}; {double}") == ["a record is in its table twice"]


def test_wrong_counts_are_found(landed: Place) -> None:
    (wrong,) = complaints(landed, f"update {OBJECTS.name} set records = 7 where failures = 1")
    assert wrong == "7 records, but 2 rows and 1 failures"


def test_rows_of_an_unknown_object_are_found(landed: Place) -> None:
    (wrong,) = complaints(landed, f"delete from {OBJECTS.name} where uri like '%b.json'")
    assert wrong == "panther_raw.suricata_dns holds rows of an object that the ledger has not landed in this batch"


# ---- kill -9

CHILD = """
import sys
from pathlib import Path
from ingest.place import Place
from panther_dagster.storage.embedded import EmbeddedLake
lake = EmbeddedLake(Path(sys.argv[1]), threads=1, memory_limit="300MB")
print("ready", flush=True)
Place(lake, Path(sys.argv[2])).ingest(max_objects=2)
lake.close()
"""


def test_a_killed_ingestion_that_is_run_again_equals_a_clean_one(copy_lake: Callable[[Path], Path], tmp_path: Path) -> None:
    def started(name: str) -> subprocess.Popen[str]:
        environment = {"PYTHONPATH": str(Path(__file__).parents[1]), "PATH": ""}
        command = [sys.executable, "-c", CHILD, str(tmp_path / name), str(tmp_path / "source")]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    copy_lake(tmp_path / "clean")
    lake = EmbeddedLake(tmp_path / "clean", threads=1, memory_limit="300MB")
    place = Place(lake, tmp_path / "source")
    for number in range(8):
        place.write(
            f"{number}.json", [okta(n) if n % 3 else suricata("dns", n) for n in range(number * 500, number * 500 + 500)] + [b"oops"]
        )
    start = time.monotonic()
    place.ingest(max_objects=2)
    seconds = time.monotonic() - start
    expected = fingerprint(lake)
    lake.close()

    rng = random.Random(1)
    for kill in range(KILLS):
        name = f"killed{kill}"
        copy_lake(tmp_path / name)
        for _ in range(2):  # killed twice before it is left alone
            process = started(name)
            time.sleep(rng.random() * seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        again = EmbeddedLake(tmp_path / name, threads=1, memory_limit="300MB")
        Place(again, tmp_path / "source").ingest(max_objects=2)
        assert fingerprint(again) == expected
        again.close()


# ---- real logs


@pytest.mark.parametrize(
    ("folder", "log_types", "failures"),
    [("cloudtrail", ("AWS.CloudTrail",), 0), ("suricata", (), 0), ("osquery", (), 0), ("okta", ("Okta.SystemLog",), 0), ("okta", (), None)],
)
def test_real_logs_land(folder: str, log_types: tuple[str, ...], failures: int | None, lake: EmbeddedLake, tmp_path: Path) -> None:
    place = Place(lake, tmp_path / "unused", log_types=log_types)
    place.source = place.source.model_copy(update={"uri": str(shared_data(f"raw/{folder}"))})
    reports = place.ingest()
    states = lake.query(f"select distinct state from {OBJECTS.name}")["state"].to_pylist()
    assert states == ["LANDED"]
    records = sum(report.records for report in reports)
    assert records == sum(report.failures + sum(report.rows_by_log_type.values()) for report in reports) > 0
    if failures is not None:
        assert sum(report.failures for report in reports) == failures
