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
from panther_dagster.settings import DispatchSettings, Settings
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import DELIVERIES

ALERTS: Final = "panther_alerts.alerts"
URGENCY: Final = {"CRITICAL": 0, "HIGH": 1, "MEDIUM": 2, "LOW": 3, "INFO": 4}
FIRST_PAUSE_SECONDS: Final = 15.0
LONG_AGO: Final = datetime.min

# Routing looks at these columns alone: alerts that are equal in them go to the same destinations.
_SIGNATURE: Final = """
    rule_id || '|' || alert_type || '|' || severity || '|' || coalesce(array_to_string(log_types, ','), '')
    || '|' || coalesce(array_to_string(destinations, ','), '-')
"""

_SIGNATURES_SQL: Final = f"""
    select
        {_SIGNATURE} as signature,
        rule_id,
        alert_type,
        severity,
        log_types,
        destinations
    from {ALERTS}
    where update_time >= ?
    group by all
"""

# One row per alert and destination: what it was told last, and what came of the last attempt.
_TOLD_SQL: Final = f"""
    select
        alert_id,
        destination,
        max_by(action, case when state = 'DELIVERED' then attempt_time end) as told_action,
        max_by(revision, case when state = 'DELIVERED' then attempt_time end) as told_revision,
        max_by(alert_status, case when state = 'DELIVERED' then attempt_time end) as told_status,
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

# One row per alert and destination that may have something to tell: all pairs but those where surely nothing is new.
# {{routed}}: rows of (signature, destination, oldest creation that a destination gets); {{usable}}: names of destinations.
_PAIRS_SQL: Final = f"""
    with
    alerts as (
        select
            alert_id,
            severity,
            status,
            match_count,
            created_time,
            {_SIGNATURE} as signature
        from {ALERTS}
        where update_time >= ? {{only}}
    ),
    told as ({_TOLD_SQL}),
    routed as (select * from (values {{routed}}) as pairs (signature, destination, oldest)),
    wanted as (
        select
            alerts.alert_id,
            routed.destination,
            min(routed.oldest) as oldest
        from alerts
        inner join routed on routed.signature = alerts.signature
        group by alerts.alert_id, routed.destination
        union
        -- They learn of its end even when the alert would not be routed to them any more.
        select
            told.alert_id,
            told.destination,
            timestamp '1970-01-01' as oldest
        from told
        where told.told_action is not null and told.destination in ({{usable}})
    )
    select distinct
        alerts.alert_id,
        alerts.severity,
        alerts.status,
        alerts.match_count,
        alerts.created_time,
        wanted.destination,
        told.* exclude (alert_id, destination)
    from wanted
    inner join alerts on alerts.alert_id = wanted.alert_id
    left join told on told.alert_id = wanted.alert_id and told.destination = wanted.destination
    where
        (told.alert_id is null and alerts.created_time >= wanted.oldest)
        or told.last_state = 'RETRY'
        or alerts.match_count > told.told_revision
        or alerts.status <> case when told.told_action = 'CREATE' then 'OPEN' else told.told_status end
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
    alert_id: str | None = None,
) -> Outbox:
    """All that is to be delivered. Alerts to which nothing happened for `give_up_after_days` are not looked at.

    Args: destinations: those that can be used, by name.  alert_id: look at that one only.
    """
    if not destinations or not lake.has_table(ALERTS):
        return Outbox()
    horizon = now_utc - timedelta(days=settings.dispatch.give_up_after_days)
    health = _health(lake, settings.dispatch, now_utc)
    routed, unknown = _routed(lake, settings, destinations, horizon)
    found: list[PendingDelivery] = []
    for row in _pairs(lake, settings.dispatch, destinations, routed, health, now_utc, horizon, alert_id):
        name = row["destination"]
        planned = _plan(row, destinations[name].actions, health.get(name, Health()), settings.dispatch)
        found += [planned] if planned else []
    due = sorted((one for one in found if one.due_time <= now_utc), key=lambda p: (URGENCY.get(p.severity, 9), p.created_time, p.alert_id))
    return Outbox(
        due=tuple(due),
        waiting=len(found) - len(due),
        next_due_time=min((one.due_time for one in found if one.due_time > now_utc), default=None),
        unknown_destinations=unknown,
        health=health,
    )


