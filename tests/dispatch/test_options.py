from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from dispatch.alerts import MESSAGE, environment

from panther_dagster.dispatch.destination import Action, DeliveryState, Destination
from panther_dagster.dispatch.destinations import open_destination
from panther_dagster.dispatch.options import Surroundings
from panther_dagster.dispatch.transport import is_public
from panther_dagster.errors import DestinationError
from panther_dagster.settings import DestinationSettings

TOKEN = "xoxb-super-secret-token"


def problem(**options: Any) -> str:
    settings = DestinationSettings.model_validate({"name": "soc", **options})
    with pytest.raises(DestinationError) as caught:
        open_destination(settings, Surroundings(home=Path("."), environment={**environment("https://hooks.example.com"), "EMPTY": ""}))
    return str(caught.value)


def test_unknown_type_gets_a_suggestion() -> None:
    assert problem(type="slak") == "destination 'soc': unknown type 'slak'; did you mean 'slack'?"
    assert problem(type="fax") == "destination 'soc': unknown type 'fax'; known: file, pagerduty, slack, webhook"


def test_unknown_option_names_the_known_ones() -> None:
    assert problem(type="file", pth="x") == "destination 'soc' (file): pth is no option; known: max_bytes, path"


def test_secret_in_the_file_is_refused_without_repeating_it() -> None:
    text = problem(type="slack", webhook_url=f"https://hooks.example.com/{TOKEN}")
    assert "webhook_url is a secret: put it into an environment variable and name that by webhook_url_env" in text
    assert TOKEN not in text


def test_wrong_value_is_refused_without_repeating_it() -> None:
    text = problem(type="pagerduty", routing_key_env=[TOKEN], region="mars")
    assert "routing_key_env: Input should be a valid string" in text
    assert "region: Input should be 'us' or 'eu'" in text
    assert TOKEN not in text


def test_variable_that_is_not_set_is_named() -> None:
    assert problem(type="pagerduty", routing_key_env="ABSENT") == "destination 'soc': environment variable ABSENT is not set"
    assert problem(type="pagerduty", routing_key_env="EMPTY") == "destination 'soc': environment variable EMPTY is not set"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"type": "slack"}, "give either webhook_url_env or token_env with channel"),
        ({"type": "slack", "token_env": "SLACK_TOKEN"}, "token_env and channel belong together"),
        ({"type": "slack", "token_env": "SLACK_TOKEN", "webhook_url_env": "SLACK_URL"}, "give either webhook_url_env or token_env"),
        ({"type": "webhook"}, "give either url or url_env"),
        ({"type": "webhook", "url": "http://hooks.example.com/"}, "url must begin with https://"),
        ({"type": "webhook", "url": "ftp://hooks.example.com/"}, "url is no http or https URL"),
        ({"type": "webhook", "url": "https://user:pw@hooks.example.com/"}, "url must not hold a user name or password"),
        ({"type": "webhook", "url": "https://exa mple.com/"}, "url is no http or https URL"),
        ({"type": "webhook", "url": "https://h.example.com", "signing_secret_envs": ["A", "B", "C"]}, "signing_secret_envs"),
        ({"type": "webhook", "url": "https://h.example.com", "headers": {"Idempotency-Key": "1"}}, "is set by this destination"),
        ({"type": "webhook", "url": "https://h.example.com", "headers": {"X-A": "1\r\nX-B: 2"}}, "must be printable ASCII"),
        ({"type": "webhook", "url": "https://h.example.com", "headers": {"X A": "1"}}, "letters, digits and hyphens"),
        ({"type": "pagerduty", "routing_key_env": "PD_KEY", "api_url": "http://pd.example.com"}, "api_url must begin with https://"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], text: str) -> None:
    assert text in problem(**options)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "[::1]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
    ],
)
def test_webhook_to_a_private_address_is_refused_unless_allowed(host: str) -> None:
    text = problem(type="webhook", url=f"https://{host}/hook")
    assert text == "destination 'soc': url is a private address: set allow_private_addresses: true if that is meant"
    allowed = DestinationSettings.model_validate(
        {"name": "soc", "type": "webhook", "url": f"https://{host}/hook", "allow_private_addresses": True}
    )
    open_destination(allowed, Surroundings(home=Path(".")))


def guarded(url: str) -> Destination:
    settings = DestinationSettings.model_validate({"name": "soc", "type": "webhook", "url": url})
    return open_destination(settings, Surroundings(home=Path(".")))


def test_name_that_leads_to_a_private_address_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port)),
        ]

    def connect(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("must not connect")

    monkeypatch.setattr("panther_dagster.dispatch.transport.socket.getaddrinfo", look_up)
    monkeypatch.setattr("panther_dagster.dispatch.transport.socket.create_connection", connect)
    destination = guarded("https://rebind.example.com/hook")
    result = destination.deliver(MESSAGE, Action.CREATE, None)
    assert (result.state, asked) == (DeliveryState.RETRY, ["rebind.example.com"])
    assert result.detail == "the host's name leads to a private address: set allow_private_addresses: true if that is meant"


def test_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []

    def connect(address: Any, timeout: float) -> Any:
        connected.append(address)
        raise ConnectionRefusedError

    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443))]])
    monkeypatch.setattr("panther_dagster.dispatch.transport.socket.getaddrinfo", lambda *args, **kwargs: next(answers))
    monkeypatch.setattr("panther_dagster.dispatch.transport.socket.create_connection", connect)
    destination = guarded("https://hooks.example.com/")
    assert destination.deliver(MESSAGE, Action.CREATE, None).detail == "connection refused"
    assert connected == [("1.1.1.1", 443)]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::ffff:192.168.0.1", False),
        ("::ffff:1.1.1.1", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fd00::1", False),
        ("::", False),
    ],
)
def test_public_addresses(address: str, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is expected


def test_environment_is_in_no_repr() -> None:
    surroundings = Surroundings(home=Path("."), environment={"A": TOKEN})
    assert not re.search(TOKEN, repr(surroundings))
