from __future__ import annotations

from datetime import timedelta

import pytest
from alerts.signals import NOW, TEN, match, write_batch

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.alerts.lifecycle import add_comment, assign, list_alerts, set_status, show_alert
from panther_dagster.errors import AlertError
from panther_dagster.storage.lake import Lake


@pytest.fixture
def alert_id(lake: Lake) -> str:
    unit = write_batch(lake, "b1", [match(0), match(5)])
    (created,) = raise_alerts(lake, unit, now_utc=NOW).alert_ids
    return created


def test_last_status_holds_and_the_history_keeps_each_with_its_actor(lake: Lake, alert_id: str) -> None:
    set_status(lake, alert_id, "triaged", actor="carol", now_utc=NOW + timedelta(minutes=1))
    alert = set_status(lake, alert_id, "RESOLVED", actor="dave", now_utc=NOW + timedelta(minutes=2), comment="a test of ours")
    assert (alert["status"], alert["update_time"]) == ("RESOLVED", NOW + timedelta(minutes=2))
    changes = [(e["status"], e["actor"], e["comment"]) for e in show_alert(lake, alert_id).history if e["event_type"] == "STATUS"]
    assert changes == [("TRIAGED", "carol", None), ("RESOLVED", "dave", "a test of ours")]


def test_two_changes_at_one_instant_keep_their_order(lake: Lake, alert_id: str) -> None:
    for status in ("RESOLVED", "OPEN", "TRIAGED", "CLOSED"):
        assert set_status(lake, alert_id, status, actor="carol", now_utc=NOW)["status"] == status


def test_status_that_the_alert_has_already_adds_no_event(lake: Lake, alert_id: str) -> None:
    set_status(lake, alert_id, "OPEN", actor="carol", now_utc=NOW)
    assert {event["event_type"] for event in show_alert(lake, alert_id).history} == {"CREATED", "MATCHED"}


def test_alert_is_assigned_and_taken_back(lake: Lake, alert_id: str) -> None:
    assert assign(lake, alert_id, "erin", actor="carol", now_utc=NOW)["assignee"] == "erin"
    assert assign(lake, alert_id, None, actor="carol", now_utc=NOW)["assignee"] is None


def test_what_people_did_survives_a_rerun_of_the_batch(lake: Lake, alert_id: str) -> None:
    set_status(lake, alert_id, "TRIAGED", actor="carol", now_utc=NOW)
    add_comment(lake, alert_id, "asked alice", actor="carol", now_utc=NOW)
    raise_alerts(lake, write_batch(lake, "b1", [match(0)]), now_utc=NOW + timedelta(hours=1))
    detail = show_alert(lake, alert_id)
    assert (detail.alert["status"], detail.alert["match_count"]) == ("TRIAGED", 1)
    assert [event["comment"] for event in detail.history if event["event_type"] == "COMMENT"] == ["asked alice"]


def test_alert_is_shown_with_its_matches_newest_first(lake: Lake, alert_id: str) -> None:
    detail = show_alert(lake, alert_id[:8])
    assert [row["p_event_time"] for row in detail.matches] == [TEN + timedelta(minutes=5), TEN]
    assert detail.deliveries == []


def test_alerts_are_listed_newest_first_and_filtered(lake: Lake, alert_id: str) -> None:
    low = raise_alerts(lake, write_batch(lake, "b2", [match(90, severity="LOW")]), now_utc=NOW + timedelta(hours=1)).alert_ids[0]
    set_status(lake, low, "CLOSED", actor="carol", now_utc=NOW + timedelta(hours=1))

    def ids(**filters: object) -> list[str]:
        return list_alerts(lake, **filters).column("alert_id").to_pylist()  # type: ignore[arg-type]

    assert ids() == [low, alert_id]
    assert ids(limit=1) == [low]
    assert ids(statuses=["open"]) == [alert_id]
    assert ids(severities=["LOW", "CRITICAL"]) == [low]
    assert ids(rule_ids=["Okta.Other"]) == []
    assert ids(since=NOW + timedelta(minutes=1)) == [low]
    assert ids(since=NOW, severities=["HIGH"], rule_ids=["Okta.Login"]) == [alert_id]


def test_lake_without_alerts_lists_none(lake: Lake) -> None:
    assert list_alerts(lake).num_rows == 0


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("0" * 32, "there is no alert '00000000000000000000000000000000'"),
        ("abc", "'abc' is no alert id: it takes at least 6 hexadecimal digits"),
        ("' or 1=1 --", "'' or 1=1 --' is no alert id: it takes at least 6 hexadecimal digits"),
    ],
)
def test_unknown_alert_is_an_error_that_says_so(lake: Lake, asked: str, text: str) -> None:
    with pytest.raises(AlertError) as caught:
        show_alert(lake, asked)
    assert str(caught.value) == text


def test_unknown_status_gets_a_suggestion(lake: Lake, alert_id: str) -> None:
    with pytest.raises(AlertError, match="unknown status 'RESOLVE'; did you mean RESOLVED"):
        set_status(lake, alert_id, "RESOLVE", actor="carol", now_utc=NOW)


def test_empty_comment_is_refused(lake: Lake, alert_id: str) -> None:
    with pytest.raises(AlertError, match="a comment needs text"):
        add_comment(lake, alert_id, "  ", actor="carol", now_utc=NOW)
