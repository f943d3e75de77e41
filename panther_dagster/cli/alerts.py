"""panther alerts: list, show, and what people do with them."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.installation import SinceOption, now_utc, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, console, terminal_text, time_text, write_json, write_rows

if TYPE_CHECKING:
    from panther_dagster.alerts.lifecycle import AlertDetail

app = typer.Typer(help="Alerts: list, show, assign, comment, resolve.", no_args_is_help=True)
SHORT_ID = 12  # characters of an id in a table
ALERT_COLUMNS = (
    Column("alert_id", "alert"),
    Column("severity", "severity"),
    Column("status", "status"),
    Column("title", "title", is_flexible=True),
    Column("match_count", "events", "right"),
    Column("last_event_time", "last event (UTC)"),
    Column("rule_id", "rule", is_detail=True),
    Column("alert_type", "type", is_detail=True),
    Column("assignee", "assignee", is_detail=True),
    Column("first_event_time", "first event", is_detail=True),
    Column("created_time", "created", is_detail=True),
    Column("update_time", "updated", is_detail=True),
    Column("dedup", "dedup", is_detail=True),
    Column("log_types", "log types", is_detail=True),
)
_MATCHES = (
    Column("p_event_time", "event time (UTC)"),
    Column("log_type", "log type"),
    Column("title", "title", is_flexible=True),
    Column("p_row_id", "row", is_detail=True),
)
_DELIVERIES = (
    Column("attempt_time", "time (UTC)"),
    Column("destination", "destination"),
    Column("action", "action"),
    Column("state", "state"),
    Column("status_code", "code", "right"),
    Column("detail", "detail", is_flexible=True),
)
AlertArgument = Annotated[str, typer.Argument(metavar="ID", help="The alert's id or its first characters.")]
ActorOption = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who does it; default: the user of this machine.")]


@app.command("list")
def list_(
    status: Annotated[list[str], typer.Option("--status", help="OPEN, TRIAGED, CLOSED, RESOLVED; may repeat.")] = [],  # noqa: B006
    severity: Annotated[list[str], typer.Option("--severity", help="INFO to CRITICAL; may repeat.")] = [],  # noqa: B006
    rule: Annotated[list[str], typer.Option("--rule", metavar="ID", help="Rule id; may repeat.")] = [],  # noqa: B006
    since: SinceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")] = 100,
    format: FormatOption = Format.TABLE,
) -> None:
    """Alerts, newest first."""
    from panther_dagster.alerts.lifecycle import list_alerts

    with open_installation() as (_, lake):
        rows = list_alerts(lake, statuses=status, severities=severity, rule_ids=rule, since=since, limit=limit).to_pylist()
    write_alerts(rows, format)


def write_alerts(rows: list[dict[str, Any]], format: Format) -> None:
    """Rows of panther_alerts.alerts."""
    if format is Format.TABLE:
        rows = [row | {"alert_id": row["alert_id"][:SHORT_ID]} for row in rows]
    write_rows(rows, ALERT_COLUMNS, format, empty="no alerts")


@app.command()
def show(alert_id: AlertArgument, format: FormatOption = Format.TABLE) -> None:
    """One alert: its rule, context, matches, history and deliveries."""
    from panther_dagster.alerts.lifecycle import show_alert

    with open_installation() as (_, lake):
        detail = show_alert(lake, alert_id)
    match format:
        case Format.TABLE:
            _print_detail(detail)
        case Format.JSON:
            parts = {"history": detail.history, "deliveries": detail.deliveries, "matches": detail.matches}
            write_json([detail.alert | parts])
        case Format.CSV:
            write_rows([detail.alert], [Column(name, name) for name in detail.alert], format)


@app.command()
def resolve(
    alert_id: AlertArgument, comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None, actor: ActorOption = None
) -> None:
    """Mark an alert as resolved; destinations that can are told."""
    _set_status(alert_id, "RESOLVED", actor, comment)


@app.command()
def close(
    alert_id: AlertArgument, comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None, actor: ActorOption = None
) -> None:
    """Close an alert: nothing has to be done."""
    _set_status(alert_id, "CLOSED", actor, comment)


@app.command()
def triage(
    alert_id: AlertArgument, comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None, actor: ActorOption = None
) -> None:
    """Mark an alert as being looked at."""
    _set_status(alert_id, "TRIAGED", actor, comment)


@app.command()
def reopen(
    alert_id: AlertArgument, comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None, actor: ActorOption = None
) -> None:
    """Open an alert again."""
    _set_status(alert_id, "OPEN", actor, comment)


@app.command()
def assign(
    alert_id: AlertArgument,
    assignee: Annotated[str, typer.Argument(metavar="NAME", help="Who takes it; '' for nobody.")],
    actor: ActorOption = None,
) -> None:
    """Give an alert to somebody."""
    from panther_dagster.alerts import lifecycle

    with open_installation() as (_, lake):
        alert = lifecycle.assign(lake, alert_id, assignee or None, actor=actor or getpass.getuser(), now_utc=now_utc())
    typer.echo(f"{alert['alert_id'][:SHORT_ID]} is assigned to {terminal_text(alert['assignee'] or 'nobody')}")


@app.command()
def comment(
    alert_id: AlertArgument, text: Annotated[str, typer.Argument(metavar="TEXT", help="What to write down.")], actor: ActorOption = None
) -> None:
    """Write something down about an alert."""
    from panther_dagster.alerts import lifecycle

    with open_installation() as (_, lake):
        alert = lifecycle.add_comment(lake, alert_id, text, actor=actor or getpass.getuser(), now_utc=now_utc())
    typer.echo(f"{alert['alert_id'][:SHORT_ID]} has a new comment")


def _set_status(alert_id: str, status: str, actor: str | None, comment: str | None) -> None:
    from panther_dagster.alerts.lifecycle import set_status

    with open_installation() as (_, lake):
        alert = set_status(lake, alert_id, status, actor=actor or getpass.getuser(), now_utc=now_utc(), comment=comment)
    typer.echo(f"{alert['alert_id'][:SHORT_ID]} is {alert['status']}: {terminal_text(alert['title'])}")


def _print_detail(detail: AlertDetail) -> None:
    from rich.table import Table
    from rich.text import Text

    alert = detail.alert
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for name, value in _facts(alert):
        facts.add_row(name, Text(value))
    out = console()
    out.print(Text(terminal_text(alert["title"]), style="bold"))
    out.print(facts)
    _print_context(alert["alert_context"])
    _print_part("history", [row | {"what": _change(row)} for row in detail.history if row["event_type"] != "MATCHED"], _HISTORY)
    _print_part("deliveries", detail.deliveries, _DELIVERIES)
    shown = detail.matches[:20]
    more = f", the newest {len(shown)}" if len(detail.matches) > len(shown) else ""
    _print_part(f"matches ({alert['match_count']:,}{more})", shown, _MATCHES)


_HISTORY = (
    Column("event_time", "time (UTC)"),
    Column("event_type", "event"),
    Column("actor", "by"),
    Column("what", "what", is_flexible=True),
)


def _facts(alert: dict[str, Any]) -> list[tuple[str, str]]:
    first, last = time_text(alert["first_event_time"]), time_text(alert["last_event_time"])
    facts = {
        "alert": alert["alert_id"],
        "severity": alert["severity"],
        "status": alert["status"] + (f", assigned to {alert['assignee']}" if alert["assignee"] else ""),
        "rule": alert["rule_id"],
        "dedup": alert["dedup"],
        "log types": ", ".join(alert["log_types"] or [alert["log_type"] or ""]),
        "events": f"{alert['match_count']:,} from {first} to {last} UTC",
        "description": alert["description"],
        "runbook": alert["runbook"],
        "reference": alert["reference"],
    }
    # Rules' texts have several lines; each is made harmless by itself.
    return [(name, "\n".join(map(terminal_text, value.strip().splitlines()))) for name, value in facts.items() if value]


def _change(row: dict[str, Any]) -> str:
    parts = (row.get("status"), row.get("assignee"), row.get("comment"))
    return ": ".join(part for part in parts if part) if row["event_type"] != "CREATED" else row["title"] or ""


def _print_context(context: str | None) -> None:
    if not context or context in ("{}", "null"):
        return
    out = console()
    out.print("\ncontext", style="bold")
    try:
        lines = json.dumps(json.loads(context), indent=1, ensure_ascii=False).splitlines()
    except ValueError:
        lines = [context]
    for line in lines:
        out.print(terminal_text(line))


def _print_part(heading: str, rows: list[dict[str, Any]], columns: tuple[Column, ...]) -> None:
    if rows:
        console().print(f"\n{heading}", style="bold")
        write_rows(rows, columns, Format.TABLE)
