"""Seconds from a file in a watched folder to its alert in the lake, with a real `dagster dev` at its defaults.

    python -m benchmarks.latency [--files 10]

Each file is one CloudTrail record of a trail that is stopped, dropped at a random moment after the alert of the one before.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.dagster_dev import dagster_dev, wait_for
from panther_dagster.settings import LakeSettings, Settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_SIGNALS, OBJECTS

WANTED_P50_SECONDS = 15.0
WITHIN_SECONDS = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10, help="how many, after one that warms up")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="panther-latency-", ignore_cleanup_errors=True) as folder:
        seconds = measure(Path(folder), arguments.files)
    p50 = sorted(seconds)[len(seconds) // 2]
    print(f"file to alert: p50 {p50:.1f} s, max {max(seconds):.1f} s of {len(seconds)} files (wanted: p50 <= {WANTED_P50_SECONDS:g} s)")
    return 0 if p50 <= WANTED_P50_SECONDS else 1


def measure(folder: Path, files: int) -> list[float]:
    """Seconds for each file; the first one, which finds cold caches and new tables, is not counted."""
    incoming, home = folder / "incoming", folder / "home"
    incoming.mkdir()
    settings_file = folder / "panther.yaml"
    settings_file.write_text(f"sources:\n- {{name: incoming, uri: '{incoming}'}}\n")
    dice = random.Random(1)
    seconds: list[float] = []
    with dagster_dev(settings_file, home):
        lake = open_lake(Settings(home=home, lake=LakeSettings(threads=1, memory_limit="200MB")))
        for number in range(files + 1):
            file = incoming / f"record-{number}.json"
            drop(file, stopped_trail(number, datetime.now(UTC)))
            start = time.monotonic()
            wait_for(lambda file=file: has_alert(lake, file), within_seconds=WITHIN_SECONDS, what=f"the alert of {file.name}")  # type: ignore[misc]
            if number:
                seconds.append(time.monotonic() - start)
                print(f"{file.name}: {seconds[-1]:.1f} s", file=sys.stderr)
            time.sleep(dice.uniform(1, 6))  # any phase of the sensors' loop
        lake.close()
    return seconds


def drop(file: Path, record: dict[str, object]) -> None:
    """Write it beside its place, then move it there: nobody reads half a file."""
    draft = file.parent.parent / file.name
    draft.write_text(json.dumps({"Records": [record]}))
    draft.rename(file)


def has_alert(lake: Lake, file: Path) -> bool:
    """Whether a match in this file belongs to an alert."""
    sql = f"""
        select count(*) as n from {ALERT_SIGNALS.name} where p_batch_id in (select p_batch_id from {OBJECTS.name} where uri like ?)
    """
    return bool(lake.query(sql, [f"%/{file.name}"]).to_pylist()[0]["n"])


def stopped_trail(number: int, now_utc: datetime) -> dict[str, object]:
    """A CloudTrail record on which a rule of the pack alerts; each number is another user, so another alert."""
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDAEXAMPLE{number:04}",
            "arn": f"arn:aws:iam::123456789012:user/user-{number}",
            "accountId": "123456789012",
            "userName": f"user-{number}",
        },
        "eventTime": now_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2.0",
        "requestParameters": {"name": "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"},
        "responseElements": None,
        "requestID": f"00000000-0000-4000-8000-{number:012}",
        "eventID": f"10000000-0000-4000-8000-{number:012}",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management",
    }


if __name__ == "__main__":
    sys.exit(main())
