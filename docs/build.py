"""docs/tables.md from what is declared: storage/tables.py, the log types, the dbt models. `make docs`; a test says when it is old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from panther_dagster.log_types.declaration import Field, LogType
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import PROJECT_ROOT
from panther_dagster.standard_fields import INDICATOR_COLUMNS, STANDARD_COLUMNS
from panther_dagster.storage.tables import TABLES, Table, description_of, raw_table

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
INTRODUCTION = """# Tables and columns

Written by `make docs` from the declarations; edit those. Times are UTC. A table's schema says its place in the flow: `panther_raw`,
`panther_logs`, `panther_indicators`, `panther_signals`, `panther_rule_matches`, `panther_rule_errors`, `panther_alerts`,
`panther_monitor`, `panther_marts`, `panther_enrichment`, `panther_lookups`.

Views: `panther_alerts.alerts` has one row per alert; `panther_rule_matches.<log_type>` and `panther_rule_errors.<log_type>` have the
normalized row of each match or error with `p_rule_id`, `p_alert_id`, `p_alert_severity` and so on. `panther_lookups.<lookup table>` has the
table's rows of today, with its own columns and `p_valid_from`.
"""


def tables_page() -> str:
    """The text of docs/tables.md."""
    log_types = load_registry(DBT_PROJECT).by_name.values()
    lines = [INTRODUCTION, "## Columns of every normalized table\n", *_rows(STANDARD_COLUMNS.items())]
    lines += ["", "Indicators: sorted, distinct; null when empty.\n", *_rows(INDICATOR_COLUMNS.items())]
    lines += ["", "`p_raw_event` is the untouched text.", "", "## Log types", ""]
    for log_type in log_types:
        lines += _log_type(log_type)
    lines += ["## Landing, signals, alerts, monitoring", ""]
    landing = raw_table("Log.Type")
    lines += _table(Table("panther_raw.<log_type>", "One row per record as delivered.", landing.columns))
    for table in TABLES:
        lines += _table(table)
    for stage, title in (("indicators", "Indicators"), ("marts", "Marts")):
        lines += [f"## {title}", ""]
        for file in sorted((DBT_PROJECT / "models" / stage).glob("*.yml")):
            for model in yaml.safe_load(file.read_text()).get("models", []):
                columns = ((column["name"], column.get("description", "")) for column in model.get("columns", []))
                lines += [f"### panther_{stage}.{model['name']}", "", model.get("description", ""), "", *_rows(columns), ""]
    return "\n".join(lines).rstrip() + "\n"


def _log_type(log_type: LogType) -> list[str]:
    rows = [
        (path, f"{field.type}: {field.description}" + (f" Indicators: {', '.join(field.indicators)}." if field.indicators else ""))
        for path, field in _fields(log_type.fields, "")
    ]
    return [f"### panther_logs.{log_type.table}", "", f"`{log_type.name}`. {log_type.description}", "", *_rows(rows), ""]


def _fields(fields: Iterable[Field], parent: str) -> Iterator[tuple[str, Field]]:
    for field in fields:
        path = f"{parent}{field.name}"
        yield path, field
        inner, step = field, "."
        while inner.element is not None:
            inner, step = inner.element, f"{'[]' if inner.type == 'array' else '{}'}{step}"
        yield from _fields(inner.fields, path + step)


def _table(table: Table) -> list[str]:
    return [f"### {table.name}", "", table.grain, "", *_rows((column.name, description_of(column)) for column in table.columns), ""]


def _rows(described: Iterable[tuple[str, str]]) -> list[str]:
    return ["| column | what it holds |", "|---|---|", *(f"| `{name}` | {text.replace('|', chr(92) + '|')} |" for name, text in described)]


if __name__ == "__main__":
    (Path(__file__).parent / "tables.md").write_text(tables_page())
