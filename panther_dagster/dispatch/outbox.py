"""What is still to be told to whom. Reads panther_alerts.alerts and .deliveries; nothing is queued anywhere else, so nothing is lost.

For each alert and each destination that it is routed to:
- nothing delivered yet: CREATE;
- the alert was closed or resolved since: RESOLVE;
- its status changed, it was opened again, or matches have joined since: UPDATE, for more matches at most once an interval.
A delivery that failed for good is not repeated; one that is to be retried waits for its time. What a destination cannot be told is
left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from panther_dagster.dispatch.destination import CLOSED_STATUSES, Action, Destination
from panther_dagster.dispatch.routing import RoutingFacts, route
from panther_dagster.settings import DestinationSettings, DispatchSettings, Settings
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import DELIVERIES

ALERTS: Final = "panther_alerts.alerts"
URGENCY: Final = {"CRITICAL": 0, "HIGH": 1, "MEDIUM": 2, "LOW": 3, "INFO": 4}
FIRST_PAUSE_SECONDS: Final = 15.0
NOW_OR_LONG_AGO: Final = datetime.min

_ALERTS_SQL: Final = f"""
    select
        alert_id,
        rule_id,
        alert_type,
        severity,
        status,
        match_count,
        created_time,
        log_types,
        destinations
    from {ALERTS}
    where update_time >= ?
"""

# One row per alert and destination: what it was told last, and what came of the last attempt.
_TOLD_SQL: Final = f"""
    select
        alert_id,
        destination,
        max_by(action, case when state = 'DELIVERED' then attempt_time end) as told_action,
        max_by(revision, case when state = 'DELIVERED' then attempt_time end) as told_revision,
        max_by(alert_status, case when state = 'DELIVERED' then attempt_time end) as told_status,
        max(case when state = 'DELIVERED' then attempt_time end) as told_time,
        max_by(external_reference, case when state = 'DELIVERED' and external_reference is not null then attempt_time end) as reference,
        max_by(action, case when state = 'FAILED' then attempt_time end) as failed_action,
        max_by(revision, case when state = 'FAILED' then attempt_time end) as failed_revision,
        max_by(alert_status, case when state = 'FAILED' then attempt_time end) as failed_status,
        sum(case when state <> 'RETRY' then 1 else 0 end) as settled,
        max_by(state, attempt_time) as last_state,
        max_by(attempt, attempt_time) as last_attempt,
        max_by(next_attempt_time, attempt_time) as next_attempt_time,
        max(attempt_time) as last_attempt_time
    from {DELIVERIES.name}
    group by alert_id, destination
"""

# One row per destination: since when it is used, and how many alerts in a row it did not take.
_HEALTH_SQL: Final = f"""
    with settled as (
        select
            destination,
            min(attempt_time) as first_attempt_time,
            max(case when state <> 'RETRY' then attempt_time end) as settled_time
        from {DELIVERIES.name}
        group by destination
    )
    select
        settled.destination,
        settled.first_attempt_time,
        count(distinct failures.alert_id) as failing_alerts,
        count(failures.alert_id) as failures,
        max(failures.attempt_time) as last_failure_time,
        max_by(failures.status_code, failures.attempt_time) as last_status_code,
        max_by(failures.next_attempt_time, failures.attempt_time) as next_attempt_time
    from settled
    left join {DELIVERIES.name} as failures
        on
            failures.destination = settled.destination
            and failures.state = 'RETRY'
            and failures.attempt_time > coalesce(settled.settled_time, timestamp '1970-01-01')
    group by settled.destination, settled.first_attempt_time
