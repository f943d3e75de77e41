"""What people do with alerts: list, read, assign, comment, change the status. Each change is an event; nothing is updated in place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final, Literal

import pyarrow as pa

from panther_dagster.alerts.views import ALERTS_VIEW, ensure_alerts_view
from panther_dagster.errors import AlertError
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, ALERT_SIGNALS, DELIVERIES, RULE_ERRORS, SIGNALS

STATUSES: Final = ("OPEN", "TRIAGED", "CLOSED", "RESOLVED")
SEVERITIES: Final = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")
MIN_ID_CHARACTERS: Final = 6  # of an id that is not given in full
Change = Literal["STATUS", "ASSIGNED", "COMMENT"]


@dataclass(frozen=True)
class AlertDetail:
    """All that is known of one alert: its row, its history, attempts to deliver it, and the newest of its matches (at most 1,000)."""

    alert: dict[str, Any]
    history: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    matches: list[dict[str, Any]]


def list_alerts(
    lake: Lake,
    *,
    statuses: Sequence[str] = (),
    severities: Sequence[str] = (),
    rule_ids: Sequence[str] = (),
    since: datetime | None = None,
    limit: int = 100,
) -> pa.Table:
    """Rows of panther_alerts.alerts, newest first; every filter that is given has to hold.

    Args: since: created at or after, naive UTC. Raises: AlertError: no such status or severity.
    """
    ensure_alerts_view(lake)
    conditions = ["true"]
    parameters: list[Any] = []
    wanted = {
        "status": [_one_of(value, STATUSES, "status") for value in statuses],
        "severity": [_one_of(value, SEVERITIES, "severity") for value in severities],
        "rule_id": list(rule_ids),
    }
    for column, values in wanted.items():
        if values:
            conditions.append(f"{column} in ({', '.join('?' * len(values))})")
            parameters += values
    if since is not None:
        conditions.append("created_time >= ?")
        parameters.append(since)
    sql = f"select * from {ALERTS_VIEW} where {' and '.join(conditions)} order by created_time desc, alert_id limit ?"
    return lake.query(sql, [*parameters, limit])


def show_alert(lake: Lake, alert_id: str) -> AlertDetail:
    """One alert with everything about it. The id may be cut short while it stays unique. Raises AlertError."""
    alert = _alert(lake, alert_id)
    found = [alert["alert_id"]]
    source = SIGNALS if alert["alert_type"] == "RULE" else RULE_ERRORS
    history = f"select * from {ALERT_EVENTS.name} where alert_id = ? order by event_time, event_type, event_id"
    deliveries = f"select * from {DELIVERIES.name} where alert_id = ? order by attempt_time, destination"
    matches = f"""
        select signals.*
        from {ALERT_SIGNALS.name} as members
        inner join {source.name} as signals on signals.signal_id = members.signal_id and signals.p_batch_id = members.p_batch_id
        where members.alert_id = ?
        order by signals.p_event_time desc, signals.p_row_id
        limit 1000
    """
    return AlertDetail(
        alert=alert,
        history=lake.query(history, found).to_pylist(),
        deliveries=lake.query(deliveries, found).to_pylist(),
        matches=lake.query(matches, found).to_pylist(),
    )


def set_status(lake: Lake, alert_id: str, status: str, *, actor: str, now_utc: datetime, comment: str | None = None) -> dict[str, Any]:
    """Change an alert's status: OPEN, TRIAGED, CLOSED or RESOLVED, in any order. Returns the alert as it is then.

    The status that it has already is no change, unless there is a comment. Raises AlertError.
    """
    status = _one_of(status, STATUSES, "status")
    alert = _alert(lake, alert_id)
    if status == alert["status"] and comment is None:
        return alert
    return _append(lake, alert, "STATUS", actor=actor, now_utc=now_utc, status=status, comment=comment)


def assign(lake: Lake, alert_id: str, assignee: str | None, *, actor: str, now_utc: datetime) -> dict[str, Any]:
    """Give an alert to somebody, or to nobody (None). Returns the alert as it is then. Raises AlertError."""
    return _append(lake, _alert(lake, alert_id), "ASSIGNED", actor=actor, now_utc=now_utc, assignee=assignee or "")


def add_comment(lake: Lake, alert_id: str, comment: str, *, actor: str, now_utc: datetime) -> dict[str, Any]:
    """Write something down about an alert. Returns the alert. Raises AlertError: no such alert, or nothing said."""
    if not comment.strip():
        raise AlertError("a comment needs text")
    return _append(lake, _alert(lake, alert_id), "COMMENT", actor=actor, now_utc=now_utc, comment=comment)


def _append(
    lake: Lake, alert: dict[str, Any], event_type: Change, *, actor: str, now_utc: datetime, **values: str | None
) -> dict[str, Any]:
    # Strictly after what is known: of two changes at one instant it would be open which one holds.
    time = max(now_utc, alert["update_time"] + timedelta(microseconds=1))
    parts = (alert["alert_id"], event_type, time.isoformat(), actor, *(value or "" for value in values.values()))
    row = {
        "event_id": hashlib.md5("\n".join(parts).encode(errors="surrogatepass"), usedforsecurity=False).hexdigest(),
        "alert_id": alert["alert_id"],
        "event_type": event_type,
        "event_time": time,
        "rule_id": alert["rule_id"],
        "alert_type": alert["alert_type"],
        "dedup": alert["dedup"],
        "match_count": 0,
        "actor": actor,
        **values,
    }
    # No batch and no hour: what people did is not replaced by a re-run of the flow.
    data = pa.Table.from_pylist([row], schema=ALERT_EVENTS.columns)
    lake.transact(lambda transaction: transaction.append(ALERT_EVENTS, data))
    return _alert(lake, alert["alert_id"])


def _alert(lake: Lake, alert_id: str) -> dict[str, Any]:
    """The alert whose id is, or begins with, `alert_id`."""
    ensure_alerts_view(lake)
    asked = alert_id.strip().lower()
    if len(asked) < MIN_ID_CHARACTERS or not all(character in "0123456789abcdef" for character in asked):
        raise AlertError(f"'{alert_id}' is no alert id: it takes at least {MIN_ID_CHARACTERS} hexadecimal digits")
    rows = lake.query(f"select * from {ALERTS_VIEW} where alert_id >= ? and alert_id <= ? limit 2", [asked, asked + "g"]).to_pylist()
    if not rows:
        raise AlertError(f"there is no alert '{alert_id}'")
    if len(rows) > 1:
        raise AlertError(f"more than one alert begins with '{alert_id}': give more digits")
    return rows[0]


def _one_of(value: str, known: Sequence[str], what: str) -> str:
    if value.upper() in known:
        return value.upper()
    close = get_close_matches(value.upper(), known, n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(known)}"
    raise AlertError(f"unknown {what} '{value}'{hint}")
