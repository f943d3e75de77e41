"""Dagster's SQLite storage with kept connections, beside Dagster's own over the same files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from sqlalchemy.exc import OperationalError

from panther_dagster.defs.dagster_storage import KEPT_FILES, KeptSqliteEventLog
from panther_dagster.settings import PROJECT_ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DAGSTER_HOME with the storage that dagster.yaml names."""
    shipped = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text())
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({name: shipped[name] for name in ("storage", "telemetry")}))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as made:
        yield made


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
def numbers() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"events": 3})


def materialize(instance: dg.DagsterInstance, partition: str = "a") -> str:
    return dg.materialize([numbers], instance=instance, partition_key=partition).run_id


def log_of(instance: dg.DagsterInstance) -> KeptSqliteEventLog:
    assert isinstance(instance.event_log_storage, KeptSqliteEventLog)
    return instance.event_log_storage


def test_events_are_there_for_dagsters_own_storage(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    run_id = materialize(instance)
    kept = [(entry.timestamp, entry.message) for entry in instance.all_logs(run_id)]
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(tmp_path)) as own:
        assert [(entry.timestamp, entry.message) for entry in own.all_logs(run_id)] == kept
        assert own.get_materialized_partitions(numbers.key) == {"a"}
        other = materialize(own, "b")
    assert instance.get_materialized_partitions(numbers.key) == {"a", "b"}
    assert instance.all_logs(other)


def test_files_are_open_for_the_runs_that_were_used_last(instance: dg.DagsterInstance) -> None:
    run_ids = [materialize(instance) for _ in range(KEPT_FILES + 2)]
    assert len(log_of(instance)._engines) == KEPT_FILES
    assert all(instance.all_logs(run_id) for run_id in run_ids)


def test_threads_share_a_connection_one_after_the_other(instance: dg.DagsterInstance) -> None:
    run_id = materialize(instance)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(instance.all_logs(run_id)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * len(threads)


def test_a_statement_that_fails_is_rolled_back_and_the_connection_goes_on(instance: dg.DagsterInstance) -> None:
    materialize(instance)
    before = len(instance.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION)))
    with pytest.raises(OperationalError), log_of(instance).index_connection() as connection:
        _ = [connection.exec_driver_sql(sql) for sql in ("delete from event_logs", "select nothing")]
    assert len(instance.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION))) == before > 0


def test_after_a_wipe_the_log_is_empty_and_usable(instance: dg.DagsterInstance) -> None:
    run_id = materialize(instance)
    log_of(instance).wipe()
    assert instance.all_logs(run_id) == []
    assert instance.all_logs(materialize(instance))
