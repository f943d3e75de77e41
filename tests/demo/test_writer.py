"""The story's files: forms of delivery, times, and nothing lost between story and disk."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from panther_dagster.demo.story import log_type_of
from panther_dagster.demo.writer import write_story

NOW = datetime(2024, 5, 1, 12, 10)


def written(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def records(path: str, content: bytes) -> list[dict]:
    if path.endswith(".gz"):
        content = gzip.decompress(content)
    elif path.endswith(".zst"):
        content = zstandard.ZstdDecompressor().decompress(content, max_output_size=50_000_000)
    if path.startswith("cloudtrail/"):
        return json.loads(content)["Records"]
    if path.startswith("okta/"):
        return json.loads(content)
    return [json.loads(line) for line in content.splitlines()]


def test_same_seed_and_time_write_the_same_bytes(tmp_path: Path) -> None:
    first = write_story(tmp_path / "a" / "incoming", seed=7, now_utc=NOW, events=400)
    second = write_story(tmp_path / "b" / "incoming", seed=7, now_utc=NOW, events=400)

    assert first == second
    assert written(tmp_path / "a") == written(tmp_path / "b")


def test_every_event_is_in_a_file_and_truth_is_beside_the_folder(tmp_path: Path) -> None:
    truth = write_story(tmp_path / "incoming", seed=7, now_utc=NOW, events=400)

    counts = Counter(
        log_type_of(path.split("/")[0], record)
        for path, content in written(tmp_path / "incoming").items()
        for record in records(path, content)
    )
    assert counts == truth.events_by_log_type
    kept = json.loads((tmp_path / "truth.json").read_text())
    assert kept["events_by_log_type"] == truth.events_by_log_type
    assert kept["end_utc"] == "2024-05-01T12:10:00"
    assert not list((tmp_path / "incoming").rglob("truth.json"))


def test_files_lie_where_the_services_put_them(tmp_path: Path) -> None:
    write_story(tmp_path / "incoming", seed=7, now_utc=NOW, events=400)

    folders = {file.relative_to(tmp_path / "incoming").parent.as_posix() for file in (tmp_path / "incoming").rglob("*") if file.is_file()}
    assert folders == {
        "cloudtrail/AWSLogs/123456789012/CloudTrail/eu-west-1/2024/05/01",
        "cloudtrail/AWSLogs/123456789012/CloudTrail/us-east-1/2024/05/01",
        "cloudtrail/AWSLogs/123456789012/CloudTrail/us-west-2/2024/05/01",
        "okta",
        "osquery",
        "suricata/sensor-01",
    }
    endings = {"".join(file.suffixes[-2:]) for file in (tmp_path / "incoming" / "suricata").rglob("*.*")}
    assert endings == {".json", ".json.zst", ".json.gz"}


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2024, 5, 1, 12, 10), [10, 11, 12]),
        (datetime(2024, 5, 1, 12, 0), [10, 11, 12]),
        (datetime(2024, 5, 1, 12, 45), [11, 12]),
    ],
)
def test_files_were_delivered_in_two_or_three_hours_and_never_later_than_now(tmp_path: Path, now: datetime, hours: list[int]) -> None:
    write_story(tmp_path / "incoming", seed=7, now_utc=now, events=200)

    times = [
        datetime.fromtimestamp(file.stat().st_mtime, UTC).replace(tzinfo=None)
        for file in (tmp_path / "incoming").rglob("*")
        if file.is_file()
    ]
    assert max(times) == now
    assert sorted({time.hour for time in times}) == hours


def test_a_story_that_was_interrupted_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panther_dagster.demo.writer.os.utime", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        write_story(tmp_path / "incoming", seed=7, now_utc=NOW, events=50)

    assert not (tmp_path / "incoming").exists()