"""


@dataclass(frozen=True)
class PendingDelivery:
    """One thing to tell one destination. `attempt` counts from 1 since the last delivery that was settled."""

    alert_id: str
    destination: str
    action: Action
    revision: int
    alert_status: str
    idempotency_key: str
    attempt: int
    due_time: datetime
    severity: str
    created_time: datetime
    previous_reference: str | None = None
    last_attempt_time: datetime | None = None


@dataclass(frozen=True)
class Health:
    """How a destination does. While `paused_until` is ahead it is left alone; a `is_probing` one gets a single delivery to begin with."""

    first_attempt_time: datetime | None = None
    failing_alerts: int = 0
    paused_until: datetime | None = None
    is_probing: bool = False


@dataclass(frozen=True)
class Outbox:
    """Deliveries that are due, most severe and oldest first; when the next one becomes due; names that no destination has."""

    due: tuple[PendingDelivery, ...] = ()
    waiting: int = 0
    next_due_time: datetime | None = None
    unknown_destinations: tuple[str, ...] = ()
    health: Mapping[str, Health] = field(default_factory=dict)


def read_outbox(
    lake: Lake,
    settings: Settings,
    destinations: Mapping[str, Destination],
    now_utc: datetime,
    *,
    output_ids: Mapping[str, Sequence[str]] | None = None,
    alert_id: str | None = None,
) -> Outbox:
    """All that is to be delivered. Alerts to which nothing happened for `give_up_after_days` are not looked at.

    Args: destinations: those that can be used, by name. output_ids: rule id -> OutputIds. alert_id: look at that one only.
    """
    if not lake.has_table(ALERTS):
        return Outbox()
    only, parameters = ("", []) if alert_id is None else (" and alert_id = ?", [alert_id])
    horizon = now_utc - timedelta(days=settings.dispatch.give_up_after_days)
    alerts = lake.query(_ALERTS_SQL + only, [horizon, *parameters]).to_pylist()
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for row in lake.query(_TOLD_SQL).to_pylist():
        told.setdefault(row["alert_id"], {})[row["destination"]] = row
    health = _health(lake, settings.dispatch, now_utc)
    found: list[PendingDelivery] = []
    unknown: dict[str, None] = {}
    for alert in alerts:
        told_to = told.get(alert["alert_id"], {})
        routed = route(_facts(alert), settings.destinations, settings.routes, output_ids)
        unknown.update(dict.fromkeys(routed.unknown))
        for name in dict.fromkeys((*routed.destinations, *_told_and_enabled(told_to, settings.destinations))):
            if name in destinations:
                known = health.get(name, Health())
                planned = _plan(alert, name, told_to.get(name), destinations[name].actions, known, settings.dispatch, now_utc)
                found += [planned] if planned else []
    due = sorted((one for one in found if one.due_time <= now_utc), key=lambda p: (URGENCY.get(p.severity, 9), p.created_time, p.alert_id))
    return Outbox(
        due=tuple(due),
        waiting=len(found) - len(due),
        next_due_time=min((one.due_time for one in found if one.due_time > now_utc), default=None),
        unknown_destinations=tuple(unknown),
        health=health,
    )


def _plan(
    alert: Mapping[str, Any],
    destination: str,
    told: Mapping[str, Any] | None,
    actions: frozenset[Action],
    health: Health,
    limits: DispatchSettings,
    now_utc: datetime,
) -> PendingDelivery | None:
    """The next thing to tell, if there is any."""
    action = _next_action(alert, told)
    if action is None or action not in actions:
        return None
    revision, status = alert["match_count"], alert["status"]
    if told is None:
        # A new destination is not flooded with history: see max_age_hours.
        oldest = (health.first_attempt_time or now_utc) - timedelta(hours=limits.max_age_hours)
        if alert["created_time"] < oldest:
            return None
    elif _has_failed_already(action, revision, status, told):
        return None
    due, attempt = NOW_OR_LONG_AGO, 1
    if told is not None and told["last_state"] == "RETRY":
        due, attempt = told["next_attempt_time"], told["last_attempt"] + 1
    elif told is not None and action is Action.UPDATE and _is_only_more_matches(alert, told):
        due = told["last_attempt_time"] + timedelta(seconds=limits.update_interval_seconds)
    if health.paused_until is not None:
        due = max(due, health.paused_until)
    settled = int(told["settled"]) if told else 0
    return PendingDelivery(
        alert_id=alert["alert_id"],
        destination=destination,
        action=action,
        revision=revision,
        alert_status=status,
        idempotency_key=idempotency_key(alert["alert_id"], destination, action, settled, revision, status),
        attempt=attempt,
        due_time=due,
        severity=alert["severity"],
        created_time=alert["created_time"],
        previous_reference=told["reference"] if told else None,
        last_attempt_time=told["last_attempt_time"] if told else None,
    )


def _next_action(alert: Mapping[str, Any], told: Mapping[str, Any] | None) -> Action | None:
    if told is None or told["told_action"] is None:
        return Action.CREATE
    if alert["status"] in CLOSED_STATUSES:
        return None if told["told_action"] == Action.RESOLVE else Action.RESOLVE
    if told["told_action"] == Action.RESOLVE or alert["status"] != _told_status(told) or alert["match_count"] > told["told_revision"]:
        return Action.UPDATE
    return None


def _is_only_more_matches(alert: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    return told["told_action"] != Action.RESOLVE and alert["status"] == _told_status(told)


def _told_status(told: Mapping[str, Any]) -> str:
    # A creation tells that there is an alert; that it is being worked on is told by an update (PagerDuty: trigger, then acknowledge).
    return "OPEN" if told["told_action"] == Action.CREATE else str(told["told_status"])


def _has_failed_already(action: Action, revision: int, status: str, told: Mapping[str, Any]) -> bool:
    if told["failed_action"] != action or told["last_state"] == "DELIVERED":
        return False
    return action is not Action.UPDATE or (told["failed_revision"], told["failed_status"]) == (revision, status)


def _told_and_enabled(told_to: Mapping[str, Mapping[str, Any]], destinations: Sequence[DestinationSettings]) -> list[str]:
    """Destinations that know the alert: they learn its end even when it would not be routed to them any more."""
    return [d.name for d in destinations if d.is_enabled and d.name in told_to and told_to[d.name]["told_action"] is not None]


def _health(lake: Lake, limits: DispatchSettings, now_utc: datetime) -> dict[str, Health]:
    return {row["destination"]: _health_of(row, limits, now_utc) for row in lake.query(_HEALTH_SQL).to_pylist()}


def _health_of(row: Mapping[str, Any], limits: DispatchSettings, now_utc: datetime) -> Health:
    paused_until, is_down = None, row["failing_alerts"] >= limits.failures_before_pause
    if row["failing_alerts"] and row["last_status_code"] == 429:
        paused_until = row["next_attempt_time"]  # the limit is the destination's, not the alert's
    elif is_down:
        doublings = min(row["failures"] - limits.failures_before_pause, 20)
        seconds = min(FIRST_PAUSE_SECONDS * 2**doublings, limits.max_pause_seconds)
        paused_until = row["last_failure_time"] + timedelta(seconds=seconds)
    if paused_until is not None and paused_until <= now_utc:
        paused_until = None
    return Health(row["first_attempt_time"], row["failing_alerts"], paused_until, is_probing=is_down)


def _facts(alert: Mapping[str, Any]) -> RoutingFacts:
    dynamic = alert["destinations"]
    return RoutingFacts(
        rule_id=alert["rule_id"],
        alert_type=alert["alert_type"],
        severity=alert["severity"],
        log_types=tuple(alert["log_types"] or ()),
        dynamic_destinations=None if dynamic is None else tuple(dynamic),
    )


def idempotency_key(alert_id: str, destination: str, action: Action, settled: int, revision: int, status: str) -> str:
    """The same for every attempt of one delivery, also after a crash. An update names what it tells; the rest is told once in its turn."""
    parts = [alert_id, destination, action.value, str(settled)]
    if action is Action.UPDATE:
        parts += [str(revision), status]
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()
