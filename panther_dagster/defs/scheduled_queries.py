"""Scheduled queries as Dagster schedules: one for each enabled query of the packs, all starting one job."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
import re
from datetime import UTC, datetime

import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.lookups import lookup_history
from panther_dagster.defs.resources import LakeResource
from panther_dagster.detect.schedule import Schedule
from panther_dagster.detect.scheduled import ScheduledQuery, load_queries
from panther_dagster.errors import RuleError
from panther_dagster.settings import Settings

QUERY_TAG = "lake/query"
TIME_TAG = "lake/query_time"
COUNTS = ("rows", "rules", "matches", "errors", "alerts")  # metadata of a run


@dg.op
def run_scheduled_query(context: dg.OpExecutionContext, lake: LakeResource) -> None:
    """Run the query that the run's tags name, its rules, and alerting."""
    from panther_dagster.alerts.alerting import raise_alerts
    from panther_dagster.alerts.correlated import raise_correlated_alerts
    from panther_dagster.alerts.views import ensure_views
    from panther_dagster.detect.correlation.correlating import correlate
    from panther_dagster.detect.scheduled import run_query

    tags = context.run.tags
    queries = load_queries(lake.installation.rules.paths)
    query = queries.scheduled.get(tags.get(QUERY_TAG, ""))
    if query is None:
        raise RuleError(f"no scheduled query is named '{tags.get(QUERY_TAG)}'; the run's tag {QUERY_TAG} says which to run")
    time = datetime.fromisoformat(tags[TIME_TAG]) if TIME_TAG in tags else utc_now().replace(tzinfo=None)
    names = {destination.name: destination.name for destination in lake.installation.destinations}
    report = run_query(
        lake.lake,
        query,
        rules=lake.rules,
        time_utc=time,
        templates=queries.templates,
        destinations=names or None,
        lookups=lookup_history(context, lake),
        quarantine=lake.quarantine(utc_now().replace(tzinfo=None)),
    )
    now_utc = utc_now().replace(tzinfo=None)
    correlate(lake.lake, report.unit, rules=lake.correlation_rules.rules, now_utc=now_utc)
    correlated = raise_correlated_alerts(lake.lake, now_utc=now_utc)
    alerts = raise_alerts(lake.lake, report.unit, now_utc=now_utc)
    ensure_views(lake.lake, lake.registry)
    counts = (report.rows, report.rules, report.matches, report.errors, alerts.created + correlated.created)
    context.add_output_metadata({"query": query.name, "time": time.isoformat(), **dict(zip(COUNTS, counts, strict=True))})


@dg.job(description="One scheduled query with its rules and alerts.", executor_def=dg.in_process_executor)
def scheduled_query() -> None:
    run_scheduled_query()


def query_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """One for each enabled query, running by default. A query that cannot be read has none; `panther queries list` names it."""
    queries = load_queries(settings.rules.paths)
    enabled = [query for _, query in sorted(queries.scheduled.items()) if query.is_enabled]
    return [_definition(query, query.schedule) for query in enabled if query.schedule]


def _definition(query: ScheduledQuery, schedule: Schedule) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="query_" + re.sub(r"\W+", "_", query.name).strip("_"),
        cron_schedule=schedule.cron_text,
        job=scheduled_query,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=query.description or query.name,
    )
    def due(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        time = context.scheduled_execution_time.astimezone(UTC).replace(tzinfo=None)
        if not schedule.is_due(time):
            return dg.SkipReason(f"runs {schedule}")
        return dg.RunRequest(run_key=f"{query.name}@{time.isoformat()}", tags={QUERY_TAG: query.name, TIME_TAG: time.isoformat()})

    return due
