"""Correlation rules that become true because nothing happens: a job at their due times. All others run with each batch.

The job also raises the alerts that a run has left undone which did not end, when no other run has done it.
"""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.resources import LakeResource
from panther_dagster.settings import Settings
from panther_dagster.storage.sessions import lake_session

RETRY = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
# Due times are the rules' own; this is how often somebody asks.
EVERY_FIVE_MINUTES = "*/5 * * * *"


@dg.op(retry_policy=RETRY)
def correlate_due_rules(context: dg.OpExecutionContext, lake: LakeResource) -> None:
    """Look at the due times of rules with an absence that nobody has looked at, and raise their alerts."""
    from panther_dagster.alerts.correlated import raise_correlated_alerts
    from panther_dagster.detect.correlation.correlating import correlate_due

    now_utc = utc_now().replace(tzinfo=None)
    loaded = lake.correlation_rules
    for error in loaded.errors:
        context.log.warning(str(error))
    found = correlate_due(lake.lake, rules=loaded.rules, now_utc=now_utc)
    report = raise_correlated_alerts(lake.lake, now_utc=now_utc)
    context.add_output_metadata({"signals": found.signals, "alerts": report.created})


@dg.job(description="Correlation rules with an absence, at their due times.", executor_def=dg.in_process_executor)
def correlate_signals() -> None:
    correlate_due_rules()


def correlation_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Asks every five minutes, and starts the job when a rule is due or alerts are left undone."""

    @dg.schedule(
        name="correlate_signals_schedule",
        job=correlate_signals,
        cron_schedule=EVERY_FIVE_MINUTES,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def due_correlations(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from panther_dagster.alerts.correlated import is_left
        from panther_dagster.detect.correlation.correlating import is_due
        from panther_dagster.detect.correlation.loading import load_correlation_rules

        now_utc = utc_now().replace(tzinfo=None)
        loaded = load_correlation_rules(settings.rules.paths, overlays=settings.rules.overlays)
        rules = [rule for rule in loaded.rules if rule.is_enabled and rule.pattern.absent]
        with lake_session(settings) as lake:
            if is_left(lake, now_utc=now_utc) or is_due(lake, rules, now_utc=now_utc):
                return dg.RunRequest()
        return dg.SkipReason("no rule is due" if rules else "no enabled correlation rule has an absence")

    return due_correlations
