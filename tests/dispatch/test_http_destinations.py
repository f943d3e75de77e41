"""One suite for every destination that speaks HTTP: what it makes of each answer, and of none."""

from __future__ import annotations

import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from dispatch import fake_api
from dispatch.alerts import HTTP_DESTINATIONS, MESSAGE, SECRETS, WEBHOOK_PATH, opened
from dispatch.fake_api import FakeApi

from panther_dagster.dispatch.destination import Action, DeliveryResult, DeliveryState

DELIVERED, RETRY, FAILED = DeliveryState.DELIVERED, DeliveryState.RETRY, DeliveryState.FAILED
DEADLINE = 0.6
LONGEST_SECONDS = 20.0  # of servers that would go on without end, on a busy machine


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api.fake_api() as running:
        yield running


@pytest.fixture(params=HTTP_DESTINATIONS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def deliver(kind: str, api: FakeApi, *, timeout_seconds: float = 5.0) -> DeliveryResult:
    return opened(kind, api.url, timeout_seconds=timeout_seconds).deliver(MESSAGE, Action.CREATE, None)


def test_success_is_delivered_in_one_request(kind: str, api: FakeApi) -> None:
    assert deliver(kind, api).state is DELIVERED
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (fake_api.accepted, DELIVERED),
        (fake_api.status(400, b"invalid_payload"), FAILED),
        (fake_api.status(401, b"invalid_auth"), FAILED),
        (fake_api.status(403, b"action_prohibited"), FAILED),
        (fake_api.status(404, b"no_service"), FAILED),
        (fake_api.status(408), RETRY),
        (fake_api.status(410, b"channel_is_archived"), FAILED),
        (fake_api.status(413), FAILED),
        (fake_api.status(429), RETRY),
        (fake_api.status(500, b"rollup_error"), RETRY),
        (fake_api.status(502, b"<html>bad gateway</html>"), RETRY),
        (fake_api.status(503), RETRY),
        (fake_api.redirect, FAILED),
    ],
    ids=["202", "400", "401", "403", "404", "408", "410", "413", "429", "500", "502", "503", "302"],
)
def test_status_decides(kind: str, api: FakeApi, reply: fake_api.Reply, expected: DeliveryState) -> None:
    api.replies = [reply]
    assert deliver(kind, api).state is expected
    assert len(api.requests) == 1  # nothing is followed or repeated


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Wed, 01 May 2024 12:02:00 GMT", 120.0),
        ("Wed, 01 May 2024 11:00:00 GMT", 0.0),
        ("999999999", 3600.0),
        ("-5", 0.0),
        ("nan", None),
        ("soon", None),
    ],
)
def test_retry_after_is_understood_and_capped(kind: str, api: FakeApi, header: str, seconds: float | None) -> None:
    api.replies = [fake_api.status(429, Retry_After=header)]
    result = deliver(kind, api)
    assert (result.state, result.status_code, result.retry_after_seconds) == (RETRY, 429, seconds)


@pytest.mark.parametrize(
    "reply",
    [fake_api.silence, fake_api.reset, fake_api.hang_up, fake_api.drip_header, fake_api.no_http, fake_api.endless_headers],
    ids=["silence", "reset", "hang_up", "drip_header", "no_http", "endless_headers"],
)
def test_no_answer_is_retried_and_ends_in_time(kind: str, api: FakeApi, reply: fake_api.Reply) -> None:
    api.replies = [reply]
    begin = time.monotonic()
    result = deliver(kind, api, timeout_seconds=DEADLINE)
    assert (result.state, result.status_code) == (RETRY, None)
    assert result.detail
    assert time.monotonic() - begin < LONGEST_SECONDS


