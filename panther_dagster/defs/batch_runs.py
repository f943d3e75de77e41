"""Which batches need a run now: decides from the ledger (what is unfinished), Dagster's runs (what was tried) and claims (what is alive).

Cursor and run keys live in Dagster's database and may be lost; the truth is in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from panther_dagster.defs.claims import LivingWork
from panther_dagster.defs.units import BATCH_TAG, SOURCE_TAG, partition_key

if TYPE_CHECKING:
    from panther_dagster.ingest.batching import Batch

BATCH_JOB = "process_batch"
MAX_ATTEMPTS = 5
# A run is STARTED before its resources, and with them its claim, are up.
STARTUP = timedelta(seconds=20)
# The first retry comes at once, as after a kill; later ones leave time to mend what is broken.
RETRY_AFTER = timedelta(seconds=15)
NOT_STARTED = (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.MANAGED)
STARTED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


@dataclass(frozen=True)
class Plan:
    """What a sensor asks for. `given_up`: batches whose attempts are used up. `in_flight`: batches that have a living run."""

    requests: list[dg.RunRequest]
    in_flight: int
    given_up: list[str]


def plan_runs(batches: Sequence[Batch], instance: dg.DagsterInstance, living: LivingWork, *, now_utc: datetime, max_requests: int) -> Plan:
    """One run for each batch that nobody works on, oldest first.

    A batch that was tried waits a little longer after every failure and is given up after MAX_ATTEMPTS; a run that is STARTED and whose
    process is gone is marked as failed first.

    Args: now_utc: aware.
    """
    runs_by_batch = _runs_by_batch(batches, instance)
    requests: list[dg.RunRequest] = []
    given_up: list[str] = []
    in_flight = 0
    for batch in batches:
        records = runs_by_batch[batch.batch_id]
        alive = [_is_alive(record, instance, living, now_utc=now_utc) for record in records]
        if any(alive) or batch.batch_id in living.batch_ids:
            in_flight += 1
        elif len(records) >= MAX_ATTEMPTS:
            given_up.append(batch.batch_id)
        elif _is_due(records, now_utc=now_utc):
            requests.append(_request(batch, attempt=len(records)))
    return Plan(requests[: max(0, max_requests - in_flight)], in_flight, given_up)


def _runs_by_batch(batches: Sequence[Batch], instance: dg.DagsterInstance) -> dict[str, list[dg.RunRecord]]:
    found: dict[str, list[dg.RunRecord]] = defaultdict(list)
    ids = [batch.batch_id for batch in batches]
    for start in range(0, len(ids), 200):
        for record in instance.get_run_records(dg.RunsFilter(tags={BATCH_TAG: ids[start : start + 200]})):
            found[record.dagster_run.tags[BATCH_TAG]].append(record)
    return found


def _is_alive(record: dg.RunRecord, instance: dg.DagsterInstance, living: LivingWork, *, now_utc: datetime) -> bool:
    run = record.dagster_run
    if run.status in NOT_STARTED:
        return True  # Dagster's run monitoring ends those that never start
    if run.status not in STARTED:
        return False
    if run.run_id in living.run_ids:
        return True
    started = record.start_time or record.create_timestamp.timestamp()
    if now_utc.timestamp() - started < STARTUP.total_seconds():
        return True
    instance.report_run_failed(run, "The process of this run is gone; its batch gets another run.")
    return False


def _is_due(records: Sequence[dg.RunRecord], *, now_utc: datetime) -> bool:
    if len(records) < 2:
        return True
    ended = max(record.end_time or 0.0 for record in records)
    return now_utc.timestamp() >= ended + RETRY_AFTER.total_seconds() * 2 ** (len(records) - 2)


def _request(batch: Batch, *, attempt: int) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{batch.batch_id}/{attempt}",
        partition_key=partition_key(batch.hour),
        tags={BATCH_TAG: batch.batch_id, SOURCE_TAG: batch.source_id},
    )


def utc_now() -> datetime:
    """Aware. Sensors and steps read the clock here and hand it on."""
    return datetime.now(UTC)
