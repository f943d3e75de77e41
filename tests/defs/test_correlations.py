"""The job and the schedule for correlation rules with an absence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
from detect.correlation.rules_in_yaml import ABSENCE, HEAD
from installations import copy_home, installation

from panther_dagster.defs.correlations import correlate_signals, correlation_schedule
from panther_dagster.defs.resources import LakeResource
from panther_dagster.settings import RulesSettings, Settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import CORRELATED_BATCHES, SIGNALS

HOUR = datetime(2024, 5, 1, 10)


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    folder = tmp_path / "pack" / "correlation_rules"
    folder.mkdir(parents=True)
    (folder / "rule.yml").write_text(HEAD + ABSENCE.replace("Match: repo", "Match: p_alert_context.repo"))
    return installation(copy_home(ensured_home, tmp_path / "home"), rules=RulesSettings(paths=(tmp_path / "pack",)))


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = open_lake(settings)
    yield opened
    opened.close()


def put_signal(lake: Lake, rule_id: str, repo: str, minute: float, *, create_alert: bool = False) -> None:
    """A signal of a batch that has been processed."""
    row = {
        "signal_id": f"{rule_id}-{repo}",
        "rule_id": rule_id,
        "log_type": "Okta.SystemLog",
        "p_row_id": f"row-{rule_id}-{repo}",
        "p_event_time": HOUR + timedelta(minutes=minute),
        "p_batch_id": "b1",
        "p_hour": HOUR,
        "alert_context": f'{{"repo": "{repo}"}}',
        "create_alert": create_alert,
    }
    lake.transact(lambda tx: tx.append(SIGNALS, pa.Table.from_pylist([row], SIGNALS.columns)))


def test_the_job_raises_an_alert_for_what_did_not_happen_and_does_so_once(
    settings: Settings, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = HOUR + timedelta(minutes=45)
    monkeypatch.setattr("panther_dagster.defs.correlations.utc_now", lambda: now.replace(tzinfo=UTC))
    put_signal(lake, "Test.Change", "app", 10)
    put_signal(lake, "Test.Change", "web", 11)
    put_signal(lake, "Test.Ticket", "app", 20)
    context = dg.build_schedule_context(scheduled_execution_time=now.replace(tzinfo=UTC))
    schedule = correlation_schedule(settings)

    assert [request.run_key for request in schedule.evaluate_tick(context).run_requests or []] == [None]
    for _ in range(2):
        assert correlate_signals.execute_in_process(resources={"lake": LakeResource.of(settings)}).success

    alerts = lake.query("select rule_id, dedup, match_count, title from panther_alerts.alerts").to_pylist()
    assert alerts == [{"rule_id": "Test.Correlation", "dedup": "web", "match_count": 1, "title": "Key after login"}]
    assert schedule.evaluate_tick(context).skip_message == "no rule is due"


def test_no_run_is_started_where_no_rule_waits_for_an_absence(settings: Settings, lake: Lake) -> None:
    (settings.rules.paths[0] / "correlation_rules" / "rule.yml").unlink()

    tick = correlation_schedule(settings).evaluate_tick(dg.build_schedule_context(scheduled_execution_time=HOUR.replace(tzinfo=UTC)))

    assert tick.skip_message == "no enabled correlation rule has an absence"


def test_alerts_that_a_run_left_undone_are_raised_by_the_job_when_no_rule_is_due(
    settings: Settings, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.rules.paths[0] / "correlation_rules" / "rule.yml").unlink()
    put_signal(lake, "Test.Gone", "app", 10, create_alert=True)
    row = {"correlated_batch_id": "b1", "first_event_time": HOUR, "found_time": HOUR, "p_batch_id": "correlation:1"}
    lake.transact(lambda tx: tx.append(CORRELATED_BATCHES, pa.Table.from_pylist([row], CORRELATED_BATCHES.columns)))
    schedule = correlation_schedule(settings)

    def ask(minute: int) -> list[dg.RunRequest]:
        now = (HOUR + timedelta(minutes=minute)).replace(tzinfo=UTC)
        monkeypatch.setattr("panther_dagster.defs.correlations.utc_now", lambda: now)
        return list(schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=now)).run_requests or [])

    assert ask(14) == []  # the run that found them may be at it
    assert len(ask(15)) == 1
    assert correlate_signals.execute_in_process(resources={"lake": LakeResource.of(settings)}).success

    assert lake.query("select rule_id from panther_alerts.alerts").to_pylist() == [{"rule_id": "Test.Gone"}]
    assert ask(20) == []
