"""Hand-made sign-ins and calls of the demo's employees -> identity_activity."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from normalized_rows import DBT_PROJECT, land, remove_target_folder, run_dbt

from panther_dagster.demo.company import found_company
from panther_dagster.storage.embedded import EmbeddedLake

MARIA, DANIEL, BEN = "maria.santos@example.com", "daniel.novak@example.com", "ben.osei@example.com"


def sign_in(time: str, login: str | None, address: str | None, result: str = "SUCCESS") -> dict[str, Any]:
    """An Okta event."""
    return {
        "uuid": time,
        "published": time,
        "eventType": "user.session.start",
        "actor": {"id": "00u1", "alternateId": login},
        "client": {"ipAddress": address},
        "outcome": {"result": result},
    }


def call(time: str, identity: dict[str, Any], address: str, error: str | None = None) -> dict[str, Any]:
    """A CloudTrail event."""
    return {
        "eventID": time,
        "eventTime": time,
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "userIdentity": identity,
        "sourceIPAddress": address,
        "errorCode": error,
    }


def session(role: str, name: str, **context: str) -> dict[str, Any]:
    """The identity of an assumed role."""
    arn = f"arn:aws:sts::123456789012:assumed-role/{role}/{name}"
    return {"type": "AssumedRole", "arn": arn, "sessionContext": {**context, "sessionIssuer": {"userName": role}}}


SIGN_INS = [
    sign_in("2024-05-01T12:59:59.999Z", MARIA, "192.0.2.10"),
    sign_in("2024-05-01T13:00:00Z", "Maria.Santos@Example.com", "203.0.113.66"),  # another hour, another case
    sign_in("2024-05-01T13:10:00Z", MARIA, "192.0.2.10", "FAILURE"),
    sign_in("2024-05-01T13:20:00+00:00", MARIA, "192.0.2.10", "DENY"),
    sign_in("2024-05-01T15:30:00+02:00", MARIA, None),  # 13:30 in UTC
    sign_in("2024-05-01T13:40:00Z", "system@okta.example.com", "192.0.2.10"),
    sign_in("2024-05-01T13:50:00Z", None, "192.0.2.10"),
]
CALLS = [
    call("2024-05-01T13:05:00Z", {"type": "IAMUser", "userName": "maria.santos"}, "203.0.113.66"),
    call("2024-05-01T13:06:00Z", session("Support", MARIA), "203.0.113.66", "AccessDenied"),
    # One event, two names of one employee.
    call("2024-05-01T13:07:00Z", session("Support", MARIA, sourceIdentity="maria.santos"), "203.0.113.67"),
    # One event, names of two employees: it counts for both.
    call("2024-05-01T13:08:00Z", session("Deploy", BEN, sourceIdentity="daniel.novak"), "192.0.2.44"),
    # A role that has an employee's name is not the employee.
    call("2024-05-01T13:09:00Z", session("ben.osei", "i-0123456789abcdef0"), "10.20.4.11"),
    call("2024-05-01T13:10:00Z", {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}, "s3.amazonaws.com"),
    call("2024-05-01T13:11:00Z", {"type": "Root", "arn": "arn:aws:iam::123456789012:root"}, "192.0.2.44"),
]


@pytest.fixture(scope="module")
def activity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """The rows of identity_activity, in order."""
    lake = EmbeddedLake(tmp_path_factory.mktemp("marts"), threads=1, memory_limit="500MB")
    lake.ensure_tables()
    land(lake, "Okta.SystemLog", [json.dumps(event) for event in SIGN_INS])
    land(lake, "AWS.CloudTrail", [json.dumps(event) for event in CALLS])
    models = ["employees", "okta_systemlog", "aws_cloudtrail", "identity_activity"]
    run_dbt(lake, "--exclude-resource-type", "test", "unit_test", "--select", *models, command="build")
    yield lake.query("select * from panther_marts.identity_activity order by log_type, email, activity_hour").to_pylist()
    lake.close()
    remove_target_folder()


def test_a_row_is_an_employee_a_source_and_an_hour(activity: list[dict[str, Any]]) -> None:
    assert [(row["log_type"], row["email"], row["activity_hour"].hour) for row in activity] == [
        ("AWS.CloudTrail", BEN, 13),
        ("AWS.CloudTrail", DANIEL, 13),
        ("AWS.CloudTrail", MARIA, 13),
        ("Okta.SystemLog", MARIA, 12),
        ("Okta.SystemLog", MARIA, 13),
    ]


def test_sign_ins_are_counted_without_case_and_in_utc(activity: list[dict[str, Any]]) -> None:
    before, within = [row for row in activity if row["log_type"] == "Okta.SystemLog"]

    assert (before["events"], before["failures"], before["ip_addresses"]) == (1, 0, 1)
    assert before["first_seen"] == before["last_seen"] == datetime(2024, 5, 1, 12, 59, 59, 999000)
    assert (within["events"], within["failures"], within["ip_addresses"]) == (4, 2, 2)
    assert within["first_seen"] == datetime(2024, 5, 1, 13)
    assert within["last_seen"] == datetime(2024, 5, 1, 13, 30)


def test_a_call_counts_once_for_each_employee_that_it_names(activity: list[dict[str, Any]]) -> None:
    counts = {
        row["email"]: (row["events"], row["failures"], row["ip_addresses"]) for row in activity if row["log_type"] == "AWS.CloudTrail"
    }

    assert counts == {MARIA: (3, 1, 2), BEN: (1, 0, 1), DANIEL: (1, 0, 1)}


def test_a_row_tells_who_the_employee_is(activity: list[dict[str, Any]]) -> None:
    maria, ben = (next(row for row in activity if row["email"] == email) for email in (MARIA, BEN))

    assert (maria["full_name"], maria["user_name"], maria["role"], maria["team"]) == (
        "Maria Santos",
        "maria.santos",
        "IT Administrator",
        "IT Support",
    )
    assert (maria["manager_email"], maria["is_privileged"], ben["is_privileged"]) == (DANIEL, True, False)


def test_the_seed_is_the_company_of_the_demo() -> None:

    with (DBT_PROJECT / "seeds" / "employees.csv").open(encoding="utf-8", newline="") as file:
        seeded = {(row["email"], row["user_name"], row["full_name"]) for row in csv.DictReader(file)}

    assert seeded == {(person.email, person.user_name, person.name) for person in found_company(random.Random(1)).people}
