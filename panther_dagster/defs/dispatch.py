"""Alerts -> deliveries: a job that sends what is pending, and the sensor that starts it.

The outbox is the lake, so a lost run loses nothing.
"""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from datetime import datetime

import dagster as dg

from panther_dagster.defs.alerts import DELIVERED
from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.resources import LakeResource
from panther_dagster.settings import Settings
from panther_dagster.storage.sessions import lake_session

ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# A first retry comes after seconds: waiting for it is cheaper than another run.
LINGER_SECONDS = 5.0
# Destinations that do not answer are retried by the outbox, with their own times; this is for a lake that is busy.
RETRY = dg.RetryPolicy(max_retries=4, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL)


@dg.op(retry_policy=RETRY)
def deliver_pending_alerts(context: dg.OpExecutionContext, lake: LakeResource) -> None:
    """Send every alert that a destination has not got yet, and record each attempt."""
    from panther_dagster.dispatch.delivery import dispatch_alerts as deliver

    report = deliver(lake.lake, lake.installation, now_utc=_now(), linger_seconds=LINGER_SECONDS)
    for problem in (*report.problems, *(f"no destination is named '{name}'" for name in report.unknown_destinations)):
        context.log.warning(problem)
    metadata = {"delivered": report.delivered, "retried": report.retried, "failed": report.failed, "waiting": report.waiting}
    context.log_event(dg.AssetMaterialization(DELIVERED, metadata=metadata))


@dg.job(description="Sends pending alerts to their destinations.", executor_def=dg.in_process_executor)
def dispatch_alerts() -> None:
    deliver_pending_alerts()


def dispatch_sensor(settings: Settings) -> dg.SensorDefinition:
    """Starts the job when an alert is pending and no such job is active."""

    @dg.sensor(
        name="pending_alerts",
        description="Alerts that a destination has not got yet.",
        job=dispatch_alerts,
        minimum_interval_seconds=settings.schedule.dispatch_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def pending_alerts(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from panther_dagster.dispatch.delivery import pending

        if context.instance.get_runs_count(dg.RunsFilter(job_name=dispatch_alerts.name, statuses=ACTIVE)):
            return dg.SkipReason("deliveries are under way")
        with lake_session(settings) as lake:
            outbox = pending(lake, settings, _now())
        return dg.RunRequest() if outbox.due else dg.SkipReason(f"nothing is due, {outbox.waiting} wait for their time")

    return pending_alerts


def _now() -> datetime:
    return utc_now().replace(tzinfo=None)
