"""panther failures: records that could not be classified, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from panther_dagster.cli.installation import SinceOption, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, write_rows

app = typer.Typer(help="Records that could not be classified.", no_args_is_help=True)
COLUMNS = (
    Column("p_parse_time", "taken in (UTC)"),
    Column("reason", "reason"),
    Column("detail", "detail", is_flexible=True),
    Column("p_source_file", "object", is_flexible=True),
    Column("p_record_index", "record", "right"),
    Column("candidates", "candidates", is_detail=True),
    Column("byte_offset", "offset", "right", is_detail=True),
    Column("p_source_id", "source", is_detail=True),
    Column("p_batch_id", "batch", is_detail=True),
    Column("p_row_id", "row", is_detail=True),
    Column("p_raw_event", "record", is_detail=True),
)


@app.command("list")
def list_(
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only of this source.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only with this reason.")] = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")] = 100,
    format: FormatOption = Format.TABLE,
) -> None:
    """Newest first. --format json has the record itself."""
    conditions, parameters = ["true"], list[Any]()
    for condition, value in (("p_source_id = ?", source), ("reason = ?", reason), ("p_parse_time >= ?", since)):
        if value is not None:
            conditions.append(condition)
            parameters.append(value)
    names = ", ".join(column.key for column in COLUMNS)
    sql = f"""
        select {names} from panther_monitor.classification_failures
        where {" and ".join(conditions)}
        order by p_parse_time desc, p_source_file, p_record_index limit ?
    """
    with open_installation() as (_, lake):
        rows = lake.query(sql, [*parameters, limit]).to_pylist()
    write_rows(rows, COLUMNS, format, empty="no failures")
