"""What is broken costs only itself: the good records around it land, and one row says where it was and what was wrong with it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import pytest
import zstandard
from ingest.place import HOUR, NOW, OKTA, Place, okta, okta_with

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import LakeSettings, Settings
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork

DEEP = b"[" * 10_000 + b"]" * 10_000
DEEP_OBJECTS = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(okta_with(b'"\xff\xfe"'), "INVALID_UTF8", id="bytes that are no UTF-8"),
        pytest.param(okta_with(b'"\xed\xa0\x80"'), "INVALID_UTF8", id="a surrogate as UTF-8"),
        pytest.param(okta_with(b'"a\0b"'), "INVALID_JSON", id="NUL in a string"),
        pytest.param(b"\0" * 100, "INVALID_JSON", id="NUL bytes"),
        pytest.param(okta_with(b"oops"), "INVALID_JSON", id="no JSON"),
        pytest.param(okta_with(b"NaN"), "INVALID_JSON", id="NaN"),
        pytest.param(okta(1)[:-1] + b",}", "INVALID_JSON", id="a comma too many"),
        pytest.param(okta(1)[:40], "INVALID_JSON", id="cut inside a string"),
        pytest.param(okta_with(DEEP), "TOO_DEEP", id="10,000 nested arrays"),
        pytest.param(DEEP, "TOO_DEEP", id="10,000 nested arrays and nothing else"),
        pytest.param(okta_with(DEEP_OBJECTS), "TOO_DEEP", id="10,000 nested objects"),
        pytest.param(b"[" * 10_000, "TOO_DEEP", id="10,000 arrays never closed"),
        pytest.param(b"17", "NOT_AN_OBJECT", id="a number"),
        pytest.param(b'"text"', "NOT_AN_OBJECT", id="a string"),
        pytest.param(b"null", "NOT_AN_OBJECT", id="null"),
        pytest.param(b"{}", "NO_LOG_TYPE", id="an empty object"),
        pytest.param(b'{"what":"ever"}', "NO_LOG_TYPE", id="no known log type"),
    ],
)
def test_a_broken_record_costs_only_itself(place: Place, bad: bytes, reason: str) -> None:
    report = place.ingest_one([okta(1), bad, okta(2), okta(3)])

    assert (report.records, report.failures, report.failures_by_reason) == (4, 1, {reason: 1})
    assert place.numbers() == ["u1", "u2", "u3"]
    assert place.failures() == [("o.json", 1, reason)]


def test_a_failure_says_where_and_what(place: Place) -> None:
    first = okta(1)
    place.ingest_one([first, b'{"what": 1}', okta_with(b"\xff"), okta(2)])

    rows = place.lake.query("select * from panther_monitor.classification_failures order by p_record_index").to_pylist()
    assert [row["p_record_index"] for row in rows] == [1, 2]
    assert [row["p_raw_event"] for row in rows] == ['{"what": 1}', okta_with(b"\xff").decode("utf-8", "backslashreplace")]
    assert {row["p_source_file"] for row in rows} == {(place.folder / "o.json").as_uri()}
    assert rows[0]["detail"].startswith("no log type; nearest is ")
    assert rows[1]["byte_offset"] == len(first) + 1 + len(b'{"what": 1}') + 1
    assert {(row["p_source_id"], row["p_source_label"], row["p_hour"], row["p_parse_time"]) for row in rows} == {("test", "Test", HOUR, NOW)}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"x":1,"x":2}', id="a key twice"),
        pytest.param(b'"\\ud83d"', id="a lone surrogate"),
        pytest.param(b'"\\u0000"', id="an escaped NUL"),
        pytest.param(b"1e400", id="a number beyond double"),
        pytest.param(b"123456789012345678901234567890", id="a number beyond 64 bits"),
        pytest.param(b"[" * 700 + b"]" * 700, id="700 nested arrays"),
        pytest.param(b'""', id="a string where an object belongs"),
        pytest.param(b"[[],{}]", id="an array where an object belongs"),
    ],
)
def test_what_is_odd_but_json_lands_untouched(place: Place, text: bytes) -> None:
    report = place.ingest_one([okta(1), okta_with(text, 2), okta(3)])

    assert (report.records, report.failures) == (3, 0)
    assert place.texts() == [okta(1).decode(), okta_with(text, 2).decode(), okta(3).decode()]


def test_duplicate_top_level_keys_land(place: Place) -> None:
    doubled = okta(1)[:-1] + b',"uuid":"again"}'
    assert place.ingest_one([doubled]).rows_by_log_type == {OKTA: 1}
    assert place.texts() == [doubled.decode()]


@pytest.mark.parametrize("damage", ["truncated", "no end mark", "flipped bytes", "wrong checksum", "bytes behind"])
def test_a_damaged_gzip_object_costs_its_rest(place: Place, damage: str) -> None:
    whole = zlib_without_compression(b"\n".join(okta(n) for n in range(1, 101)) + b"\n")
    half = len(whole) // 2
    stored, reason = {
        "truncated": (whole[:half], "TRUNCATED"),
        "no end mark": (whole[:-8], "TRUNCATED"),
        "flipped bytes": (gzip.compress(okta(1) + b"\n") + b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 500, "CORRUPT"),
        "wrong checksum": (whole[:-8] + b"\0" * 8, "CORRUPT"),
        "bytes behind": (whole + b"more", "CORRUPT"),
    }[damage]
    place.write("bad.json.gz", stored)
    place.write("good.json", [okta("a"), okta("b")])

    (report,) = place.ingest()

    rows = {"truncated": 50, "no end mark": 100, "flipped bytes": 1, "wrong checksum": 100, "bytes behind": 100}[damage]
    assert report.failures_by_reason == {reason: 1}
    landed = place.numbers()
    assert landed[-2:] == ["ua", "ub"]
    assert landed[:-2] == [f"u{n}" for n in range(1, len(landed) - 1)]
    assert abs(len(landed) - 2 - rows) <= 1
    assert place.failures() == [("bad.json.gz", len(landed) - 2, reason)]


def zlib_without_compression(text: bytes) -> bytes:
    """gzip whose stored bytes are the text's: cut in half, it holds half of the text."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_zstd_object_costs_its_rest(place: Place, cut: bool) -> None:
    first, second = (zstandard.compress(b"".join(okta(n) + b"\n" for n in numbers)) for numbers in ((1, 2), (3, 4)))
    place.ingest_one(first + (second[:-3] if cut else second[:8] + b"\xff" * 40))
    landed = place.numbers()
    assert landed[:2] == ["u1", "u2"]
    ((name, index, reason),) = place.failures()
    assert (name, index) == ("o.json", len(landed))
    assert reason == "TRUNCATED" if cut else reason in ("CORRUPT", "TRUNCATED")


