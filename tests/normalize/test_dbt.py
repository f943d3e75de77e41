from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from landed_okta import HOUR, NORMALIZED, build_in_process

from panther_dagster.errors import NormalizationError
from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import PROJECT_ROOT, Settings
from panther_dagster.storage.lake import Lake, UnitOfWork

INDICATORS = "panther_indicators.indicators"
PROCESSES = multiprocessing.get_context("spawn")
Land = Callable[..., UnitOfWork]


def test_a_batch_becomes_typed_rows_and_indicators(settings: Settings, lake: Lake, land: Land) -> None:
    unit = land("b1", ["192.0.2.1", "192.0.2.1", "198.51.100.7"])

    results = {result.table: result for result in DbtProject(settings, lake).build(unit, log_types=["Okta.SystemLog"])}

    assert results[NORMALIZED].rows == 3
    assert results[NORMALIZED].total_rows == 3
    assert results[NORMALIZED].seconds > 0
    rows = lake.query(
        f"select p_log_type, p_event_time, actor.alternateId as who, p_any_ip_addresses as ips from {NORMALIZED} order by p_row_id"
    )
    assert rows.to_pylist()[0] == {
        "p_log_type": "Okta.SystemLog",
        "p_event_time": datetime(2024, 5, 1, 11, 59),
        "who": "mia@example.com",
        "ips": ["192.0.2.1"],
    }
    found = lake.query(f"select value, log_type, events from {INDICATORS} where indicator = 'ip_addresses' order by value").to_pylist()
    assert found == [
        {"value": "192.0.2.1", "log_type": "Okta.SystemLog", "events": 2},
        {"value": "198.51.100.7", "log_type": "Okta.SystemLog", "events": 1},
    ]


def test_a_batch_built_twice_is_there_once(settings: Settings, lake: Lake, land: Land) -> None:
    project = DbtProject(settings, lake)
    unit = land("b1", ["192.0.2.1", "192.0.2.2"])
    project.build(unit, log_types=["Okta.SystemLog"])
    land("b1", ["192.0.2.9"])

    project.build(unit, log_types=["Okta.SystemLog"])

    assert lake.query(f"select p_any_ip_addresses as ips from {NORMALIZED}").to_pylist() == [{"ips": ["192.0.2.9"]}]
    assert lake.query(f"select value from {INDICATORS} where indicator = 'ip_addresses'").to_pylist() == [{"value": "192.0.2.9"}]


def test_hours_are_rebuilt_without_touching_the_hour_beside_them(settings: Settings, lake: Lake, land: Land) -> None:
    project = DbtProject(settings, lake)
    for batch_id, hour in {"b1": HOUR, "b2": HOUR, "b3": datetime(2024, 5, 1, 13)}.items():
        project.build(land(batch_id, ["192.0.2.1"], hour=hour), log_types=["Okta.SystemLog"])

    results = project.build(UnitOfWork(hours=(HOUR, datetime(2024, 5, 1, 13))), log_types=["Okta.SystemLog"])

    assert {result.table: result.rows for result in results}[NORMALIZED] == 2
    assert lake.query(f"select count(*) as n from {NORMALIZED}").to_pylist() == [{"n": 3}]


def test_log_types_with_rows_are_those_landed_and_those_left_from_before(settings: Settings, lake: Lake, land: Land) -> None:
    project = DbtProject(settings, lake)
    unit = land("b1", ["192.0.2.1"])
    assert project.log_types_with_rows(unit) == ["Okta.SystemLog"]
    assert project.log_types_with_rows(UnitOfWork(batch_id="b2")) == []

    project.build(unit, log_types=["Okta.SystemLog"])
    land("b1", [])

    assert project.log_types_with_rows(unit) == ["Okta.SystemLog"]
    project.build(unit, log_types=["Okta.SystemLog"])
    assert lake.query(f"select count(*) as n from {NORMALIZED}").to_pylist() == [{"n": 0}]


def test_nothing_to_build_is_no_dbt_run(settings: Settings, lake: Lake) -> None:
    assert DbtProject(settings, lake).build(UnitOfWork(batch_id="b1"), log_types=[]) == []
    assert DbtProject(settings, lake).ensure_tables() == []


def test_an_unknown_log_type_is_named(settings: Settings, lake: Lake) -> None:
    with pytest.raises(NormalizationError, match="no dbt model for okta_sytemlog"):
        DbtProject(settings, lake).build(UnitOfWork(batch_id="b1"), log_types=["Okta.SytemLog"])


def test_a_model_that_fails_is_named_with_the_engines_text(settings: Settings, lake: Lake, land: Land, tmp_path: Path) -> None:
    copy = tmp_path / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", copy)
    model = copy / "models" / "normalized" / "okta_systemlog" / "okta_systemlog.sql"
    model.write_text(model.read_text().replace("{{ normalized(", "select no_such_column from ({{ normalized(") + ")")
    broken = DbtProject(settings.model_copy(update={"dbt_project": copy}), lake)

    with pytest.raises(NormalizationError, match=r"model okta_systemlog: .*no_such_column"):
        broken.build(land("b1", ["192.0.2.1"]), log_types=["Okta.SystemLog"])


def test_a_project_that_does_not_parse_says_where(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    copy = tmp_path / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", copy)
    (copy / "models" / "normalized" / "okta_systemlog" / "okta_systemlog.sql").write_text("select * from {{ ref('no_such_model') }}")

    with pytest.raises(NormalizationError, match=r"okta_systemlog.*no_such_model"):
        DbtProject(settings.model_copy(update={"dbt_project": copy}), lake).nodes  # noqa: B018


def test_the_checkout_stays_clean(settings: Settings, lake: Lake, land: Land) -> None:
    before = sorted(PROJECT_ROOT.glob("dbt_project/**/*"))

    DbtProject(settings, lake).build(land("b1", ["192.0.2.1"]), log_types=["Okta.SystemLog"])

    assert sorted(PROJECT_ROOT.glob("dbt_project/**/*")) == before


def test_two_processes_at_the_same_time_do_not_break_each_other(settings: Settings, lake: Lake, land: Land) -> None:
    for batch_id in ("b1", "b2"):
        land(batch_id, ["192.0.2.1", "192.0.2.2"])

    with ProcessPoolExecutor(2, PROCESSES) as processes:  # not a Pool, which ends its processes by a signal that they may ignore
        rows = list(processes.map(build_in_process, [settings.home] * 2, ["b1", "b2"]))

    assert rows == [[2], [2]]
    assert lake.query(f"select p_batch_id, count(*) as n from {NORMALIZED} group by 1 order by 1").to_pylist() == [
        {"p_batch_id": "b1", "n": 2},
        {"p_batch_id": "b2", "n": 2},
    ]


def test_the_projects_tests_pass_and_are_results(settings: Settings, lake: Lake, land: Land) -> None:
    project = DbtProject(settings, lake)
    project.build(land("b1", ["192.0.2.1"]), log_types=["Okta.SystemLog"])

    results = project.test()

    assert results
    assert [result for result in results if result.state != "pass"] == []
