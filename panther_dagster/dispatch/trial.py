"""A test alert to one destination, so that a wrong URL or a missing permission shows before the first real one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from panther_dagster.dispatch.delivery import attempt_delivery, settings_of, surroundings_of
from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, DeliveryState
from panther_dagster.dispatch.destinations import open_destination
from panther_dagster.dispatch.messages import alert_link
from panther_dagster.dispatch.transport import Clock
from panther_dagster.settings import Settings


def test_destination(
    settings: Settings,
    name: str,
    *,
    now_utc: datetime,
    environment: Mapping[str, str] | None = None,  # noqa: PT028
    clock: Clock = time.monotonic,  # noqa: PT028
) -> DeliveryResult:
    """Send a test alert to a destination and, if that worked, its end, so that no incident stays open. Nothing is recorded.

    Raises: DestinationError: no such destination, or it cannot be used.
    """
    destination = open_destination(settings_of(settings, name), surroundings_of(settings, environment, clock))
    alert_id = hashlib.md5(f"test\n{name}\n{now_utc.isoformat()}".encode(), usedforsecurity=False).hexdigest()
    message = AlertMessage(
        alert_id=alert_id,
        rule_id="Panther.Test",
        alert_type="RULE",
        severity="INFO",
        title="Test alert: this destination works",
        status="OPEN",
        match_count=1,
        first_event_time=now_utc,
        last_event_time=now_utc,
        created_time=now_utc,
        update_time=now_utc,
        description=f"Sent by `panther destinations test {name}`. Nothing has happened.",
        link=alert_link(settings),
        idempotency_key=alert_id,
        attempt_time=now_utc,
    )
    result = attempt_delivery(destination, message, Action.CREATE, None)
    if result.state is not DeliveryState.DELIVERED or Action.RESOLVE not in destination.actions:
        return result
    end = replace(message, status="RESOLVED", idempotency_key=alert_id[::-1])
    resolved = attempt_delivery(destination, end, Action.RESOLVE, result.external_reference)
    return result if resolved.state is DeliveryState.DELIVERED else resolved


test_destination.__test__ = False  # type: ignore[attr-defined]  # no test of pytest's
