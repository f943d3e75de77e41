"""What each destination sends: golden files written by hand, limits, and texts that an attacker wrote."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from dispatch import fake_api
from dispatch.alerts import HOSTILE, HTTP_DESTINATIONS, MESSAGE, SECRETS, WEBHOOK_PATH, opened
from dispatch.fake_api import FakeApi

from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryState
from panther_dagster.dispatch.destinations.slack_message import escaped, slack_message
from panther_dagster.dispatch.notification import fit_context, json_bytes, parse_context

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "webhook-payload.schema.json").read_text())
CREATE, UPDATE, RESOLVE = Action.CREATE, Action.UPDATE, Action.RESOLVE


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api.fake_api() as running:
        yield running


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text())


def sent(api: FakeApi, kind: str, alert: AlertMessage, action: Action = CREATE, reference: str | None = None, **options: Any) -> Any:
    result = opened(kind, api.url, **options).deliver(alert, action, reference)
    assert result.state is DeliveryState.DELIVERED, result
    return api.requests[-1].json


@pytest.mark.parametrize("kind", ["slack_webhook", "pagerduty", "webhook"])
def test_new_alert_is_sent_as_in_the_golden_file(api: FakeApi, kind: str) -> None:
    assert sent(api, kind, MESSAGE) == golden(f"{kind}.create")


def test_slack_webhook_posts_to_its_url(api: FakeApi) -> None:
    sent(api, "slack_webhook", MESSAGE)
    assert api.requests[0].path == WEBHOOK_PATH


def test_slack_bot_posts_the_same_message_to_its_channel(api: FakeApi) -> None:
    result = opened("slack_bot", api.url).deliver(MESSAGE, CREATE, None)
    assert result.external_reference == "C0123456789:1714557600.000100"
    (request,) = api.requests
    assert request.path == "/api/chat.postMessage"
    assert request.headers["authorization"] == f"Bearer {SECRETS['SLACK_TOKEN']}"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    metadata = {
        "event_type": "panther_alert",
        "event_payload": {"alert_id": MESSAGE.alert_id, "idempotency_key": "0f343b0931126a20f133d67c2b018a3b"},
    }
    own = {"channel": "#soc", "unfurl_links": False, "unfurl_media": False, "metadata": metadata}
    assert request.json == {**golden("slack_webhook.create"), **own}


def test_slack_bot_updates_the_message_that_it_posted(api: FakeApi) -> None:
    body = sent(api, "slack_bot", replace(MESSAGE, match_count=9), UPDATE, "C0123456789:1714557600.000100")
    assert api.requests[0].path == "/api/chat.update"
    assert (body["channel"], body["ts"]) == ("C0123456789", "1714557600.000100")
    assert body["attachments"][0]["blocks"][1]["fields"][4]["text"] == "*Events*\n9"


def test_slack_message_of_a_resolved_alert_is_green_and_says_so() -> None:
    attachment = slack_message(replace(MESSAGE, status="RESOLVED", severity="CRITICAL"))["attachments"][0]
    assert attachment["color"] == "#2fa35c"
    assert attachment["blocks"][0]["text"]["text"] == "Resolved: alice@example.com logged in from 192.0.2.7"


def test_rule_error_is_named_in_the_heading() -> None:
    assert slack_message(replace(MESSAGE, alert_type="RULE_ERROR", title="KeyError('x')"))["text"] == "[HIGH] Rule error: KeyError('x')"


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [(RESOLVE, "RESOLVED", "resolve"), (RESOLVE, "CLOSED", "resolve"), (UPDATE, "TRIAGED", "acknowledge")],
)
def test_pagerduty_follows_the_status_with_the_dedup_key_only(api: FakeApi, action: Action, status: str, expected: str) -> None:
    body = sent(api, "pagerduty", replace(MESSAGE, status=status), action, "pagerduty:5f4dcc3b5aa765d61d8327deb882cf99")
    assert body == {
        "routing_key": SECRETS["PD_KEY"],
        "event_action": expected,
        "dedup_key": "pagerduty:5f4dcc3b5aa765d61d8327deb882cf99",
    }


def test_pagerduty_gets_new_matches_as_a_trigger_with_the_same_key(api: FakeApi) -> None:
    body = sent(api, "pagerduty", replace(MESSAGE, match_count=9), UPDATE, "pagerduty:5f4dcc3b5aa765d61d8327deb882cf99")
    assert (body["event_action"], body["dedup_key"]) == ("trigger", "pagerduty:5f4dcc3b5aa765d61d8327deb882cf99")
    assert (body["payload"]["custom_details"]["event"], body["payload"]["custom_details"]["matchCount"]) == ("alert.updated", 9)


@pytest.mark.parametrize(
    ("severity", "expected"),
    [("INFO", "info"), ("LOW", "info"), ("MEDIUM", "warning"), ("HIGH", "error"), ("CRITICAL", "critical")],
)
def test_pagerduty_severity(api: FakeApi, severity: str, expected: str) -> None:
    assert sent(api, "pagerduty", replace(MESSAGE, severity=severity))["payload"]["severity"] == expected


def test_pagerduty_hosts() -> None:
    from panther_dagster.dispatch.destinations.pagerduty import HOST_BY_REGION

    assert HOST_BY_REGION == {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}


def test_webhook_is_signed_with_both_active_secrets(api: FakeApi) -> None:
    sent(api, "webhook", MESSAGE)
    (request,) = api.requests
    signed = b"1714564800." + request.body  # 2024-05-01 12:00 UTC
    first = hmac.new(b"first-signing-secret", signed, hashlib.sha256).hexdigest()
    second = hmac.new(b"second-signing-secret", signed, hashlib.sha256).hexdigest()
    assert request.headers["x-panther-signature"] == f"t=1714564800,v1={first},v1={second}"


def test_webhook_headers(api: FakeApi) -> None:
    sent(api, "webhook", MESSAGE)
    headers = api.requests[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == "0f343b0931126a20f133d67c2b018a3b"
    assert headers["x-panther-event"] == "alert.created"
    assert (headers["x-team"], headers["authorization"]) == ("blue", SECRETS["SOC_TOKEN"])


def test_webhook_without_secrets_sends_no_signature(api: FakeApi) -> None:
    sent(api, "webhook", MESSAGE, signing_secret_envs=[])
    assert "x-panther-signature" not in api.requests[0].headers


@pytest.mark.parametrize(("action", "event"), [(CREATE, "alert.created"), (UPDATE, "alert.updated"), (RESOLVE, "alert.resolved")])
@pytest.mark.parametrize("alert", [MESSAGE, HOSTILE], ids=["usual", "hostile"])
def test_webhook_body_meets_the_published_schema(api: FakeApi, action: Action, event: str, alert: AlertMessage) -> None:
    body = sent(api, "webhook", alert, action)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(body, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert body["event"] == event


def test_schema_describes_every_key() -> None:
    assert set(SCHEMA["properties"]) - {"deliveredAt"} == set(golden("webhook.create")) == set(SCHEMA["required"])


@pytest.mark.parametrize("kind", HTTP_DESTINATIONS)
def test_hostile_alert_is_delivered_within_the_size_limits(api: FakeApi, kind: str) -> None:
    sent(api, kind, HOSTILE)
    limit = {"pagerduty": 512_000, "webhook": 512 * 1024}.get(kind, 100_000)
    assert len(api.requests[0].body) <= limit


def test_pagerduty_keeps_the_context_that_fits_and_says_what_is_missing(api: FakeApi) -> None:
    payload = sent(api, "pagerduty", HOSTILE)["payload"]
    context = payload["custom_details"]["alertContext"]
    assert (context["short"], context["_truncated"]) == ("kept", "1 of 3 keys left out: too large")
    assert (len(payload["summary"]), payload["summary"].isprintable()) == (1024, True)


def test_slack_message_stays_within_every_limit_of_block_kit() -> None:
    message = slack_message(HOSTILE)
    (attachment,) = message["attachments"]
    assert len(message["text"].encode()) <= 4000
    assert len(attachment["blocks"]) <= 50
    assert len(attachment["blocks"][0]["text"]["text"]) <= 150
    for block in attachment["blocks"]:
        assert len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert block["type"] != "section" or "fields" in block or len(block["text"]["text"]) <= 3000


def test_slack_text_of_an_attacker_cannot_mention_link_or_leave_its_block() -> None:
    text = json.dumps(slack_message(HOSTILE), ensure_ascii=False)
    assert text.count("<") == 1  # our own link
    assert "<http://127.0.0.1:3000/assets/panther_alerts/alerts|Open>" in text
    assert "\u202e" not in text
    context = [b["text"]["text"] for b in slack_message(HOSTILE)["attachments"][0]["blocks"] if "```" in b.get("text", {}).get("text", "")]
    assert context[-1].count("```") == 2


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("a & b", 100, "a &amp; b"),
        ("<b>", 100, "&lt;b&gt;"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("ab<<<", 6, "ab…"),
        ("a<b", 6, "a&lt;b"),
    ],
)
def test_escape_is_never_cut_in_two(text: str, limit: int, expected: str) -> None:
    assert escaped(text, limit) == expected


def test_context_that_is_no_object_is_kept_under_a_key() -> None:
    assert parse_context('["a"]') == {"_value": ["a"]}
    assert parse_context("not json") == {"_value": "not json"}
    assert parse_context(None) == {}
    assert parse_context('{"n": NaN}') == {"n": "NaN"}


def test_context_that_fits_is_untouched_and_one_that_does_not_is_cut_by_keys() -> None:
    context = {"a": "x" * 50, "b": "y" * 500, "c": 1}
    assert fit_context(context, 1000) == context
    cut = fit_context(context, 200)
    assert cut == {"a": "x" * 50, "c": 1, "_truncated": "1 of 3 keys left out: too large"}
    assert len(json_bytes(cut)) <= 200


def test_file_gets_one_line_for_each_delivery_as_in_the_golden_file(tmp_path: Path) -> None:
    destination = opened("file", home=tmp_path, path="out/alerts.jsonl")
    assert destination.deliver(MESSAGE, CREATE, None).state is DeliveryState.DELIVERED
    destination.deliver(replace(HOSTILE, idempotency_key="b" * 32), UPDATE, None)
    first, second = (tmp_path / "out" / "alerts.jsonl").read_bytes().splitlines()
    assert json.loads(first) == golden("file.create")
    jsonschema.validate(json.loads(second), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_file_does_not_repeat_a_key_that_it_holds(tmp_path: Path) -> None:
    destination = opened("file", home=tmp_path)
    for _ in range(2):
        assert destination.deliver(MESSAGE, CREATE, None).state is DeliveryState.DELIVERED
    assert len((tmp_path / "alerts.jsonl").read_bytes().splitlines()) == 1


def test_file_with_a_torn_last_line_gets_whole_lines_after_it(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    file.write_bytes(b'{"idempotencyKey":"0f343b0931126a20f133d67c2b018a3b","al')
    opened("file", home=tmp_path).deliver(MESSAGE, CREATE, None)
    assert [json.loads(line) for line in file.read_bytes().splitlines()[1:]] == [golden("file.create")]


def test_file_that_cannot_be_written_is_retried(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").mkdir()
    result = opened("file", home=tmp_path).deliver(MESSAGE, CREATE, None)
    assert (result.state, result.detail) == (DeliveryState.RETRY, "IsADirectoryError: Is a directory")
