"""Batches and scheduled queries in this process, for the command line: the same jobs, instance and events as runs that Dagster starts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from panther_dagster.defs.batch_runs import BATCH_JOB
from panther_dagster.defs.claims import claim
from panther_dagster.defs.code_location import build_definitions
from panther_dagster.defs.instance import dagster_instance
from panther_dagster.defs.scheduled_queries import COUNTS, QUERY_TAG, TIME_TAG, scheduled_query
from panther_dagster.defs.units import BATCH_TAG, SOURCE_TAG, partition_key
from panther_dagster.errors import PantherError
from panther_dagster.settings import Settings

if TYPE_CHECKING:
    from panther_dagster.ingest.batching import Batch

# What Dagster logs while it runs would be printed over the caller's progress bar.
SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class BatchEvent:
    """Something that happened in a batch's run. `kind`: started, step, table, finished, failed.

    `step`: land, dbt, rule_matches, panther_alerts__alerts. `table`: panther_raw.okta_systemlog, with `metadata` as in the UI
    (events, bytes, seconds, matches, alerts, failures).
    """

    batch_id: str
    kind: str
    step: str | None = None
    table: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchOutcome:
    """How a batch's run ended. `metadata_by_table`: what each table got; `error`: empty when it succeeded."""

    batch_id: str
    run_id: str
    is_success: bool
    seconds: float
    metadata_by_table: Mapping[str, Mapping[str, Any]]
    error: str = ""

    def total(self, schema: str, name: str) -> int:
        """Sum of a number over the tables of a schema: `total("panther_raw", "events")`."""
        tables = self.metadata_by_table.items()
        return sum(int(metadata.get(name, 0) or 0) for table, metadata in tables if table.startswith(f"{schema}."))


def run_batches(
    settings: Settings, batches: Sequence[Batch], on_event: Callable[[BatchEvent], None] = lambda event: None
) -> list[BatchOutcome]:
    """Run each batch from its objects to its alerts, one after the other. A batch that fails does not keep the others from running.

    Other processes see the batches as taken until this returns. Alerts are not delivered here (defs/dispatch.py).
    """
    if not batches:
        return []
    job = build_definitions(settings).resolve_job_def(BATCH_JOB)
    with dagster_instance(settings) as instance, claim(settings.lake_folder, batch_ids=[batch.batch_id for batch in batches]):
        return [_run_batch(job, instance, batch, on_event) for batch in batches]


def _run_batch(job: dg.JobDefinition, instance: dg.DagsterInstance, batch: Batch, on_event: Callable[[BatchEvent], None]) -> BatchOutcome:
    run_id = str(uuid.uuid4())
    metadata_by_table: dict[str, dict[str, Any]] = {}
    errors: list[str] = []

    def listen(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        if event.is_step_start:
            on_event(BatchEvent(batch.batch_id, "step", step=event.step_key))
        elif event.is_step_materialization:
            made = event.step_materialization_data.materialization
            table = ".".join(made.asset_key.path)
            metadata_by_table[table] = {name: value.value for name, value in made.metadata.items()}
            on_event(BatchEvent(batch.batch_id, "table", step=event.step_key, table=table, metadata=metadata_by_table[table]))
        elif event.is_step_failure:
            error = event.step_failure_data.error
            errors.append(f"{event.step_key}: {_root_cause(error)}" if error else str(event.step_key))

    on_event(BatchEvent(batch.batch_id, "started"))
    start = time.perf_counter()
    instance.add_event_listener(run_id, listen)
    result = job.execute_in_process(
        run_id=run_id,
        instance=instance,
        partition_key=partition_key(batch.hour),
        tags={BATCH_TAG: batch.batch_id, SOURCE_TAG: batch.source_id},
        run_config=SILENT,
        raise_on_error=False,
    )
    seconds = time.perf_counter() - start
    outcome = BatchOutcome(batch.batch_id, run_id, result.success, seconds, metadata_by_table, "; ".join(errors))
    on_event(BatchEvent(batch.batch_id, "finished" if result.success else "failed", metadata={"seconds": seconds}))
    return outcome


def run_query(settings: Settings, query_name: str, *, time_utc: datetime) -> dict[str, int]:
    """Run a scheduled query as of a time. Returns rows, rules, matches, errors, and alerts that are new.

    Raises: PantherError: the text of what failed.
    """
    job = build_definitions(settings).resolve_job_def(scheduled_query.name)
    with dagster_instance(settings) as instance:
        tags = {QUERY_TAG: query_name, TIME_TAG: time_utc.isoformat()}
        result = job.execute_in_process(instance=instance, tags=tags, run_config=SILENT, raise_on_error=False)
    failed = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    if not result.success:
        raise PantherError("; ".join(_root_cause(error) for error in failed if error) or "the run failed")
    (output,) = (event.step_output_data for event in result.all_events if event.is_successful_output)
    return {name: int(str(output.metadata[name].value)) for name in COUNTS}


def _root_cause(error: Any) -> str:
    while error.cause is not None:
        error = error.cause
    return str(error.message).strip()