@pytest.mark.parametrize(
    "reply",
    [fake_api.drip_body, fake_api.cut_off, fake_api.huge_body, fake_api.status(200, b"<html>welcome</html>"), fake_api.status(200, b"")],
    ids=["drip_body", "cut_off", "huge_body", "malformed", "empty"],
)
def test_status_stands_whatever_becomes_of_the_body_unless_the_body_is_the_verdict(kind: str, api: FakeApi, reply: fake_api.Reply) -> None:
    api.replies = [reply]
    begin = time.monotonic()
    result = deliver(kind, api, timeout_seconds=DEADLINE)
    assert (result.state, result.status_code) == (RETRY if kind == "slack_bot" else DELIVERED, 200)
    assert time.monotonic() - begin < LONGEST_SECONDS
    assert len(result.detail) <= 600


def test_huge_answer_takes_little_memory(kind: str, api: FakeApi) -> None:
    api.replies = [fake_api.huge_body]
    destination = opened(kind, api.url)
    tracemalloc.start()
    try:
        destination.deliver(MESSAGE, Action.CREATE, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000  # the server, in this process too, sends pieces of 1 MB


def test_slow_answer_within_the_deadline_is_delivered(kind: str, api: FakeApi) -> None:
    api.replies = [fake_api.slow_but_fine]
    assert deliver(kind, api).state is DELIVERED


def test_nobody_listening_is_retried(kind: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = opened(kind, url).deliver(MESSAGE, Action.CREATE, None)
    assert (result.state, result.detail) == (RETRY, "connection refused")


def test_name_that_does_not_resolve_is_retried(kind: str, monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("panther_dagster.dispatch.transport.socket.getaddrinfo", fail)
    result = deliver(kind, api)
    assert (result.state, result.detail) == (RETRY, "the host's name cannot be resolved")


def test_resolver_that_hangs_ends_in_time(kind: str, monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> None:
    released = threading.Event()

    def hang(*args: Any, **kwargs: Any) -> list[Any]:
        released.wait(120)
        return []

    monkeypatch.setattr("panther_dagster.dispatch.transport.socket.getaddrinfo", hang)
    begin = time.monotonic()
    assert deliver(kind, api, timeout_seconds=DEADLINE).state is RETRY
    assert time.monotonic() - begin < LONGEST_SECONDS
    released.set()


@pytest.mark.parametrize("reply", [fake_api.echo(400), fake_api.echo(500), fake_api.echo(200)], ids=["400", "500", "200"])
def test_secrets_that_an_answer_repeats_are_blotted_out(
    kind: str, api: FakeApi, reply: fake_api.Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.replies = [reply]
    destination = opened(kind, api.url)
    result = destination.deliver(MESSAGE, Action.CREATE, None)
    seen = f"{result!r} {destination!r} {vars(destination)!r} {caplog.text}"
    for secret in (*SECRETS.values(), WEBHOOK_PATH, "QwErTyUiOpAsDfGhJkLz"):
        assert secret not in seen


def test_secrets_are_in_no_result_of_a_failed_connection(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    result = opened(kind, "http://127.0.0.1:1").deliver(MESSAGE, Action.CREATE, None)
    for secret in (*SECRETS.values(), "QwErTyUiOpAsDfGhJkLz"):
        assert secret not in f"{result!r} {caplog.text}"


def test_answer_is_kept_short_and_on_one_line(kind: str, api: FakeApi) -> None:
    api.replies = [fake_api.status(400, b"a\nb\x00\x1b[31m" + b"c" * 100_000)]
    detail = deliver(kind, api).detail
    assert detail.startswith("a b [31mccc")
    assert len(detail) == 500
    assert detail.isprintable()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ratelimited", RETRY),
        ("internal_error", RETRY),
        ("service_unavailable", RETRY),
        ("channel_not_found", FAILED),
        ("not_in_channel", FAILED),
        ("is_archived", FAILED),
        ("invalid_auth", FAILED),
        ("token_revoked", FAILED),
        ("invalid_blocks", FAILED),
        ("something_new", FAILED),
    ],
)
def test_slack_says_no_with_a_200(api: FakeApi, code: str, expected: DeliveryState) -> None:
    api.replies = [fake_api.slack_error(code, Retry_After="3")]
    result = deliver("slack_bot", api)
    assert (result.state, result.status_code, result.detail, result.retry_after_seconds) == (expected, 200, code, 3.0)
