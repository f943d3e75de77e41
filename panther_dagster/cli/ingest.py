"""panther ingest: any folder or S3 prefix through the whole flow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.batch_runs import BatchResult, process_source
from panther_dagster.cli.listing import Column, Format, FormatOption, size_text, terminal_text, write_rows
from panther_dagster.errors import SettingsError, SourceError

if TYPE_CHECKING:
    from panther_dagster.settings import Settings, SourceSettings

BATCH_COLUMNS = (
    Column("batch_id", "batch"),
    Column("hour", "hour (UTC)"),
    Column("objects", "objects", "right"),
    Column("size_bytes", "bytes", "right"),
    Column("records", "records", "right"),
    Column("events", "events", "right"),
    Column("failures", "failures", "right"),
    Column("alerts", "alerts", "right"),
    Column("seconds", "seconds", "right"),
    Column("run_id", "run"),
    Column("error", "error"),
    Column("events_by_log_type", "events by log type"),
)


def ingest(
    path: Annotated[str, typer.Argument(metavar="PATH|s3://...", help="Folder or S3 prefix that holds the objects.")],
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Name of the source; default: made of the path.")] = None,
    log_type: Annotated[list[str], typer.Option("--log-type", metavar="T", help="Only this log type is expected; may repeat.")] = [],  # noqa: B006
    pattern: Annotated[str | None, typer.Option("--pattern", help="Objects below the path to take; default: **/*.")] = None,
    watch: Annotated[
        bool | None, typer.Option("--watch/--no-watch", help="Whether `panther dev` takes new objects in by itself; default: no.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Take in a folder or an S3 prefix, and wait.

    Objects that the ledger does not have yet go through landing, tables, indicators, rules and alerts; the source is remembered.
    Exit code 1 when a batch failed.
    """
    from panther_dagster.settings import load_settings, remember_source

    settings = load_settings()
    asked: dict[str, Any] = {"log_types": tuple(log_type)} if log_type else {}
    if pattern:
        asked["pattern"] = pattern
    if watch is not None:
        asked["is_polled"] = watch
    place = source_of(settings, path, name=source, **asked)
    _check_log_types(settings, log_type)
    if place not in settings.sources:
        _refuse_to_change_the_file(settings, place)
        remember_source(settings.home, place)
        settings = load_settings()
    results = process_source(settings, settings.source(place.name))
    if format is Format.TABLE:
        print_summary(place, results)
    else:
        write_rows([vars(result) for result in results], BATCH_COLUMNS, format)
    if any(result.error for result in results):
        raise typer.Exit(1)


def source_of(settings: Settings, path: str, *, name: str | None, **asked: Any) -> SourceSettings:
    """The configured source at this place, changed as asked; else a new one.

    Raises: SourceError: no such folder. SettingsError: the name belongs to a source elsewhere.
    """
    from panther_dagster.settings import SourceSettings

    uri = path.rstrip("/") if path.startswith("s3://") else str(Path(path).expanduser().absolute())
    if not path.startswith("s3://") and not Path(uri).exists():
        raise SourceError(f"there is no {uri}")
    here = [source for source in settings.sources if _same_place(source.uri, uri)]
    if name is None and here:
        return here[0].model_copy(update=asked)
    name = name or _name_of(uri)
    for source in settings.sources:
        if source.name == name:
            if source not in here:
                raise SettingsError(f"source '{name}' is {source.uri}; choose another name with --source")
            return source.model_copy(update=asked)
    return SourceSettings(**{"name": name, "uri": uri, "is_polled": False, **asked})


def _refuse_to_change_the_file(settings: Settings, place: SourceSettings) -> None:
    from panther_dagster.settings import added_sources

    added = {source["name"] for source in added_sources(settings.home)}
    if any(source.name == place.name for source in settings.sources) and place.name not in added:
        raise SettingsError(f"source '{place.name}' is set in panther.yaml; change it there")


def _same_place(uri: str, other: str) -> bool:
    def plain(text: str) -> str:
        return text.rstrip("/") if text.startswith("s3://") else str(Path(text).expanduser().absolute())

    return plain(uri) == plain(other)


def _name_of(uri: str) -> str:
    """`/var/log/suricata` -> suricata; `s3://bucket/AWSLogs` -> bucket-AWSLogs."""
    last = uri.removeprefix("s3://") if uri.startswith("s3://") else Path(uri).name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", last).strip("-._") or "source"


def _check_log_types(settings: Settings, log_types: Sequence[str]) -> None:
    if log_types:
        from panther_dagster.log_types.registry import load_registry

        registry = load_registry(settings.dbt_project)
        for log_type in log_types:
            registry.get(log_type)


def print_summary(source: SourceSettings, results: Sequence[BatchResult]) -> None:
    """What an ingest did, for people."""
    if not results:
        typer.echo(f"{source.name}: nothing new at {terminal_text(source.uri)}")
        return
    by_log_type: Counter[str] = Counter()
    for result in results:
        by_log_type.update(result.events_by_log_type)
    write_rows(
        [{"log_type": log_type, "events": events} for log_type, events in sorted(by_log_type.items())],
        (Column("log_type", "log type"), Column("events", "events", "right")),
        Format.TABLE,
        empty="no events",
    )
    objects, size = sum(result.objects for result in results), sum(result.size_bytes for result in results)
    batches = f"{len(results)} batch" + ("es" if len(results) > 1 else "")
    typer.echo(
        f"\n{source.name}: {objects:,} objects ({size_text(size)}) in {batches}, {sum(result.events for result in results):,} events, "
        f"{sum(result.alerts for result in results):,} new alerts, {sum(result.seconds for result in results):.1f} s"
    )
    if failures := sum(result.failures for result in results):
        typer.echo(f"{failures:,} records could not be classified: panther failures list --source {source.name}", err=True)
    for result in results:
        if result.error:
            typer.echo(f"batch {result.batch_id} failed: {terminal_text(result.error)} (run {result.run_id})", err=True)
