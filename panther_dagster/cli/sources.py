"""panther sources: what delivers objects, and how each is doing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from panther_dagster.cli.installation import now_utc, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, write_rows

if TYPE_CHECKING:
    from panther_dagster.settings import SourceSettings
    from panther_dagster.storage.lake import Lake

app = typer.Typer(help="Sources: what delivers objects, and how each is doing.", no_args_is_help=True)
LIST_COLUMNS = (
    Column("name", "source"),
    Column("uri", "place", is_flexible=True),
    Column("log_types", "log types", is_flexible=True),
    Column("is_polled", "watched"),
    Column("label", "label", is_detail=True),
    Column("pattern", "pattern", is_detail=True),
    Column("fresh_within_hours", "fresh within hours", is_detail=True),
)
STATUS_COLUMNS = (
    Column("name", "source"),
    Column("objects", "objects", "right"),
    Column("pending", "pending", "right"),
    Column("missing", "gone", "right"),
    Column("records", "records", "right"),
    Column("failures", "failures", "right"),
    Column("last_object", "last object (UTC)"),
    Column("freshness", "freshness"),
    Column("unfinished_batches", "unfinished batches", "right", is_detail=True),
    Column("size_bytes", "bytes", "right", is_detail=True),
)


@app.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """Sources of panther.yaml and those that `panther ingest` was given."""
    from panther_dagster.settings import load_settings

    rows: list[dict[str, Any]] = []
    for source in load_settings().sources:
        log_types = list(source.log_types)
        shown = (", ".join(log_types) or "recognised") if format is Format.TABLE else log_types
        rows.append(source.model_dump(mode="json") | {"label": source.source_label, "log_types": shown})
    write_rows(rows, LIST_COLUMNS, format, empty="no source yet: panther ingest PATH, or `sources:` in panther.yaml")


@app.command()
def status(format: FormatOption = Format.TABLE) -> None:
    """Per source: objects, what is pending, failures, and whether it still delivers. Exit code 1 when a watched one is late."""
    now = now_utc()
    with open_installation() as (settings, lake):
        rows = [source_status(lake, source, now) for source in settings.sources]
    write_rows(rows, STATUS_COLUMNS, format, empty="no source yet")
    if any(row["freshness"] == "late" for row in rows):
        raise typer.Exit(1)


def source_status(lake: Lake, source: SourceSettings, now: datetime) -> dict[str, Any]:
    """Numbers of the ledger. Freshness: fresh, late (nothing for longer than it may take), empty; `-` where nobody watches."""
    row = lake.query(
        """
        select
            count(*) as objects,
            count(*) filter (state = 'PENDING') as pending,
            count(*) filter (state = 'MISSING') as missing,
            coalesce(sum(records), 0)::bigint as records,
            coalesce(sum(failures), 0)::bigint as failures,
            coalesce(sum(size_bytes), 0)::bigint as size_bytes,
            max(modified_time) as last_object,
        from panther_monitor.objects
        where p_source_id = ?
        """,
        [source.name],
    ).to_pylist()[0]
    unfinished = lake.query("select count(*) as n from panther_monitor.batches where p_source_id = ? and state != 'DONE'", [source.name])
    return row | {"name": source.name, "unfinished_batches": unfinished.to_pylist()[0]["n"], "freshness": _freshness(source, row, now)}


def _freshness(source: SourceSettings, row: dict[str, Any], now: datetime) -> str:
    if not source.is_polled:
        return "-"
    if row["last_object"] is None:
        return "empty"
    return "fresh" if now - row["last_object"] <= timedelta(hours=source.fresh_within_hours) else "late"
