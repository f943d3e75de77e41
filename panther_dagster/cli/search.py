"""panther search: where indicators were seen, then the events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.installation import SinceOption, UntilOption, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, write_rows
from panther_dagster.errors import Location, SearchError

if TYPE_CHECKING:
    from panther_dagster.search.indicators import IndicatorHit

HIT_COLUMNS = (
    Column("value", "value", is_flexible=True),
    Column("indicator", "indicator"),
    Column("log_type", "log type"),
    Column("events", "events", "right"),
    Column("first_seen", "first seen (UTC)"),
    Column("last_seen", "last seen (UTC)"),
    Column("hour", "hour", is_detail=True),
    Column("asked", "asked", is_detail=True),
)
EVENT_COLUMNS = (
    Column("event_time", "event time (UTC)"),
    Column("log_type", "log type"),
    Column("raw_event", "event", is_flexible=True),
    Column("row_id", "row", is_detail=True),
    Column("source_file", "object", is_detail=True),
)


def search(
    value: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Addresses, domains, e-mails, hashes, ARNs, user names ...")] = [],  # noqa: B006
    file: Annotated[
        Path | None, typer.Option("--file", exists=True, dir_okay=False, help="More values, one a line; # begins a comment.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    events: Annotated[
        int,
        typer.Option("--events", min=0, metavar="N", help="Print the newest N events instead of the hours in which the values were seen."),
    ] = 0,
    format: FormatOption = Format.TABLE,
) -> None:
    """Find where and when values were seen.

    By value, log type and hour; with --events the events themselves. Exit code 1 when none was seen.
    """
    from panther_dagster.search.indicators import search_events, search_indicators

    values = [*value, *(values_of_file(file) if file else ())]
    if not any(value.strip() for value in values):
        raise typer.BadParameter("give a VALUE or a --file with values")
    with open_installation() as (_, lake):
        result = search_indicators(lake, values, since=since, until=until)
        if events:
            found = search_events(lake, values, since=since, until=until, limit=events, result=result).events
            write_rows([vars(event) for event in found], EVENT_COLUMNS, format, empty="no events")
        else:
            write_hits(result.hits, format)
    if result.missing and result.hits:
        typer.echo(
            f"{len(result.missing):,} of {len(result.missing) + len({hit.asked for hit in result.hits}):,} values were not seen", err=True
        )
    if not result.hits:
        raise typer.Exit(1)


def write_hits(hits: Sequence[IndicatorHit], format: Format) -> None:
    """One row per value, indicator, log type and hour."""
    rows: list[dict[str, Any]] = [dict(vars(hit)) for hit in hits]
    if format is Format.TABLE:
        for row in rows:
            row.update({name: f"{row[name]:%Y-%m-%d %H:%M}" for name in ("first_seen", "last_seen")})
    write_rows(rows, HIT_COLUMNS, format, empty="not seen")


def values_of_file(file: Path) -> list[str]:
    """Values of a list, one a line; blank lines and what follows # are no values."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SearchError("is no UTF-8 text", Location(file)) from error
    return [value for line in lines if (value := line.partition("#")[0].strip())]
