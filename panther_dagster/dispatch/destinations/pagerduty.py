"""PagerDuty, Events API v2: one incident for each alert, acknowledged and resolved with it.

An alert's dedup key makes every attempt safe to repeat: PagerDuty adds an event with a known key to the incident that is open. An answer
of 202 says that the event was queued, no more.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, SecretStr

from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, cut, state_of_status, without_secrets
from panther_dagster.dispatch.notification import fit_context, json_bytes, notification, rfc3339
from panther_dagster.dispatch.options import Options, Surroundings, read_options
from panther_dagster.dispatch.transport import check_url, post, unanswered
from panther_dagster.settings import DestinationSettings

HOST_BY_REGION: Final = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
SEVERITY: Final = {"INFO": "info", "LOW": "info", "MEDIUM": "warning", "HIGH": "error", "CRITICAL": "critical"}
# Limits of the Events API v2 reference: event 512 KB, summary 1024 characters, dedup_key 255 characters.
MAX_EVENT_BYTES: Final = 512 * 1000
MAX_SUMMARY_CHARACTERS: Final = 1024
MAX_DEDUP_KEY_CHARACTERS: Final = 255


class PagerDutyOptions(Options):
    """Which service is paged."""

    routing_key_env: str
    region: Literal["us", "eu"] = "us"
    api_url: str | None = None  # instead of the region's host
    source: str = Field("panther", min_length=1, max_length=255)
    component: str | None = None


class PagerDuty:
    """Triggers, acknowledges and resolves."""

    actions: frozenset[Action] = frozenset(Action)

    def __init__(self, name: str, options: PagerDutyOptions, routing_key: SecretStr, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._routing_key = routing_key
        self._url = (options.api_url or HOST_BY_REGION[options.region]).rstrip("/") + "/v2/enqueue"
        self._surroundings = surroundings

    @property
    def secrets(self) -> tuple[str, ...]:
        """The routing key."""
        return (self._routing_key.get_secret_value(),)

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        """Send one event; the status alone decides."""
        dedup_key = previous_reference or f"{self._name[: MAX_DEDUP_KEY_CHARACTERS - 40]}:{alert.alert_id}"
        event = {"routing_key": self._routing_key.get_secret_value(), **self._event(alert, action, dedup_key)}
        answer = post(
            self._url,
            json_bytes(event),
            headers={"Content-Type": "application/json"},
            timeout_seconds=self._surroundings.timeout_seconds,
            now_utc=alert.attempt_time,
            clock=self._surroundings.clock,
        )
        if answer.status_code is None:
            return unanswered(answer)
        return DeliveryResult(
            state_of_status(answer.status_code),
            answer.status_code,
            without_secrets(answer.text, self.secrets),
            external_reference=dedup_key,
            retry_after_seconds=answer.retry_after_seconds,
        )

    def _event(self, alert: AlertMessage, action: Action, dedup_key: str) -> dict[str, Any]:
        if action is Action.RESOLVE:
            return {"event_action": "resolve", "dedup_key": dedup_key}
        if action is Action.UPDATE and alert.status == "TRIAGED":
            return {"event_action": "acknowledge", "dedup_key": dedup_key}
        return trigger(alert, action, dedup_key, source=self._options.source, component=self._options.component)


def trigger(alert: AlertMessage, action: Action, dedup_key: str, *, source: str, component: str | None) -> dict[str, Any]:
    """A trigger event without its routing key, small enough for the API."""
    details = notification(alert, action)
    prefix = "Rule error: " if alert.alert_type == "RULE_ERROR" else ""
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "client": "panther",
        "client_url": alert.link,
        "links": [{"href": alert.link, "text": "Alert"}],
        "payload": {
            "summary": cut(prefix + _one_line(alert.title), MAX_SUMMARY_CHARACTERS),
            "source": source,
            "severity": SEVERITY.get(alert.severity, "info"),
            "timestamp": rfc3339(alert.first_event_time),
            "component": component or ", ".join(alert.log_types) or None,
            "group": alert.dedup or None,
            "class": alert.rule_id,
            "custom_details": details,
        },
    }
    if not alert.link:
        del event["client_url"], event["links"]
    room = MAX_EVENT_BYTES - 1_000 - len(json_bytes(event)) + len(json_bytes(alert.context))  # 1,000: routing key and its like
    details["alertContext"] = fit_context(alert.context, room)
    return event


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def open_pagerduty(settings: DestinationSettings, surroundings: Surroundings) -> PagerDuty:
    """A PagerDuty service from its options. Raises DestinationError."""
    options = read_options(PagerDutyOptions, settings)
    if options.api_url:
        check_url(options.api_url, what=f"destination '{settings.name}': api_url")
    return PagerDuty(settings.name, options, surroundings.secret(settings.name, options.routing_key_env), surroundings)
