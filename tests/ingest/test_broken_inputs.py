"""What is broken costs only itself: the good records around it land, and one row says where it was and what was wrong with it."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from ingest.place import HOUR, NOW, Place, okta, okta_with

DEEP = b"[" * 10_000 + b"]" * 10_000
DEEP_OBJECTS = b'{"a":' * 10_000 + b"1" + b"}" * 10_000


BROKEN = {
    "bytes that are no UTF-8": (okta_with(b'"\xff\xfe"'), "INVALID_UTF8"),
    "a surrogate as UTF-8": (okta_with(b'"\xed\xa0\x80"'), "INVALID_UTF8"),
    "NUL in a string": (okta_with(b'"a\0b"'), "INVALID_JSON"),
    "NUL bytes": (b"\0" * 100, "INVALID_JSON"),
    "no JSON": (okta_with(b"oops"), "INVALID_JSON"),
    "NaN": (okta_with(b"NaN"), "INVALID_JSON"),
    "a comma too many": (okta(1)[:-1] + b",}", "INVALID_JSON"),
    "cut inside a string": (okta(1)[:40], "INVALID_JSON"),
    "10,000 nested arrays": (okta_with(DEEP), "TOO_DEEP"),
    "10,000 nested arrays and nothing else": (DEEP, "TOO_DEEP"),
    "10,000 nested objects": (okta_with(DEEP_OBJECTS), "TOO_DEEP"),
    "10,000 arrays never closed": (b"[" * 10_000, "TOO_DEEP"),
    "a number": (b"17", "NOT_AN_OBJECT"),
    "a string": (b'"text"', "NOT_AN_OBJECT"),
    "null": (b"null", "NOT_AN_OBJECT"),
    "an empty object": (b"{}", "NO_LOG_TYPE"),
    "no known log type": (b'{"what":"ever"}', "NO_LOG_TYPE"),
}


def test_a_broken_record_costs_only_itself(place: Place) -> None:
    for name, (bad, _) in BROKEN.items():
        place.write(name, [okta(1), bad, okta(2), okta(3)])

    (report,) = place.ingest()

    assert place.failures() == [(name, 1, reason) for name, (_, reason) in sorted(BROKEN.items())]
    assert place.numbers() == ["u1", "u2", "u3"] * len(BROKEN)
    assert (report.objects, report.records, report.failures) == (17, 68, 17)
    assert report.failures_by_reason == {
        "INVALID_JSON": 6, "INVALID_UTF8": 2, "NOT_AN_OBJECT": 3, "NO_LOG_TYPE": 2, "TOO_DEEP": 4,
    }  # fmt: skip


def test_a_failure_says_where_and_what(place: Place) -> None:
    first = okta(1)
    place.ingest_one([first, b'{"what": 1}', okta_with(b"\xff"), okta(2)])

    rows = place.lake.query("select * from panther_monitor.classification_failures order by p_record_index").to_pylist()
    assert [row["p_record_index"] for row in rows] == [1, 2]
    assert [row["p_raw_event"] for row in rows] == ['{"what": 1}', okta_with(b"\xff").decode("utf-8", "backslashreplace")]
    assert {row["p_source_file"] for row in rows} == {(place.folder / "o.json").as_uri()}
    assert rows[0]["detail"].startswith("no log type; nearest is ")
    assert rows[1]["byte_offset"] == len(first) + 1 + len(b'{"what": 1}') + 1
    assert {(row["p_source_id"], row["p_source_label"], row["p_hour"], row["p_parse_time"]) for row in rows} == {
        ("test", "Test", HOUR, NOW)
    }


ODD = {
    "a key twice": b'{"x":1,"x":2}',
    "a lone surrogate": b'"\\ud83d"',
    "an escaped NUL": b'"\\u0000"',
    "a number beyond double": b"1e400",
    "a number beyond 64 bits": b"123456789012345678901234567890",
    "700 nested arrays": b"[" * 700 + b"]" * 700,
    "a string where an object belongs": b'""',
    "an array where an object belongs": b"[[],{}]",
}


def test_what_is_odd_but_json_lands_untouched(place: Place) -> None:
    lines = [okta(1), *(okta_with(text, name) for name, text in ODD.items()), okta(1)[:-1] + b',"uuid":"again"}', okta(3)]
    report = place.ingest_one(lines)
    assert (report.records, report.failures) == (11, 0)
    assert place.texts() == [line.decode() for line in lines]


def test_a_damaged_gzip_object_costs_its_rest(place: Place) -> None:
    whole = zlib_without_compression(b"\n".join(okta(n) for n in range(1, 101)) + b"\n")
    objects = {
        "bytes behind": (whole + b"more", "CORRUPT", 100),
        "flipped bytes": (gzip.compress(okta(1) + b"\n") + b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 500, "CORRUPT", 1),
        "no end mark": (whole[:-8], "TRUNCATED", 100),
        "truncated": (whole[: len(whole) // 2], "TRUNCATED", 50),
        # Not even its last 256 KiB are believed without their checksum.
        "wrong checksum": (whole[:-8] + b"\0" * 8, "CORRUPT", 0),
        "z good": (gzip.compress(okta("a") + b"\n"), "", 1),
    }
    for name, (stored, _, _) in objects.items():
        place.write(name, stored)

    place.ingest()

    assert place.failures() == [(name, rows, reason) for name, (_, reason, rows) in objects.items() if reason]
    assert place.numbers() == [*(f"u{n}" for rows in (100, 1, 100, 50) for n in range(1, rows + 1)), "ua"]


def zlib_without_compression(text: bytes) -> bytes:
    """gzip whose stored bytes are the text's: cut in half, it holds half of the text."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()


