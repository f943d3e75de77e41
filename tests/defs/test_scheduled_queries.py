from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from installations import copy_home, installation

from panther_dagster.defs.code_location import build_definitions
from panther_dagster.defs.scheduled_queries import QUERY_TAG, TIME_TAG
from panther_dagster.settings import RulesSettings, Settings
from panther_dagster.storage import open_lake

NOON = datetime(2024, 5, 6, 12)


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    pack = tmp_path / "pack" / "test_queries"
    pack.mkdir(parents=True)
    item = {"AnalysisType": "scheduled_query", "Query": "select 3 as n union all select 4", "Schedule": {"RateMinutes": 90}}
    for name, is_enabled in (("Numbers, all", True), ("Off", False)):
        (pack / f"{name[:3]}.yml").write_text(yaml.safe_dump({**item, "QueryName": name, "Enabled": is_enabled}))
    rule = {"AnalysisType": "scheduled_rule", "RuleID": "Test.Odd", "ScheduledQueries": ["Numbers, all"], "Severity": "Low"}
    (pack / "odd.yml").write_text(yaml.safe_dump({**rule, "Enabled": True, "Filename": "odd.py"}))
    (pack / "odd.py").write_text("def rule(event):\n    return event['n'] % 2 == 1\n")
    return installation(copy_home(ensured_home, tmp_path / "home"), rules=RulesSettings(paths=(tmp_path / "pack",)))


def test_an_enabled_query_has_a_schedule_that_asks_for_its_times_only(settings: Settings) -> None:
    schedules = {schedule.name: schedule for schedule in build_definitions(settings).schedules or () if schedule.name.startswith("query_")}

    assert list(schedules) == ["query_Numbers_all"]
    numbers = schedules["query_Numbers_all"]
    assert isinstance(numbers, dg.ScheduleDefinition)
    assert (numbers.cron_schedule, numbers.default_status) == ("*/30 * * * *", dg.DefaultScheduleStatus.RUNNING)
    due, early = (
        numbers.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=NOON.replace(hour=hour, minute=minute, tzinfo=UTC)))
        for hour, minute in ((12, 0), (12, 30))
    )
    assert [(request.run_key, request.tags[TIME_TAG]) for request in due.run_requests or ()] == [
        ("Numbers, all@2024-05-06T12:00:00", "2024-05-06T12:00:00")
    ]
    assert (early.run_requests, early.skip_message) == ([], "runs every 90 min")


def test_the_job_runs_the_query_its_rules_and_alerting(settings: Settings) -> None:
    job = build_definitions(settings).resolve_job_def("scheduled_query")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, tags={QUERY_TAG: "Numbers, all", TIME_TAG: NOON.isoformat()})

    assert result.success
    lake = open_lake(settings)
    assert lake.query("select rule_id, match_count, created_time >= ? as is_new from panther_alerts.alerts", [NOON]).to_pylist() == [
        {"rule_id": "Test.Odd", "match_count": 1, "is_new": True}
    ]
    assert lake.query("select p_raw_event as e, p_hour from panther_rule_matches.scheduled_queries").to_pylist() == [
        {"e": '{"n":3}', "p_hour": NOON}
    ]
    lake.close()


def test_a_run_of_no_query_says_which_tag_is_wrong(settings: Settings) -> None:
    job = build_definitions(settings).resolve_job_def("scheduled_query")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, tags={QUERY_TAG: "Nambers"}, raise_on_error=False)

    assert "no scheduled query is named 'Nambers'; the run's tag lake/query says which to run" in str(
        result.failure_data_for_node("run_scheduled_query").error
    )
