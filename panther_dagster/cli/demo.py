"""panther demo: the whole flow on the project's own attack story."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from panther_dagster.cli.alerts import SHORT_ID
from panther_dagster.cli.batch_runs import BatchResult, process_source
from panther_dagster.cli.installation import now_utc
from panther_dagster.cli.listing import Column, Format, console, write_rows
from panther_dagster.cli.search import write_hits

if TYPE_CHECKING:
    from panther_dagster.settings import Settings, SourceSettings
    from panther_dagster.storage.lake import Lake

SOURCE = "demo"
SEED = 7


def demo(
    events: Annotated[int, typer.Option("--events", min=100, max=1_000_000, help="Ordinary events around the attack.")] = 4_000,
) -> None:
    """Run the whole flow on an attack story.

    Writes an attack across four sources, takes it in, raises and delivers alerts, finds the attacker. A second run changes nothing.
    """
    from panther_dagster.demo.company import ATTACKER_ADDRESS
    from panther_dagster.dispatch.delivery import dispatch_alerts
    from panther_dagster.search.indicators import search_indicators
    from panther_dagster.settings import load_settings
    from panther_dagster.storage import open_lake

    settings = load_settings()
    folder = settings.home / "demo" / "incoming"
    _write(folder, events)
    settings, source = _with_source(settings, folder)
    settings = _with_destination(settings)
    _heading("2  through the flow: landing, tables, indicators, rules, alerts")
    results = process_source(settings, source)
    lake = open_lake(settings)
    try:
        dispatch_alerts(lake, settings, now_utc=now_utc())
        _say_ingested(results)
        _print_events(lake)
        _heading("3  alerts")
        _print_alerts(lake)
        _heading("4  deliveries")
        _print_deliveries(lake)
        _heading(f"5  panther search {ATTACKER_ADDRESS}")
        write_hits(search_indicators(lake, [ATTACKER_ADDRESS], since=None, until=None).hits, Format.TABLE)
    finally:
        lake.close()
    typer.echo(f'\nState is in {_short(settings.home)}; try: panther alerts show ID, panther sql "select * from panther_alerts.alerts"')
    if any(result.error for result in results):
        raise typer.Exit(1)
    typer.echo(f"Open the UI with `make dev`: {settings.ui_url}")


def _write(folder: Path, events: int) -> None:
    from panther_dagster.demo.writer import write_story

    _heading("1  an attack in two hours of ordinary logs")
    if folder.exists():
        typer.echo(f"{_short(folder)} is there already")
        return
    truth = write_story(folder, seed=SEED, now_utc=now_utc(), events=events)
    files = sum(1 for file in folder.rglob("*") if file.is_file())
    typer.echo(f"{sum(truth.events_by_log_type.values()):,} events in {files} files below {_short(folder)}")
    steps = [{"time": step.time_utc, "log_type": step.log_type, "what": step.description} for step in truth.steps]
    write_rows(
        steps,
        (Column("time", "time (UTC)"), Column("log_type", "log type"), Column("what", "what happens", is_flexible=True)),
        Format.TABLE,
    )


def _with_source(settings: Settings, folder: Path) -> tuple[Settings, SourceSettings]:
    from panther_dagster.settings import SourceSettings, load_settings, remember_source

    source = SourceSettings(name=SOURCE, uri=str(folder))
    if source not in settings.sources:
        remember_source(settings.home, source)
        settings = load_settings()
    return settings, settings.source(SOURCE)


def _with_destination(settings: Settings) -> Settings:
    """Where no destination is configured, alerts go to a file."""
    from panther_dagster.settings import DestinationSettings

    if settings.destinations:
        return settings
    file = settings.home / "demo" / "deliveries.jsonl"
    return settings.model_copy(update={"destinations": (DestinationSettings(name="demo-file", type="file", options={"path": str(file)}),)})


def _say_ingested(results: list[BatchResult]) -> None:
    if not results:
        typer.echo("nothing new: the ledger has every object")
    for result in results:
        how = f"failed: {result.error}" if result.error else f"{result.seconds:.1f} s"
        typer.echo(f"batch {result.batch_id}: {result.objects} objects, {result.events:,} events, {result.alerts} alerts, {how}")
    typer.echo()


def _print_events(lake: Lake) -> None:
    import json

    counts: Counter[str] = Counter()
    for row in lake.query("select rows_by_log_type from panther_monitor.objects where p_source_id = ?", [SOURCE]).to_pylist():
        counts.update(json.loads(row["rows_by_log_type"] or "{}"))
    rows = [{"log_type": log_type, "events": events} for log_type, events in sorted(counts.items())]
    rows.append({"log_type": "all", "events": sum(counts.values())})
    write_rows(rows, (Column("log_type", "log type"), Column("events", "events", "right")), Format.TABLE)


def _print_alerts(lake: Lake) -> None:
    from panther_dagster.alerts.lifecycle import SEVERITIES, list_alerts

    columns = (
        Column("alert_id", "alert"),
        Column("severity", "severity"),
        Column("title", "title", is_flexible=True),
        Column("match_count", "events", "right"),
    )
    alerts = list_alerts(lake, limit=1_000).to_pylist()
    alerts.sort(key=lambda alert: (-SEVERITIES.index(alert["severity"]), alert["first_event_time"], alert["alert_id"]))
    write_rows([alert | {"alert_id": alert["alert_id"][:SHORT_ID]} for alert in alerts], columns, Format.TABLE, empty="none")


def _print_deliveries(lake: Lake) -> None:
    sql = """
        select destination, action, state, count(*) as attempts, count(distinct alert_id) as alerts
        from panther_alerts.deliveries group by all order by all
    """
    columns = (
        Column("destination", "destination"),
        Column("action", "action"),
        Column("state", "state"),
        Column("alerts", "alerts", "right"),
        Column("attempts", "attempts", "right"),
    )
    write_rows(lake.query(sql).to_pylist(), columns, Format.TABLE, empty="none")


def _heading(text: str) -> None:
    console().print(f"\n{text}", style="bold")


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
