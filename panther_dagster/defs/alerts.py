"""Rule matches -> alerts. The last step of a batch: it marks the batch as done."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import OWNERS, table_key
from panther_dagster.defs.units import unit_of_run
from panther_dagster.storage.tables import BATCHES, DELIVERIES, RULE_ERRORS, SIGNALS

GROUP = "alerts"
ALERTS = dg.AssetKey(["panther_alerts", "alerts"])
DELIVERED = table_key(DELIVERIES.name)


def alerts_asset(hours: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The alerting step."""

    @dg.asset(
        key=ALERTS,
        deps=[table_key(SIGNALS.name), table_key(RULE_ERRORS.name)],
        description="One row per alert: a rule, a dedup string and a window of event time, with the matches that it holds.",
        group_name=GROUP,
        kinds={"python"},
        owners=list(OWNERS),
        tags={"lake/schema": "panther_alerts"},
        metadata={"dagster/table_name": "lake.panther_alerts.alerts"},
        partitions_def=hours,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def alerts(context: dg.AssetExecutionContext, lake: LakeResource) -> dg.MaterializeResult:
        from panther_dagster.alerts.alerting import raise_alerts
        from panther_dagster.alerts.correlated import raise_correlated_alerts
        from panther_dagster.alerts.views import ensure_views
        from panther_dagster.ingest.batching import finish_batch

        unit = unit_of_run(context)
        now_utc = utc_now().replace(tzinfo=None)
        correlated = raise_correlated_alerts(lake.lake, now_utc=now_utc)
        report = raise_alerts(lake.lake, unit, now_utc=now_utc)
        ensure_views(lake.lake, lake.registry)
        landed = f"select p_batch_id from {BATCHES.name} where state = 'LANDED' and {unit.predicate}"
        for batch_id in lake.lake.query(landed, unit.parameters)["p_batch_id"].to_pylist():
            finish_batch(lake.lake, batch_id)
        return dg.MaterializeResult(metadata={"alerts": correlated.created + report.created, "joined": report.joined})

    return alerts


def deliveries_spec() -> dg.AssetSpec:
    """Attempts to deliver alerts: written by the job `dispatch_alerts`, which reports them here."""
    return dg.AssetSpec(
        DELIVERED,
        deps=[ALERTS],
        description=f"{DELIVERIES.grain} Made by the job dispatch_alerts.",
        group_name="deliveries",
        kinds={"python"},
        owners=list(OWNERS),
        metadata={"dagster/table_name": f"lake.{DELIVERIES.name}"},
    )
