"""panther destinations and panther dispatch, with files as destinations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from panther_dagster.alerts.views import ensure_alerts_view
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS

ALERT = "a1" * 16


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """A file destination, one without its secret, and the file."""
    (tmp_path / "panther.yaml").write_text(
        "destinations:\n"
        "  - {name: audit, type: file, path: audit.jsonl}\n"
        "  - {name: chat, type: slack, webhook_url_env: NO_SUCH_VARIABLE, severities: [CRITICAL]}\n"
    )
    return tmp_path / "home" / "audit.jsonl"


def alert(lake: Lake) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    common = {
        "alert_id": ALERT,
        "event_time": now,
        "rule_id": "Okta.Test",
        "alert_type": "RULE",
        "log_type": "Okta.SystemLog",
        "dedup": "d",
        "first_event_time": now,
        "last_event_time": now,
        "severity": "HIGH",
        "title": "Something happened",
        "status": "OPEN",
    }
    rows = [
        common | {"event_id": "1", "event_type": "CREATED", "match_count": 0},
        common | {"event_id": "2", "event_type": "MATCHED", "match_count": 1, "status": None},
    ]
    lake.transact(lambda tx: tx.append(ALERT_EVENTS, pa.Table.from_pylist(rows, schema=ALERT_EVENTS.columns)))
    ensure_alerts_view(lake)


def test_pending_alert_is_delivered_once(panther, audit: Path, home_lake: Lake) -> None:
    alert(home_lake)

    first = panther("dispatch", "--format", "json", exit_code=1)  # 1: chat has no secret
    second = panther("dispatch", "--format", "json", exit_code=1)

    assert [(row["alert_id"], row["destination"], row["state"]) for row in json.loads(first.stdout)] == [(ALERT, "audit", "DELIVERED")]
    assert "NO_SUCH_VARIABLE" in first.stderr
    assert json.loads(second.stdout) == []
    assert len(audit.read_text().splitlines()) == 1


def test_list_counts_deliveries(panther, audit: Path, home_lake: Lake) -> None:
    alert(home_lake)
    panther("dispatch", exit_code=1)

    rows = json.loads(panther("destinations", "list", "--format", "json").stdout)

    assert [(row["name"], row["type"], row["delivered"], row["failed"], row["last_state"]) for row in rows] == [
        ("audit", "file", 1, 0, "DELIVERED"),
        ("chat", "slack", 0, 0, None),
    ]
    assert "audit.jsonl" not in panther("destinations", "list").stdout


def test_test_sends_an_alert_and_its_end(panther, audit: Path) -> None:
    assert panther("destinations", "test", "audit").stdout == "audit: delivered\n"
    assert len(audit.read_text().splitlines()) == 2


def test_test_of_an_unusable_destination_is_an_error(panther, audit: Path) -> None:
    assert "NO_SUCH_VARIABLE" in panther("destinations", "test", "chat", exit_code=1).stderr
    assert "audit" in panther("destinations", "test", "audio", exit_code=1).stderr


def test_nothing_configured_and_nothing_pending_are_no_errors(panther) -> None:
    assert "no destination yet" in panther("destinations", "list").stderr
    assert panther("dispatch").stderr == "nothing is pending\n"
