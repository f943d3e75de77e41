"""Files as sources deliver them, on which rules of the pack alert, for tests of the whole flow."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import TABLES

# Tables whose rows say when something was done, or how long it took.
TIMED = {
    "panther_monitor.rule_runs": ("cpu_seconds",),
    "panther_monitor.batches": ("cut_time",),
    "panther_enrichment.lookup_versions": ("valid_from",),
    "panther_alerts.deliveries": None,
}


def stopped_trail(name: str, time_utc: datetime) -> dict[str, Any]:
    """A CloudTrail record on which a rule alerts; another name is another user, so another alert."""
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::123456789012:user/{name}",
            "accountId": "123456789012",
            "userName": name,
        },
        "eventTime": time_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2.0",
        "requestParameters": {"name": "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"},
        "responseElements": None,
        "requestID": hashlib.md5(name.encode()).hexdigest(),
        "eventID": hashlib.md5(f"{name} {time_utc}".encode()).hexdigest(),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management",
    }


def deliver(folder: Path, file_name: str, records: list[dict[str, Any]], time_utc: datetime) -> Path:
    """A CloudTrail file that was delivered at that time (naive UTC). It appears whole."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder.parent / f".{file_name}"
    draft.write_text(json.dumps({"Records": records}))
    seconds = time_utc.replace(tzinfo=UTC).timestamp()
    os.utime(draft, (seconds, seconds))
    return draft.rename(folder / file_name)


def table_hashes(lake: Lake) -> dict[str, tuple[int, str]]:
    """Rows and a hash of each table of the flow, without what depends on the clock."""
    names = {table.name for table in TABLES} | {
        "panther_raw.aws_cloudtrail",
        "panther_logs.aws_cloudtrail",
        "panther_indicators.indicators",
    }
    hashes = {}
    for name in sorted(names):
        left_out = TIMED.get(name, ())
        if left_out is None:
            continue
        columns = [column for column in lake.query(f"select * from {name} limit 0").schema.names if column not in left_out]
        rows = lake.query("select " + ", ".join(f'"{column}"' for column in columns) + f" from {name}").to_pylist()
        texts = sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
        hashes[name] = (len(rows), hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16])
    return hashes
