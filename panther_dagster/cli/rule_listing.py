"""panther rules: what there is, and what each rule saw, said and cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.installation import SinceOption, UntilOption, now_utc, open_installation
from panther_dagster.cli.listing import Column, Format, FormatOption, terminal_text, write_rows

if TYPE_CHECKING:
    from panther_dagster.detect.declared_rules import DeclaredRules
    from panther_dagster.detect.rule_report import Period, RuleRow
    from panther_dagster.settings import RulesSettings
    from panther_dagster.storage.lake import Lake

app = typer.Typer(help="Detections: what is declared, and what each of them sees, says and costs.", no_args_is_help=True)
DEFAULT_PERIOD = timedelta(days=7)
LIST_COLUMNS = (
    Column("rule_id", "rule", is_flexible=True),
    Column("kind", "kind"),
    Column("is_enabled", "enabled"),
    Column("severity", "severity"),
    Column("log_types", "log types", is_flexible=True),
    Column("display_name", "name", is_detail=True),
    Column("file", "file", is_detail=True),
    Column("overlay", "overlay", is_detail=True),
)
REPORT_COLUMNS = (
    Column("rule_id", "rule", is_flexible=True),
    Column("kind", "kind", is_detail=True),
    Column("is_enabled", "on"),
    Column("log_types", "log types", is_detail=True),
    Column("events", "events", "right"),
    Column("candidates", "ran on", "right"),
    Column("matches", "matches", "right"),
    Column("alerts", "alerts", "right"),
    Column("errors", "errors", "right"),
    Column("cpu_seconds", "CPU s", "right"),
    Column("microseconds_per_candidate", "µs each", "right"),
    Column("last_match", "last match", is_detail=True),
    Column("last_error", "last error", is_detail=True),
    Column("findings", "findings", is_flexible=True),
    Column("file", "file", is_detail=True),
)
# Those of a rule that is only waiting would hide the others; the table's column has them.
_UNEXPLAINED = ("never_matched", "never_ran")
FilterOption = Annotated[
    list[str], typer.Option("--filter", metavar="K=V", help="Only rules whose YAML has KEY=V1,V2 or KEY!=V1,V2; may repeat.")
]


class Sort(StrEnum):
    """What comes first: the largest number, the latest match, the most findings, or the first id."""

    CPU = "cpu"
    COST = "cost"
    EVENTS = "events"
    CANDIDATES = "candidates"
    MATCHES = "matches"
    ALERTS = "alerts"
    ERRORS = "errors"
    LAST_MATCH = "last-match"
    FINDINGS = "findings"
    ID = "id"


@app.command("list")
def list_(filter: FilterOption = [], format: FormatOption = Format.TABLE) -> None:  # noqa: B006
    """Rules, scheduled rules and correlation rules by id. Exit code 1 when a file cannot be read."""
    from panther_dagster.detect.selection import parse_filters
    from panther_dagster.settings import load_settings

    declared = _declared(load_settings().rules)
    rows = [
        {
            "rule_id": rule.rule_id,
            "kind": rule.kind,
            "is_enabled": rule.is_enabled,
            "severity": rule.severity,
            "log_types": _names(rule.log_types, format),
            "display_name": rule.display_name,
            "file": str(rule.file),
            "overlay": str(rule.overlay_file) if rule.overlay_file else None,
        }
        for rule in declared.chosen(parse_filters(filter))
    ]
    write_rows(rows, LIST_COLUMNS, format, empty="no rules")
    _say_errors(declared)


@app.command()
def report(
    since: SinceOption = None,
    until: UntilOption = None,
    filter: FilterOption = [],  # noqa: B006
    sort: Annotated[Sort, typer.Option("--sort", help="What comes first.")] = Sort.CPU,
    findings_only: Annotated[bool, typer.Option("--findings-only", help="Only rules with a finding.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """What each rule saw, said and cost, with findings. Of the last 7 days unless --since says otherwise, by whole hours of delivery.

    Findings: quarantined (a limit stopped it), fails, slow, noisy (`rules.slow_microseconds` and others of the settings), a field that it
    reads and that no event had, never matched, never ran, not declared (any more). JSON has each with its numbers.
    Exit code 1 when a file of rules cannot be read.
    """
    from panther_dagster.detect.rule_report import report_rules
    from panther_dagster.detect.selection import parse_filters

    end = until or now_utc()
    begin = (since or end - DEFAULT_PERIOD).replace(minute=0, second=0, microsecond=0)
    if begin >= end:
        raise typer.BadParameter(f"--since ({begin}) is not before --until ({end})")
    filters = parse_filters(filter)
    with open_installation() as (settings, lake):
        declared = _declared(settings.rules)
        chosen = declared.chosen(filters)
        period, unreadable = _period(lake, chosen, (begin, end))
    rows = report_rules(chosen, period, _thresholds(settings.rules), with_undeclared=not filters)
    rows = _sorted((row for row in rows if row.findings or not findings_only), sort)
    write_rows([_row(row, format) for row in rows], REPORT_COLUMNS, format, empty="no rules")
    if format is Format.TABLE:
        _explain(rows)
    if unreadable:
        typer.echo(f"no rule could read {unreadable:,} events: Panther.UnreadableEvent in panther_signals.rule_errors", err=True)
    _say_errors(declared)


def _declared(settings: RulesSettings) -> DeclaredRules:
    from panther_dagster.detect.declared_rules import read_declared_rules
    from panther_dagster.detect.overlays import read_overlays

    return read_declared_rules(settings.paths, read_overlays(settings.overlays))


def _period(lake: Lake, rules: Iterable[Any], hours: tuple[datetime, datetime]) -> tuple[Period, int]:
    from panther_dagster.detect.arrivals import absent_paths
    from panther_dagster.detect.rule_numbers import first_hour, log_types_with_events, rule_numbers
    from panther_dagster.detect.rule_report import Period, read_paths

    numbers, unreadable = rule_numbers(lake, hours)
    log_types = log_types_with_events(lake, hours)
    absences = absent_paths(lake, read_paths(rules, log_types), hours)
    days = (hours[1] - (first_hour(lake, hours) or hours[0])) / timedelta(days=1)
    return Period(days, numbers, log_types, absences), unreadable


def _thresholds(settings: RulesSettings) -> Any:
    from panther_dagster.detect.rule_report import RuleThresholds

    return RuleThresholds(settings.slow_microseconds, settings.slow_cpu_seconds, settings.noisy_alerts_per_day)


def _sorted(rows: Iterable[RuleRow], sort: Sort) -> list[RuleRow]:
    """Rows in order of ids, the largest first otherwise."""
    by_id = sorted(rows, key=lambda row: row.rule_id)

    def size(row: RuleRow) -> Any:
        numbers = row.numbers
        match sort:
            case Sort.CPU:
                return numbers.cpu_seconds
            case Sort.COST:
                return numbers.microseconds_per_candidate or 0.0
            case Sort.LAST_MATCH:
                return numbers.last_match or datetime.min
            case Sort.FINDINGS:
                return len(row.findings)
            case _:
                return getattr(numbers, sort.value)

    return by_id if sort is Sort.ID else sorted(by_id, key=size, reverse=True)


def _row(row: RuleRow, format: Format) -> dict[str, Any]:
    rule, numbers, is_table = row.rule, row.numbers, format is Format.TABLE
    each, findings = numbers.microseconds_per_candidate, row.findings
    has_events = rule is None or bool(rule.log_types)  # a correlation rule sees signals, which nobody counts
    return {
        "rule_id": row.rule_id,
        "kind": rule and rule.kind,
        "is_enabled": rule and rule.is_enabled,
        "log_types": rule and _names(rule.log_types, format),
        "events": numbers.events if has_events else None,
        "candidates": numbers.candidates if has_events else None,
        "matches": numbers.matches,
        "alerts": numbers.alerts,
        "errors": numbers.errors,
        "cpu_seconds": (f"{numbers.cpu_seconds:,.3f}" if is_table else numbers.cpu_seconds) if has_events else None,
        "microseconds_per_candidate": f"{each:,.1f}" if is_table and each is not None else each,
        "last_match": numbers.last_match,
        "last_error": numbers.last_error or numbers.last_stop,
        "findings": "; ".join(finding.label for finding in findings) if is_table else [vars(finding) for finding in findings],
        "file": rule and str(rule.file),
    }


def _explain(rows: Iterable[RuleRow]) -> None:
    lines = [
        f"{terminal_text(row.rule_id)}: {finding.kind}: {terminal_text(finding.text)}"
        for row in rows
        for finding in row.findings
        if finding.kind not in _UNEXPLAINED
    ]
    if lines:
        typer.echo("\n" + "\n".join(lines))


def _names(names: Iterable[str], format: Format) -> Any:
    return ", ".join(names) if format is Format.TABLE else list(names)


def _say_errors(declared: DeclaredRules) -> None:
    for error in declared.errors:
        typer.echo(f"invalid: {terminal_text(error)}", err=True)
    if declared.errors:
        raise typer.Exit(1)
