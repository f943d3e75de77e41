"""The checks slow_rules, noisy_rules and quarantined_rules, through a run of the job that evaluates them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from installations import copy_home, installation

from panther_dagster.defs import rule_checks
from panther_dagster.defs.code_location import build_definitions
from panther_dagster.defs.instance import dagster_instance
from panther_dagster.defs.rule_checks import NOISY_RULES, QUARANTINED_RULES, SLOW_RULES
from panther_dagster.settings import RulesSettings, Settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import ALERT_EVENTS, RULE_RUNS, RULE_STOPS, Table

NOW = datetime(2024, 5, 2, 12, 30)
LIMITS = RulesSettings(slow_microseconds=100, slow_cpu_seconds=1, noisy_alerts_per_day=2)


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(rule_checks, "utc_now", lambda: NOW.replace(tzinfo=UTC))
    return installation(copy_home(ensured_home, tmp_path / "home"), rules=LIMITS)


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = open_lake(settings)
    yield opened
    opened.close()


def write(lake: Lake, table: Table, *rows: dict[str, Any]) -> None:
    data = pa.Table.from_pylist([{"p_batch_id": "b1", "p_hour": NOW - timedelta(hours=2), **row} for row in rows], table.columns)
    lake.transact(lambda tx: tx.append(table, data))


def ran(rule_id: str, candidates: int, cpu_seconds: float, **values: Any) -> dict[str, Any]:
    return {"rule_id": rule_id, "log_type": "A", "events": 90_000, "candidates": candidates, "cpu_seconds": cpu_seconds, **values}


def alerts(rule_id: str, count: int, **values: Any) -> list[dict[str, Any]]:
    created = {"rule_id": rule_id, "event_type": "CREATED", "alert_type": "RULE"}
    return [{**created, "alert_id": f"{rule_id}-{number}", **values} for number in range(count)]


def evaluated(settings: Settings) -> dict[str, tuple[bool, Any, Any]]:
    """By check: whether it passed, its severity, and the rules that it lists."""
    keys = {SLOW_RULES.key, NOISY_RULES.key, QUARANTINED_RULES.key}
    job = build_definitions(settings).resolve_job_def("check_tables").get_subset(asset_check_selection=keys)
    with dagster_instance(settings) as instance:
        result = job.execute_in_process(instance=instance)
        assert result.success
        entries = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    checks = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
    return {check.check_name: (check.passed, check.severity, check.metadata["first"].value) for check in checks}


def test_rules_over_a_threshold_are_warned_of_with_their_numbers(settings: Settings, lake: Lake) -> None:
    write(lake, RULE_RUNS, ran("Slow", 4_000, 1.0), ran("Slow", 6_000, 1.0), ran("Slower", 10_000, 30.0), ran("Quick", 90_000, 3.0))
    write(lake, RULE_RUNS, ran("Rare", 10, 0.9), ran("Yesterday", 10_000, 30.0, p_hour=NOW - timedelta(hours=25)))
    write(lake, ALERT_EVENTS, *alerts("Noisy", 3), *alerts("Quiet", 2), *alerts("Broken", 3, alert_type="RULE_ERROR"))
    write(lake, ALERT_EVENTS, *alerts("Yesterday", 3, p_hour=NOW - timedelta(hours=25)))
    stop = {"rule_id": "Hangs", "rule_version": "v1", "event_type": "STOPPED", "error_message": "RuleTimeout('took longer')"}
    write(lake, RULE_STOPS, *({**stop, "event_time": NOW - timedelta(hours=hours)} for hours in (3, 2, 1)))
    write(lake, RULE_STOPS, {**stop, "rule_id": "Once", "event_time": NOW})
    lake.close()

    assert evaluated(settings) == {
        "slow_rules": (
            False,
            dg.AssetCheckSeverity.WARN,
            [
                {"rule_id": "Slower", "microseconds_per_candidate": 3_000.0, "candidates": 10_000, "cpu_seconds": 30.0},
                {"rule_id": "Slow", "microseconds_per_candidate": 200.0, "candidates": 10_000, "cpu_seconds": 2.0},
            ],
        ),
        "noisy_rules": (False, dg.AssetCheckSeverity.WARN, [{"rule_id": "Noisy", "alerts_per_day": 3}]),
        "quarantined_rules": (
            False,
            dg.AssetCheckSeverity.WARN,
            [{"rule_id": "Hangs", "stops": 3, "until": "2024-05-03 09:30:00Z", "last": "RuleTimeout('took longer')"}],
        ),
    }


def test_a_lake_without_runs_and_alerts_passes(settings: Settings) -> None:
    assert evaluated(settings) == {
        "slow_rules": (True, dg.AssetCheckSeverity.WARN, []),
        "noisy_rules": (True, dg.AssetCheckSeverity.WARN, []),
        "quarantined_rules": (True, dg.AssetCheckSeverity.WARN, []),
    }
