"""panther lookups: tables that tell rules who and what the values in events are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.installation import now_utc, open_installation, parse_time
from panther_dagster.cli.listing import Column, Format, FormatOption, terminal_text, write_json, write_rows

if TYPE_CHECKING:
    from panther_dagster.detect.lookups.declaration import LookupCatalog
    from panther_dagster.settings import Settings

app = typer.Typer(help="Lookup tables: what rules are told of the values in events.", no_args_is_help=True)
LIST_COLUMNS = (
    Column("name", "table"),
    Column("is_enabled", "enabled"),
    Column("primary_key", "key"),
    Column("matching", "matching"),
    Column("rows", "rows", "right"),
    Column("valid_from", "valid from (UTC)"),
    Column("log_types", "log types", is_flexible=True),
    Column("source", "source", is_flexible=True),
    Column("versions", "versions", "right", is_detail=True),
    Column("view", "view", is_detail=True),
)
LOAD_COLUMNS = (
    Column("name", "table"),
    Column("state", "state"),
    Column("rows", "rows", "right"),
    Column("skipped", "left out", "right"),
    Column("valid_from", "valid from (UTC)"),
    Column("problems", "problems", is_detail=True),
)
FIELD_COLUMNS = (Column("field", "field"), Column("value", "value", is_flexible=True))


@app.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """Tables of all packs, with what is loaded of them. Exit code 1 when one is declared wrongly."""
    from panther_dagster.detect.lookups.history import read_versions

    with open_installation() as (settings, lake):
        catalog = _catalog(settings)
        versions_by_name = read_versions(lake, [table.name for table in catalog.tables])
    rows: list[dict[str, Any]] = []
    for table in catalog.tables:
        versions = versions_by_name.get(table.name, [])
        latest = versions[-1] if versions else None
        log_types = list(table.selectors_by_log_type)
        rows.append(
            {
                "name": table.name,
                "is_enabled": table.is_enabled,
                "primary_key": table.primary_key,
                "matching": ("cidr" if latest.is_cidr else "exact") if latest else table.key_type,
                "rows": latest.rows if latest else None,
                "valid_from": latest.valid_from if latest else None,
                "log_types": ", ".join(log_types) if format is Format.TABLE else log_types,
                "source": str(table.source) if table.source else None,
                "versions": len(versions),
                "view": table.view,
            }
        )
    write_rows(rows, LIST_COLUMNS, format, empty="no lookup table: a .yml with AnalysisType lookup_table below rules.paths declares one")
    _say_problems(catalog)


@app.command()
def load(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; default: all that are enabled.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Read the tables' sources; rows that have changed become a new version. Exit code 1 when a table cannot be loaded."""
    from panther_dagster.detect.lookups.history import load_lookup_tables

    with open_installation() as (settings, lake):
        catalog = _catalog(settings)
        if any(table.source is not None and table.source.table is not None for table in catalog.enabled):
            from panther_dagster.normalize.dbt import DbtProject

            DbtProject(settings, lake).ensure_tables()  # a seed or mart may never have been built
        reports = load_lookup_tables(lake, catalog, clock=now_utc, names=names or ())
    write_rows(
        [vars(report) | {"problems": [str(problem) for problem in report.problems]} for report in reports],
        LOAD_COLUMNS,
        format,
        empty="no lookup table is enabled",
    )
    for report in reports:
        for problem in report.problems:
            typer.echo(f"{terminal_text(report.name)}: {terminal_text(problem)}", err=True)
    if any(report.state == "FAILED" for report in reports) or catalog.errors:
        for error in catalog.errors:
            typer.echo(f"invalid: {terminal_text(error)}", err=True)
        raise typer.Exit(1)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Table.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What an event would have: a key, or an address for networks.")],
    at: Annotated[
        datetime | None, typer.Option("--at", parser=parse_time, metavar="TIME", help="As a batch of that time sees it; default: now.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """The row that an event with this value gets. Exit code 1 when there is none."""
    from panther_dagster.detect.lookups.history import read_table, read_versions, version_at

    with open_installation() as (settings, lake):
        _catalog(settings).table(name)
        versions = read_versions(lake, [name]).get(name)
        if not versions:
            typer.echo(f"lookup table '{terminal_text(name)}' was never loaded: panther lookups load", err=True)
            raise typer.Exit(1)
        row = read_table(lake, version_at(versions, at)).find(value)
    if format is Format.JSON:
        write_json(row)
    else:
        write_rows(
            [{"field": field, "value": inner} for field, inner in (row or {}).items()], FIELD_COLUMNS, format, empty="no row matches"
        )
    if row is None:
        raise typer.Exit(1)


def _catalog(settings: Settings) -> LookupCatalog:
    from panther_dagster.detect.lookups.declaration import read_lookup_tables
    from panther_dagster.log_types.registry import load_registry

    rules, registry = settings.rules, load_registry(settings.dbt_project)
    return read_lookup_tables(rules.paths, sources=rules.lookup_sources, log_types=registry.by_name)


def _say_problems(catalog: LookupCatalog) -> None:
    for warning in catalog.warnings:
        typer.echo(f"warning: {terminal_text(warning)}", err=True)
    for error in catalog.errors:
        typer.echo(f"invalid: {terminal_text(error)}", err=True)
    if catalog.errors:
        raise typer.Exit(1)