def test_a_damaged_zstd_object_costs_its_rest(place: Place) -> None:
    first, second = (zstandard.compress(b"".join(okta(n) + b"\n" for n in numbers)) for numbers in ((1, 2), (3, 4)))
    place.write("cut", first + second[:-3])
    place.write("damaged", first + second[:8] + b"\xff" * 40)
    place.ingest()
    assert place.numbers() == ["u1", "u2"] * 2
    assert place.failures() == [("cut", 2, "TRUNCATED"), ("damaged", 2, "CORRUPT")]


def test_an_empty_object_has_no_records_and_no_failures(place: Place) -> None:
    for number, stored in enumerate([b"", gzip.compress(b""), b"\n \r\n", b"[]", b'{"Records":[]}', zstandard.compress(b"")]):
        place.write(str(number), stored)
    (report,) = place.ingest()
    assert (report.objects, report.records, report.failures) == (6, 0, 0)
    assert place.ledger() == {str(number): "LANDED" for number in range(6)}


def test_a_file_of_the_wrong_kind_is_one_failure(place: Place) -> None:
    kinds = {
        "this is an ELF executable": b"\x7fELF" + b"\0" * 60,
        "this is a PNG image": b"\x89PNG\r\n\x1a\n" + b"\0" * 60,
        "this is a ZIP archive": gzip.compress(b"PK\x03\x04" + b"\0" * 60),
        "this is Parquet": b"PAR1" + b"\0" * 60,
        "this is UTF-16": "{}".encode("utf-16"),
        "binary data": bytes(range(256)) * 4,
    }
    for detail, stored in kinds.items():
        place.write(detail, stored)
    (report,) = place.ingest()
    assert report.failures_by_reason == {"UNKNOWN_FORMAT": 6}
    rows = place.lake.query("select p_source_file, detail, p_record_index from panther_monitor.classification_failures").to_pylist()
    assert {place.name_of(row["p_source_file"]): row["detail"] for row in rows} == {detail: detail for detail in kinds}
    assert {row["p_record_index"] for row in rows} == {0}


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


# A child's peak memory is its own. A bomb is one small gzip member many times: it is written in no time and unpacks to 1 GB.
CHILD = """
import gzip, re, sys
from pathlib import Path
from ingest.place import Place, okta
from panther_dagster.storage.embedded import EmbeddedLake

MEGABYTE = 1_000_000
lake = EmbeddedLake(Path(sys.argv[1]), threads=1, memory_limit="300MB")
place = Place(lake, Path(sys.argv[2]))
with place.write("huge.json", b"").open("wb") as file:
    file.writelines({parts})
(report,) = place.ingest()
# Not ru_maxrss, which starts at the size of the process that started this one.
peak_megabytes = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(place.numbers(), place.failures(), report.raw_bytes, peak_megabytes, sep=";")
lake.close()
"""


@pytest.mark.parametrize(
    ("parts", "numbers", "failures", "raw_bytes"),
    [
        pytest.param(
            "[gzip.compress(b'0' * MEGABYTE)] * 1_000",
            [],
            [("huge.json", 0, "INVALID_JSON")],
            1_000_000_000,
            id="1 GB of zeros",
        ),
        pytest.param(
            "[gzip.compress(okta(1) + b'{\"uuid\":\"')] + [gzip.compress(b'a' * MEGABYTE)] * 1_000",
            ["u1"],
            [("huge.json", 1, "TOO_LARGE")],
            1_000_000_116,
            id="a record of 1 GB that never ends",
        ),
        pytest.param("[gzip.compress(bytes(MEGABYTE))] * 1_000", [], [("huge.json", 0, "UNKNOWN_FORMAT")], 0, id="1 GB of NUL bytes"),
        pytest.param(
            "[okta(1), b'\\n', okta(2)[:-1], b',\"more\":\"', *[b'b' * MEGABYTE] * 50, b'\"}\\n', okta(3)]",
            ["u1", "u3"],
            [("huge.json", 1, "TOO_LARGE")],
            50_000_333,
            id="a line of 50 MB",
        ),
        pytest.param("[gzip.compress(b'[' * MEGABYTE)] * 100", [], [("huge.json", 0, "TOO_DEEP")], 100_000_000, id="100 million brackets"),
    ],
)
def test_what_is_huge_costs_only_itself_and_no_memory(
    parts: str, numbers: list[str], failures: list[tuple[str, int, str]], raw_bytes: int, tmp_path: Path, copy_lake: Callable[[Path], Path]
) -> None:
    tests = Path(__file__).parents[1]
    command = [sys.executable, "-c", CHILD.replace("{parts}", parts), str(copy_lake(tmp_path / "lake")), str(tmp_path / "source")]
    done = subprocess.run(command, env={"PYTHONPATH": str(tests), "PATH": ""}, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found_numbers, found_failures, found_bytes, megabytes = done.stdout.strip().split(";")
    assert found_numbers == str(numbers)
    assert found_failures == str(failures)
    assert int(found_bytes) == raw_bytes
    assert int(megabytes) < 500
