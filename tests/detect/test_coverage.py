"""Coverage by log type, resource type and ATT&CK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from panther_dagster.detect.coverage import Covered, CoveredTechnique, coverage
from panther_dagster.detect.items import Item


def item(kind: str, **values: Any) -> Item:
    """An enabled item."""
    return Item(kind, "id", Path("x.yml"), {"Enabled": True, **values})


def attack(*ids: str) -> dict[str, Any]:
    """Reports with ATT&CK ids."""
    return {"MITRE ATT&CK": list(ids), "CIS": ["TA0001:T1000"]}


def test_detections_are_counted_by_what_they_read_and_report() -> None:
    covered = coverage(
        [
            item("rule", LogTypes=["B", "A"], Reports=attack("TA0003:T1098.001", "TA0001")),
            item("rule", LogTypes=["A"], Enabled=False, Reports=attack("TA0003:T1098.001", "ta0003:bad")),
            item("policy", ResourceTypes=["AWS.S3.Bucket"], Reports=attack("T1530")),
            item("scheduled_rule", ScheduledQueries=["Q"], LogTypes=["ignored"]),
            item("correlation_rule", Reports=attack("TA0001")),
            item("saved_query", LogTypes=["A"]),
        ]
    )

    assert covered.log_types == (Covered("A", 2, 1), Covered("B", 1, 1))
    assert covered.resource_types == (Covered("AWS.S3.Bucket", 1, 1),)
    assert covered.techniques == (
        CoveredTechnique("TA0001", "Initial Access", "", 2, 2),
        CoveredTechnique("TA0003", "Persistence", "T1098.001", 2, 1),
        CoveredTechnique("", "", "T1530", 1, 1),
    )
    assert covered.unmapped == 1
