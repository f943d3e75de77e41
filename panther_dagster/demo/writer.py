"""Story -> files as the four services deliver them. The only part of demo/ that touches a disk."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import zstandard

from panther_dagster.demo.company import ACCOUNT_ID, random_text
from panther_dagster.demo.story import WINDOW, Story, StoryEvent, StoryTruth, tell_story

SLICE: Final = timedelta(minutes=30)  # a source delivers this long a time in one go
TRUTH_FILE: Final = "truth.json"


@dataclass(frozen=True)
class DeliveredFile:
    """One object: path below the folder, content, and when it was delivered."""

    path: str
    content: bytes
    modified_utc: datetime


def write_story(folder: Path, *, seed: int, now_utc: datetime, events: int) -> StoryTruth:
    """Write the story's files below `folder` and `truth.json` beside it; all of them or, if interrupted, none.

    Args: now_utc: naive UTC; the story ends there and no file is newer. events: how many ordinary events surround the attack.
    """
    story = tell_story(seed=seed, now_utc=now_utc, events=events)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    for file in delivered_files(story):
        target = draft / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        seconds = file.modified_utc.replace(tzinfo=UTC).timestamp()
        os.utime(target, (seconds, seconds))
    folder.with_name(TRUTH_FILE).write_text(json.dumps(story.truth.to_json(), indent=1) + "\n")
    draft.replace(folder)
    return story.truth


def delivered_files(story: Story) -> Iterator[DeliveredFile]:
    """Every object of the story: what a source collected in half an hour, delivered within the next two minutes."""
    rng = random.Random(f"{story.truth.seed}:delivery")
    slices = int(WINDOW / SLICE)
    for number in range(slices):
        first = story.truth.start_utc + number * SLICE
        after = first + SLICE
        is_last = number == slices - 1
        told = [event for event in story.events if first <= event.time_utc and (event.time_utc < after or is_last)]
        for path, content in _slice_files(rng, told, after, number):
            late = 0 if is_last else rng.randrange(120)
            yield DeliveredFile(path, content, after + timedelta(seconds=late))


def _slice_files(rng: random.Random, told: list[StoryEvent], after: datetime, number: int) -> Iterator[tuple[str, bytes]]:
    for region in sorted({event.body["awsRegion"] for event in told if event.source == "cloudtrail"}):
        records = [event.body for event in told if event.source == "cloudtrail" and event.body["awsRegion"] == region]
        name = f"{ACCOUNT_ID}_CloudTrail_{region}_{after:%Y%m%dT%H%MZ}_{random_text(rng, 16)}.json.gz"
        path = f"cloudtrail/AWSLogs/{ACCOUNT_ID}/CloudTrail/{region}/{after:%Y/%m/%d}/{name}"
        yield path, gzip.compress(_json({"Records": records}), 6, mtime=0)
    okta = [event.body for event in told if event.source == "okta"]
    yield f"okta/system-log-{after:%Y%m%dT%H%M%SZ}.json", _json(okta)
    results = [event.body for event in told if event.source == "osquery" and event.log_type != "Osquery.Status"]
    yield f"osquery/osqueryd.results-{after:%Y%m%dT%H%M%SZ}.log", _lines(results)
    status = [event.body for event in told if event.log_type == "Osquery.Status"]
    yield f"osquery/osqueryd.status-{after:%Y%m%dT%H%M%SZ}.log", _lines(status)
    eve = _lines([event.body for event in told if event.source == "suricata"])
    path = f"suricata/sensor-01/eve-{after:%Y%m%dT%H%M%SZ}.json"
    match number % 3:
        case 0:
            yield path, eve
        case 1:
            yield f"{path}.zst", zstandard.ZstdCompressor(level=3).compress(eve)
        case _:
            yield f"{path}.gz", gzip.compress(eve, 6, mtime=0)


def _lines(bodies: list[dict[str, Any]]) -> bytes:
    return b"".join(_json(body) + b"\n" for body in bodies)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
