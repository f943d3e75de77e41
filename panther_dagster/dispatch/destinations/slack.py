"""Slack: an incoming webhook (one message per alert) or a bot (one message per alert, updated as events join and as it is resolved).

A message of an incoming webhook cannot be changed later, so such a destination is told of new alerts only.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import SecretStr, model_validator

from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, DeliveryState, state_of_status, without_secrets
from panther_dagster.dispatch.destinations.slack_message import slack_message
from panther_dagster.dispatch.notification import json_bytes
from panther_dagster.dispatch.options import Options, Surroundings, read_options
from panther_dagster.dispatch.transport import Answer, check_url, post, secrets_of_url, unanswered
from panther_dagster.settings import DestinationSettings

DEFAULT_API_URL: Final = "https://slack.com/api"
# Error codes of chat.postMessage and chat.update that pass by themselves (API reference); all others need somebody to act.
PASSING_ERRORS: Final = frozenset(
    ["ratelimited", "rate_limited", "message_limit_exceeded", "internal_error", "fatal_error", "service_unavailable", "request_timeout"]
)


class SlackOptions(Options):
    """An incoming webhook or a bot."""

    webhook_url_env: str | None = None
    token_env: str | None = None  # a bot token with chat:write
    channel: str | None = None  # id, or name with #
    api_url: str = DEFAULT_API_URL

    @model_validator(mode="after")
    def _one_way(self) -> SlackOptions:
        if (self.webhook_url_env is None) == (self.token_env is None):
            raise ValueError("give either webhook_url_env or token_env with channel")
        if (self.token_env is None) != (self.channel is None):
            raise ValueError("token_env and channel belong together")
        return self


class SlackWebhook:
    """Posts new alerts to the channel that the incoming webhook is bound to."""

    actions: frozenset[Action] = frozenset({Action.CREATE})

    def __init__(self, url: SecretStr, surroundings: Surroundings) -> None:
        self._url = url
        self._surroundings = surroundings

    @property
    def secrets(self) -> tuple[str, ...]:
        """The URL with its parts."""
        return secrets_of_url(self._url.get_secret_value())

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        """Post a message; the status alone decides."""
        answer = _post(self._url.get_secret_value(), slack_message(alert), alert, self._surroundings)
        if answer.status_code is None:
            return unanswered(answer)
        return DeliveryResult(
            state_of_status(answer.status_code),
            answer.status_code,
            without_secrets(answer.text, self.secrets),
            retry_after_seconds=answer.retry_after_seconds,
        )


class SlackBot:
    """Posts new alerts to a channel and keeps each message up to date."""

    actions: frozenset[Action] = frozenset(Action)

    def __init__(self, token: SecretStr, channel: str, api_url: str, surroundings: Surroundings) -> None:
        self._token = token
        self._channel = channel
        self._api_url = api_url.rstrip("/")
        self._surroundings = surroundings

    @property
    def secrets(self) -> tuple[str, ...]:
        """The bot token."""
        return (self._token.get_secret_value(),)

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        """Post or update the alert's message. Its reference is `<channel id>:<message's ts>`, which chat.update asks for."""
        message = slack_message(alert)
        if action is Action.CREATE or previous_reference is None:
            method, place = "chat.postMessage", {"channel": self._channel, "unfurl_links": False, "unfurl_media": False}
        else:
            channel, _, ts = previous_reference.partition(":")
            method, place = "chat.update", {"channel": channel, "ts": ts}
        payload = {
            **place,
            **message,
            "metadata": {
                "event_type": "panther_alert",
                "event_payload": {"alert_id": alert.alert_id, "idempotency_key": alert.idempotency_key},
            },
        }
        answer = _post(f"{self._api_url}/{method}", payload, alert, self._surroundings, self._token)
        return self._result(answer, previous_reference)

    def _result(self, answer: Answer, previous_reference: str | None) -> DeliveryResult:
        if answer.status_code is None:
            return unanswered(answer)
        state = state_of_status(answer.status_code)
        detail = without_secrets(answer.problem or answer.text, self.secrets)
        if state is not DeliveryState.DELIVERED:
            return DeliveryResult(state, answer.status_code, detail, retry_after_seconds=answer.retry_after_seconds)
        reply = _json_object(answer)
        if reply is None:
            # Some proxy's page, or a reply that broke off: nobody knows whether there is a message.
            return DeliveryResult(DeliveryState.RETRY, answer.status_code, f"no reply of Slack's: {detail}")
        if reply.get("ok") is True:
            reference = f"{reply.get('channel')}:{reply.get('ts')}" if reply.get("channel") and reply.get("ts") else previous_reference
            return DeliveryResult(state, answer.status_code, "ok", external_reference=reference)
        error = str(reply.get("error") or "no error code")
        state = DeliveryState.RETRY if error in PASSING_ERRORS else DeliveryState.FAILED
        return DeliveryResult(
            state, answer.status_code, without_secrets(error, self.secrets), retry_after_seconds=answer.retry_after_seconds
        )


def _post(url: str, payload: dict[str, Any], alert: AlertMessage, surroundings: Surroundings, token: SecretStr | None = None) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    return post(
        url,
        json_bytes(payload),
        headers=headers,
        timeout_seconds=surroundings.timeout_seconds,
        now_utc=alert.attempt_time,
        clock=surroundings.clock,
    )


def _json_object(answer: Answer) -> dict[str, Any] | None:
    try:
        reply = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return reply if isinstance(reply, dict) else None


def open_slack(settings: DestinationSettings, surroundings: Surroundings) -> SlackWebhook | SlackBot:
    """A Slack channel from its options. Raises DestinationError."""
    options = read_options(SlackOptions, settings)
    if options.token_env is not None and options.channel is not None:
        check_url(options.api_url, what=f"destination '{settings.name}': api_url")
        return SlackBot(surroundings.secret(settings.name, options.token_env), options.channel, options.api_url, surroundings)
    url = surroundings.secret(settings.name, options.webhook_url_env or "")
    check_url(url.get_secret_value(), what=f"destination '{settings.name}': the URL in {options.webhook_url_env}")
    return SlackWebhook(url, surroundings)
