"""panther rules quarantined, release: rules that are not run because limits stopped them again and again, and what they have not seen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.installation import SinceOption, now_utc, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, write_rows

if TYPE_CHECKING:
    from panther_dagster.detect.quarantine import Quarantine
    from panther_dagster.settings import RulesSettings

DEFAULT_PERIOD = timedelta(days=7)
COLUMNS = (
    Column("rule_id", "rule", is_flexible=True),
    Column("until", "not run until"),
    Column("stops", "stops", "right"),
    Column("log_type", "log type", is_flexible=True),
    Column("unseen_events", "unseen events", "right"),
    Column("unseen_batches", "batches", "right"),
    Column("first_event", "from"),
    Column("last_event", "to"),
    Column("first_hour", "first hour of delivery", is_detail=True),
    Column("last_hour", "last hour of delivery", is_detail=True),
    Column("last_stop", "last stop", is_detail=True),
)


def quarantined(since: SinceOption = None, format: FormatOption = Format.TABLE) -> None:
    """Rules in quarantine, and events that rules have not seen because they were stopped or in quarantine.

    Events of the last 7 days of delivery unless --since says otherwise, with the event times to backtest; what was run again since is left
    out. A rule whose quarantine is over has no time until which it is not run.
    """
    from panther_dagster.detect.rule_numbers import quarantined_rules, unseen_events

    end = now_utc()
    begin = (since or end - DEFAULT_PERIOD).replace(minute=0, second=0, microsecond=0)
    with open_installation() as (settings, lake):
        rules = {rule.rule_id: rule for rule in quarantined_rules(lake, _quarantine(settings.rules))}
        unseen = unseen_events(lake, (begin, end))
    waiting = {rule_id: {"rule_id": rule_id, "until": r.until, "stops": r.stops, "last_stop": r.last_stop} for rule_id, r in rules.items()}
    rows: list[dict[str, Any]] = []
    for one in unseen:
        first, last = one.event_times or (None, None)
        events = {"unseen_events": one.events, "unseen_batches": one.batches, "first_event": first, "last_event": last}
        hours = {"first_hour": one.first_hour, "last_hour": one.last_hour}
        rows.append({"rule_id": one.rule_id, **waiting.get(one.rule_id, {}), "log_type": one.log_type, **events, **hours})
    told = {row["rule_id"] for row in rows}
    rows += [row for rule_id, row in waiting.items() if rule_id not in told]
    rows.sort(key=lambda row: (row["rule_id"], row.get("log_type") or ""))
    keys = [column.key for column in COLUMNS]
    write_rows([{key: row.get(key) for key in keys} for row in rows], COLUMNS, format, empty="no rule is in quarantine")


def release(rule_id: Annotated[str, typer.Argument(metavar="RULE_ID", help="A rule of `panther rules quarantined`.")]) -> None:
    """Run a rule again, from the next batch on. Exit code 1 when it is not in quarantine."""
    from panther_dagster.detect import quarantine
    from panther_dagster.detect.metadata import did_you_mean
    from panther_dagster.errors import RuleError

    with open_installation() as (settings, lake):
        now = _quarantine(settings.rules)
        known = {rule for rule, _ in now.rules(lake)}
        if rule_id not in known:
            raise RuleError(f"'{rule_id}' is not in quarantine{did_you_mean(rule_id, known)}")
        quarantine.release(lake, rule_id, now_utc=now.now_utc)
    typer.echo(f"{rule_id} runs again from the next batch on; its unseen events: panther rules quarantined")


def _quarantine(settings: RulesSettings) -> Quarantine:
    from panther_dagster.detect.quarantine import Quarantine

    return Quarantine(settings.quarantine_after, timedelta(hours=settings.quarantine_hours), now_utc())
