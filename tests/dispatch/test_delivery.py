from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dispatch.scripted import NOON, Desk, down, limited, make_desk, ok, refused

from panther_dagster.dispatch.delivery import deliver_one, pending
from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, DeliveryState
from panther_dagster.errors import LakeError
from panther_dagster.settings import RouteSettings
from panther_dagster.storage.lake import Lake


@pytest.fixture
def desk(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Two destinations that take everything."""
    return make_desk(lake, tmp_path, monkeypatch, "slack", "pager")


def test_new_alert_goes_to_every_routed_destination_once(desk: Desk) -> None:
    desk.create("a")
    report = desk.round(minutes=1)
    assert (report.delivered, report.retried, report.failed, report.waiting) == (2, 0, 0, 0)
    assert report.delivered_by_destination == {"slack": 1, "pager": 1}
    assert desk["slack"].told == desk["pager"].told == [("CREATE", "a", 1, "OPEN")]
    assert desk.round(minutes=2).attempts == ()
    assert len(desk["slack"].told) == 1


def test_attempt_is_a_row_with_all_that_came_of_it(desk: Desk) -> None:
    (alert_id,) = desk.create("a", destinations=["slack"])
    desk.round(minutes=1)
    (row,) = desk.deliveries()
    assert (row["alert_id"], row["destination"], row["action"], row["revision"], row["attempt"]) == (alert_id, "slack", "CREATE", 1, 1)
    assert (row["state"], row["status_code"], row["detail"], row["external_reference"]) == ("DELIVERED", 200, "ok", "ref-a")
    assert (row["attempt_time"], row["next_attempt_time"], row["alert_status"]) == (NOON + timedelta(minutes=1), None, "OPEN")
    assert row["idempotency_key"] == desk["slack"].keys[0]


def test_lake_without_alerts_has_nothing_to_dispatch(desk: Desk) -> None:
    assert desk.round().attempts == ()


def test_most_severe_and_oldest_come_first(desk: Desk) -> None:
    desk.create("new high", minutes=2)
    desk.create("old high", minutes=1)
    desk.create("critical", minutes=3, severity="CRITICAL")
    desk.create("info", severity="INFO")
    desk.round(minutes=5)
    assert desk["slack"].titles() == ["critical", "old high", "new high", "info"]


def test_matches_that_join_update_the_message_at_most_once_an_interval(desk: Desk) -> None:
    desk.create("a", destinations=["slack"])
    desk.round(minutes=1)
    desk.join("a", 4, minutes=1.2)
    report = desk.round(minutes=1.5)
    assert (report.attempts, report.waiting, report.next_due_time) == ((), 1, NOON + timedelta(minutes=2))
    desk.join("a", 5, minutes=1.7)
    desk.round(minutes=2)
    assert desk["slack"].told == [("CREATE", "a", 1, "OPEN"), ("UPDATE", "a", 10, "OPEN")]
    assert desk["slack"].references == [None, "ref-a"]
    assert desk.round(minutes=9).attempts == ()


def test_resolved_alert_is_resolved_at_once_and_once(desk: Desk) -> None:
    desk.create("a", destinations=["pager"])
    desk.round(minutes=1)
    desk.join("a", 4, minutes=1.1)
    desk.set_status("a", "RESOLVED", minutes=1.2)
    desk.round(minutes=1.3)
    desk.set_status("a", "CLOSED", minutes=1.4)
    desk.join("a", 4, minutes=5)
    desk.round(minutes=6)
    assert desk["pager"].told == [("CREATE", "a", 1, "OPEN"), ("RESOLVE", "a", 5, "RESOLVED")]


def test_alert_resolved_before_its_first_delivery_is_told_and_ended(desk: Desk) -> None:
    desk.create("a", destinations=["pager"])
    desk.set_status("a", "CLOSED", minutes=1)
    desk.round(minutes=2)
    assert [action for action, *_ in desk["pager"].told] == ["CREATE", "RESOLVE"]


def test_triaged_alert_is_updated_at_once(desk: Desk) -> None:
    desk.create("a", destinations=["pager"])
    desk.round(minutes=1)
    desk.set_status("a", "TRIAGED", minutes=1.1)
    desk.round(minutes=1.2)
    assert desk["pager"].told == [("CREATE", "a", 1, "OPEN"), ("UPDATE", "a", 1, "TRIAGED")]
    assert desk.round(minutes=9).attempts == ()


def test_alert_that_is_opened_again_is_told_again_and_can_end_again(desk: Desk) -> None:
    desk.create("a", destinations=["pager"])
    desk.round(minutes=1)
    for minute, status in ((2, "RESOLVED"), (3, "OPEN"), (4, "RESOLVED")):
        desk.set_status("a", status, minutes=minute)
        desk.round(minutes=minute + 0.5)
    assert [action for action, *_ in desk["pager"].told] == ["CREATE", "RESOLVE", "UPDATE", "RESOLVE"]
    assert len(set(desk["pager"].keys)) == 4


def test_destination_is_not_told_what_it_cannot_be_told(desk: Desk) -> None:
    desk["slack"].actions = frozenset({Action.CREATE})
    desk.create("a", destinations=["slack"])
    desk.round(minutes=1)
    desk.join("a", 4, minutes=2)
    desk.set_status("a", "RESOLVED", minutes=3)
    assert desk.round(minutes=9).attempts == ()


def test_outage_delays_and_never_drops(desk: Desk) -> None:
    desk["slack"].default = down
    desk.create("a", destinations=["slack"])
    waits = []
    minutes = 1.0
    for _ in range(8):
        report = desk.round(minutes=minutes)
        assert report.next_due_time is not None
        waits.append((report.next_due_time - NOON).total_seconds() - minutes * 60)
        minutes = (report.next_due_time - NOON).total_seconds() / 60
    assert [2.5 * 2**i <= wait <= 5.0 * 2**i for i, wait in enumerate(waits[:6])] == [True] * 6
    assert all(150 <= wait <= 300 for wait in waits[6:])  # max_pause_seconds
    assert [row["attempt"] for row in desk.deliveries()] == [1, 2, 3, 4, 5, 6, 7, 8]
    desk["slack"].default = ok
    assert desk.round(minutes=minutes).delivered == 1
    assert len(set(desk["slack"].keys)) == 1


def test_three_days_of_outage_drop_nothing(desk: Desk) -> None:
    desk["slack"].default = down
    desk.create("first", destinations=["slack"])
    desk.round(minutes=1)
    desk.create("second", minutes=10, destinations=["slack"])
    desk["slack"].default = ok
    assert desk.round(minutes=3 * 24 * 60).delivered == 2


def test_retry_after_is_waited_for_and_holds_for_the_whole_destination(desk: Desk) -> None:
    desk["slack"].script = [limited(30)]
    desk.create("a", "b", destinations=["slack"])
    assert desk.round(minutes=1).retried == 1
    assert len(desk["slack"].told) == 1
    assert desk.round(minutes=1.4).attempts == ()
    assert desk.round(minutes=1.6).delivered == 2


def test_final_failure_is_recorded_and_not_repeated(desk: Desk) -> None:
    desk["slack"].default = refused
    desk.create("a", destinations=["slack"])
    assert desk.round(minutes=1).failed == 1
    desk.join("a", 5, minutes=2)
    desk.set_status("a", "RESOLVED", minutes=3)
    assert desk.round(minutes=60).attempts == ()
    assert [(row["state"], row["status_code"], row["detail"]) for row in desk.deliveries()] == [("FAILED", 401, "invalid_auth")]


def test_failed_update_is_not_repeated_until_there_is_more_to_tell(desk: Desk) -> None:
    desk["slack"].script = [ok, refused]
    desk.create("a", destinations=["slack"])
    desk.round(minutes=1)
    desk.join("a", 1, minutes=2)
    desk.round(minutes=3)
    assert desk.round(minutes=10).attempts == ()
    desk.join("a", 1, minutes=11)
    assert desk.round(minutes=12).delivered == 1


def test_destination_that_is_down_is_left_alone_after_three_failures_and_blocks_nobody(desk: Desk) -> None:
    desk["slack"].default = down
    desk.create(*(f"alert {i}" for i in range(10)))
    report = desk.round(minutes=1)
    assert (report.delivered_by_destination, report.retried) == ({"pager": 10}, 3)
    assert desk.round(minutes=1.1).attempts == ()  # paused
    assert desk.round(minutes=1.4).retried == 1  # one probe after 15 s
    desk["slack"].default = ok
    assert desk.round(minutes=10).delivered_by_destination == {"slack": 10}


def test_one_alert_that_a_destination_cannot_take_does_not_pause_it(desk: Desk) -> None:
    def chokes_on_poison(message: AlertMessage) -> DeliveryResult:
        return down(message) if message.title == "poison" else ok(message)

    desk["slack"].default = chokes_on_poison
    desk.create("poison", destinations=["slack"], severity="CRITICAL")
    for minute in range(1, 30, 3):
        desk.round(minutes=minute)
    desk.create("good", destinations=["slack"], minutes=30)
    assert desk.round(minutes=30).delivered == 1


def test_slow_destination_does_not_delay_another(desk: Desk) -> None:
    released, pager_done = threading.Event(), threading.Event()

    def hang(message: AlertMessage) -> DeliveryResult:
        assert pager_done.wait(30)
        released.set()
        return ok(message)

    def quick(message: AlertMessage) -> DeliveryResult:
        pager_done.set()
        return ok(message)

    desk["slack"].default, desk["pager"].default = hang, quick
    desk.create("a")
    assert desk.round(minutes=1).delivered == 2
    assert released.is_set()


def test_destination_with_a_bug_is_retried_and_its_text_is_not_kept(desk: Desk) -> None:
    def broken(message: AlertMessage) -> DeliveryResult:
        raise RuntimeError("https://hooks.example.com/secret")

    desk["slack"].default = broken
    desk.create("a", destinations=["slack"])
    assert desk.round(minutes=1).retried == 1
    assert [row["detail"] for row in desk.deliveries()] == ["the destination raised RuntimeError"]


def test_round_lingers_for_a_short_retry(desk: Desk) -> None:
    desk["slack"].script = [down]
    desk.create("a", destinations=["slack"])
    report = desk.round(minutes=1, linger_seconds=20)
    assert (report.retried, report.delivered) == (1, 1)
    assert 2.5 <= sum(desk.clock.slept) <= 5.0


def test_round_does_not_linger_for_a_long_retry(desk: Desk) -> None:
    desk["slack"].default = limited(600)
    desk.create("a", destinations=["slack"])
    assert desk.round(minutes=1, linger_seconds=20).waiting == 1
    assert desk.clock.slept == []


def test_crash_between_sending_and_recording_sends_again_with_the_same_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.create("a", destinations=["slack"])

    def crash(*args: Any) -> None:
        raise LakeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("panther_dagster.dispatch.delivery._record", crash)
        with pytest.raises(LakeError):
            desk.round(minutes=1)
    desk.join("a", 3, minutes=2)
    assert desk.round(minutes=3).delivered == 1
    first, second = desk["slack"].keys
    assert first == second


def test_two_dispatchers_at_once_send_once(desk: Desk, tmp_path: Path) -> None:
    from panther_dagster.storage.embedded import EmbeddedLake

    desk.create("a", "b", "c", destinations=["slack"])
    desk["slack"].default = lambda message: (time.sleep(0.1), ok(message))[1]
    other = EmbeddedLake(tmp_path / "lake", threads=1, memory_limit="500MB")
    second = Desk(other, desk.settings, desk.destinations)
    thread = threading.Thread(target=second.round, kwargs={"minutes": 1})
    thread.start()
    desk.round(minutes=1)
    thread.join()
    other.close()
    assert sorted(desk["slack"].titles()) == ["a", "b", "c"]


def test_new_destination_gets_the_last_day_and_no_more(desk: Desk) -> None:
    desk.create("three days old", minutes=-3 * 24 * 60)
    desk.create("an hour old", minutes=-60)
    desk.round()
    assert desk["slack"].titles() == ["an hour old"]


def test_routes_choose_the_destination(desk: Desk) -> None:
    desk.create("a")
    desk.create("b", rule_id="Okta.Other", destinations=["slack"])
    routes = (RouteSettings(destinations=("pager",)),)
    desk.round(minutes=1, settings=desk.settings.model_copy(update={"routes": routes}))
    assert (desk["pager"].titles(), desk["slack"].titles()) == (["a"], ["b"])


def test_unknown_destination_of_a_rule_is_reported(desk: Desk) -> None:
    desk.create("a", destinations=["slak", "pager"])
    report = desk.round(minutes=1)
    assert (report.unknown_destinations, report.delivered_by_destination) == (("slak",), {"pager": 1})


def test_alert_is_ended_where_it_was_told_though_it_is_routed_elsewhere_now(desk: Desk) -> None:
    desk.create("a")
    desk.round(minutes=1, settings=desk.settings.model_copy(update={"routes": (RouteSettings(destinations=("pager",)),)}))
    desk.set_status("a", "RESOLVED", minutes=2)
    desk.round(minutes=3, settings=desk.settings.model_copy(update={"routes": (RouteSettings(destinations=("slack",)),)}))
    assert [action for action, *_ in desk["pager"].told] == ["CREATE", "RESOLVE"]


def test_pending_tells_what_a_round_would_send_and_sends_nothing(desk: Desk) -> None:
    desk.create("a")
    outbox = pending(desk.lake, desk.settings, NOON + timedelta(minutes=1))
    assert [(one.destination, one.action, one.attempt) for one in outbox.due] == [("slack", Action.CREATE, 1), ("pager", Action.CREATE, 1)]
    assert desk["slack"].told == []


def test_one_delivery_of_an_outbox_can_be_made_by_itself_and_only_once(desk: Desk) -> None:
    desk.create("a", destinations=["slack"])
    (delivery,) = pending(desk.lake, desk.settings, NOON + timedelta(minutes=1)).due
    later = NOON + timedelta(minutes=2)
    attempt = deliver_one(desk.lake, desk.settings, delivery, now_utc=later, clock=desk.clock)
    assert attempt is not None
    assert attempt.result.state is DeliveryState.DELIVERED
    assert deliver_one(desk.lake, desk.settings, delivery, now_utc=later, clock=desk.clock) is None
    assert desk["slack"].titles() == ["a"]


def test_round_is_bounded_and_the_rest_comes_in_the_next(desk: Desk) -> None:
    settings = desk.settings.model_copy(update={"dispatch": desk.settings.dispatch.model_copy(update={"max_deliveries_per_round": 3})})
    desk.create("a", "b", "c", "d", "e", destinations=["slack"])
    report = desk.round(minutes=1, settings=settings)
    assert (report.delivered, report.waiting, report.next_due_time) == (3, 2, NOON + timedelta(minutes=1))
    assert desk.round(minutes=2, settings=settings).delivered == 2
    assert sorted(desk["slack"].titles()) == ["a", "b", "c", "d", "e"]
