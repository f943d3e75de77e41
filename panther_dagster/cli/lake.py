"""panther lake: sizes of tables, and housekeeping."""

from __future__ import annotations

import typer

from panther_dagster.cli.installation import now_utc, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, write_rows

app = typer.Typer(help="The lake: sizes of tables, housekeeping.", no_args_is_help=True)
USAGE_COLUMNS = (
    Column("table", "table"),
    Column("rows", "rows", "right"),
    Column("files", "files", "right"),
    Column("size_bytes", "bytes", "right"),
)


@app.command()
def usage(format: FormatOption = Format.TABLE) -> None:
    """Rows, files and bytes of every table."""
    with open_installation() as (_, lake):
        rows = [vars(table) for table in lake.usage()]
    write_rows(rows, USAGE_COLUMNS, format)


@app.command()
def maintain(format: FormatOption = Format.TABLE) -> None:
    """Merge small files and drop old snapshots. A schedule does this every hour while Dagster runs."""
    with open_installation() as (_, lake):
        done = lake.maintain(now_utc=now_utc())
    rows = [{"what": what.replace("_", " "), "count": count} for what, count in done.items()]
    write_rows(rows, (Column("what", "what"), Column("count", "count", "right")), format)
