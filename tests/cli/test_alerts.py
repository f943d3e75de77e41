"""panther alerts over two hand-made alerts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, DELIVERIES

FIRST, SECOND = "a1" * 16, "b2" * 16
AT = datetime(2024, 5, 1, 10, 33)


def event(alert_id: str, event_type: str, **values: Any) -> dict[str, Any]:
    return {
        "event_id": f"{alert_id}-{event_type}",
        "alert_id": alert_id,
        "event_type": event_type,
        "event_time": AT,
        "rule_id": "AWS.Console.SignIn.WithoutMFA",
        "alert_type": "RULE",
        "log_type": "AWS.CloudTrail",
        "dedup": "maria",
        "dedup_period_minutes": 60,
        "threshold": 1,
        "first_event_time": AT,
        "last_event_time": AT,
        "match_count": 3 if event_type == "MATCHED" else 0,
        "severity": "HIGH",
        "title": "Without MFA: maria [bold]\x1b[31m",
        "status": "OPEN" if event_type == "CREATED" else None,
        "alert_context": '{"user": "maria", "note": "\\u001b[31m"}',
        **values,
    }


@pytest.fixture
def alerts(home_lake: Lake) -> Lake:
    """One HIGH alert of three events, one LOW alert an hour later."""
    later = datetime(2024, 5, 1, 11, 33)
    rows = [
        event(FIRST, "CREATED"),
        event(FIRST, "MATCHED"),
        event(SECOND, "CREATED", severity="LOW", title="Another", rule_id="Okta.Other", event_time=later),
        event(SECOND, "MATCHED", severity="LOW", match_count=1, rule_id="Okta.Other", event_time=later),
    ]
    delivery = {"delivery_id": "d1", "alert_id": FIRST, "destination": "soc", "action": "CREATE", "state": "DELIVERED", "attempt_time": AT}
    home_lake.transact(lambda tx: tx.append(ALERT_EVENTS, pa.Table.from_pylist(rows, schema=ALERT_EVENTS.columns)))
    home_lake.transact(lambda tx: tx.append(DELIVERIES, pa.Table.from_pylist([delivery], schema=DELIVERIES.columns)))
    return home_lake


def listed(panther, *options: str) -> list[dict[str, Any]]:
    return json.loads(panther("alerts", "list", "--format", "json", *options).stdout)


def test_list_is_newest_first_with_whole_ids_in_json(panther, alerts: Lake) -> None:
    assert [(row["alert_id"], row["severity"], row["match_count"]) for row in listed(panther)] == [(SECOND, "LOW", 1), (FIRST, "HIGH", 3)]


def test_list_filters(panther, alerts: Lake) -> None:
    assert [row["alert_id"] for row in listed(panther, "--severity", "high")] == [FIRST]
    assert [row["alert_id"] for row in listed(panther, "--rule", "Okta.Other")] == [SECOND]
    assert [row["alert_id"] for row in listed(panther, "--since", "2024-05-01T11:00")] == [SECOND]
    assert listed(panther, "--status", "CLOSED") == []


def test_table_has_one_line_an_alert_and_no_escape_sequence(panther, alerts: Lake) -> None:
    lines = panther("alerts", "list").stdout.splitlines()

    assert len(lines) == 4
    assert max(len(line) for line in lines) <= 100
    assert "a1a1a1a1a1a1" in lines[3]
    assert "maria [bold]\\x1b[31m" in lines[3]


def test_show_tells_everything_in_order(panther, alerts: Lake) -> None:
    out = panther("alerts", "show", "a1a1a1").stdout

    assert "\x1b" not in out
    assert FIRST in out
    assert '"user": "maria"' in out
    assert "DELIVERED" in out
    assert out.index("context") < out.index("history") < out.index("deliveries")


def test_show_as_json_is_one_array_of_one(panther, alerts: Lake) -> None:
    (alert,) = json.loads(panther("alerts", "show", FIRST, "--format", "json").stdout)

    assert (alert["alert_id"], alert["status"], len(alert["history"]), len(alert["deliveries"])) == (FIRST, "OPEN", 2, 1)


def test_people_change_alerts(panther, alerts: Lake) -> None:
    panther("alerts", "assign", FIRST, "grace", "--as", "hugo")
    panther("alerts", "comment", FIRST, "asked her", "--as", "grace")
    result = panther("alerts", "resolve", "a1a1a1", "--comment", "it was her", "--as", "grace")

    assert result.stdout.startswith("a1a1a1a1a1a1 is RESOLVED: ")
    (alert,) = json.loads(panther("alerts", "show", FIRST, "--format", "json").stdout)
    assert (alert["status"], alert["assignee"]) == ("RESOLVED", "grace")
    assert [row["comment"] for row in alert["history"] if row["comment"]] == ["asked her", "it was her"]


@pytest.mark.parametrize(("command", "status"), [("close", "CLOSED"), ("triage", "TRIAGED"), ("reopen", "OPEN")])
def test_other_statuses(panther, alerts: Lake, command: str, status: str) -> None:
    panther("alerts", command, FIRST)

    assert [row["status"] for row in listed(panther, "--severity", "HIGH")] == [status]


def test_an_unknown_alert_is_an_error(panther, alerts: Lake) -> None:
    assert panther("alerts", "show", "c3c3c3", exit_code=1).stderr == "panther: there is no alert 'c3c3c3'\n"


def test_no_alerts_are_no_error(panther) -> None:
    assert panther("alerts", "list").stderr == "no alerts\n"
    assert listed(panther) == []
