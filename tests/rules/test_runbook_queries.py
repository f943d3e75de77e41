"""The SQL in runbooks runs on the lake's tables as they are declared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import duckdb
import pyarrow as pa
import pytest
import rule_pack

from panther_dagster.log_types.declaration import Field
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import PROJECT_ROOT
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN, STANDARD_COLUMNS
from panther_dagster.storage.tables import SIGNALS

SCHEDULED = {document["RuleID"]: document for document in rule_pack.documents("scheduled_rule").values()}
RULES = rule_pack.rules() | rule_pack.correlation_rules() | SCHEDULED
TIMES = ("from", "to", "now", "sign-in", "a day before", "time of the alert")
SIMPLE = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "json": "JSON",
}
STANDARD = {name: "TIMESTAMP" if name in ("p_event_time", "p_parse_time", "p_hour") else "VARCHAR" for name in STANDARD_COLUMNS}


@pytest.fixture(scope="module")
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty tables of every log type, of the indicators and of the signals."""
    with duckdb.connect() as connection:
        for schema in ("panther_logs", "panther_indicators", "panther_signals"):
            connection.execute(f"create schema {schema}")
        for log_type in load_registry(PROJECT_ROOT / "dbt_project").by_name.values():
            columns = STANDARD | {field.name: column_type(field) for field in log_type.fields}
            columns |= dict.fromkeys(INDICATOR_COLUMNS, "VARCHAR[]") | {RAW_EVENT_COLUMN: "VARCHAR"}
            connection.execute(f"create table panther_logs.{log_type.table} ({listed(columns)})")
        connection.execute(
            "create table panther_indicators.indicators (indicator varchar, value varchar, log_type varchar, p_hour timestamp,"
            " p_batch_id varchar, events bigint, first_seen timestamp, last_seen timestamp)"
        )
        empty = pa.table({field.name: pa.array([], field.type) for field in SIGNALS.columns})
        connection.register("empty", empty)
        connection.execute("create table panther_signals.signals as from empty")
        yield connection


def column_type(field: Field) -> str:
    """DuckDB's type of a declared field."""
    if field.type == "object":
        return f"STRUCT({listed({inner.name: column_type(inner) for inner in field.fields})})"
    if field.type in ("array", "map"):
        element = column_type(field.element) if field.element else "JSON"
        return f"{element}[]" if field.type == "array" else f"MAP(VARCHAR, {element})"
    return SIMPLE[field.type]


def listed(type_by_name: Mapping[str, str]) -> str:
    """Columns as a table or a struct declares them."""
    return ", ".join(f'"{name}" {column}' for name, column in type_by_name.items())


def filled_in(query: str) -> str:
    """The query with something in place of what the analyst has to fill in."""
    query = re.sub(rf"'<(?:{'|'.join(TIMES)})>'", "timestamp '2026-03-02 09:00:00'", query)
    return re.sub(r"= <[^>]+>", "= 1", query)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_runbook_has_a_query_and_each_runs(rule: dict, tables: duckdb.DuckDBPyConnection) -> None:
    queries = rule_pack.queries(rule)

    assert queries
    for query in queries:
        assert tables.execute(filled_in(query)).fetchall() == []
