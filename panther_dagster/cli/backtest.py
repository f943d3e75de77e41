"""panther backtest: what rules would have found in events that the lake holds already, and what a change to them changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from panther_dagster.cli.installation import now_utc, open_installation, parse_time
from panther_dagster.cli.listing import console, terminal_text
from panther_dagster.errors import BacktestError

if TYPE_CHECKING:
    from panther_dagster.backtest.base import BaseVersion
    from panther_dagster.backtest.choosing import PackItems
    from panther_dagster.backtest.running import RuleVersion
    from panther_dagster.log_types.registry import Registry
    from panther_dagster.settings import Settings
    from panther_dagster.storage.lake import Lake


class BacktestFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def backtest(
    rule_ids: Annotated[list[str], typer.Argument(metavar="RULE_ID...", help="Rules (AnalysisType rule), enabled or not.")],
    start: Annotated[
        datetime,
        typer.Option("--from", parser=parse_time, metavar="TIME", help="First event time: 2024-05-01T10:00 (UTC), or 24h, 7d ago."),
    ],
    end: Annotated[datetime | None, typer.Option("--to", parser=parse_time, metavar="TIME", help="Before then; default: now.")] = None,
    path: Annotated[
        list[Path],
        typer.Option(
            "--path", exists=True, help="Folder or file of rules; may repeat. Default: `rules.paths` and `rules.overlays` of the settings."
        ),
    ] = [],  # noqa: B006
    base: Annotated[
        str | None, typer.Option("--base", metavar="GIT_REF", help="Compare with the rules as they are at this commit, branch or tag.")
    ] = None,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="With --base: exit code 1 when a match or an alert differs.")
    ] = False,
    format: Annotated[BacktestFormat, typer.Option("--format", help="table, json or markdown.")] = BacktestFormat.TABLE,
) -> None:
    """Run rules over events that the lake holds, by event time, and write nothing into it.

    Exit code 0: done, whatever the rules found; 1: a rule does not load, or with --fail-on-change something differs; 2: it cannot be run
    as asked (unknown rule or ref, no events in the range ...).
    """
    if fail_on_change and base is None:
        raise typer.BadParameter("--fail-on-change needs --base")
    try:
        is_failed, is_change = _backtest(list(dict.fromkeys(rule_ids)), start, end or now_utc(), path, base, format)
    except BacktestError as error:
        typer.echo(f"panther: {terminal_text(error)}", err=True)
        raise typer.Exit(2) from error
    if is_failed or (fail_on_change and is_change):
        raise typer.Exit(1)


def _backtest(
    rule_ids: Sequence[str], start: datetime, end: datetime, given_paths: Sequence[Path], ref: str | None, format: BacktestFormat
) -> tuple[bool, bool]:
    """Run it and write the report. Returns whether a rule does not load, and whether something differs from the base."""
    from panther_dagster.backtest.base import base_version
    from panther_dagster.backtest.choosing import PackItems, read_items
    from panther_dagster.backtest.running import run_backtest
    from panther_dagster.cli.backtest_reports import Written, write_report
    from panther_dagster.detect.backtest import TimeRange
    from panther_dagster.log_types.registry import load_registry

    if start >= end:
        raise BacktestError(f"--from {start.isoformat()} is not before --to {end.isoformat()}")
    with ExitStack() as stack:
        settings, lake = stack.enter_context(open_installation())
        paths = list(given_paths) or list(settings.rules.paths)
        overlays = [] if given_paths else list(settings.rules.overlays)
        items, base, base_items = read_items(paths), None, PackItems({})
        if ref is not None:
            base = stack.enter_context(base_version(paths, ref))
            base_items = read_items(_paths_at(base, paths))
        PackItems({**base_items.by_id, **items.by_id}).check(rule_ids)
        registry = load_registry(settings.dbt_project)
        present = _version(stack, settings, lake, registry, paths, overlays, _chosen(items, rule_ids))
        before = None
        if base is not None:
            base_overlays = [folder for overlay in overlays if (folder := base.path(overlay) if base.is_tracked(overlay) else overlay)]
            before = _version(stack, settings, lake, registry, _paths_at(base, paths), base_overlays, _chosen(base_items, rule_ids))
        names = {destination.name: destination.name for destination in settings.destinations}
        with _progress() as on_rows:
            report = run_backtest(lake, present, before, times=TimeRange(start, end), destinations=names or None, on_rows=on_rows)
    written = Written(report, rule_ids, items, base_items, base)
    for line in written.complaints():
        typer.echo(f"invalid: {terminal_text(line)}", err=True)
    write_report(written, format.value)
    return written.is_failed, report.difference is not None and report.difference.is_change


def _chosen(items: PackItems, rule_ids: Sequence[str]) -> list[str]:
    return [rule_id for rule_id in rule_ids if rule_id in items.by_id]


def _paths_at(base: BaseVersion, paths: Sequence[Path]) -> list[Path]:
    return [found for path in paths if (found := base.path(path)) is not None]


def _version(
    stack: ExitStack,
    settings: Settings,
    lake: Lake,
    registry: Registry,
    paths: Sequence[Path],
    overlays: Sequence[Path],
    rule_ids: Sequence[str],
) -> RuleVersion:
    """The rules in a process of their own, which ends with the stack; lookup tables as the lake has them, none is loaded."""
    from panther_dagster.backtest.running import RuleVersion
    from panther_dagster.detect.limits import LimitedRules, RuleLimits
    from panther_dagster.detect.lookups.declaration import read_lookup_tables
    from panther_dagster.detect.lookups.history import LookupHistory

    limits = RuleLimits(settings.rules.max_seconds, settings.rules.max_memory_bytes)
    use_prefilter = settings.rules.use_prefilter
    rules = LimitedRules(paths, overlays=overlays, limits=limits, registry=registry, use_prefilter=use_prefilter, only=rule_ids)
    catalog = read_lookup_tables(paths, sources=settings.rules.lookup_sources, log_types=registry.by_name)
    for error in catalog.errors:  # rules run without them, as in a run
        typer.echo(f"lookup table: {terminal_text(error)}", err=True)
    return RuleVersion(stack.enter_context(rules), LookupHistory(lake, catalog))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<14}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(is_error=True), transient=True) as progress:
        task = progress.add_task("loading rules", total=None, counts="")

        def on_rows(done: int, total: int) -> None:
            progress.update(task, description="running rules", completed=done, total=total, counts=f"{done:,} of {total:,} events")

        yield on_rows
