"""panther queries: the scheduled and saved queries of the packs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from panther_dagster.cli.installation import now_utc, parse_time
from panther_dagster.cli.listing import Column, Format, FormatOption, terminal_text, write_rows

app = typer.Typer(help="Scheduled queries, whose rows are the events of scheduled rules.", no_args_is_help=True)
COLUMNS = (
    Column("name", "query", is_flexible=True),
    Column("schedule", "runs"),
    Column("is_enabled", "enabled"),
    Column("rules", "rules", is_flexible=True),
    Column("description", "description", is_detail=True),
    Column("sql", "query", is_detail=True),
    Column("file", "file", is_detail=True),
)
RUN_COLUMNS = tuple(Column(name, name, "right") for name in ("rows", "rules", "matches", "errors", "alerts"))


@app.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """All queries. Exit code 1 when one cannot be read."""
    from panther_dagster.detect.pack import load_rules
    from panther_dagster.detect.scheduled import load_queries
    from panther_dagster.settings import load_settings

    settings = load_settings().rules
    queries, rules = load_queries(settings.paths), load_rules(settings.paths, overlays=settings.overlays)
    rows = [
        {
            "name": query.name,
            "schedule": str(query.schedule or "when asked"),
            "is_enabled": query.is_enabled,
            "rules": ", ".join(rule.rule_id for rule in rules.scheduled_rules if query.name in rule.scheduled_queries),
            "description": query.description,
            "sql": query.sql,
            "file": str(query.location),
        }
        for query in (*queries.scheduled.values(), *queries.saved.values())
    ]
    write_rows(rows, COLUMNS, format, empty="no queries")
    for error in queries.errors:
        typer.echo(f"invalid: {terminal_text(error)}", err=True)
    if queries.errors:
        raise typer.Exit(1)


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="QueryName.")],
    at: Annotated[datetime | None, typer.Option("--at", parser=parse_time, metavar="TIME", help="The query's clock; default: now.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Run a scheduled query with its rules and alerts, as its schedule does. The same time again replaces what was found then."""
    from panther_dagster.defs.run import run_query
    from panther_dagster.detect.metadata import did_you_mean
    from panther_dagster.detect.scheduled import load_queries
    from panther_dagster.errors import SearchError
    from panther_dagster.settings import load_settings

    settings = load_settings()
    queries = load_queries(settings.rules.paths).scheduled
    if name not in queries:
        raise SearchError(f"no scheduled query is named '{name}'{did_you_mean(name, queries)}")
    counts = run_query(settings, name, time_utc=(at or now_utc()).replace(microsecond=0))
    write_rows([counts], RUN_COLUMNS, format)
