"""Messages, settings and secrets for the tests of dispatch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from panther_dagster.dispatch.destination import AlertMessage, Destination
from panther_dagster.dispatch.destinations import open_destination
from panther_dagster.dispatch.options import Surroundings
from panther_dagster.settings import DestinationSettings

NOON = datetime(2024, 5, 1, 12)
WEBHOOK_PATH = "/services/T00000000/B00000000/QwErTyUiOpAsDfGhJkLz"
SECRETS = {
    "SLACK_TOKEN": "xoxb-000000000000-notARealToken",
    "PD_KEY": "0123456789abcdef0123456789abcdef",
    "SIGNING": "first-signing-secret",
    "SIGNING_OLD": "second-signing-secret",
    "SOC_TOKEN": "Bearer soc-token-0001",
}
HTTP_DESTINATIONS = ("slack_webhook", "slack_bot", "pagerduty", "webhook")

MESSAGE = AlertMessage(
    alert_id="5f4dcc3b5aa765d61d8327deb882cf99",
    rule_id="Okta.Login.NewCountry",
    alert_type="RULE",
    severity="HIGH",
    title="alice@example.com logged in from 192.0.2.7",
    status="OPEN",
    match_count=3,
    first_event_time=datetime(2024, 5, 1, 10),
    last_event_time=datetime(2024, 5, 1, 10, 45, 30),
    created_time=datetime(2024, 5, 1, 11),
    update_time=datetime(2024, 5, 1, 11, 30),
    dedup="alice@example.com",
    log_types=("Okta.SystemLog",),
    description="A user logged in from a country for the first time.",
    reference="https://example.com/okta",
    runbook="Ask the user.",
    tags=("Okta", "Initial Access"),
    reports={"MITRE ATT&CK": ["TA0001:T1078"]},
    context={"ip": "192.0.2.7", "country": "NO"},
    rule_version="v7",
    link="http://127.0.0.1:3000/assets/panther_alerts/alerts",
    idempotency_key="0f343b0931126a20f133d67c2b018a3b",
    attempt_time=NOON,
)
HOSTILE = replace(
    MESSAGE,
    title='<!channel> <https://evil.example.net|click> & \u202egnp.exe\n"}],"x":*bold*' + "A" * 2000,
    description="```</script>" + "<&>" * 2000,
    context={"payload": "``` <!here> \x00\x1b[31m \udce9", "long": "x" * 700_000, "short": "kept"},
    dedup="<@U0000>" * 500,
    tags=tuple("<tag&>" * 50 for _ in range(50)),
)


def environment(url: str) -> dict[str, str]:
    return {**SECRETS, "SLACK_URL": url + WEBHOOK_PATH, "HOOK_URL": url + "/hook/QwErTyUiOpAsDfGhJkLz"}


def settings_of(kind: str, url: str, **more: Any) -> DestinationSettings:
    options: dict[str, dict[str, Any]] = {
        "slack_webhook": {"type": "slack", "webhook_url_env": "SLACK_URL"},
        "slack_bot": {"type": "slack", "token_env": "SLACK_TOKEN", "channel": "#soc", "api_url": url + "/api"},
        "pagerduty": {"type": "pagerduty", "routing_key_env": "PD_KEY", "api_url": url},
        "webhook": {
            "type": "webhook",
            "url_env": "HOOK_URL",
            "signing_secret_envs": ["SIGNING", "SIGNING_OLD"],
            "headers": {"X-Team": "blue"},
            "headers_env": {"Authorization": "SOC_TOKEN"},
            "allow_private_addresses": True,
        },
        "file": {"type": "file"},
    }
    return DestinationSettings.model_validate({"name": kind, **options[kind], **more})


def opened(kind: str, url: str = "http://127.0.0.1:9", *, home: Path = Path("."), timeout_seconds: float = 5.0, **more: Any) -> Destination:
    surroundings = Surroundings(home=home, timeout_seconds=timeout_seconds, environment=environment(url))
    return open_destination(settings_of(kind, url, **more), surroundings)
