"""The code in docs/add-a-destination.md works as printed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from dispatch import fake_api
from dispatch.alerts import MESSAGE

from panther_dagster.dispatch.destination import Action, DeliveryState
from panther_dagster.dispatch.destinations import open_destination
from panther_dagster.dispatch.destinations.webhook import signature
from panther_dagster.dispatch.options import Surroundings
from panther_dagster.settings import DestinationSettings, DispatchSettings, Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "add-a-destination.md").read_text()


def code(language: str, containing: str) -> str:
    (found,) = (block for block in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if containing in block)
    return str(found)


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(source, "add-a-destination.md", "exec", dont_inherit=True), names)
    return names


def test_example_settings_open_both_destinations(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, **yaml.safe_load(code("yaml", "destinations:"))})
    surroundings = Surroundings(home=tmp_path, environment={"SOC_SLACK_TOKEN": "xoxb-0", "SOC_PAGERDUTY_KEY": "0" * 32})
    assert [type(open_destination(one, surroundings)).__name__ for one in settings.destinations] == ["SlackBot", "PagerDuty"]


def test_example_of_a_new_type_delivers() -> None:
    chat = run(code("python", "class Chat"))
    with fake_api.fake_api() as api:
        settings = DestinationSettings.model_validate({"name": "chat", "type": "chat", "webhook_url_env": "CHAT_URL"})
        destination = chat["open_chat"](settings, Surroundings(home=Path("."), environment={"CHAT_URL": api.url + "/hook"}))
        assert destination.deliver(MESSAGE, Action.CREATE, None).state is DeliveryState.DELIVERED
        assert [request.json for request in api.requests] == [{"text": "alice@example.com logged in from 192.0.2.7"}]


def test_receiver_of_the_page_accepts_our_signature_and_no_other() -> None:
    is_authentic = run(code("python", "is_authentic"))["is_authentic"]
    now = datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None)
    header = signature(b'{"a":1}', ["old secret", "new secret"], now)
    assert is_authentic(header, b'{"a":1}', "old secret")
    assert is_authentic(header, b'{"a":1}', "new secret")
    assert not is_authentic(header, b'{"a":2}', "old secret")
    assert not is_authentic(header, b'{"a":1}', "third secret")
    assert not is_authentic(signature(b"{}", ["old secret"], datetime(2024, 5, 1)), b"{}", "old secret")


def test_page_names_every_setting_of_dispatch_that_it_promises_by() -> None:
    named = set(re.findall(r"`(?:dispatch\.)?([a-z_]+)`", PAGE))
    assert set(DispatchSettings.model_fields) - {"max_deliveries_per_round"} <= named
