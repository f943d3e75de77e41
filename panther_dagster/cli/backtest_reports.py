"""Report of `panther backtest` -> stdout: as text for people, as JSON, or as Markdown for a pull request."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import typer

from panther_dagster.cli.listing import Column, Format, terminal_text, time_text, write_json, write_rows

if TYPE_CHECKING:
    from panther_dagster.backtest.alerting import BacktestAlert
    from panther_dagster.backtest.base import BaseVersion
    from panther_dagster.backtest.choosing import ChosenRules, PackItems
    from panther_dagster.backtest.running import BacktestReport, VersionReport

TOP_ENTITIES: Final = 5
TOP_ERRORS: Final = 5
MAX_LISTED: Final = 50  # alerts of one kind in the table and in Markdown; JSON has all
MAX_CODE: Final = 120  # characters of a text from events in Markdown
COLUMNS: Final = (
    Column("rule_id", "rule", is_flexible=True),
    Column("version", "version", is_flexible=True),
    Column("status", "status"),
    Column("events", "events", "right"),
    Column("candidates", "candidates", "right"),
    Column("matches", "matches", "right"),
    Column("alerts", "alerts", "right"),
    Column("errors", "errors", "right"),
    Column("error_alerts", "error alerts", "right", is_detail=True),
    Column("first_match", "first match (UTC)", is_detail=True),
    Column("last_match", "last match (UTC)", is_detail=True),
    Column("cpu_seconds", "CPU s", "right"),
)
_COUNTS: Final = ("events", "candidates", "matches", "errors")


@dataclass(frozen=True)
class Written:
    """A report with what is known of the rules that were chosen."""

    report: BacktestReport
    chosen: ChosenRules
    items: PackItems
    base_items: PackItems
    base: BaseVersion | None

    @property
    def is_failed(self) -> bool:
        """Whether a rule as it is now does not load."""
        return any(row["status"] == "does not load" for row in self.present_rows())

    def present_rows(self) -> list[dict[str, Any]]:
        """One row per rule, as it is now."""
        return [self._row(rule_id, self.report.present, self.items, "now", self.chosen.disabled) for rule_id in self.chosen.rule_ids]

    def base_rows(self) -> list[dict[str, Any]]:
        """One row per rule, as it was at the base; none without one."""
        if self.base is None or self.report.base is None:
            return []
        version, name = self.report.base, self.base.ref
        return [self._row(rule_id, version, self.base_items, name, self.chosen.base_disabled) for rule_id in self.chosen.rule_ids]

    def complaints(self) -> Iterator[str]:
        """What is wrong with files of the rules."""
        yield from dict.fromkeys(str(error) for error in (*self.report.present.errors, *self.items.errors))
        if self.base is not None and self.report.base is not None:
            yield from dict.fromkeys(self.base.shown(str(error)) for error in (*self.report.base.errors, *self.base_items.errors))

    def _row(self, rule_id: str, version: VersionReport, items: PackItems, name: str, disabled: Container[str]) -> dict[str, Any]:
        found = version.by_rule.get(rule_id)
        row: dict[str, Any] = {"rule_id": rule_id, "version": name}
        if found is None:
            there = "disabled" if rule_id in disabled else "does not load"
            return {**row, "status": there if items.has_rule(rule_id) else "not there"}
        return {
            **row,
            "status": "stopped" if found.is_stopped else "ran",
            "rule_version": found.version,
            **{count: getattr(found, count) for count in _COUNTS},
            "alerts": len(version.alerts_of(rule_id)),
            "error_alerts": len(version.alerts_of(rule_id, "RULE_ERROR")),
            "first_match": found.first_match,
            "last_match": found.last_match,
            "cpu_seconds": round(found.cpu_seconds, 3),
            "entities": [
                {"indicator": column.removeprefix("p_any_"), "value": value, "matches": count}
                for column, value, count in found.top_entities(TOP_ENTITIES)
            ],
            "error_texts": [{"text": text, "count": count} for text, count in found.error_texts.most_common(TOP_ERRORS)],
        }


def write_report(written: Written, format: str) -> None:
    """The report to stdout."""
    match format:
        case "json":
            write_json(_document(written))
        case "markdown":
            sys.stdout.write("\n".join(_markdown(written)) + "\n")
        case _:
            _write_table(written)


def _document(written: Written) -> dict[str, Any]:
    report = written.report
    document: dict[str, Any] = {
        "from": report.times.start,
        "to": report.times.end,
        "events_by_log_type": dict(report.events_by_log_type),
        "unreadable_events": report.present.unreadable_events,
        "rules": written.present_rows(),
        "alerts": [asdict(alert) for alert in report.present.alerts],
    }
    changes = report.difference
    if written.base is not None and changes is not None:
        document["base"] = {"ref": written.base.ref, "commits": list(written.base.commits), "rules": written.base_rows()}
        document["difference"] = {
            "is_change": changes.is_change,
            "alerts_added": [asdict(alert) for alert in changes.added],
            "alerts_lost": [asdict(alert) for alert in changes.lost],
            "alerts_changed": [{"before": asdict(before), "after": asdict(after)} for before, after in changes.changed],
            "matches_added": dict(sorted(changes.matches_added.items())),
            "matches_lost": dict(sorted(changes.matches_lost.items())),
            "changed_and_not_run": list(written.chosen.not_run),
        }
    return document


def _write_table(written: Written) -> None:
    rows = _both(written)
    columns = [column for column in COLUMNS if column.key != "version" or written.base is not None]
    write_rows([{**row, "cpu_seconds": _seconds(row)} for row in rows], columns, Format.TABLE, empty="no rule differs")
    for row in rows:
        details = list(_details(row))
        if details:
            typer.echo("\n" + terminal_text(row["rule_id"]) + (f" ({terminal_text(row['version'])})" if written.base is not None else ""))
        for detail in details:
            typer.echo(f"  {detail}")
    notes = list(_notes(written))
    if notes:
        typer.echo()
    for note in notes:
        typer.echo(note)
    for title, lines in _changes(written):
        typer.echo(f"\n{title}:")
        for mark, alert in lines:
            typer.echo(f"  {mark} {_alert(alert)}")


def _details(row: dict[str, Any]) -> Iterator[str]:
    """What there is to say of a rule that matched or failed."""
    if row.get("first_match"):
        yield f"matches from {time_text(row['first_match'])} to {time_text(row['last_match'])} (UTC)"
    if row.get("entities"):
        yield "most frequent: " + "; ".join(_entity(entity) for entity in row["entities"])
    if row.get("error_alerts"):
        yield f"alerts about its errors: {row['error_alerts']:,}"
    for error in row.get("error_texts", ()):
        yield f"{error['count']:,} x {terminal_text(error['text'])}"


def _markdown(written: Written) -> Iterator[str]:
    report = written.report
    against = f" against {_code(written.base.ref)}" if written.base is not None else ""
    events = sum(report.events_by_log_type.values())
    yield f"### Backtest{against}: {_verdict(written)}"
    yield ""
    yield f"{events:,} events from {time_text(report.times.start)} to {time_text(report.times.end)} (UTC)."
    yield ""
    if not written.chosen.rule_ids:
        yield from _notes(written)
        return
    columns = [column for column in COLUMNS if column.key != "version" or written.base is not None]
    yield "| " + " | ".join(column.heading for column in columns) + " |"
    yield "|" + "|".join(" --: " if column.align == "right" else " --- " for column in columns) + "|"
    rows = _both(written)
    for row in rows:
        yield "| " + " | ".join(_markdown_cell(column, row) for column in columns) + " |"
    for row in rows:
        entities = ", ".join(
            f"{_code(entity['value'])} ({entity['indicator']}, {entity['matches']:,})" for entity in row.get("entities", ())
        )
        errors = [f"{error['count']:,} x {_code(error['text'])}" for error in row.get("error_texts", ())]
        if entities or errors:
            name = _code(row["rule_id"]) + (f" ({_code(row['version'])})" if written.base is not None else "")
            yield ""
            yield f"{name}:"
            yield ""
            if entities:
                yield f"- most frequent: {entities}"
            yield from (f"- {error}" for error in errors)
    for note in _notes(written):
        yield ""
        yield note
    for title, lines in _changes(written):
        yield ""
        yield f"**{title}**"
        yield ""
        for mark, alert in lines:
            texts = f"{_code(alert.title)}, dedup {_code(alert.dedup)}, {alert.matches:,} matches"
            yield f"- {mark} {time_text(alert.first_event_time)} {_code(alert.rule_id)} {alert.severity} {texts}"


def _both(written: Written) -> list[dict[str, Any]]:
    """Rows of each rule together: as it was, then as it is."""
    present, base = written.present_rows(), written.base_rows()
    return [row for pair in zip(base, present, strict=True) for row in pair] if base else present


def _notes(written: Written) -> Iterator[str]:
    report = written.report
    if report.present.unreadable_events:
        yield f"{report.present.unreadable_events:,} events are no JSON objects: no rule saw them"
    changes = report.difference
    if changes is None:
        return
    if written.chosen.not_run:
        names = ", ".join(terminal_text(item_id) for item_id in written.chosen.not_run)
        yield f"differ, and cannot be run over stored events: {names}"
    for count, text in ((changes.matches_added, "events match that did not before"), (changes.matches_lost, "events match no longer")):
        for rule_id, matches in sorted(count.items()):
            yield f"{terminal_text(rule_id)}: {matches:,} {text}"
    if not changes.is_change and written.chosen.rule_ids:
        yield "no match and no alert differs"


def _changes(written: Written) -> Iterator[tuple[str, list[tuple[str, BacktestAlert]]]]:
    """Lists of alerts that differ, each with its title."""
    changes = written.report.difference
    if changes is None:
        return
    pairs = [entry for before, after in changes.changed for entry in (("-", before), ("+", after))]
    lists: Sequence[tuple[str, int, list[tuple[str, BacktestAlert]], int]] = (
        ("alerts added", len(changes.added), _marked("+", changes.added), MAX_LISTED),
        ("alerts lost", len(changes.lost), _marked("-", changes.lost), MAX_LISTED),
        ("alerts with another title or severity", len(changes.changed), pairs, 2 * MAX_LISTED),
    )
    for title, count, lines, limit in lists:
        if count:
            shown = f", the first {MAX_LISTED}" if len(lines) > limit else ""
            yield f"{count:,} {title}{shown}", lines[:limit]


def _marked(mark: str, alerts: Iterable[BacktestAlert]) -> list[tuple[str, BacktestAlert]]:
    return [(mark, alert) for alert in alerts]


def _verdict(written: Written) -> str:
    changes, alerts = written.report.difference, len(written.report.present.alerts)
    if changes is None:
        return f"{alerts:,} alerts"
    if not changes.is_change:
        return "no change" if written.chosen.rule_ids else "no rule differs"
    return f"{len(changes.added):,} alerts added, {len(changes.lost):,} lost, {len(changes.changed):,} changed"


def _alert(alert: BacktestAlert) -> str:
    kind = "" if alert.alert_type == "RULE" else " (error)"
    texts = f"{terminal_text(alert.title)} [{terminal_text(alert.dedup)}]"
    return f"{time_text(alert.first_event_time)} {terminal_text(alert.rule_id)}{kind} {alert.severity} {texts} {alert.matches:,} matches"


def _entity(entity: dict[str, Any]) -> str:
    return f"{terminal_text(entity['value'])} ({entity['indicator']}, {entity['matches']:,})"


def _seconds(row: dict[str, Any]) -> str:
    return f"{row['cpu_seconds']:.2f}" if "cpu_seconds" in row else ""


def _markdown_cell(column: Column, row: dict[str, Any]) -> str:
    value = row.get(column.key)
    if value is None:
        return ""
    if column.key in ("first_match", "last_match"):
        return time_text(value)
    if column.key == "cpu_seconds":
        return _seconds(row)
    return _code(value) if column.key in ("rule_id", "version") else f"{value:,}" if isinstance(value, int) else str(value)


def _code(text: str) -> str:
    """A text from events as Markdown code: it can be no link, mention, picture or column."""
    plain = terminal_text(text).replace("`", "'").replace("|", "\\|")
    return f"`{plain if len(plain) <= MAX_CODE else plain[:MAX_CODE] + '...'}`" if plain.strip() else "(empty)"