@pytest.mark.parametrize("stored", [b"", gzip.compress(b""), b"\n \r\n", b"[]", b'{"Records":[]}', zstandard.compress(b"")])
def test_an_empty_object_has_no_records_and_no_failures(place: Place, stored: bytes) -> None:
    report = place.ingest_one(stored)
    assert (report.objects, report.records, report.failures) == (1, 0, 0)
    assert place.ledger() == {"o.json": "LANDED"}


@pytest.mark.parametrize(
    ("stored", "detail"),
    [
        (b"\x7fELF" + b"\0" * 60, "this is an ELF executable"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "this is a PNG image"),
        (b"PK\x03\x04" + b"\0" * 60, "this is a ZIP archive"),
        (b"PAR1" + b"\0" * 60, "this is Parquet"),
        ("{}".encode("utf-16"), "this is UTF-16"),
        (gzip.compress(b"PK\x03\x04" + b"\0" * 60), "this is a ZIP archive"),
        (bytes(range(256)) * 4, "binary data"),
    ],
)
def test_a_file_of_the_wrong_kind_is_one_failure(place: Place, stored: bytes, detail: str) -> None:
    place.ingest_one(stored)
    failure = place.failure()
    assert (failure["reason"], failure["detail"], failure["p_record_index"]) == ("UNKNOWN_FORMAT", detail, 0)


def test_text_that_is_no_json_is_one_failure_a_line(place: Place) -> None:
    place.ingest_one(b"May  1 12:00:00 host sshd[1]: one\nMay  1 12:00:01 host sshd[1]: two\n")
    assert place.failures() == [("o.json", 0, "INVALID_JSON"), ("o.json", 1, "INVALID_JSON")]


def test_a_broken_element_of_a_wrapper_costs_only_itself(place: Place) -> None:
    elements = [okta(1), okta_with(b'"\xff"'), okta(2), okta_with(DEEP), okta(3), b"7", okta(4)]
    report = place.ingest_one(b'{"Records":[' + b",".join(elements) + b"]}")
    assert report.records == 7
    assert place.numbers() == ["u1", "u2", "u3", "u4"]
    assert place.failures() == [("o.json", 1, "INVALID_UTF8"), ("o.json", 3, "TOO_DEEP"), ("o.json", 5, "NOT_AN_OBJECT")]


def test_an_object_beyond_its_bound_keeps_what_was_read(place: Place) -> None:
    size = len(okta(1)) + 1
    report = place.ingest_one([okta(1), okta(2), okta(3)], max_object_raw_bytes=2 * size)
    assert report.failures_by_reason == {"OBJECT_TOO_LARGE": 1}
    assert place.numbers() == ["u1", "u2"]


