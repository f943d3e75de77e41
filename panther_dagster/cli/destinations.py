"""panther destinations, panther dispatch: where alerts go, and sending what is pending."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from panther_dagster.cli.alerts import SHORT_ID
from panther_dagster.cli.installation import now_utc, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, terminal_text, time_text, write_rows

app = typer.Typer(help="Destinations: where alerts go.", no_args_is_help=True)
LIST_COLUMNS = (
    Column("name", "destination"),
    Column("type", "type"),
    Column("is_enabled", "enabled"),
    Column("severities", "severities", is_flexible=True),
    Column("delivered", "delivered", "right"),
    Column("failed", "failed", "right"),
    Column("last_state", "last"),
    Column("last_attempt", "last attempt (UTC)"),
    Column("last_detail", "last answer", is_detail=True),
)
DISPATCH_COLUMNS = (
    Column("alert_id", "alert"),
    Column("destination", "destination"),
    Column("action", "action"),
    Column("state", "state"),
    Column("status_code", "code", "right"),
    Column("detail", "detail", is_flexible=True),
)


@app.command("list")
def list_(format: FormatOption = Format.TABLE) -> None:
    """Configured destinations and how deliveries to them went. Options are not shown."""
    sql = """
        select
            destination,
            count(*) filter (state = 'DELIVERED') as delivered,
            count(*) filter (state = 'FAILED') as failed,
            max(attempt_time) as last_attempt,
            max_by(state, attempt_time) as last_state,
            max_by(detail, attempt_time) as last_detail,
        from panther_alerts.deliveries
        group by destination
    """
    with open_installation() as (settings, lake):
        by_name = {row["destination"]: row for row in lake.query(sql).to_pylist()}
    nothing: dict[str, Any] = {"delivered": 0, "failed": 0}
    rows = []
    for destination in settings.destinations:
        severities = list(destination.severities)
        shown = ", ".join(severities) if format is Format.TABLE else severities
        row = {"name": destination.name, "type": destination.type, "is_enabled": destination.is_enabled, "severities": shown}
        rows.append(row | by_name.get(destination.name, nothing))
    write_rows(rows, LIST_COLUMNS, format, empty="no destination yet: see `destinations:` in panther.example.yaml")


@app.command("test")
def send_test(name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the destination.")]) -> None:
    """Send a test alert, and its end. Exit code 1 when it was not taken."""
    from panther_dagster.dispatch.trial import test_destination
    from panther_dagster.settings import load_settings

    result = test_destination(load_settings(), name, now_utc=now_utc())
    code = f" ({result.status_code})" if result.status_code else ""
    if result.state == "DELIVERED":
        typer.echo(f"{name}: delivered{code}")
        return
    typer.echo(f"{name}: not delivered{code}: {terminal_text(result.detail)}", err=True)
    raise typer.Exit(1)


def dispatch(format: FormatOption = Format.TABLE) -> None:
    """Deliver the alerts that are pending now. Exit code 1 when a destination refused one or did not answer."""
    from panther_dagster.dispatch.delivery import dispatch_alerts

    with open_installation() as (settings, lake):
        report = dispatch_alerts(lake, settings, now_utc=now_utc())
    rows = [
        {
            "alert_id": attempt.delivery.alert_id[:SHORT_ID] if format is Format.TABLE else attempt.delivery.alert_id,
            "destination": attempt.delivery.destination,
            "action": str(attempt.delivery.action),
            "state": str(attempt.result.state),
            "status_code": attempt.result.status_code,
            "detail": attempt.result.detail,
        }
        for attempt in report.attempts
    ]
    write_rows(rows, DISPATCH_COLUMNS, format, empty="nothing is due now" if report.waiting else "nothing is pending")
    for problem in report.problems:
        typer.echo(terminal_text(problem), err=True)
    for name in report.unknown_destinations:
        typer.echo(f"a rule or route names a destination that is not configured: {terminal_text(name)}", err=True)
    if report.waiting:
        typer.echo(f"{report.waiting:,} deliveries wait; the next is due at {time_text(report.next_due_time)} UTC", err=True)
    if report.retried or report.failed or report.problems:
        raise typer.Exit(1)
