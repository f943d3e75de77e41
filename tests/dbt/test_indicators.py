"""The indicator table: what it counts, what a run replaces, and that no log type is left out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from normalized_rows import BATCH, DBT_PROJECT, HOUR, land, run_dbt

from panther_dagster.log_types.registry import load_registry
from panther_dagster.standard_fields import INDICATOR_COLUMNS
from panther_dagster.storage.embedded import EmbeddedLake

OTHER_BATCH = "20240502T01-000000000002"


def login(minute: int, address: str, user: str = "ann@example.com") -> str:
    """An Okta event."""
    return json.dumps(
        {
            "uuid": f"00000000-0000-4000-8000-{minute:012}",
            "published": f"2024-05-01T23:{minute:02}:00Z",
            "eventType": "user.session.start",
            "actor": {"id": "00u1", "alternateId": user},
            "client": {"ipAddress": address},
        }
    )


def call(minute: int, address: str) -> str:
    """A CloudTrail event."""
    return json.dumps(
        {"eventID": str(minute), "eventName": "GetObject", "eventTime": f"2024-05-01T22:{minute:02}:00Z", "sourceIPAddress": address}
    )


def index(lake: EmbeddedLake, *log_types: str, **unit: Any) -> None:
    run_dbt(
        lake, "--select", *(name.lower().replace(".", "_") for name in log_types), "indicators", variables={**unit, "log_types": log_types}
    )


def rows(lake: EmbeddedLake, value: str) -> list[tuple[Any, ...]]:
    found = lake.query(
        "select indicator, log_type, p_batch_id, events, first_seen, last_seen "
        "from panther_indicators.indicators where value = ? order by all",
        [value],
    )
    return [tuple(row.values()) for row in found.to_pylist()]


def test_a_value_is_counted_by_log_type_and_batch_with_its_first_and_last_event(lake: EmbeddedLake) -> None:
    land(lake, "Okta.SystemLog", [login(5, "192.0.2.1"), login(3, "192.0.2.1"), login(4, "192.0.2.2")])
    land(lake, "AWS.CloudTrail", [call(7, "192.0.2.1")])
    index(lake, "Okta.SystemLog", "AWS.CloudTrail", batch_id=BATCH)

    first, last = datetime(2024, 5, 1, 23, 3), datetime(2024, 5, 1, 23, 5)
    seven = datetime(2024, 5, 1, 22, 7)
    assert rows(lake, "192.0.2.1") == [
        ("ip_addresses", "AWS.CloudTrail", BATCH, 1, seven, seven),
        ("ip_addresses", "Okta.SystemLog", BATCH, 2, first, last),
    ]
    assert rows(lake, "ann@example.com") == [
        ("emails", "Okta.SystemLog", BATCH, 3, first, last),
        ("usernames", "Okta.SystemLog", BATCH, 3, first, last),
    ]


def test_a_unit_is_replaced_and_its_neighbours_stay(lake: EmbeddedLake) -> None:
    land(lake, "Okta.SystemLog", [login(1, "192.0.2.1")])
    land(lake, "Okta.SystemLog", [login(2, "192.0.2.2")], batch_id=OTHER_BATCH, hour=HOUR + timedelta(hours=1))
    land(lake, "AWS.CloudTrail", [call(3, "192.0.2.3")])
    hours = [f"{HOUR:%Y-%m-%d %H:%M:%S}", f"{HOUR + timedelta(hours=2):%Y-%m-%d %H:%M:%S}"]
    index(lake, "Okta.SystemLog", "AWS.CloudTrail", hours=hours)
    land(lake, "Okta.SystemLog", [login(4, "192.0.2.4")])
    index(lake, "Okta.SystemLog", batch_id=BATCH)

    assert rows(lake, "192.0.2.1") == []
    assert [row[2] for row in rows(lake, "192.0.2.4")] == [BATCH]
    assert [row[2] for row in rows(lake, "192.0.2.2")] == [OTHER_BATCH]
    assert [row[1] for row in rows(lake, "192.0.2.3")] == ["AWS.CloudTrail"]


def test_a_run_without_a_unit_of_work_is_refused(lake: EmbeddedLake) -> None:
    land(lake, "Okta.SystemLog", [login(1, "192.0.2.1")])
    index(lake, "Okta.SystemLog", batch_id=BATCH)
    with pytest.raises(AssertionError, match="a run replaces one unit of work"):
        run_dbt(lake, "--select", "okta_systemlog", variables={"log_types": ["Okta.SystemLog"]})


@pytest.mark.parametrize("hostile", ["x' or '1'='1", "b1'; drop table lake.panther_logs.okta_systemlog; --", "é"])
def test_a_batch_id_that_is_no_plain_text_is_refused(lake: EmbeddedLake, hostile: str) -> None:
    land(lake, "Okta.SystemLog", [login(1, "192.0.2.1")])
    with pytest.raises(AssertionError, match="no batch id, log type or time"):
        run_dbt(lake, "--select", "okta_systemlog", variables={"batch_id": hostile})


def test_a_field_added_inside_an_object_stops_the_run_and_says_what_to_alter(lake: EmbeddedLake) -> None:
    land(lake, "Okta.SystemLog", [login(1, "192.0.2.1")])
    index(lake, "Okta.SystemLog", batch_id=BATCH)
    lake.connection.execute('alter table lake.panther_logs.okta_systemlog drop column "outcome"."reason"')
    with pytest.raises(AssertionError, match=r"column 'outcome' of .* is stored as .* but declared as .*: alter the table"):
        run_dbt(lake, "--select", "okta_systemlog")


def test_a_new_top_level_field_becomes_a_column(lake: EmbeddedLake) -> None:
    land(lake, "Okta.SystemLog", [login(1, "192.0.2.1")])
    index(lake, "Okta.SystemLog", batch_id=BATCH)
    lake.connection.execute('alter table lake.panther_logs.okta_systemlog drop column "eventType"')
    run_dbt(lake, "--select", "okta_systemlog")
    assert lake.query("select eventType as found from panther_logs.okta_systemlog").to_pylist() == [{"found": "user.session.start"}]


def test_every_log_type_is_indexed() -> None:
    text = (DBT_PROJECT / "models" / "indicators" / "indicators.sql").read_text()
    missing = [log_type.table for log_type in load_registry(DBT_PROJECT).by_name.values() if f"ref('{log_type.table}')" not in text]
    assert missing == [], "add a line for each to models/indicators/indicators.sql"


def test_the_macros_know_the_indicator_columns_of_the_package(lake: EmbeddedLake) -> None:
    land(lake, "Okta.SystemLog", [login(1, "192.0.2.1")])
    run_dbt(lake, "--select", "okta_systemlog")
    names = lake.query("select * from panther_logs.okta_systemlog limit 0").schema.names
    assert [name for name in names if name.startswith("p_any_")] == list(INDICATOR_COLUMNS)