# A child's peak memory is its own: everything that is large is written and read there, in pieces.
CHILD = """
import gzip, resource, sys
from pathlib import Path
from ingest.place import Place, okta
from panther_dagster.storage.embedded import EmbeddedLake

lake = EmbeddedLake(Path(sys.argv[1]), threads=1, memory_limit="300MB")
place = Place(lake, Path(sys.argv[2]))
{}
(report,) = place.ingest()
lake.close()
print(report.records, report.failures_by_reason, report.raw_bytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    ("writing", "failures", "raw_bytes"),
    [
        pytest.param(
            """
            piece = b"0" * 1_000_000
            with gzip.open(place.write("bomb.json.gz", b""), "wb", compresslevel=1) as file:
                for _ in range(1_000):
                    file.write(piece)
            """,
            "{'NOT_AN_OBJECT': 1}",
            1_000_000_000,
            id="1 GB of digits",
        ),
        pytest.param(
            """
            with gzip.open(place.write("bomb.json.gz", b""), "wb", compresslevel=1) as file:
                file.write(b'{"uuid":"')
                for _ in range(1_000):
                    file.write(b"a" * 1_000_000)
            """,
            "{'TOO_LARGE': 1}",
            1_000_000_009,
            id="1 GB in one string that never ends",
        ),
        pytest.param(
            """
            with gzip.open(place.write("bomb.json.gz", b""), "wb", compresslevel=1) as file:
                for _ in range(1_000):
                    file.write(bytes(1_000_000))
            """,
            "{'UNKNOWN_FORMAT': 1}",
            0,
            id="1 GB of NUL bytes",
        ),
        pytest.param(
            """
            with place.write("line.json", b"").open("wb") as file:
                file.write(okta(1)[:-1] + b',"more":"')
                for _ in range(50):
                    file.write(b"b" * 1_000_000)
                file.write(b'"}')
            """,
            "{'TOO_LARGE': 1}",
            50_000_000,
            id="a line of 50 MB",
        ),
        pytest.param(
            """
            with gzip.open(place.write("deep.json.gz", b""), "wb", compresslevel=1) as file:
                for _ in range(200):
                    file.write(b"[" * 1_000_000)
            """,
            "{'TOO_DEEP': 1}",
            200_000_000,
            id="200 million brackets",
        ),
    ],
)
def test_what_is_huge_costs_no_memory(
    writing: str, failures: str, raw_bytes: int, tmp_path: Path, copy_lake
) -> None:
    code = CHILD.format(textwrap.dedent(writing))
    folder = Path(__file__).parents[1]
    command = [sys.executable, "-c", code, str(copy_lake(tmp_path / "lake")), str(tmp_path / "source")]
    done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(folder), "PATH": ""}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    records, rest = done.stdout.split(" ", 1)
    found, size, megabytes = rest.rsplit(" ", 2)
    assert (records, found) == ("1", failures)
    assert abs(int(size) - raw_bytes) <= 500_000
    assert int(megabytes) < 500


def test_a_50_mb_line_costs_only_itself(place: Place) -> None:
    place.ingest_one([okta(1), okta_with(b'"' + b"x" * 50_000_000 + b'"'), okta(2)])
    assert place.numbers() == ["u1", "u2"]
    assert place.failures() == [("o.json", 1, "TOO_LARGE")]
    assert len(place.failure()["p_raw_event"]) == 4096


def test_whatever_landed_can_be_normalized(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", lake=LakeSettings(threads=1, memory_limit="500MB"))
    lake = EmbeddedLake(settings.lake_folder, threads=1, memory_limit="500MB")
    lake.ensure_tables()
    place = Place(lake, tmp_path / "source")
    odd = {
        "depth": b"[" * 700 + b"]" * 700,
        "objects": b'{"a":' * 700 + b"1" + b"}" * 700,
        "twice": b'{"debugData":{"url":"/a"},"debugData":{"url":"/b"}}',
        "surrogate": b'{"debugData":{"x":"\\ud83d"}}',
        "nul": b'{"debugData":{"x":"a\\u0000b","a\\u0000b":1}}',
        "large": b"1e400",
        "long": b'{"debugData":' + b"9" * 400 + b"}",
        "string": b'"x"',
        "array": b"[1,[2]]",
        "empty key": b'{"":{"":1}}',
        "tricky key": b'{"a.b[0]\\"$":"192.0.2.9"}',
        "emoji": '{"debugData":{"x":"\U0001f600 \u202e"}}'.encode(),
    }
    wrong_types = okta(0).replace(b'{"id":"00u1"}', b"7").replace(b'"2024-05-01T12:00:00.000Z"', b"[1]")
    good = okta("good", client={"ipAddress": "192.0.2.1"})
    doubled = okta("doubled")[:-1] + b',"uuid":"udoubled"}'
    bad = [okta_with(DEEP), b"\0", okta_with(b'"\xff"'), b"{"]
    lines = [good, wrong_types, doubled, *bad, *(okta_with(text, name) for name, text in odd.items())]
    report = place.ingest_one(lines)
    assert (report.records, report.failures) == (len(lines), len(bad))

    results = DbtProject(settings, lake).build(UnitOfWork(batch_id=report.batch_id), log_types=[OKTA])

    assert {result.table: result.rows for result in results}["panther_logs.okta_systemlog"] == len(lines) - len(bad)
    rows = lake.query("select uuid, p_event_time, p_any_ip_addresses as ips, p_raw_event from panther_logs.okta_systemlog").to_pylist()
    by_number = {row["uuid"]: row for row in rows}
    assert set(by_number) == {"ugood", "u0", "udoubled", *(f"u{name}" for name in odd)}
    assert by_number["ugood"]["ips"] == ["192.0.2.1"]
    assert by_number["u0"]["p_event_time"] == NOW
    assert {json.loads(row["p_raw_event"])["uuid"] for row in rows} == set(by_number)
    lake.close()
