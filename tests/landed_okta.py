"""Landed Okta events for tests of normalization, and what another process does with them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from installations import installation

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import raw_table

LANDED = raw_table("Okta.SystemLog")
NORMALIZED = "panther_logs.okta_systemlog"
HOUR = datetime(2024, 5, 1, 12)


def landed_event(batch_id: str, index: int, hour: datetime, address: str) -> dict[str, object]:
    """A landed Okta event."""
    event = {
        "uuid": f"{batch_id}-{index}",
        "published": "2024-05-01T11:59:00.000Z",
        "eventType": "user.session.start",
        "actor": {"id": "00u1", "type": "User", "alternateId": "mia@example.com", "displayName": "Mia"},
        "client": {"ipAddress": address},
    }
    return {
        "p_row_id": f"{batch_id}-{index}",
        "p_parse_time": hour,
        "p_source_id": "okta",
        "p_source_label": "Okta",
        "p_source_file": f"file:///{batch_id}.json",
        "p_record_index": index,
        "p_batch_id": batch_id,
        "p_hour": hour,
        "p_raw_event": json.dumps(event),
    }


def build_in_process(home: Path, batch_id: str) -> list[int | None]:
    """What another process does."""
    settings = installation(home)
    lake = open_lake(settings)
    results = DbtProject(settings, lake).build(UnitOfWork(batch_id=batch_id), log_types=["Okta.SystemLog"])
    lake.close()
    return [result.rows for result in results if result.table == NORMALIZED]
