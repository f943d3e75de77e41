"""The `panther` command. Each noun has its file; this one only lists them.

Exit codes: 0 done; 1 it failed (the reason is on stderr); 2 it was called wrongly. With --format json or csv stdout carries data only.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from panther_dagster import __version__
from panther_dagster.cli import (
    alerts,
    backtest,
    demo,
    destinations,
    dev,
    failures,
    health,
    ingest,
    lake,
    lookups,
    quarantine,
    queries,
    rule_listing,
    rules,
    search,
    settings_file,
    sources,
    sql,
)
from panther_dagster.cli.listing import terminal_text
from panther_dagster.errors import PantherError


class PantherCommands(TyperGroup):
    """Commands whose PantherError is a line on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PantherError as error:
            typer.echo(f"panther: {terminal_text(error)}", err=True)
            raise typer.Exit(1) from error


# No pretty tracebacks: they print local variables, and those may be secrets.
app = typer.Typer(
    name="panther",
    cls=PantherCommands,
    help="An open security data lake: logs in, detections, alerts out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("init")(settings_file.init)
app.command("ingest")(ingest.ingest)
app.command("search")(search.search)
app.command("sql")(sql.sql)
app.command("test")(rules.run_rule_tests)
app.command("backtest")(backtest.backtest)
app.command("dispatch")(destinations.dispatch)
app.command("dev")(dev.dev)
app.command("health")(health.health)
app.add_typer(alerts.app, name="alerts")
rule_listing.app.command("quarantined")(quarantine.quarantined)
rule_listing.app.command("release")(quarantine.release)
app.add_typer(rule_listing.app, name="rules")
app.add_typer(sources.app, name="sources")
app.add_typer(destinations.app, name="destinations")
app.add_typer(queries.app, name="queries")
app.add_typer(failures.app, name="failures")
app.add_typer(lookups.app, name="lookups")
app.add_typer(lake.app, name="lake")


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"panther_dagster {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and leave."),
) -> None:
    """An open security data lake: logs in, detections, alerts out."""


def run() -> None:
    """Entry point."""
    app()