def _routed(
    lake: Lake,
    settings: Settings,
    destinations: Mapping[str, Destination],
    horizon: datetime,
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """(signature, destination) of all alerts within the horizon, and names that no destination has."""
    routed: list[tuple[str, str]] = []
    unknown: dict[str, None] = {}
    for row in lake.query(_SIGNATURES_SQL, [horizon]).to_pylist():
        chosen = route(_facts(row), settings.destinations, settings.routes)
        routed += [(row["signature"], name) for name in chosen.destinations if name in destinations]
        unknown.update(dict.fromkeys(chosen.unknown))
    return routed, tuple(unknown)


def _pairs(
    lake: Lake,
    limits: DispatchSettings,
    destinations: Mapping[str, Destination],
    routed: Sequence[tuple[str, str]],
    health: Mapping[str, Health],
    now_utc: datetime,
    horizon: datetime,
    alert_id: str | None,
) -> list[dict[str, Any]]:
    """Alert and destination, with what that destination was told."""
    # A new destination is not flooded with history: see max_age_hours.
    max_age = timedelta(hours=limits.max_age_hours)
    oldest = {name: (health.get(name, Health()).first_attempt_time or now_utc) - max_age for name in destinations}
    sql = _PAIRS_SQL.format(
        only="" if alert_id is None else "and alert_id = ?",
        routed=", ".join(["(?, ?, ?)"] * len(routed)) or "(null, null, null)",
        usable=", ".join("?" * len(destinations)),
    )
    values = [value for signature, name in routed for value in (signature, name, oldest[name])]
    return lake.query(sql, [horizon, *([] if alert_id is None else [alert_id]), *values, *destinations]).to_pylist()


def _plan(row: Mapping[str, Any], actions: frozenset[Action], health: Health, limits: DispatchSettings) -> PendingDelivery | None:
    """The next thing to tell, if there is any."""
    action = _next_action(row)
    if action is None or action not in actions or _has_failed_already(action, row):
        return None
    due, attempt = LONG_AGO, 1
    if row["last_state"] == "RETRY":
        due, attempt = row["next_attempt_time"], row["last_attempt"] + 1
    elif action is Action.UPDATE and row["told_action"] != Action.RESOLVE and row["status"] == _told_status(row):
        due = row["last_attempt_time"] + timedelta(seconds=limits.update_interval_seconds)  # only more matches
    if health.paused_until is not None:
        due = max(due, health.paused_until)
    revision, status = row["match_count"], row["status"]
    return PendingDelivery(
        alert_id=row["alert_id"],
        destination=row["destination"],
        action=action,
        revision=revision,
        alert_status=status,
        idempotency_key=idempotency_key(row["alert_id"], row["destination"], action, int(row["settled"] or 0), revision, status),
        attempt=attempt,
        due_time=due,
        severity=row["severity"],
        created_time=row["created_time"],
        previous_reference=row["reference"],
        last_attempt_time=row["last_attempt_time"],
    )


def _next_action(row: Mapping[str, Any]) -> Action | None:
    if row["told_action"] is None:
        return Action.CREATE
    if row["status"] in CLOSED_STATUSES:
        return None if row["told_action"] == Action.RESOLVE else Action.RESOLVE
    if row["told_action"] == Action.RESOLVE or row["status"] != _told_status(row) or row["match_count"] > row["told_revision"]:
        return Action.UPDATE
    return None


def _told_status(row: Mapping[str, Any]) -> str:
    # A creation tells that there is an alert; that it is being worked on is told by an update (PagerDuty: trigger, then acknowledge).
    return "OPEN" if row["told_action"] == Action.CREATE else str(row["told_status"])


def _has_failed_already(action: Action, row: Mapping[str, Any]) -> bool:
    if row["failed_action"] != action or row["last_state"] == "DELIVERED":
        return False
    return action is not Action.UPDATE or (row["failed_revision"], row["failed_status"]) == (row["match_count"], row["status"])


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
    named = alert["destinations"]
    return RoutingFacts(
        rule_id=alert["rule_id"],
        alert_type=alert["alert_type"],
        severity=alert["severity"],
        log_types=tuple(alert["log_types"] or ()),
        named=None if named is None else tuple(named),
    )


def idempotency_key(alert_id: str, destination: str, action: Action, settled: int, revision: int, status: str) -> str:
    """The same for every attempt of one delivery, also after a crash. An update names what it tells; the rest is told once in its turn."""
    parts = [alert_id, destination, action.value, str(settled)]
    if action is Action.UPDATE:
        parts += [str(revision), status]
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()
