"""All definitions of one installation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import dagster as dg

from panther_dagster.defs.alerts import alerts_asset, deliveries_spec
from panther_dagster.defs.batch_runs import BATCH_JOB
from panther_dagster.defs.checks import dbt_tests, source_checks
from panther_dagster.defs.correlations import correlate_signals, correlation_schedule
from panther_dagster.defs.detections import rule_matches_assets
from panther_dagster.defs.dispatch import dispatch_alerts, dispatch_sensor
from panther_dagster.defs.lookups import LOOKUPS_JOB, lookup_key, lookup_tables, lookups_assets
from panther_dagster.defs.marts import marts_assets
from panther_dagster.defs.normalized import normalized_assets
from panther_dagster.defs.raw_logs import raw_logs_assets, source_specs
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.rule_checks import rule_checks
from panther_dagster.defs.scheduled_queries import query_schedules, scheduled_query
from panther_dagster.defs.schedules import CHECKS_JOB, MARTS_JOB, lake_maintenance, periodic_schedules
from panther_dagster.defs.sources import source_sensors
from panther_dagster.defs.units import hourly_partitions
from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import Settings

# BackfillPolicy is marked as beta: each process would say so twice, on stderr.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_definitions(settings: Settings) -> dg.Definitions:
    """Assets, checks, jobs, sensors, schedules and resources. Parses the dbt project when no process has done so yet."""
    project = DbtProject(settings)
    nodes = project.nodes
    hours = hourly_partitions(settings.schedule)
    sources = source_specs(settings.sources)
    tables = lookup_tables(settings)
    flow = [
        raw_logs_assets(project.log_types, sources, hours),
        normalized_assets(nodes, hours),
        rule_matches_assets(nodes, hours, [lookup_key(table) for table in tables]),
        alerts_asset(hours),
    ]
    marts = marts_assets(nodes)
    lookups = lookups_assets(tables)
    checks = [check for check in (source_checks(settings.sources), dbt_tests(nodes), rule_checks()) if check]
    jobs: list[Any] = [
        correlate_signals,
        dispatch_alerts,
        lake_maintenance,
        scheduled_query,
        dg.define_asset_job(BATCH_JOB, _flow_selection(flow), description="One batch, from its objects to its alerts."),
    ]
    if marts:
        jobs.append(dg.define_asset_job(MARTS_JOB, dg.AssetSelection.assets(marts).without_checks(), description="Seeds and marts anew."))
    if lookups:
        jobs.append(dg.define_asset_job(LOOKUPS_JOB, dg.AssetSelection.assets(lookups), description="Lookup tables from their sources."))
    about_checks = "Freshness of sources, dbt's tests, slow, noisy and quarantined rules."
    jobs.append(dg.define_asset_job(CHECKS_JOB, dg.AssetSelection.checks(*checks), description=about_checks))
    return dg.Definitions(
        assets=[*sources, *flow, *([marts] if marts else []), *([lookups] if lookups else []), deliveries_spec()],
        asset_checks=checks,
        jobs=jobs,
        sensors=[*source_sensors(settings), dispatch_sensor(settings)],
        schedules=[*periodic_schedules(settings, [job.name for job in jobs]), correlation_schedule(settings), *query_schedules(settings)],
        resources={"lake": LakeResource.of(settings)},
        executor=dg.in_process_executor,
    )


def _flow_selection(flow: Sequence[dg.AssetsDefinition]) -> dg.AssetSelection:
    """The flow's assets with the checks of its own steps; dbt's tests of the same tables scan them whole, so they are left out."""
    checks = [key for assets in flow for key in assets.check_keys]
    return dg.AssetSelection.assets(*flow).without_checks() | dg.AssetSelection.checks(*checks)
