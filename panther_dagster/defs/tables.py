"""The dbt project's nodes -> Dagster's asset specs: keys, dependencies, columns.

dagster-dbt makes the same of a manifest (tests/defs/test_tables.py compares the two), but importing it takes as long again as importing
Dagster, in every run; this reads the nodes that normalize/manifest.py keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg

from panther_dagster.normalize.dbt import INDICATORS_SCHEMA, NORMALIZED_SCHEMA, RAW_SCHEMA, log_type_of, relation
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN, STANDARD_COLUMNS
from panther_dagster.storage.tables import Table, description_of

Nodes = Mapping[str, Mapping[str, Any]]
OWNERS = ("team:security-data",)
TEXT = "string"
TIME = "timestamp"
TYPES_OF_STANDARD_COLUMNS = {"p_event_time": TIME, "p_parse_time": TIME, "p_hour": TIME, "p_record_index": "bigint"}  # the others: text


def table_key(table: str) -> dg.AssetKey:
    """The asset of a table: panther_logs.aws_cloudtrail -> panther_logs/aws_cloudtrail."""
    return dg.AssetKey(table.split("."))


def spec_of_table(table: Table, *, group: str, deps: Sequence[dg.AssetKey] = (), kinds: Sequence[str] = ("python",)) -> dg.AssetSpec:
    """The asset of a table that Python writes."""
    columns = [dg.TableColumn(field.name, str(field.type), description_of(field) or None) for field in table.columns]
    return _spec(table.name, table.grain, columns, group=group, deps=deps, kinds=kinds)


def spec_of_node(node: Mapping[str, Any], nodes: Nodes, *, group: str) -> dg.AssetSpec:
    """The asset of a dbt model or seed. Dependencies are those that dbt sees."""
    deps = [table_key(relation(nodes[parent])) for parent in _parents(node, nodes)]
    declared = [_column(name, column) for name, column in node.get("columns", {}).items()]
    columns = _with_standard_columns(declared) if log_type_of(node) else declared
    kinds = ["dbt", "duckdb"]
    return _spec(relation(node), node.get("description", ""), columns, group=group, deps=deps, kinds=kinds)


def in_build_order(nodes: Nodes) -> list[Mapping[str, Any]]:
    """Models, seeds and sources, each after what it depends on."""
    order = TopologicalSorter({unique_id: _parents(node, nodes) for unique_id, node in nodes.items()}).static_order()
    return [nodes[unique_id] for unique_id in order if nodes[unique_id]["resource_type"] != "test"]


def normalized_nodes(nodes: Nodes) -> list[Mapping[str, Any]]:
    """Models of log types."""
    return [node for node in in_build_order(nodes) if log_type_of(node)]


def indicator_nodes(nodes: Nodes) -> list[Mapping[str, Any]]:
    """Models of the indicator tables."""
    return [node for node in in_build_order(nodes) if node["resource_type"] == "model" and node["schema"] == INDICATORS_SCHEMA]


def analyst_nodes(nodes: Nodes) -> list[Mapping[str, Any]]:
    """Seeds and everything that analysts build on the normalized tables: whatever is no part of the flow."""
    flow = {NORMALIZED_SCHEMA, INDICATORS_SCHEMA, RAW_SCHEMA}
    return [node for node in in_build_order(nodes) if node["resource_type"] in ("model", "seed") and node["schema"] not in flow]


def _spec(
    table: str, description: str, columns: Sequence[dg.TableColumn], *, group: str, deps: Sequence[dg.AssetKey], kinds: Sequence[str]
) -> dg.AssetSpec:
    return dg.AssetSpec(
        table_key(table),
        deps=list(deps),
        description=description.strip() or None,
        metadata={"dagster/column_schema": dg.TableSchema(list(columns)), "dagster/table_name": f"lake.{table}"},
        group_name=group,
        owners=list(OWNERS),
        kinds=set(kinds),
        tags={"lake/schema": table.split(".")[0]},
    )


def _parents(node: Mapping[str, Any], nodes: Nodes) -> list[str]:
    return [parent for parent in node.get("depends_on", {}).get("nodes", ()) if parent in nodes]


def _column(name: str, column: Mapping[str, Any]) -> dg.TableColumn:
    return dg.TableColumn(name, column.get("data_type") or TEXT, description=column.get("description") or None)


def _with_standard_columns(declared: Sequence[dg.TableColumn]) -> list[dg.TableColumn]:
    first = [dg.TableColumn(name, TYPES_OF_STANDARD_COLUMNS.get(name, TEXT), text) for name, text in STANDARD_COLUMNS.items()]
    indicators = [dg.TableColumn(name, "array(string)", text) for name, text in INDICATOR_COLUMNS.items()]
    raw = dg.TableColumn(RAW_EVENT_COLUMN, TEXT, "The event as it was delivered.")
    return [*first, *declared, *indicators, raw]
