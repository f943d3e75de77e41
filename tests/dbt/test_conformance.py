"""Real logs that a peer has parsed: same event time and at least the peer's indicators, for every case, through a real lake and dbt.

What we leave out on purpose stands in conformance_exceptions.yml with its reason; an entry that no case needs fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from normalized_rows import land, remove_target_folder, run_dbt
from shared_data import shared_data

from panther_dagster.standard_fields import table_name
from panther_dagster.storage.embedded import EmbeddedLake

PEER = "conformance/panther-go-run"
LOG_TYPES = (
    "AWS.CloudTrail",
    "Okta.SystemLog",
    "Osquery.Batch",
    "Osquery.Differential",
    "Osquery.Snapshot",
    "Osquery.Status",
    "Suricata.Anomaly",
    "Suricata.DNS",
)
EXCEPTIONS = Path(__file__).with_name("conformance_exceptions.yml")


@dataclass(frozen=True)
class Case:
    """A record and what the peer made of it. `number` counts the lines of the log type's file, from 1."""

    number: int
    record: str
    event_time: datetime
    indicators: dict[str, set[str]]


@dataclass(frozen=True)
class Difference:
    """What the peer has and we have not."""

    log_type: str
    number: int
    column: str
    value: str

    def __str__(self) -> str:
        return f"{self.log_type} case {self.number}: {self.column} lacks {self.value!r}"


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Difference]]:
    """All cases of all log types, landed in one lake and normalized in one run."""
    cases = {log_type: read_cases(shared_data(f"{PEER}/{log_type}.jsonl")) for log_type in LOG_TYPES}
    lake = EmbeddedLake(tmp_path_factory.mktemp("conformance"), threads=2, memory_limit="800MB")
    lake.ensure_tables()
    for log_type, of_type in cases.items():
        land(lake, log_type, [case.record for case in of_type])
    run_dbt(lake, "--select", *map(table_name, LOG_TYPES))
    yield [difference for log_type, of_type in cases.items() for difference in compare(lake, log_type, of_type)]
    lake.close()
    remove_target_folder()


def test_every_case_has_the_peers_event_time_and_indicators(differences: list[Difference]) -> None:
    unexplained = [str(difference) for difference in differences if not any(explains(entry, difference) for entry in exceptions())]

    assert unexplained[:20] == [], f"{len(unexplained)} differences without an entry in {EXCEPTIONS.name}"


def test_no_exception_is_out_of_date(differences: list[Difference]) -> None:
    unneeded = [entry for entry in exceptions() if not any(explains(entry, difference) for difference in differences)]

    assert unneeded == []


def test_every_exception_says_what_and_why() -> None:
    for entry in exceptions():
        assert set(entry) == {"log_type", "column", "values", "reason"}, entry
        assert entry["log_type"] in LOG_TYPES
        assert entry["values"]
        assert len(entry["reason"]) > 20, entry


def exceptions() -> list[dict[str, Any]]:
    return list(yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8")) or [])


def explains(entry: dict[str, Any], difference: Difference) -> bool:
    return (entry["log_type"], entry["column"]) == (difference.log_type, difference.column) and difference.value in entry["values"]


def read_cases(file: Path) -> list[Case]:
    """The cases of a log type; each has one expected row."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        case = json.loads(line)
        (row,) = case["expected"]
        indicators = {name: set(values) for name, values in row.items() if name.startswith("p_any_")}
        (event_time,) = case["expected_event_time"]
        found.append(Case(number, case["input"], datetime.fromisoformat(event_time).replace(tzinfo=None), indicators))
    return found


def compare(lake: EmbeddedLake, log_type: str, cases: list[Case]) -> Iterator[Difference]:
    rows = lake.query(
        f"select p_event_time, columns('p_any_.*') from panther_logs.{table_name(log_type)} order by p_record_index"
    ).to_pylist()
    assert len(rows) == len(cases), log_type
    for case, row in zip(cases, rows, strict=True):
        if row["p_event_time"] != case.event_time:
            yield Difference(log_type, case.number, "p_event_time", case.event_time.isoformat())
        for column, values in case.indicators.items():
            for value in sorted(values - set(row[column] or [])):
                yield Difference(log_type, case.number, column, value)
