from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from panther_dagster.defs.batch_runs import MAX_ATTEMPTS, Plan, plan_runs
from panther_dagster.defs.claims import LivingWork
from panther_dagster.ingest.batching import Batch

NOBODY = LivingWork(frozenset(), frozenset())


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@dg.job
def nothing() -> None:
    pass


def batch(batch_id: str) -> Batch:
    hour = datetime(2024, 5, 1, 12)
    return Batch(batch_id, "okta", hour, hour, objects=1, size_bytes=10, state="CUT")


def add_run(instance: dg.DagsterInstance, batch_id: str, status: dg.DagsterRunStatus) -> str:
    tags = {"lake/batch_id": batch_id}
    if status is dg.DagsterRunStatus.FAILURE:
        run = instance.create_run_for_job(nothing, tags=tags, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(run)
    else:
        run = instance.create_run_for_job(nothing, tags=tags, status=status)
    return run.run_id


def plan(
    instance: dg.DagsterInstance, *batch_ids: str, living: LivingWork = NOBODY, later: timedelta = timedelta(0), max_requests: int = 20
) -> Plan:
    batches = [batch(batch_id) for batch_id in batch_ids]
    return plan_runs(batches, instance, living, now_utc=datetime.now(UTC) + later, max_requests=max_requests)


def test_a_new_batch_gets_a_run_of_its_hour(instance: dg.DagsterInstance) -> None:
    (request,) = plan(instance, "b1").requests

    assert request.run_key == "b1/0"
    assert request.partition_key == "2024-05-01-12:00"
    assert request.tags == {"lake/batch_id": "b1", "lake/source": "okta"}


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING])
def test_a_batch_whose_run_waits_is_left_alone(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> None:
    add_run(instance, "b1", status)

    assert plan(instance, "b1", later=timedelta(hours=1)) == Plan([], in_flight=1, given_up=[])


def test_a_batch_that_another_process_has_claimed_is_left_alone(instance: dg.DagsterInstance) -> None:
    living = LivingWork(frozenset({"b1"}), frozenset())

    assert plan(instance, "b1", living=living) == Plan([], in_flight=1, given_up=[])


def test_a_started_run_is_alive_while_its_claim_is(instance: dg.DagsterInstance) -> None:
    run_id = add_run(instance, "b1", dg.DagsterRunStatus.STARTED)
    living = LivingWork(frozenset(), frozenset({run_id}))

    assert plan(instance, "b1", living=living, later=timedelta(hours=1)).in_flight == 1


def test_a_started_run_whose_process_is_gone_fails_and_its_batch_gets_another(instance: dg.DagsterInstance) -> None:
    run_id = add_run(instance, "b1", dg.DagsterRunStatus.STARTED)
    assert plan(instance, "b1").requests == []  # it may just be starting

    later = plan(instance, "b1", later=timedelta(minutes=2))

    assert [request.run_key for request in later.requests] == ["b1/1"]
    found = instance.get_run_by_id(run_id)
    assert found
    assert found.status is dg.DagsterRunStatus.FAILURE


def test_a_failed_batch_is_tried_again_at_once_then_ever_later_then_given_up(instance: dg.DagsterInstance) -> None:
    add_run(instance, "b1", dg.DagsterRunStatus.FAILURE)
    assert [request.run_key for request in plan(instance, "b1").requests] == ["b1/1"]

    add_run(instance, "b1", dg.DagsterRunStatus.FAILURE)
    assert plan(instance, "b1").requests == []
    assert [request.run_key for request in plan(instance, "b1", later=timedelta(seconds=16)).requests] == ["b1/2"]

    add_run(instance, "b1", dg.DagsterRunStatus.FAILURE)
    assert plan(instance, "b1", later=timedelta(seconds=16)).requests == []
    assert [request.run_key for request in plan(instance, "b1", later=timedelta(seconds=31)).requests] == ["b1/3"]

    for _ in range(MAX_ATTEMPTS - 3):
        add_run(instance, "b1", dg.DagsterRunStatus.FAILURE)
    assert plan(instance, "b1", "b2", later=timedelta(days=1)) == Plan(plan(instance, "b2").requests, in_flight=0, given_up=["b1"])


def test_only_so_many_runs_are_under_way(instance: dg.DagsterInstance) -> None:
    add_run(instance, "b1", dg.DagsterRunStatus.STARTING)

    asked = plan(instance, "b1", "b2", "b3", "b4", max_requests=3).requests

    assert [request.run_key for request in asked] == ["b2/0", "b3/0"]
