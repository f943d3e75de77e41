"""Generic webhook: the notification as JSON, signed, to any URL. Schema: docs/webhook-payload.schema.json.

`X-Panther-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`, where each v1 is HMAC-SHA256 of `<t>.<body>` with one active secret: a receiver
accepts the request when any of them is right and t is recent. With two secrets, one can be replaced without a gap.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import Field, SecretStr, field_validator, model_validator

from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, state_of_status, without_secrets
from panther_dagster.dispatch.notification import EVENT_BY_ACTION, notification_bytes
from panther_dagster.dispatch.options import Options, Surroundings, read_options
from panther_dagster.dispatch.transport import check_url, post, secrets_of_url, unanswered
from panther_dagster.settings import DestinationSettings

OWN_HEADERS: Final = frozenset(
    {
        "content-type",
        "content-length",
        "host",
        "connection",
        "transfer-encoding",
        "idempotency-key",
        "x-panther-signature",
        "x-panther-event",
    }
)


class WebhookOptions(Options):
    """Where to post and how to prove that it was us."""

    url: str | None = None
    url_env: str | None = None  # for a URL that holds a token
    signing_secret_envs: tuple[str, ...] = Field((), max_length=2)
    headers: dict[str, str] = Field(default_factory=dict)
    headers_env: dict[str, str] = Field(default_factory=dict)  # header -> variable: {Authorization: SOC_TOKEN}
    allow_private_addresses: bool = False
    max_bytes: int = Field(512 * 1024, ge=16 * 1024)

    @model_validator(mode="after")
    def _one_url(self) -> WebhookOptions:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        return self

    @field_validator("headers", "headers_env")
    @classmethod
    def _header_names(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
                raise ValueError("a header's name consists of letters, digits and hyphens")
            if name.lower() in OWN_HEADERS:
                raise ValueError(f"{name} is set by this destination")
            if not value.isprintable() or not value.isascii():
                raise ValueError(f"the value of {name} must be printable ASCII")
        return headers


class Webhook:
    """Posts each change of an alert."""

    actions: frozenset[Action] = frozenset(Action)

    def __init__(
        self,
        url: SecretStr,
        signing_secrets: Sequence[SecretStr],
        headers: dict[str, SecretStr],
        *,
        may_reach_private_addresses: bool,
        max_bytes: int,
        surroundings: Surroundings,
    ) -> None:
        self._url = url
        self._signing_secrets = tuple(signing_secrets)
        self._headers = headers
        self._may_reach_private_addresses = may_reach_private_addresses
        self._max_bytes = max_bytes
        self._surroundings = surroundings

    @property
    def secrets(self) -> tuple[str, ...]:
        """The URL with its parts, the signing secrets and the headers' values."""
        values = (*self._signing_secrets, *self._headers.values())
        return (*secrets_of_url(self._url.get_secret_value()), *(value.get_secret_value() for value in values))

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        """Post the alert; the status alone decides."""
        body = notification_bytes(alert, action, max_bytes=self._max_bytes)
        headers = {name: value.get_secret_value() for name, value in self._headers.items()}
        headers |= {
            "Content-Type": "application/json",
            "Idempotency-Key": alert.idempotency_key,
            "X-Panther-Event": EVENT_BY_ACTION[action],
        }
        if self._signing_secrets:
            headers["X-Panther-Signature"] = signature(body, [s.get_secret_value() for s in self._signing_secrets], alert.attempt_time)
        answer = post(
            self._url.get_secret_value(),
            body,
            headers=headers,
            timeout_seconds=self._surroundings.timeout_seconds,
            now_utc=alert.attempt_time,
            may_reach_private_addresses=self._may_reach_private_addresses,
            clock=self._surroundings.clock,
        )
        if answer.status_code is None:
            return unanswered(answer)
        return DeliveryResult(
            state_of_status(answer.status_code),
            answer.status_code,
            without_secrets(answer.text, self.secrets),
            external_reference=alert.alert_id,
            retry_after_seconds=answer.retry_after_seconds,
        )


def signature(body: bytes, signing_secrets: Sequence[str], time_utc: datetime) -> str:
    """Value of X-Panther-Signature."""
    seconds = int(time_utc.replace(tzinfo=UTC).timestamp())
    signed = f"{seconds}.".encode() + body
    proofs = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in signing_secrets]
    return ",".join([f"t={seconds}", *(f"v1={proof}" for proof in proofs)])


def open_webhook(settings: DestinationSettings, surroundings: Surroundings) -> Webhook:
    """A webhook from its options. Raises DestinationError."""
    options = read_options(WebhookOptions, settings)
    url = surroundings.secret(settings.name, options.url_env).get_secret_value() if options.url_env else options.url or ""
    check_url(
        url,
        what=f"destination '{settings.name}': {'url_env' if options.url_env else 'url'}",
        is_http_allowed=options.allow_private_addresses,
        may_reach_private_addresses=options.allow_private_addresses,
    )
    headers = {name: SecretStr(value) for name, value in options.headers.items()}
    headers |= {name: surroundings.secret(settings.name, variable) for name, variable in options.headers_env.items()}
    return Webhook(
        SecretStr(url),
        [surroundings.secret(settings.name, variable) for variable in options.signing_secret_envs],
        headers,
        may_reach_private_addresses=options.allow_private_addresses,
        max_bytes=options.max_bytes,
        surroundings=surroundings,
    )
