"""panther test: the unit tests in the YAML files of rules, scheduled rules and policies."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from panther_dagster.errors import RuleError


class ReportFormat(StrEnum):
    """How the results are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"


def run_rule_tests(
    more_filters: Annotated[list[str], typer.Argument(metavar="[K=V]...", help="More filters.", show_default=False)] = [],  # noqa: B006
    path: Annotated[
        Path | None, typer.Option("--path", exists=True, help="Folder or file of rules; default: `rules.paths` of the settings.")
    ] = None,
    overlay: Annotated[
        list[Path],
        typer.Option("--overlay", exists=True, help="Folder of overlays; default without --path: `rules.overlays` of the settings."),
    ] = [],  # noqa: B006
    filter: Annotated[list[str], typer.Option("--filter", metavar="K=V", help="Only items with KEY=V1,V2 or KEY!=V1,V2; may repeat.")] = [],  # noqa: B006
    test_names: Annotated[list[str], typer.Option("--test-names", "--test-name", help="Only tests of this name; may repeat.")] = [],  # noqa: B006
    minimum_tests: Annotated[int, typer.Option("--minimum-tests", min=0, help="A detection with fewer tests fails.")] = 0,
    skip_disabled_tests: Annotated[bool, typer.Option("--skip-disabled-tests", help="Leave detections out that are not enabled.")] = False,
    show_failures_only: Annotated[bool, typer.Option("--show-failures-only", help="Print only detections with a failed test.")] = False,
    sort_test_results: Annotated[
        bool, typer.Option("--sort-test-results", help="Detections whose tests pass first, then those with a failed one; each by id.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Also count detections by log type, resource type and ATT&CK technique (table, json).")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes; 0: one for each core.")] = 0,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds after which a test, or an import, fails.")] = 60,
    format: Annotated[
        ReportFormat, typer.Option("--format", help="table, json (one array), csv (with a header) or junit (XML for CI).")
    ] = ReportFormat.TABLE,
) -> None:
    """Run unit tests of rules, scheduled rules and policies. Exit code 1 when one fails or an item cannot be loaded."""
    from panther_dagster.cli.rule_reports import write_report
    from panther_dagster.detect.overlays import read_overlays
    from panther_dagster.detect.selection import parse_filters
    from panther_dagster.detect.unit_test_run import TestOptions, run_pack_tests
    from panther_dagster.log_types.registry import load_registry
    from panther_dagster.settings import load_settings

    if coverage and format not in (ReportFormat.TABLE, ReportFormat.JSON):
        raise typer.BadParameter("--coverage is for --format table and json")
    settings = load_settings()
    paths = [path] if path else list(settings.rules.paths)
    options = TestOptions(
        filters=tuple(parse_filters([*filter, *more_filters])),
        skip_disabled=skip_disabled_tests,
        minimum_tests=minimum_tests,
        test_names=frozenset(test_names),
        workers=workers or _cores(),
        timeout_seconds=timeout,
    )
    overlays = read_overlays(overlay or ([] if path else settings.rules.overlays))
    run = run_pack_tests(paths, options, registry=load_registry(settings.dbt_project), overlays=overlays)
    if not run.items and not run.errors:
        chosen = f" matches {' '.join([*filter, *more_filters])}" if options.filters else " is an item"
        raise RuleError(f"nothing in {', '.join(map(str, paths))}{chosen}")
    reports = [report for report in run.reports if not (show_failures_only and report.is_passed)]
    if sort_test_results:
        reports.sort(key=lambda report: not report.is_passed)
    write_report(run, reports, paths, format.value, with_coverage=coverage)
    if not run.is_passed:
        raise typer.Exit(1)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
