from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from alerts.signals import NOW, TEN, error, match, write_batch

from panther_dagster.alerts.alerting import AlertReport, raise_alerts
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Lake, UnitOfWork

ALICE_AT_TEN = hashlib.md5(b"Okta.Login:alice:2024-05-01T10:00:00").hexdigest()


def alerts(lake: Lake) -> list[dict[str, Any]]:
    return lake.query("select * from panther_alerts.alerts order by created_time, alert_id").to_pylist()


def tables(lake: Lake) -> list[list[dict[str, Any]]]:
    return [
        lake.query(f"select * from panther_alerts.{name} order by all").to_pylist() for name in ("alert_events", "alert_signals", "alerts")
    ]


def raise_batch(lake: Lake, batch_id: str, *matches: dict[str, Any], minutes_later: int = 0, **more: Any) -> AlertReport:
    unit = write_batch(lake, batch_id, list(matches), **more)
    return raise_alerts(lake, unit, now_utc=NOW + timedelta(minutes=minutes_later))


def test_first_match_creates_an_alert_with_the_texts_of_that_match(lake: Lake) -> None:
    report = raise_batch(lake, "b1", match(5), match(0, title="alice from 192.0.2.7"))
    assert (report.signals, report.created, report.joined, report.created_by_severity) == (2, 1, 0, {"HIGH": 1})
    (alert,) = alerts(lake)
    assert alert["alert_id"] == ALICE_AT_TEN
    assert (alert["title"], alert["severity"], alert["status"]) == ("alice from 192.0.2.7", "HIGH", "OPEN")
    assert (alert["match_count"], alert["log_types"], alert["tags"]) == (2, ["Okta.SystemLog"], ["Okta"])
    assert (alert["first_event_time"], alert["last_event_time"]) == (TEN, TEN + timedelta(minutes=5))
    assert (alert["created_time"], alert["update_time"], alert["assignee"]) == (NOW, NOW, None)
    assert alert["alert_context"] == '{"ip": "192.0.2.7"}'


def test_match_of_a_later_batch_joins_and_keeps_the_first_title(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0))
    report = raise_batch(lake, "b2", match(30), minutes_later=10)
    assert (report.created, report.joined) == (0, 1)
    (alert,) = alerts(lake)
    assert (alert["match_count"], alert["title"]) == (2, "alice logged in (row0)")
    assert (alert["created_time"], alert["update_time"]) == (NOW, NOW + timedelta(minutes=10))


def test_rerun_of_a_batch_changes_no_table(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0), match(70))
    raise_batch(lake, "b2", match(30), match(-20))
    before = tables(lake)
    for batch in ("b1", "b2", "b1"):
        report = raise_alerts(lake, UnitOfWork(batch_id=batch), now_utc=NOW + timedelta(days=1))
        assert report.created == 0
    assert tables(lake) == before


def test_rerun_of_the_hour_changes_no_table(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0))
    raise_batch(lake, "b2", match(-20))
    before = tables(lake)
    raise_alerts(lake, UnitOfWork(hours=(TEN, TEN + timedelta(hours=1))), now_utc=NOW + timedelta(days=1))
    assert tables(lake) == before


def test_hours_as_the_unit_give_what_batches_one_by_one_give(lake: Lake, tmp_path: Any) -> None:
    batches = {
        "b1": [match(0), match(1, dedup="bob")],
        "b2": [match(-20, threshold=2)],
        "b3": [match(61), match(30)],
        "b4": [match(70, dedup="bob", threshold=2)],
    }
    other = EmbeddedLake(tmp_path / "other", threads=1, memory_limit="500MB")
    other.ensure_tables()
    try:
        for batch, matches in batches.items():
            raise_batch(lake, batch, *matches)
            write_batch(other, batch, matches)
        report = raise_alerts(other, UnitOfWork(hours=(TEN, TEN + timedelta(hours=1))), now_utc=NOW)
        assert report.created == 3
        assert tables(other) == tables(lake)
    finally:
        other.close()


def test_alert_waits_for_the_threshold_over_batches(lake: Lake) -> None:
    assert raise_batch(lake, "b1", match(0, threshold=3), match(1, threshold=3)).created == 0
    assert alerts(lake) == []
    report = raise_batch(lake, "b2", match(2, threshold=3), minutes_later=1)
    assert report.alert_ids == (ALICE_AT_TEN,)
    (alert,) = alerts(lake)
    assert (alert["match_count"], alert["title"], alert["p_batch_id"]) == (3, "alice logged in (row0)", "b2")
    assert alert["created_time"] == NOW + timedelta(minutes=1)


