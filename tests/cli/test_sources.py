"""panther sources and panther failures over a hand-made ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import CLASSIFICATION_FAILURES, OBJECTS

NOW = datetime.now(UTC).replace(tzinfo=None)


def settings_file(folder: Path) -> None:
    (folder / "panther.yaml").write_text(
        "sources:\n"
        "  - {name: fresh, uri: /in/fresh, log_types: [Okta.SystemLog]}\n"
        "  - {name: late, uri: /in/late, fresh_within_hours: 1}\n"
        "  - {name: once, uri: 's3://bucket/once', is_polled: false}\n"
        "  - {name: empty, uri: /in/empty}\n"
    )


def landed(lake: Lake, source: str, *, age: timedelta, state: str = "LANDED", records: int = 10, failures: int = 1) -> None:
    row = {
        "p_source_id": source,
        "uri": f"{source}/{age}/{state}",
        "etag": "e",
        "size_bytes": 100,
        "modified_time": NOW - age,
        "state": state,
    }
    if state == "LANDED":
        row |= {"records": records, "rows_landed": records - failures, "failures": failures}
    lake.transact(lambda tx: tx.append(OBJECTS, pa.Table.from_pylist([row], schema=OBJECTS.columns)))


def test_list_has_every_source(panther, tmp_path: Path) -> None:
    settings_file(tmp_path)

    sources = json.loads(panther("sources", "list", "--format", "json").stdout)

    assert [(row["name"], row["uri"], row["log_types"], row["is_polled"]) for row in sources] == [
        ("fresh", "/in/fresh", ["Okta.SystemLog"], True),
        ("late", "/in/late", [], True),
        ("once", "s3://bucket/once", [], False),
        ("empty", "/in/empty", [], True),
    ]
    assert "recognised" in panther("sources", "list").stdout


def test_status_counts_and_says_who_is_late(panther, tmp_path: Path, home_lake: Lake) -> None:
    settings_file(tmp_path)
    landed(home_lake, "fresh", age=timedelta(minutes=5))
    landed(home_lake, "fresh", age=timedelta(minutes=1), state="PENDING")
    landed(home_lake, "late", age=timedelta(hours=2))
    landed(home_lake, "once", age=timedelta(days=90), records=7, failures=0)

    result = panther("sources", "status", "--format", "json", exit_code=1)

    assert [
        (row["name"], row["objects"], row["pending"], row["records"], row["failures"], row["freshness"])
        for row in json.loads(result.stdout)
    ] == [
        ("fresh", 2, 1, 10, 1, "fresh"),
        ("late", 1, 0, 10, 1, "late"),
        ("once", 1, 0, 7, 0, "-"),
        ("empty", 0, 0, 0, 0, "empty"),
    ]


def test_status_of_fresh_sources_is_exit_code_0(panther, tmp_path: Path) -> None:
    settings_file(tmp_path)

    assert "empty" in panther("sources", "status").stdout


def test_no_source_is_no_error(panther) -> None:
    assert "no source yet" in panther("sources", "list").stderr
    assert json.loads(panther("sources", "status", "--format", "json").stdout) == []


def failure(lake: Lake, index: int, **values: Any) -> None:
    row = {
        "p_row_id": f"r{index}",
        "p_parse_time": NOW - timedelta(minutes=index),
        "p_source_id": "fresh",
        "p_source_file": "file:///in/fresh/a.json",
        "p_record_index": index,
        "reason": "NO_MATCH",
        "p_raw_event": '{"x":"\x1b[31m"}',
        **values,
    }
    schema = CLASSIFICATION_FAILURES.columns
    lake.transact(lambda tx: tx.append(CLASSIFICATION_FAILURES, pa.Table.from_pylist([row], schema=schema)))


def test_failures_are_listed_newest_first_and_filtered(panther, home_lake: Lake) -> None:
    failure(home_lake, 1)
    failure(home_lake, 2, reason="NO_JSON", detail="expected value\x1b[31m")
    failure(home_lake, 300, p_source_id="late")

    def indexes(*options: str) -> list[int]:
        return [row["p_record_index"] for row in json.loads(panther("failures", "list", "--format", "json", *options).stdout)]

    assert indexes() == [1, 2, 300]
    assert indexes("--source", "late") == [300]
    assert indexes("--reason", "NO_JSON") == [2]
    assert indexes("--since", "1h") == [1, 2]
    assert indexes("--limit", "1") == [1]
    assert "\x1b" not in panther("failures", "list").stdout


def test_lake_usage_and_maintenance(panther, home_lake: Lake) -> None:
    failure(home_lake, 1)

    usage = {row["table"]: row for row in json.loads(panther("lake", "usage", "--format", "json").stdout)}
    done = json.loads(panther("lake", "maintain", "--format", "json").stdout)

    assert usage["panther_monitor.classification_failures"]["rows"] == 1
    assert "files merged" in {row["what"] for row in done}
