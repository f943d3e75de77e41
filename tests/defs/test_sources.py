"""Sensors, evaluated as Dagster's daemon does: what they ask for, and when they ask for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from alerts.signals import match, write_batch
from flow_files import deliver, stopped_trail
from installations import copy_home, installation

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.defs.batch_runs import MAX_ATTEMPTS
from panther_dagster.defs.claims import claim
from panther_dagster.defs.dispatch import dispatch_alerts, dispatch_sensor
from panther_dagster.defs.sources import source_sensors
from panther_dagster.errors import SourceError
from panther_dagster.ingest.batching import Batch, cut_batches, unfinished_batches
from panther_dagster.settings import BatchSettings, DestinationSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

NOON = datetime(2024, 5, 1, 12)


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "once").mkdir()
    return installation(
        copy_home(ensured_home, tmp_path / "home"),
        sources=(
            SourceSettings(name="incoming", uri=str(tmp_path / "incoming")),
            SourceSettings(name="once", uri=str(tmp_path / "once"), is_polled=False),
        ),
        batches=BatchSettings(max_objects=2, max_per_tick=3),
        destinations=(DestinationSettings(name="soc", type="file"),),
    )


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = open_lake(settings)
    yield opened
    opened.close()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@dg.job
def nothing() -> None:
    pass


def tick(settings: Settings, name: str, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    (sensor,) = (sensor for sensor in source_sensors(settings) if sensor.name == name)
    answer = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(answer, dg.SensorResult | dg.SkipReason)
    return answer


def keys(answer: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    return [request.run_key for request in answer.run_requests or []] if isinstance(answer, dg.SensorResult) else []


def fail_a_run(instance: dg.DagsterInstance, batch: Batch) -> None:
    run = instance.create_run_for_job(nothing, tags={"lake/batch_id": batch.batch_id}, status=dg.DagsterRunStatus.STARTED)
    instance.report_run_failed(run)


def test_new_objects_become_batches_with_a_run_each(settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path) -> None:
    for number, hour in enumerate((NOON, NOON, NOON, NOON + timedelta(hours=1))):
        deliver(tmp_path / "incoming", f"{number}.json", [stopped_trail("mia", hour)], hour)

    answer = tick(settings, "source_incoming", instance)

    assert isinstance(answer, dg.SensorResult)
    batches = unfinished_batches(lake)
    assert [batch.objects for batch in batches] in ([2, 1, 1], [1, 2, 1])
    assert keys(answer) == [f"{batch.batch_id}/0" for batch in batches]
    assert [request.partition_key for request in answer.run_requests or []] == ["2024-05-01-12:00", "2024-05-01-12:00", "2024-05-01-13:00"]
    assert [request.tags["lake/batch_id"] for request in answer.run_requests or []] == [batch.batch_id for batch in batches]
    assert {request.tags["lake/source"] for request in answer.run_requests or []} == {"incoming"}
    (event,) = answer.asset_events
    assert event.asset_key == dg.AssetKey(["sources", "incoming"])
    assert event.metadata["objects"].value == 4


def test_a_tick_that_was_lost_is_asked_again_with_the_same_key(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON)], NOON)

    first, second = tick(settings, "source_incoming", instance), tick(settings, "source_incoming", instance)

    (batch,) = unfinished_batches(lake)
    assert keys(first) == keys(second) == [f"{batch.batch_id}/0"]


def test_without_new_objects_it_skips(settings: Settings, instance: dg.DagsterInstance) -> None:
    assert isinstance(tick(settings, "source_incoming", instance), dg.SkipReason)


def test_a_tick_asks_for_a_bounded_number_of_runs_and_the_rest_follows(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    for number in range(8):
        deliver(tmp_path / "incoming", f"{number}.json", [stopped_trail("mia", NOON)], NOON)

    assert len(keys(tick(settings, "source_incoming", instance))) == 3
    assert len(unfinished_batches(lake)) == 4


def test_while_enough_batches_are_under_way_new_objects_wait_for_a_bigger_batch(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    for number in range(8):
        deliver(tmp_path / "incoming", f"{number}.json", [stopped_trail("mia", NOON)], NOON)
    tick(settings, "source_incoming", instance)
    deliver(tmp_path / "incoming", "later.json", [stopped_trail("ada", NOON)], NOON)

    tick(settings, "source_incoming", instance)

    assert lake.query("select count(*) as n from panther_monitor.objects").to_pylist() == [{"n": 8}]


def test_a_batch_that_fails_is_tried_again_a_bounded_number_of_times(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON)], NOON)
    tick(settings, "source_incoming", instance)
    (batch,) = unfinished_batches(lake)
    monkeypatch.setattr("panther_dagster.defs.sources.utc_now", lambda: datetime.now(UTC) + timedelta(days=1))

    for attempt in range(1, MAX_ATTEMPTS):
        fail_a_run(instance, batch)
        assert keys(tick(settings, "source_incoming", instance)) == [f"{batch.batch_id}/{attempt}"]
    fail_a_run(instance, batch)

    assert keys(tick(settings, "source_incoming", instance)) == []
    assert [left.batch_id for left in unfinished_batches(lake)] == [batch.batch_id]


def test_batches_that_a_stopped_ingest_left_are_swept_once_nobody_holds_them(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path / "once", "a.json", [stopped_trail("mia", NOON)], NOON)
    (batch,) = cut_batches(
        lake, settings.sources[1], limits=settings.batches, first_hour=settings.schedule.first_hour, now_utc=datetime.now(UTC)
    )
    assert keys(tick(settings, "unfinished_batches", instance)) == []  # just cut: whoever cut it is about to run it
    fail_a_run(instance, batch)

    monkeypatch.setattr("panther_dagster.defs.sources.utc_now", lambda: datetime.now(UTC) + timedelta(minutes=2))
    with claim(settings.lake_folder, batch_ids=[batch.batch_id]):
        assert keys(tick(settings, "unfinished_batches", instance)) == []
    answer = tick(settings, "unfinished_batches", instance)

    assert keys(answer) == [f"{batch.batch_id}/1"]
    assert isinstance(answer, dg.SensorResult)
    assert [request.tags["lake/source"] for request in answer.run_requests or []] == ["once"]


def test_a_folder_that_is_gone_says_so_and_its_open_batches_still_run(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("mia", NOON)], NOON)
    tick(settings, "source_incoming", instance)
    (tmp_path / "incoming").rename(tmp_path / "elsewhere")

    answer = tick(settings, "source_incoming", instance)

    (batch,) = unfinished_batches(lake)
    assert keys(answer) == [f"{batch.batch_id}/0"]
    with claim(settings.lake_folder, batch_ids=[batch.batch_id]), pytest.raises(SourceError, match="cannot list"):
        tick(settings, "source_incoming", instance)


def dispatch_tick(settings: Settings, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    answer = dispatch_sensor(settings)(dg.build_sensor_context(instance=instance))
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


def test_deliveries_start_when_an_alert_is_pending_and_no_run_is_active(
    settings: Settings, lake: Lake, instance: dg.DagsterInstance
) -> None:
    assert isinstance(dispatch_tick(settings, instance), dg.SkipReason)

    raise_alerts(lake, write_batch(lake, "b1", [match(0)]), now_utc=datetime.now(UTC).replace(tzinfo=None))
    assert isinstance(dispatch_tick(settings, instance), dg.RunRequest)

    run = instance.create_run_for_job(dispatch_alerts, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(dispatch_tick(settings, instance), dg.SkipReason)
    instance.report_run_failed(run)
    assert isinstance(dispatch_tick(settings, instance), dg.RunRequest)