def test_rerun_below_the_threshold_does_not_count_its_own_matches_twice(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0, threshold=3), match(1, threshold=3))
    assert raise_alerts(lake, UnitOfWork(batch_id="b1"), now_utc=NOW).created == 0
    assert alerts(lake) == []


def test_alert_waits_for_distinct_unique_values_over_batches(lake: Lake) -> None:
    assert raise_batch(lake, "b1", *(match(i, threshold=2, unique_value="192.0.2.1") for i in range(3))).created == 0
    assert raise_batch(lake, "b2", match(5, threshold=2, unique_value="192.0.2.1")).created == 0
    assert raise_batch(lake, "b3", match(6, threshold=2, unique_value="192.0.2.2")).created == 1


def test_created_alert_survives_a_rerun_that_finds_nothing_any_more(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0))
    raise_batch(lake, "b1")
    (alert,) = alerts(lake)
    assert (alert["alert_id"], alert["match_count"]) == (ALICE_AT_TEN, 0)
    assert lake.query("select count(*) as n from panther_alerts.alert_signals").to_pylist() == [{"n": 0}]


def test_match_that_comes_back_after_a_rerun_without_it_creates_no_second_alert(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0))
    raise_batch(lake, "b1")
    assert raise_batch(lake, "b1", match(0)).created == 0
    assert [alert["match_count"] for alert in alerts(lake)] == [1]


def test_rerun_of_the_batch_that_opened_the_window_keeps_the_alert(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0), match(10))
    raise_batch(lake, "b2", match(20))
    raise_batch(lake, "b1", match(10))  # the rule has changed: its first match is gone
    assert [(alert["alert_id"], alert["match_count"]) for alert in alerts(lake)] == [(ALICE_AT_TEN, 2)]


def test_signal_that_shall_not_alert_does_not(lake: Lake) -> None:
    assert raise_batch(lake, "b1", match(0, create_alert=False)) == AlertReport()
    assert alerts(lake) == []


def test_rule_error_is_an_alert_of_its_own_type(lake: Lake) -> None:
    unit = write_batch(lake, "b1", [], [error(0), error(1), error(2, error_type="TypeError", error_message="TypeError('x')")])
    assert raise_alerts(lake, unit, now_utc=NOW).created == 2
    first, second = sorted(alerts(lake), key=lambda alert: alert["dedup"])
    assert (first["alert_type"], first["dedup"], first["title"], first["match_count"]) == ("RULE_ERROR", "KeyError", "KeyError('actor')", 2)
    assert first["alert_id"] == hashlib.md5(b"Okta.Broken:KeyError:2024-05-01T10:00:00:error").hexdigest()
    assert first["description"] == "Rule Okta.Broken failed in rule(): 'actor': broken.py, line 3, in rule"
    assert second["dedup"] == "TypeError"


def test_failing_title_function_is_no_alert_since_the_match_is_kept(lake: Lake) -> None:
    unit = write_batch(lake, "b1", [], [error(0, function="title")])
    assert raise_alerts(lake, unit, now_utc=NOW) == AlertReport()


def test_matches_of_two_log_types_share_the_alert_of_a_rule(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0), match(1, log_type="AWS.CloudTrail"))
    (alert,) = alerts(lake)
    assert (alert["match_count"], alert["log_types"]) == (2, ["AWS.CloudTrail", "Okta.SystemLog"])


def test_empty_title_falls_back_to_the_rule(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0, title="", severity=None))
    assert [(alert["title"], alert["severity"]) for alert in alerts(lake)] == [("Okta.Login", "INFO")]


def test_missing_dedup_string_period_and_threshold_have_defaults(lake: Lake) -> None:
    raise_batch(lake, "b1", match(0, dedup=None, dedup_period_minutes=0, threshold=None), match(59, dedup=None, dedup_period_minutes=None))
    assert [(alert["dedup"], alert["match_count"]) for alert in alerts(lake)] == [("defaultDedupString:Okta.Login", 2)]


def test_unit_without_signals_writes_nothing(lake: Lake) -> None:
    unit = write_batch(lake, "b1", [])
    assert raise_alerts(lake, unit, now_utc=NOW) == AlertReport()


def test_crash_in_the_transaction_leaves_nothing_half_done(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_batch(lake, "b1", match(0))
    before = tables(lake)
    unit = write_batch(lake, "b2", [match(30), match(90)])
    with monkeypatch.context() as patch:
        patch.setattr("panther_dagster.alerts.alerting._membership_rows", lambda grouping: [{"alert_id": 1 / 0}])
        with pytest.raises(ZeroDivisionError):
            raise_alerts(lake, unit, now_utc=NOW)
    assert tables(lake) == before
    assert raise_alerts(lake, unit, now_utc=NOW).created == 1
