from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from installations import copy_home, installation

from panther_dagster.defs.code_location import build_definitions
from panther_dagster.dispatch.messages import alert_link
from panther_dagster.normalize.dbt import DbtProject, relation
from panther_dagster.settings import Settings, SourceSettings

GROUPS = {"sources", "raw", "normalized", "indicators", "detections", "alerts", "deliveries", "marts", "lookups"}


@pytest.fixture(scope="module")
def settings(ensured_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = copy_home(ensured_home, tmp_path_factory.mktemp("home"))
    return installation(
        home, sources=(SourceSettings(name="incoming", uri="/nowhere"), SourceSettings(name="once", uri="/x", is_polled=False))
    )


@pytest.fixture(scope="module")
def definitions(settings: Settings) -> dg.Definitions:
    return build_definitions(settings)


def test_every_asset_is_declared_here(definitions: dg.Definitions) -> None:
    """A wrong key among dependencies makes an asset without group and description, that nothing ever makes."""
    graph = definitions.resolve_asset_graph()

    assert {node.group_name for node in graph.asset_nodes} == GROUPS
    assert [node.key.to_user_string() for node in graph.asset_nodes if not node.description] == []
    assert {node.key.to_user_string() for node in graph.asset_nodes if node.is_external} == {
        "sources/incoming",
        "sources/once",
        "panther_alerts/deliveries",
    }


def test_the_link_in_an_alert_leads_to_an_asset_that_is_there(settings: Settings, definitions: dg.Definitions) -> None:
    path = alert_link(settings).removeprefix(f"{settings.ui_url}/assets/")

    assert dg.AssetKey(path.split("/")) in definitions.resolve_asset_graph().get_all_asset_keys()


def test_the_flow_is_one_lineage(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    def parents(key: str) -> set[str]:
        return {parent.to_user_string() for parent in graph.get(dg.AssetKey(key.split("/"))).parent_keys}

    assert parents("panther_raw/okta_systemlog") == {"sources/incoming", "sources/once"}
    assert parents("panther_logs/okta_systemlog") == {"panther_raw/okta_systemlog"}
    assert {"panther_logs/okta_systemlog", "panther_logs/aws_cloudtrail"} <= parents("panther_indicators/indicators")
    assert len(parents("panther_signals/signals")) == 20
    assert "panther_lookups/employees" in parents("panther_signals/signals")
    assert parents("panther_lookups/employees") == {"panther_marts/employees"}
    assert parents("panther_alerts/alerts") == {"panther_signals/signals", "panther_signals/rule_errors"}
    assert parents("panther_alerts/deliveries") == {"panther_alerts/alerts"}


def test_a_batch_run_covers_the_flow_and_leaves_dbts_tests_out(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def("process_batch")

    assert {node.name for node in job.graph.nodes} == {"land", "dbt", "rule_matches", "panther_alerts__alerts"}
    assert {key.name for key in job.asset_layer.asset_graph.asset_check_keys} >= {
        "accounting",
        "failure_rate",
        "no_rule_errors",
        "rules_load",
    }


def test_rules_are_checked_by_the_hour_and_not_in_a_batch(definitions: dg.Definitions) -> None:
    checks = {
        name: {key.to_user_string() for key in definitions.resolve_job_def(name).asset_layer.asset_graph.asset_check_keys}
        for name in ("process_batch", "check_tables")
    }
    about_rules = {"panther_signals/signals:slow_rules", "panther_signals/signals:quarantined_rules", "panther_alerts/alerts:noisy_rules"}

    assert about_rules <= checks["check_tables"]
    assert not about_rules & checks["process_batch"]


def test_sensors_and_schedules_run_without_being_switched_on(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()

    sensors = {sensor.name: sensor for sensor in repository.sensor_defs if not sensor.name.startswith("default_")}
    assert set(sensors) == {"source_incoming", "unfinished_batches", "pending_alerts"}
    assert {sensor.default_status for sensor in sensors.values()} == {dg.DefaultSensorStatus.RUNNING}
    schedules = {schedule.job_name: schedule for schedule in repository.schedule_defs}
    assert set(schedules) == {
        "correlate_signals",
        "lake_maintenance",
        "refresh_marts",
        "load_lookups",
        "check_tables",
        "scheduled_query",
    }
    assert {schedule.default_status for schedule in schedules.values()} == {dg.DefaultScheduleStatus.RUNNING}


def test_columns_are_described_with_their_types(definitions: dg.Definitions) -> None:
    spec = definitions.resolve_asset_graph().get(dg.AssetKey(["panther_logs", "okta_systemlog"]))

    schema = spec.metadata["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}
    assert columns["actor"].type == "object"
    assert columns["p_event_time"].type == "timestamp"
    assert columns["p_any_ip_addresses"].type == "array(string)"
    assert [name for name, column in columns.items() if not column.description] == []


def test_dagster_dbt_makes_the_same_of_the_models(settings: Settings, definitions: dg.Definitions) -> None:
    """Our specs come from nodes kept on disk, as importing dagster-dbt costs seconds in every run; they must not drift from its own."""
    from dagster_dbt import build_dbt_asset_specs

    nodes = DbtProject(settings).nodes
    manifest = {
        "metadata": {"adapter_type": "duckdb", "project_name": "panther"},
        "nodes": {unique_id: node for unique_id, node in nodes.items() if node["resource_type"] != "source"},
        "sources": {unique_id: node for unique_id, node in nodes.items() if node["resource_type"] == "source"},
        "child_map": {unique_id: [] for unique_id in nodes},
        "parent_map": {unique_id: node.get("depends_on", {}).get("nodes", []) for unique_id, node in nodes.items()},
        **{kind: {} for kind in ("metrics", "semantic_models", "saved_queries", "exposures", "unit_tests", "groups", "selectors")},
    }
    theirs = {spec.metadata["dagster_dbt/unique_id"]: spec for spec in build_dbt_asset_specs(manifest=manifest)}
    tables = {node["unique_id"]: node for node in nodes.values() if node["resource_type"] in ("model", "seed")}

    assert set(theirs) == set(tables)
    for unique_id, spec in theirs.items():
        ours = definitions.resolve_asset_graph().get(dg.AssetKey(relation(tables[unique_id]).split(".")))
        assert ours.kinds == spec.kinds
        assert len(ours.parent_keys) == len(list(spec.deps))
        declared = {column.name: column.description for column in spec.metadata["dagster/column_schema"].columns}
        own = {column.name: column.description for column in ours.metadata["dagster/column_schema"].columns}
        assert declared.items() <= own.items()


def test_a_process_that_loads_the_definitions_imports_neither_dbt_nor_snowflake(settings: Settings, tmp_path: Path) -> None:
    code = (
        "import sys; from panther_dagster.definitions import defs;"
        "costly = {'dbt.cli.main', 'dagster_dbt', 'dagster_snowflake', 'dagster_aws', 'snowflake.connector', 'boto3'};"
        "print(sorted(costly & set(sys.modules)))"
    )
    environment = {"PANTHER_HOME": str(settings.home), "PATH": "/usr/bin:/bin"}

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True)

    assert answer.stdout.strip() == "[]"
    assert answer.stderr == ""
