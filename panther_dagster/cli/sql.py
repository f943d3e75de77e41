"""panther sql: one statement that reads."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from panther_dagster.cli.installation import open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, write_rows
from panther_dagster.errors import Location, SearchError

_READS = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(select|with|describe|desc|show|summarize|from|values|table)\b", re.IGNORECASE | re.DOTALL
)
_TABLES = """
    select table_schema || '.' || table_name as name, table_type as type
    from information_schema.tables
    where table_schema like 'panther_%'
    order by 1
"""


def sql(
    query: Annotated[str | None, typer.Argument(metavar="SQL", help="SELECT, WITH, DESCRIBE or SHOW; - reads it from stdin.")] = None,
    file: Annotated[Path | None, typer.Option("--file", exists=True, dir_okay=False, help="Read the statement from a file.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Print at most so many rows; 0 for all.")] = 1_000,
    format: FormatOption = Format.TABLE,
) -> None:
    """Run one statement that reads.

    Over all tables of the lake: panther_logs, panther_indicators, panther_signals, panther_rule_matches, panther_alerts, panther_monitor,
    panther_marts. A query that was written for Panther (panther_logs.public.okta_systemlog, p_occurs_since('1 day')) is translated.
    """
    from panther_dagster.storage.panther_sql import is_panther_sql, lake_sql

    statement = _statement(query, file)
    if is_panther_sql(statement):
        statement = lake_sql(statement, now_utc=datetime.now(UTC).replace(tzinfo=None))
    if not _READS.match(statement):
        raise SearchError("only a statement that reads can be run: SELECT, WITH, DESCRIBE or SHOW")
    if re.fullmatch(r"show\s+tables\s*;?", statement.strip(), re.IGNORECASE):
        statement = _TABLES  # the engine's answer is of one schema only
    with open_installation() as (_, lake):
        found = lake.read(statement, max_rows=limit + 1 if limit else None)
    rows = found.slice(0, limit) if limit else found
    names = _distinct(found.schema.names)
    listing = [dict(zip(names, row.values(), strict=False)) for row in rows.rename_columns(names).to_pylist()]
    numbers = {
        name
        for name, kind in zip(names, found.schema.types, strict=True)
        if str(kind).startswith(("int", "uint", "float", "double", "decimal"))
    }
    columns = [Column(name, name, "right" if name in numbers else "left", is_flexible=name not in numbers) for name in names]
    write_rows(listing, columns, format, empty="no rows")
    if found.num_rows > rows.num_rows:
        typer.echo(f"the first {limit:,} rows; --limit 0 prints all", err=True)


def _statement(query: str | None, file: Path | None) -> str:
    if (query is None) == (file is None):
        raise typer.BadParameter("give one statement, or --file")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise SearchError("is no UTF-8 text", Location(file)) from error
    return sys.stdin.read() if query == "-" else query or ""


def _distinct(names: list[str]) -> list[str]:
    """Column names of a result may repeat; as keys of a row they may not: a, a -> a, a_2."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
