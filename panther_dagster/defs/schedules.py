"""What is periodic: maintenance of the lake, purging Dagster's event log, marts, lookup tables, checks of sources and tables."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.lookups import LOOKUPS_JOB
from panther_dagster.defs.resources import LakeResource
from panther_dagster.settings import Settings

MARTS_JOB = "refresh_marts"
CHECKS_JOB = "check_tables"
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
# Deleting a run takes some 10 ms; a purge that finds more goes on at the next one.
PURGE_AT_ONCE = 2_000


@dg.op(retry_policy=dg.RetryPolicy(max_retries=3, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS))
def maintain_lake(context: dg.OpExecutionContext, lake: LakeResource) -> None:
    """Compact small files and expire snapshots that nobody reads any more."""
    done = lake.lake.maintain(now_utc=utc_now().replace(tzinfo=None))
    context.log.info(f"maintenance: {done}")
    context.add_output_metadata(dict(done))


@dg.op
def purge_runs(context: dg.OpExecutionContext, lake: LakeResource) -> None:
    """Delete finished runs with their events, which are a third of a megabyte each; what they wrote stays in the lake."""
    days = lake.installation.schedule.keep_runs_days
    deleted = purge_runs_before(context.instance, utc_now() - timedelta(days=days))
    context.log.info(f"deleted {deleted} runs that ended more than {days} days ago")
    context.add_output_metadata({"runs": deleted})


@dg.job(description="Compaction, snapshot expiry, and purge of old runs.", executor_def=dg.in_process_executor)
def lake_maintenance() -> None:
    maintain_lake()
    purge_runs()


def purge_runs_before(instance: dg.DagsterInstance, ended_before_utc: datetime, *, at_once: int = PURGE_AT_ONCE) -> int:
    """Delete runs that are finished and were last touched before that time. Returns how many."""
    finished = dg.RunsFilter(statuses=FINISHED, updated_before=ended_before_utc.astimezone(UTC))
    records = instance.get_run_records(finished, limit=at_once, ascending=True)
    for record in records:
        instance.delete_run(record.dagster_run.run_id)
    return len(records)


def periodic_schedules(settings: Settings, job_names: Collection[str]) -> list[dg.ScheduleDefinition]:
    """The schedules of those jobs that there are, all running by default."""
    cron_by_job = {
        lake_maintenance.name: settings.schedule.maintenance_cron,
        MARTS_JOB: settings.schedule.marts_cron,
        LOOKUPS_JOB: settings.schedule.lookups_cron,
        CHECKS_JOB: settings.schedule.checks_cron,
    }
    return [
        dg.ScheduleDefinition(job_name=name, cron_schedule=cron, execution_timezone="UTC", default_status=dg.DefaultScheduleStatus.RUNNING)
        for name, cron in cron_by_job.items()
        if name in job_names
    ]
