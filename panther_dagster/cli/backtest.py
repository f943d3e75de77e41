"""panther backtest: what rules would have found in events that the lake holds already, and what a change to them changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from panther_dagster.cli.installation import now_utc, open_installation, parse_time
from panther_dagster.cli.listing import terminal_text
from panther_dagster.cli.progress import progress_bar
from panther_dagster.errors import BacktestError

if TYPE_CHECKING:
    from panther_dagster.backtest.base import BaseVersion
    from panther_dagster.backtest.running import RuleVersion
    from panther_dagster.detect.limits import LimitedRules
    from panther_dagster.log_types.registry import Registry
    from panther_dagster.settings import Settings
    from panther_dagster.storage.lake import Lake


class BacktestFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def backtest(
    start: Annotated[
        datetime,
        typer.Option("--from", parser=parse_time, metavar="TIME", help="First event time: 2024-05-01T10:00 (UTC), or 24h, 7d ago."),
    ],
    rule_ids: Annotated[
        list[str],
        typer.Argument(
            metavar="[RULE_ID]...",
            help="Rules (AnalysisType rule), enabled or not. With --base, none: every rule that differs.",
            show_default=False,
        ),
    ] = [],  # noqa: B006
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

    With --base and no RULE_ID: every rule that is new, gone or has another version, each where it is enabled, so that switching one on
    or off shows.

    Exit code 0: done, whatever the rules found; 1: a rule does not load, or with --fail-on-change something differs; 2: it cannot be run
    as asked (unknown rule or ref, no events in the range ...).
    """
    if not rule_ids and base is None:
        raise typer.BadParameter("name rules, or --base GIT_REF for all that differ from it")
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
    from panther_dagster.backtest.choosing import PackItems, changed_rules, named_rules, read_items
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
        present = _Rules(settings, load_registry(settings.dbt_project), paths, overlays)
        before = None
        if ref is not None:
            base = stack.enter_context(base_version(paths, ref))
            before = present.at(base)
            base_items = read_items(before.paths)
        if rule_ids or before is None:
            PackItems({**base_items.by_id, **items.by_id}).check(rule_ids)
            chosen = named_rules(rule_ids, items, base_items)
        else:
            with present.loaded() as rules, before.loaded() as base_rules:
                chosen = changed_rules(rules.rules, base_rules.rules, items, base_items)
        names = {destination.name: destination.name for destination in settings.destinations}
        versions = [present.version(stack, lake, chosen.present)]
        if before is not None:
            versions.append(before.version(stack, lake, chosen.base))
        times = TimeRange(start, end)
        with _progress() as on_rows:
            report = run_backtest(lake, *versions, times=times, destinations=names or None, on_rows=on_rows, needs_events=bool(rule_ids))
    written = Written(report, chosen, items, base_items, base)
    for line in written.complaints():
        typer.echo(f"invalid: {terminal_text(line)}", err=True)
    write_report(written, format.value)
    # Named rules are all there; what differs cannot be known of a file that cannot be read.
    is_failed = written.is_failed or (not rule_ids and bool(items.errors))
    return is_failed, report.difference is not None and report.difference.is_change


@dataclass(frozen=True)
class _Rules:
    """Where the rules of a version are."""

    settings: Settings
    registry: Registry
    paths: Sequence[Path]
    overlays: Sequence[Path]

    def at(self, base: BaseVersion) -> _Rules:
        """The same at a git ref; overlays that are in none of its repositories stay as they are."""
        paths = [found for path in self.paths if (found := base.path(path)) is not None]
        overlays = [found for one in self.overlays if (found := base.path(one) if base.is_tracked(one) else one) is not None]
        return replace(self, paths=paths, overlays=overlays)

    def loaded(self, only: Sequence[str] | None = None) -> LimitedRules:
        """The rules in a process of their own."""
        from panther_dagster.detect.limits import LimitedRules, RuleLimits

        rules = self.settings.rules
        limits = RuleLimits(rules.max_seconds, rules.max_memory_bytes)
        return LimitedRules(
            self.paths, overlays=self.overlays, limits=limits, registry=self.registry, use_prefilter=rules.use_prefilter, only=only
        )

    def version(self, stack: ExitStack, lake: Lake, rule_ids: Sequence[str]) -> RuleVersion:
        """These rules, which end with the stack; lookup tables as the lake has them, none is loaded."""
        from panther_dagster.backtest.running import RuleVersion
        from panther_dagster.detect.lookups.declaration import read_lookup_tables
        from panther_dagster.detect.lookups.history import LookupHistory

        catalog = read_lookup_tables(self.paths, sources=self.settings.rules.lookup_sources, log_types=self.registry.by_name)
        for error in catalog.errors:  # rules run without them, as in a run
            typer.echo(f"lookup table: {terminal_text(error)}", err=True)
        return RuleVersion(stack.enter_context(self.loaded(rule_ids)), LookupHistory(lake, catalog))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    with progress_bar("loading rules") as update:

        def on_rows(done: int, total: int) -> None:
            update(description="running rules", completed=done, total=total, counts=f"{done:,} of {total:,} events")

        yield on_rows
