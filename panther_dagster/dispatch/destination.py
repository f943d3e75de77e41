"""What a destination is: it takes an alert, tells the outside world, and says what came of it. Knows no lake and no settings file.

A destination never raises for what the network does: refusals and outages are results, recorded as rows by delivery.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, runtime_checkable

MAX_DETAIL_CHARACTERS: Final = 500
CLOSED_STATUSES: Final = frozenset({"CLOSED", "RESOLVED"})


class Action(StrEnum):
    """What a delivery tells: a new alert, more about a known one, or its end."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    RESOLVE = "RESOLVE"


class DeliveryState(StrEnum):
    """DELIVERED; RETRY: not yet; FAILED: never, for this action."""

    DELIVERED = "DELIVERED"
    RETRY = "RETRY"
    FAILED = "FAILED"


@dataclass(frozen=True)
class AlertMessage:
    """An alert as a destination sees it. Times are naive UTC. Texts come from events: an attacker may have written them."""

    alert_id: str
    rule_id: str
    alert_type: str  # RULE, RULE_ERROR
    severity: str
    title: str
    status: str
    match_count: int
    first_event_time: datetime
    last_event_time: datetime
    created_time: datetime
    update_time: datetime
    dedup: str = ""
    log_types: tuple[str, ...] = ()
    description: str = ""
    reference: str = ""
    runbook: str = ""
    tags: tuple[str, ...] = ()
    reports: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    assignee: str = ""
    rule_version: str = ""
    link: str = ""  # to the user interface
    idempotency_key: str = ""  # the same for every attempt of one delivery
    attempt_time: datetime = datetime(1970, 1, 1)

    @property
    def is_closed(self) -> bool:
        """Whether nobody has to act on it any more."""
        return self.status in CLOSED_STATUSES


@dataclass(frozen=True)
class DeliveryResult:
    """What came of one attempt. `detail` is the answer, capped, without secrets; `external_reference` names the message over there."""

    state: DeliveryState
    status_code: int | None = None
    detail: str = ""
    external_reference: str | None = None
    retry_after_seconds: float | None = None


@runtime_checkable
class Destination(Protocol):
    """One configured destination. `actions` are those that it can tell; others are not sent to it."""

    @property
    def actions(self) -> frozenset[Action]:
        """What this destination can be told."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in a detail, a log or a table."""

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        """Tell it. `previous_reference` is the external reference of an earlier delivery of this alert, if there was one."""


def state_of_status(status_code: int) -> DeliveryState:
    """What an HTTP status means: 2xx delivered; 408, 429 and 5xx try again; anything else will not change by trying."""
    if 200 <= status_code < 300:
        return DeliveryState.DELIVERED
    if status_code in (408, 429) or status_code >= 500:
        return DeliveryState.RETRY
    return DeliveryState.FAILED


def without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    """`text` fit for a table or a log: secrets blotted out, control characters replaced, capped."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return cut(" ".join(printable.split()), MAX_DETAIL_CHARACTERS)


def cut(text: str, max_characters: int) -> str:
    """At most so many characters; a text that was cut ends in an ellipsis."""
    return text if len(text) <= max_characters else text[: max_characters - 1] + "…"


def cut_bytes(text: str, max_bytes: int) -> str:
    """At most so many bytes of UTF-8; a text that was cut ends in an ellipsis."""
    data = text.encode(errors="replace")
    if len(data) <= max_bytes:
        return text
    return data[: max_bytes - 3].decode(errors="ignore") + "…"
