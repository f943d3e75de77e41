"""Rows of panther_alerts.alerts -> what destinations get to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from panther_dagster.dispatch.destination import AlertMessage
from panther_dagster.dispatch.notification import parse_context
from panther_dagster.dispatch.outbox import ALERTS
from panther_dagster.settings import Settings
from panther_dagster.storage.lake import Lake

MAX_PARAMETERS: Final = 500  # of one statement


def read_messages(lake: Lake, settings: Settings, alert_ids: Iterable[str]) -> dict[str, AlertMessage]:
    """The alerts of those ids as they are now; attempt_time and idempotency_key are the sender's to set."""
    ids = sorted(alert_ids)
    messages: dict[str, AlertMessage] = {}
    for start in range(0, len(ids), MAX_PARAMETERS):
        some = ids[start : start + MAX_PARAMETERS]
        rows = lake.query(f"select * from {ALERTS} where alert_id in ({', '.join('?' * len(some))})", some).to_pylist()
        messages.update((row["alert_id"], _message(row, settings)) for row in rows)
    return messages


def _message(row: Mapping[str, Any], settings: Settings) -> AlertMessage:
    return AlertMessage(
        alert_id=row["alert_id"],
        rule_id=row["rule_id"],
        alert_type=row["alert_type"],
        severity=row["severity"],
        title=row["title"],
        status=row["status"],
        match_count=row["match_count"],
        first_event_time=row["first_event_time"],
        last_event_time=row["last_event_time"],
        created_time=row["created_time"],
        update_time=row["update_time"],
        dedup=row["dedup"] or "",
        log_types=tuple(row["log_types"] or (row["log_type"],)),
        description=row["description"] or "",
        reference=row["reference"] or "",
        runbook=row["runbook"] or "",
        tags=tuple(row["tags"] or ()),
        reports=parse_context(row["reports"]),
        context=parse_context(row["alert_context"]),
        assignee=row["assignee"] or "",
        rule_version=row["rule_version"] or "",
        link=alert_link(settings),
    )


def alert_link(settings: Settings) -> str:
    """Where the user interface shows alerts."""
    return f"{settings.ui_url.rstrip('/')}/assets/{ALERTS.replace('.', '/')}"
