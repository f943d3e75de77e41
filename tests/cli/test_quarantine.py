"""panther rules quarantined and release."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from panther_dagster.cli.installation import now_utc
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import RULE_ERRORS, RULE_RUNS, RULE_STOPS, Table

NOW = now_utc().replace(microsecond=0)
HOUR = NOW.replace(minute=0, second=0) - timedelta(hours=2)


def write(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    lake.transact(lambda tx: tx.append(table, pa.Table.from_pylist(list(rows), table.columns)))


@pytest.fixture
def stopped(home_lake: Lake) -> None:
    """Test.Hangs was stopped three times in the batches b0 to b2 and not run on b3; Test.Once was stopped on b0."""
    stop = {"rule_version": "v1", "event_type": "STOPPED", "error_message": "RuleTimeout('took longer than 15 s')"}
    for rule_id, stops in (("Test.Hangs", 3), ("Test.Once", 1)):
        write(home_lake, RULE_STOPS, *({**stop, "rule_id": rule_id, "event_time": NOW - timedelta(minutes=n)} for n in range(stops)))
        for number in range(stops + (stops == 3)):
            of_batch = {"rule_id": rule_id, "log_type": "Okta.SystemLog", "p_batch_id": f"b{number}", "p_hour": HOUR}
            kind = "RuleQuarantined" if number == 3 else "RuleTimeout"
            write(home_lake, RULE_ERRORS, {**of_batch, "error_type": kind, "p_row_id": "r"})
            write(home_lake, RULE_RUNS, {**of_batch, "rule_version": "v1", "events": 10})


def listed(panther: Any) -> list[tuple[Any, ...]]:
    rows = json.loads(panther("rules", "quarantined", "--format", "json").stdout)
    return [(row["rule_id"], row["stops"], row["until"] is not None, row["unseen_events"], row["unseen_batches"]) for row in rows]


def test_rules_in_quarantine_and_their_unseen_events_are_listed(panther, stopped: None) -> None:
    assert listed(panther) == [("Test.Hangs", 3, True, 40, 4), ("Test.Once", None, False, 10, 1)]


def test_a_released_rule_is_no_longer_in_quarantine_and_its_unseen_events_stay(panther, stopped: None) -> None:
    assert panther("rules", "release", "Test.Hangs").stdout.startswith("Test.Hangs runs again from the next batch on")

    assert listed(panther) == [("Test.Hangs", None, False, 40, 4), ("Test.Once", None, False, 10, 1)]
    assert "'Test.Hangs' is not in quarantine" in panther("rules", "release", "Test.Hangs", exit_code=1).stderr


def test_a_misspelt_rule_is_told(panther, stopped: None) -> None:
    assert "did you mean 'Test.Hangs'?" in panther("rules", "release", "Test.Hang", exit_code=1).stderr


def test_an_empty_lake_has_none(panther, home_lake: Lake) -> None:
    assert "no rule is in quarantine" in panther("rules", "quarantined").output
