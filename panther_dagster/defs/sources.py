"""Sensors: one for each polled source cuts new objects into batches and asks for their runs; one more asks for batches left by others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from panther_dagster.defs.batch_runs import BATCH_JOB, Plan, plan_runs, utc_now
from panther_dagster.defs.claims import living_work
from panther_dagster.errors import SourceError
from panther_dagster.settings import Settings, SourceSettings
from panther_dagster.storage.sessions import lake_session

if TYPE_CHECKING:
    from panther_dagster.ingest.batching import Batch

# With fewer batches under way new objects become batches; else they wait and the next batch is bigger, which spreads a run's fixed cost.
CUT_BELOW = 4
# A batch that `panther ingest` has just cut is about to be run by it.
SWEEP_AFTER_SECONDS = 60


def source_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """All of them."""
    polled = [source for source in settings.sources if source.is_polled]
    return [*(_source_sensor(settings, source) for source in polled), _sweep_sensor(settings, polled)]


def _source_sensor(settings: Settings, source: SourceSettings) -> dg.SensorDefinition:
    @dg.sensor(
        name="source_" + re.sub(r"\W", "_", source.name),
        description=f"New objects below {source.uri}.",
        job_name=BATCH_JOB,
        minimum_interval_seconds=settings.schedule.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def watch_source(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from panther_dagster.ingest.batching import cut_batches, unfinished_batches

        now = utc_now()
        cut: list[Batch] = []
        unlisted: SourceError | None = None
        with lake_session(settings) as lake:
            open_batches = [batch for batch in unfinished_batches(lake) if batch.source_id == source.name]
            if len(open_batches) < CUT_BELOW:
                first_hour = settings.schedule.first_hour
                try:
                    cut = list(cut_batches(lake, source, limits=settings.batches, first_hour=first_hour, now_utc=now))
                except SourceError as error:  # costs new objects, not the batches that are open
                    unlisted = error
        known = {batch.batch_id for batch in cut}
        batches = [*(batch for batch in open_batches if batch.batch_id not in known), *cut]
        plan = plan_runs(
            batches,
            context.instance,
            living_work(settings.lake_folder),
            now_utc=now,
            max_requests=settings.batches.max_per_tick,
        )
        if unlisted and not plan.requests:
            raise unlisted  # the tick fails, with this reason
        if unlisted:
            context.log.error(str(unlisted))
        events = [_delivery_event(source, cut)] if cut else []
        return _answer(context, plan, events)

    return watch_source


def _sweep_sensor(settings: Settings, polled: Sequence[SourceSettings]) -> dg.SensorDefinition:
    polled_names = {source.name for source in polled}

    @dg.sensor(
        name="unfinished_batches",
        description="Batches of sources that no sensor watches, as those that `panther ingest` was stopped in.",
        job_name=BATCH_JOB,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def unfinished_batches_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from panther_dagster.ingest.batching import unfinished_batches

        now = utc_now()
        with lake_session(settings) as lake:
            left = [batch for batch in unfinished_batches(lake) if batch.source_id not in polled_names]
        old = [batch for batch in left if (now.replace(tzinfo=None) - batch.cut_time).total_seconds() > SWEEP_AFTER_SECONDS]
        living = living_work(settings.lake_folder)
        return _answer(context, plan_runs(old, context.instance, living, now_utc=now, max_requests=settings.batches.max_per_tick), [])

    return unfinished_batches_sensor


def _delivery_event(source: SourceSettings, cut: Sequence[Batch]) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        ["sources", source.name],
        metadata={
            "objects": sum(batch.objects for batch in cut),
            "bytes": sum(batch.size_bytes for batch in cut),
            "batches": len(cut),
        },
    )


def _answer(context: dg.SensorEvaluationContext, plan: Plan, events: Sequence[dg.AssetMaterialization]) -> dg.SensorResult | dg.SkipReason:
    if plan.given_up:
        context.log.error(f"given up after repeated failures, see their runs: {', '.join(plan.given_up[:20])}")
    if not plan.requests and not events:
        return dg.SkipReason(f"{plan.in_flight} batches under way, {len(plan.given_up)} given up, nothing new.")
    return dg.SensorResult(run_requests=plan.requests, asset_events=list(events))
