"""Landed records -> typed rows and indicators: the dbt models of the flow as one step, one asset each."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Iterator

import dagster as dg

from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import Nodes, indicator_nodes, normalized_nodes, spec_of_node
from panther_dagster.defs.units import unit_of_run
from panther_dagster.normalize.dbt import log_type_of, relation

GROUP = "normalized"
INDICATORS_GROUP = "indicators"


def normalized_assets(nodes: Nodes, hours: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The dbt step. Only models whose log type has rows in the unit run; the others' assets have zero rows."""
    specs = [spec_of_node(node, nodes, group=GROUP) for node in normalized_nodes(nodes)]
    specs += [spec_of_node(node, nodes, group=INDICATORS_GROUP) for node in indicator_nodes(nodes)]
    log_type_by_table = {relation(node): str(log_type_of(node)) for node in normalized_nodes(nodes)}

    @dg.multi_asset(name="dbt", specs=specs, partitions_def=hours, backfill_policy=dg.BackfillPolicy.single_run(), can_subset=True)
    def dbt(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult]:
        unit = unit_of_run(context)
        wanted = {".".join(key.path) for key in context.selected_asset_keys}
        chosen = {log_type_by_table[table] for table in wanted if table in log_type_by_table} or set(log_type_by_table.values())
        lake.dbt.ensure_tables()
        present = [name for name in lake.dbt.log_types_with_rows(unit) if name in chosen]
        results = {result.table: result for result in lake.dbt.build(unit, log_types=present)}
        for spec in specs:  # in this order: Dagster refuses an asset that comes before one it depends on
            if spec.key not in context.selected_asset_keys:
                continue
            result = results.get(".".join(spec.key.path))
            metadata: dict[str, int | float] = {"events": result.rows or 0 if result else 0}
            if result:
                metadata |= {"seconds": round(result.seconds, 3), "dagster/row_count": result.total_rows or 0}
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)

    return dbt
