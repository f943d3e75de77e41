"""CloudTrail objects in any volume, by the demo's generator: ordinary calls of one company, as S3 delivers them."""

from __future__ import annotations

import gzip
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

from panther_dagster.demo.cloudtrail import ordinary_calls
from panther_dagster.demo.company import ACCOUNT_ID, found_company

OBJECT_BYTES = 8_000_000  # uncompressed
START = datetime(2024, 5, 1)


def write_cloudtrail(folder: Path, *, raw_bytes: int, seed: int = 7) -> Path:
    """Write about `raw_bytes` of JSON below `folder`/objects, and truth.json (counts) there. Returns that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    calls = ordinary_calls(rng, found_company(rng), START, START + timedelta(hours=12))
    written, events, names = 0, 0, dict[str, int]()
    for number in range(1 + raw_bytes // OBJECT_BYTES):
        records: list[str] = []
        size = 0
        while size < OBJECT_BYTES and written + size < raw_bytes:
            _, call = next(calls)
            records.append(json.dumps(call, separators=(",", ":")))
            size += len(records[-1]) + 1
            names[call["eventName"]] = names.get(call["eventName"], 0) + 1
        if not records:
            break
        text = '{"Records":[' + ",".join(records) + "]}"
        name = f"{ACCOUNT_ID}_CloudTrail_us-east-1_20240501T{number % 24:02}00Z_{number:016}.json.gz"
        (folder / name).write_bytes(gzip.compress(text.encode(), 6))
        written += size
        events += len(records)
    (folder / "truth.json").write_text(json.dumps({"events": events, "by_event_name": names}))
    return folder
