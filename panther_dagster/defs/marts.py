"""Seeds and analysts' models: not part of the flow, built whole, on a schedule."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Iterator

import dagster as dg

from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import Nodes, analyst_nodes, spec_of_node
from panther_dagster.normalize.dbt import relation

GROUP = "marts"


def marts_assets(nodes: Nodes) -> dg.AssetsDefinition | None:
    """One asset for each seed and mart; None when the project has none."""
    marts = analyst_nodes(nodes)
    if not marts:
        return None
    name_by_table = {relation(node): node["name"] for node in marts}
    specs = [spec_of_node(node, nodes, group=GROUP) for node in marts]

    @dg.multi_asset(name="marts", specs=specs, can_subset=True)
    def build_marts(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult]:
        keys = [spec.key for spec in specs if spec.key in context.selected_asset_keys]
        lake.dbt.ensure_tables()
        results = {result.table: result for result in lake.dbt.refresh([name_by_table[".".join(key.path)] for key in keys])}
        for key in keys:
            result = results[".".join(key.path)]
            rows = {} if result.total_rows is None else {"dagster/row_count": result.total_rows}
            metadata = {"seconds": round(result.seconds, 3), **rows}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    return build_marts
