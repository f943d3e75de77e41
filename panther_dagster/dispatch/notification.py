"""An alert as a JSON object: what the webhook and file destinations write. Its schema is docs/webhook-payload.schema.json.

The keys that Panther's own notifications have (id, createdAt, severity, type, link, title, name, alertId, alertContext, description,
runbook, tags, version) mean what they mean there, so that receivers written for it keep working. Every key is always present.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from panther_dagster.dispatch.destination import Action, AlertMessage

SCHEMA_VERSION: Final = 1
EVENT_BY_ACTION: Final = {Action.CREATE: "alert.created", Action.UPDATE: "alert.updated", Action.RESOLVE: "alert.resolved"}
TRUNCATED_KEY: Final = "_truncated"


def notification(alert: AlertMessage, action: Action) -> dict[str, Any]:
    """The whole alert; see the schema for each key."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "event": EVENT_BY_ACTION[action],
        "idempotencyKey": alert.idempotency_key,
        "alertId": alert.alert_id,
        "id": alert.rule_id,
        "name": alert.rule_id,
        "version": alert.rule_version,
        "type": alert.alert_type,
        "severity": alert.severity,
        "status": alert.status,
        "assignee": alert.assignee,
        "title": alert.title,
        "description": alert.description,
        "runbook": alert.runbook,
        "reference": alert.reference,
        "link": alert.link,
        "createdAt": rfc3339(alert.created_time),
        "updatedAt": rfc3339(alert.update_time),
        "firstEventTime": rfc3339(alert.first_event_time),
        "lastEventTime": rfc3339(alert.last_event_time),
        "matchCount": alert.match_count,
        "dedup": alert.dedup,
        "logTypes": list(alert.log_types),
        "tags": list(alert.tags),
        "reports": dict(alert.reports),
        "alertContext": dict(alert.context),
    }


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in ASCII: text that is no valid Unicode passes too."""
    return json.dumps(value, separators=(",", ":"), default=str).encode("ascii")


def notification_bytes(alert: AlertMessage, action: Action, *, max_bytes: int) -> bytes:
    """The notification as JSON of at most `max_bytes`; the context gives way, since it alone can be long."""
    body = notification(alert, action)
    data = json_bytes(body)
    if len(data) <= max_bytes:
        return data
    room = max_bytes - len(json_bytes({**body, "alertContext": {}}))
    return json_bytes({**body, "alertContext": fit_context(alert.context, room)})


def fit_context(context: Mapping[str, Any], max_bytes: int) -> dict[str, Any]:
    """As many keys of an alert's context as fit, in order; `_truncated` tells how many were left out."""
    if len(json_bytes(context)) <= max_bytes:
        return dict(context)
    kept: dict[str, Any] = {}
    left = max_bytes - 80  # for the note
    for key, value in context.items():
        size = len(json_bytes({key: value}))
        if size <= left:
            kept[key] = value
            left -= size
    left_out = len(context) - len(kept)
    return {**kept, TRUNCATED_KEY: f"{left_out} of {len(context)} keys left out: too large"}


def parse_context(text: str | None) -> dict[str, Any]:
    """An alert's context from its column; what is no JSON object stands under `_value`."""
    if not text:
        return {}
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, dict) else {"_value": value}


def rfc3339(time_utc: datetime) -> str:
    """A naive UTC time as RFC 3339 text."""
    return time_utc.isoformat() + "Z"
