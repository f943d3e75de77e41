"""Which paths no event of a log type had."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from panther_dagster.detect.arrivals import absent_paths, column_path, present_paths
from panther_dagster.detect.rule_report import Absence
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import TIME, Table

NOON = datetime(2024, 5, 1, 12)
HOURS = (NOON, NOON + timedelta(hours=1))
ACTOR = pa.struct([("id", pa.string()), ("aliasName", pa.string())])
SCHEMA = pa.schema(
    [
        ("p_row_id", pa.string()),
        ("p_hour", TIME),
        ("action", pa.string()),
        ("severity", pa.int64()),
        ("actor", ACTOR),
        ("details", pa.string()),  # free-form JSON
        ("targets", pa.list_(pa.struct([("id", pa.string())]))),
        ("p_any_usernames", pa.list_(pa.string())),
        ("p_raw_event", pa.string()),
    ]
)
EVENTS = Table("panther_logs.test_type", "One row per event.", SCHEMA)


def write(lake: Lake, count: int, event: dict[str, Any], hour: datetime = NOON, **columns: Any) -> None:
    row = {"p_hour": hour, "p_raw_event": json.dumps(event), **columns}
    data = pa.Table.from_pylist([{**row, "p_row_id": f"{hour:%H}-{number:04}"} for number in range(count)], SCHEMA)
    lake.transact(lambda tx: tx.append(EVENTS, data))


def absent(lake: Lake, *paths: str) -> dict[str, Absence] | None:
    found = absent_paths(lake, {"Test.Type": [tuple(path.split(".")) for path in paths]}, HOURS).get("Test.Type")
    return None if found is None else {".".join(path): absence for path, absence in found.items()}


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("action", "action"),
        ("ACTION", "action"),
        ("actor.aliasname", "actor.aliasName"),
        ("details.a.b", "details"),
        ("targets.id", "targets"),
        ("actor.other", None),
        ("other", None),
        ("p_any_usernames", None),
    ],
)
def test_a_path_has_a_column_as_far_as_it_is_declared(path: str, column: str | None) -> None:
    found = column_path(SCHEMA, tuple(path.split(".")))

    assert (found and ".".join(found)) == column


def test_paths_are_found_in_events_through_lists_and_without_regard_to_case() -> None:
    texts = ['{"a": null, "B": {"c": []}, "list": [{"x": null}, {"x": 0}]}', "no json", None, '{"d": "\\ud800", "e": false}', "[1]"]
    wanted = [("a",), ("b", "C"), ("list", "x"), ("list", "y"), ("d",), ("e",), ("e", "f")]

    assert present_paths(texts, wanted) == {("b", "C"), ("list", "x"), ("d",), ("e",)}


def test_columns_that_are_null_in_every_row_are_absent(lake: Lake) -> None:
    write(lake, 100, {"action": "x", "actor": {"id": "1"}}, action="x", actor={"id": "1", "aliasName": None})

    assert absent(lake, "action", "actor.id", "actor.aliasName", "details.a.b", "actor.unknown", "p_enrichment.x") == {
        "actor.aliasName": Absence(("actor", "aliasName"), is_declared=True, sampled=100),
        "details.a.b": Absence(("details",), is_declared=True, sampled=100),
    }


def test_one_event_of_many_is_enough_and_other_hours_do_not_count(lake: Lake) -> None:
    write(lake, 200, {})
    write(lake, 1, {"action": "x"}, action="x")
    write(lake, 1, {"details": {}}, NOON + timedelta(hours=1), details="{}")

    assert set(absent(lake, "action", "details") or ()) == {"details"}


def test_a_value_of_another_type_than_its_column_has_arrived(lake: Lake) -> None:
    write(lake, 100, {"severity": "high"})  # no number, so the column is null

    assert absent(lake, "severity") == {}


def test_a_field_that_is_no_column_is_looked_for_in_the_events(lake: Lake) -> None:
    write(lake, 100, {"newField": 1})

    assert absent(lake, "newfield", "oldField", "oldField.inner") == {
        "oldField": Absence(("oldField",), is_declared=False, sampled=100),
        "oldField.inner": Absence(("oldField",), is_declared=False, sampled=100),
    }


def test_the_last_arrival_is_told_when_it_was_lately(lake: Lake) -> None:
    write(lake, 100, {})
    write(lake, 1, {}, NOON - timedelta(days=2), action="x")
    write(lake, 1, {}, NOON - timedelta(days=31), details="{}")

    found = absent(lake, "action", "details") or {}

    assert {path: absence.last_hour for path, absence in found.items()} == {"action": datetime(2024, 4, 29, 12), "details": None}


def test_nothing_is_said_of_few_events_or_of_a_log_type_without_a_table(lake: Lake) -> None:
    write(lake, 99, {})

    assert absent(lake, "action") is None
    assert absent_paths(lake, {"Other.Type": [("action",)]}, HOURS) == {}
