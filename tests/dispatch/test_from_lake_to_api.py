"""Alerts in a lake -> real destinations on a local server: the life of an alert as each API sees it, and the laws of delivery."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alerts.signals import NOW, match, write_batch
from dispatch import fake_api
from dispatch.alerts import SECRETS, WEBHOOK_PATH, environment, settings_of
from dispatch.fake_api import FakeApi
from dispatch.scripted import Clock, Desk, down, make_desk, ok

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.alerts.lifecycle import set_status
from panther_dagster.dispatch.delivery import DispatchReport, dispatch_alerts, pending
from panther_dagster.dispatch.destination import DeliveryState
from panther_dagster.dispatch.trial import test_destination as send_test_alert
from panther_dagster.errors import DestinationError
from panther_dagster.settings import Settings
from panther_dagster.storage.lake import Lake


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with fake_api.fake_api() as running:
        yield running


def settings_for(home: Path, url: str, *kinds: str) -> Settings:
    return Settings(home=home, destinations=tuple(settings_of(kind, url) for kind in kinds))


def dispatch(lake: Lake, settings: Settings, url: str, minutes: float) -> DispatchReport:
    return dispatch_alerts(
        lake, settings, now_utc=NOW + timedelta(minutes=minutes), environment=environment(url), clock=Clock(), dice=random.Random(1)
    )


def test_life_of_an_alert_as_each_destination_sees_it(lake: Lake, api: FakeApi, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, api.url, "slack_webhook", "slack_bot", "pagerduty", "webhook", "file")
    (alert_id,) = raise_alerts(lake, write_batch(lake, "b1", [match(0)]), now_utc=NOW).alert_ids
    assert dispatch(lake, settings, api.url, 1).delivered == 5
    raise_alerts(lake, write_batch(lake, "b2", [match(5), match(6)]), now_utc=NOW + timedelta(minutes=2))
    assert dispatch(lake, settings, api.url, 3).delivered == 4  # a Slack webhook cannot be updated
    set_status(lake, alert_id, "TRIAGED", actor="carol", now_utc=NOW + timedelta(minutes=4))
    dispatch(lake, settings, api.url, 5)
    set_status(lake, alert_id, "RESOLVED", actor="carol", now_utc=NOW + timedelta(minutes=6))
    dispatch(lake, settings, api.url, 7)
    assert dispatch(lake, settings, api.url, 60).attempts == ()

    def bodies(path: str) -> list[Any]:
        return [request.json for request in api.requests if request.path == path]

    assert len(bodies(WEBHOOK_PATH)) == 1
    assert len(bodies("/api/chat.postMessage")) == 1
    updates = bodies("/api/chat.update")
    assert [(body["channel"], body["ts"]) for body in updates] == [("C0123456789", "1714557600.000100")] * 3
    facts = [[field["text"] for field in body["attachments"][0]["blocks"][1]["fields"]] for body in updates]
    assert ["*Status*\nOPEN" in facts[0], "*Events*\n3" in facts[0]] == [True, True]
    assert ["*Status*\nTRIAGED" in facts[1], "*Status*\nRESOLVED" in facts[2]] == [True, True]
    pages = bodies("/v2/enqueue")
    assert [page["event_action"] for page in pages] == ["trigger", "trigger", "acknowledge", "resolve"]
    assert {page["dedup_key"] for page in pages} == {f"pagerduty:{alert_id}"}
    hooks = bodies("/hook/QwErTyUiOpAsDfGhJkLz")
    assert [(hook["event"], hook["matchCount"], hook["status"]) for hook in hooks] == [
        ("alert.created", 1, "OPEN"),
        ("alert.updated", 3, "OPEN"),
        ("alert.updated", 3, "TRIAGED"),
        ("alert.resolved", 3, "RESOLVED"),
    ]
    lines = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["alert.created", "alert.updated", "alert.updated", "alert.resolved"]


def test_secrets_are_in_no_table_and_no_report(lake: Lake, api: FakeApi, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, api.url, "slack_webhook", "slack_bot", "pagerduty", "webhook")
    raise_alerts(lake, write_batch(lake, "b1", [match(0)]), now_utc=NOW)
    reports = []
    for minutes, reply in enumerate((fake_api.reset, fake_api.echo(500), fake_api.echo(429), fake_api.echo(400))):
        api.default = reply
        reports.append(dispatch(lake, settings, api.url, minutes * 20))
    assert {row["state"] for row in lake.query("select state from panther_alerts.deliveries").to_pylist()} == {"RETRY", "FAILED"}
    outbox = pending(lake, settings, NOW, environment=environment(api.url))
    seen = f"{reports!r} {outbox!r} {lake.query('select * from panther_alerts.deliveries').to_pylist()!r}"
    for secret in (*SECRETS.values(), WEBHOOK_PATH, "QwErTyUiOpAsDfGhJkLz"):
        assert secret not in seen


def test_destination_without_its_secret_is_a_problem_and_its_alerts_wait(lake: Lake, api: FakeApi, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, api.url, "pagerduty", "file")
    raise_alerts(lake, write_batch(lake, "b1", [match(0)]), now_utc=NOW)
    report = dispatch_alerts(lake, settings, now_utc=NOW, environment={})
    assert report.problems == ("destination 'pagerduty': environment variable PD_KEY is not set",)
    assert report.delivered_by_destination == {"file": 1}
    assert dispatch(lake, settings, api.url, 30).delivered_by_destination == {"pagerduty": 1}


@pytest.mark.parametrize(("kind", "requests"), [("slack_webhook", 1), ("slack_bot", 2), ("pagerduty", 2), ("webhook", 2)])
def test_test_alert_is_sent_and_ended(api: FakeApi, tmp_path: Path, kind: str, requests: int) -> None:
    settings = settings_for(tmp_path, api.url, kind)
    result = send_test_alert(settings, kind, now_utc=NOW, environment=environment(api.url))
    assert result.state is DeliveryState.DELIVERED
    assert len(api.requests) == requests
    assert "Test alert: this destination works" in api.requests[0].body.decode()


def test_test_alert_tells_why_it_failed(api: FakeApi, tmp_path: Path) -> None:
    api.default = fake_api.slack_error("channel_not_found")
    result = send_test_alert(settings_for(tmp_path, api.url, "slack_bot"), "slack_bot", now_utc=NOW, environment=environment(api.url))
    assert (result.state, result.detail) == (DeliveryState.FAILED, "channel_not_found")


def test_test_alert_to_an_unknown_destination_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="unknown destination 'slak'; known: file"):
        send_test_alert(settings_for(tmp_path, "", "file"), "slak", now_utc=NOW)


@pytest.mark.parametrize("seed", [1, 2])
def test_law_no_alert_is_lost_and_none_is_told_twice(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Outages, crashes before and after recording, re-runs of batches: in the end each alert is on record once everywhere."""
    dice = random.Random(seed)
    desk: Desk = make_desk(lake, tmp_path, monkeypatch, "slack", "pager", failures_before_pause=2, max_pause_seconds=60)
    for name in ("slack", "pager"):
        desk[name].default = lambda message: (down if dice.random() < 0.4 else ok)(message)
    units = []
    minutes = 0.0
    for step in range(14):
        minutes += dice.uniform(0.2, 3)
        rows = [match(step * 25 + i, row=f"{step}-{i}", dedup=dice.choice("abc")) for i in range(dice.randint(0, 3))]
        units.append(write_batch(lake, f"b{step}", rows))
        for unit in (units[-1], dice.choice(units)):
            raise_alerts(lake, unit, now_utc=NOW + timedelta(minutes=minutes))
        try:
            with monkeypatch.context() as patch:
                if dice.random() < 0.3:
                    patch.setattr("panther_dagster.dispatch.delivery._record", lambda *args: 1 / 0)
                desk.round(minutes=30 + minutes)
        except ZeroDivisionError:
            pass  # the dispatcher died between sending and recording
    for name in ("slack", "pager"):
        desk[name].default = ok
    for _ in range(4):
        minutes += 60
        desk.round(minutes=30 + minutes)
    alerts = lake.query("select alert_id, match_count from panther_alerts.alerts").to_pylist()
    assert len(alerts) > 3
    rows = [row for row in desk.deliveries() if row["state"] == "DELIVERED"]
    created = Counter((row["alert_id"], row["destination"]) for row in rows if row["action"] == "CREATE")
    assert created == {(alert["alert_id"], name): 1 for alert in alerts for name in ("slack", "pager")}
    told = {(row["alert_id"], row["destination"]): row["revision"] for row in rows}
    assert told == {(alert["alert_id"], name): alert["match_count"] for alert in alerts for name in ("slack", "pager")}
    signals = lake.query("select count(*) as n from panther_alerts.alert_signals").to_pylist()[0]["n"]
    assert signals == sum(alert["match_count"] for alert in alerts)
