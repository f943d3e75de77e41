"""panther search over a hand-made index."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import TIME, Table

HOUR = datetime(2024, 5, 1, 10)
INDICATORS = Table(
    "panther_indicators.indicators",
    "test",
    pa.schema(
        [
            ("indicator", pa.string()),
            ("value", pa.string()),
            ("log_type", pa.string()),
            ("p_hour", TIME),
            ("p_batch_id", pa.string()),
            ("events", pa.int64()),
            ("first_seen", TIME),
            ("last_seen", TIME),
        ]
    ),
)
EVENTS = Table(
    "panther_logs.okta_systemlog",
    "test",
    pa.schema(
        [
            ("p_row_id", pa.string()),
            ("p_log_type", pa.string()),
            ("p_event_time", TIME),
            ("p_source_file", pa.string()),
            ("p_hour", TIME),
            ("p_any_ip_addresses", pa.list_(pa.string())),
            ("p_raw_event", pa.string()),
        ]
    ),
)


@pytest.fixture(autouse=True)
def _seen(home_lake: Lake) -> None:
    row = ("ip_addresses", "203.0.113.66", "Okta.SystemLog", HOUR, "b1", 5, datetime(2024, 5, 1, 10, 1), datetime(2024, 5, 1, 10, 9))
    hits = pa.Table.from_pylist([dict(zip(INDICATORS.columns.names, row, strict=True))], schema=INDICATORS.columns)
    event = ("r1", "Okta.SystemLog", datetime(2024, 5, 1, 10, 1), "file:///in/a.json", HOUR, ["203.0.113.66"], '{"note":"\x1b[31m"}')
    events = pa.Table.from_pylist([dict(zip(EVENTS.columns.names, event, strict=True))], schema=EVENTS.columns)
    home_lake.transact(lambda tx: (tx.append(INDICATORS, hits), tx.append(EVENTS, events)))


def test_hits_as_json(panther) -> None:
    assert json.loads(panther("search", "203.0.113.66", "--format", "json").stdout) == [
        {
            "value": "203.0.113.66",
            "indicator": "ip_addresses",
            "log_type": "Okta.SystemLog",
            "hour": "2024-05-01T10:00:00Z",
            "events": 5,
            "first_seen": "2024-05-01T10:01:00Z",
            "last_seen": "2024-05-01T10:09:00Z",
            "asked": "203.0.113.66",
        }
    ]


def test_table_fits_the_terminal(panther) -> None:
    lines = panther("search", "203.0.113.66").stdout.splitlines()

    assert len(lines) == 3
    assert max(len(line) for line in lines) <= 100
    assert "203.0.113.66" in lines[2]


def test_values_of_a_file_join_those_of_the_command(panther, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("\ufeff# known bad\n203[.]0[.]113[.]66  # the proxy\n\n198.51.100.1\n", encoding="utf-8")

    result = panther("search", "192.0.2.1", "--file", "list.txt", "--format", "json")

    assert [row["asked"] for row in json.loads(result.stdout)] == ["203[.]0[.]113[.]66"]
    assert result.stderr == "2 of 3 values were not seen\n"


def test_events_are_printed_harmlessly(panther) -> None:
    out = panther("search", "203.0.113.66", "--events", "10").stdout

    assert "\\x1b[31m" in out
    assert "\x1b" not in out


def test_events_as_json_are_whole(panther) -> None:
    (event,) = json.loads(panther("search", "203.0.113.66", "--events", "10", "--format", "json").stdout)

    assert (event["row_id"], event["raw_event"]) == ("r1", '{"note":"\x1b[31m"}')


def test_nothing_seen_is_exit_code_1_and_an_empty_array(panther) -> None:
    result = panther("search", "192.0.2.1", "--format", "json", exit_code=1)

    assert json.loads(result.stdout) == []


def test_times_bound_the_search(panther) -> None:
    panther("search", "203.0.113.66", "--since", "2024-05-01T11:00", exit_code=1)
    panther("search", "203.0.113.66", "--until", "2024-05-01T10:02", exit_code=0)
    assert "no time" in panther("search", "203.0.113.66", "--since", "soon", exit_code=2).stderr
