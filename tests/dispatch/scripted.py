"""Alerts in a lake, destinations that do as they are told, and a clock that is set by hand."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from panther_dagster.alerts.views import ensure_alerts_view
from panther_dagster.dispatch.delivery import DispatchReport, dispatch_alerts
from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, DeliveryState
from panther_dagster.settings import DestinationSettings, Settings
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS

NOON = datetime(2024, 5, 1, 12)
Script = Callable[[AlertMessage], DeliveryResult]


def ok(message: AlertMessage) -> DeliveryResult:
    return DeliveryResult(DeliveryState.DELIVERED, 200, "ok", external_reference=f"ref-{message.title}")


def down(message: AlertMessage) -> DeliveryResult:
    return DeliveryResult(DeliveryState.RETRY, 503, "down")


def refused(message: AlertMessage) -> DeliveryResult:
    return DeliveryResult(DeliveryState.FAILED, 401, "invalid_auth")


def limited(seconds: float) -> Script:
    return lambda message: DeliveryResult(DeliveryState.RETRY, 429, "slow down", retry_after_seconds=seconds)


@dataclass
class Scripted:
    """Answers by `script`, else `default`; `told` is what it was told: (action, title, matches, status)."""

    actions: frozenset[Action] = frozenset(Action)
    secrets: tuple[str, ...] = ()
    default: Script = ok
    script: list[Script] = field(default_factory=list)
    told: list[tuple[str, str, int, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    references: list[str | None] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.Lock)

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        with self._lock:
            self.told.append((action.value, alert.title, alert.match_count, alert.status))
            self.keys.append(alert.idempotency_key)
            self.references.append(previous_reference)
            answer = self.script.pop(0) if self.script else self.default
        return answer(alert)

    def titles(self) -> list[str]:
        return [title for _, title, _, _ in self.told]


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class Desk:
    """A lake with alerts and destinations: what the tests of delivery work with."""

    lake: Lake
    settings: Settings
    destinations: dict[str, Scripted]
    clock: Clock = field(default_factory=Clock)

    def __getitem__(self, name: str) -> Scripted:
        return self.destinations[name]

    def round(self, *, minutes: float = 0, linger_seconds: float = 0, settings: Settings | None = None, **more: Any) -> DispatchReport:
        """One round, `minutes` after noon."""
        return dispatch_alerts(
            self.lake,
            settings or self.settings,
            now_utc=NOON + timedelta(minutes=minutes),
            linger_seconds=linger_seconds,
            clock=self.clock,
            sleep=self.clock.sleep,
            dice=random.Random(7),
            **more,
        )

    def create(self, *titles: str, minutes: float = 0, severity: str = "HIGH", matches: int = 1, **fields: Any) -> list[str]:
        """Alerts that the lake learns of `minutes` after noon."""
        ids = [hashlib.md5(title.encode()).hexdigest() for title in titles]
        rows = []
        for title, alert_id in zip(titles, ids, strict=True):
            about = {
                "alert_id": alert_id,
                "event_time": NOON + timedelta(minutes=minutes),
                "rule_id": "Okta.Login",
                "alert_type": "RULE",
                "log_type": "Okta.SystemLog",
                "dedup": title,
                "first_event_time": NOON - timedelta(hours=1),
                "last_event_time": NOON - timedelta(hours=1),
                **fields,
            }
            created = {"event_id": f"c-{alert_id}", "event_type": "CREATED", "severity": severity, "title": title, "match_count": 0}
            rows += [about | created, about | {"event_id": f"m-{alert_id}", "event_type": "MATCHED", "match_count": matches}]
        self._write(rows)
        return ids

    def join(self, title: str, matches: int, *, minutes: float) -> None:
        """More matches join an alert."""
        alert_id = hashlib.md5(title.encode()).hexdigest()
        time = NOON + timedelta(minutes=minutes)
        event = {
            "event_type": "MATCHED",
            "match_count": matches,
            "log_type": "Okta.SystemLog",
            "first_event_time": time,
            "last_event_time": time,
        }
        self._write([{"event_id": f"m-{alert_id}-{minutes}", "alert_id": alert_id, "event_time": time, **event}])

    def set_status(self, title: str, status: str, *, minutes: float) -> None:
        """Somebody changes an alert's status."""
        alert_id = hashlib.md5(title.encode()).hexdigest()
        event = {"event_type": "STATUS", "status": status, "event_time": NOON + timedelta(minutes=minutes)}
        self._write([{"event_id": f"s-{alert_id}-{minutes}", "alert_id": alert_id, **event}])

    def deliveries(self) -> list[dict[str, Any]]:
        """Attempts on record, in order."""
        return self.lake.query("select * from panther_alerts.deliveries order by attempt_time, destination").to_pylist()

    def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        data = pa.Table.from_pylist(list(rows), schema=ALERT_EVENTS.columns)
        self.lake.transact(lambda transaction: transaction.append(ALERT_EVENTS, data))


def make_desk(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str, **dispatch: Any) -> Desk:
    """A desk with scripted destinations of those names."""
    destinations = {name: Scripted() for name in names}

    def open_scripted(settings: DestinationSettings, surroundings: Any) -> Scripted:
        return destinations[settings.name]

    monkeypatch.setattr("panther_dagster.dispatch.delivery.open_destination", open_scripted)
    ensure_alerts_view(lake)
    settings = Settings.model_validate(
        {
            "home": tmp_path,
            "destinations": [{"name": name, "type": "file"} for name in names],
            "dispatch": {"update_interval_seconds": 60, **dispatch},
        }
    )
    return Desk(lake, settings, destinations)
