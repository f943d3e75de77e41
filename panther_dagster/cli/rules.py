"""panther test: the unit tests in rules' YAML files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from panther_dagster.cli.listing import Column, Format, FormatOption, terminal_text, write_rows

if TYPE_CHECKING:
    from panther_dagster.detect.pack import RuleSet
    from panther_dagster.detect.unit_tests import RuleTestReport, TestResult

COLUMNS = (
    Column("rule_id", "rule"),
    Column("name", "test"),
    Column("is_passed", "passed"),
    Column("expected", "expected"),
    Column("is_triggered", "triggered"),
    Column("error", "error"),
)


def run_rule_tests(
    path: Annotated[
        Path | None, typer.Option("--path", exists=True, help="Folder or file of rules; default: `rules.paths` of the settings.")
    ] = None,
    filter: Annotated[list[str], typer.Option("--filter", metavar="K=V", help="Only rules with KEY=V1,V2 or KEY!=V1,V2; may repeat.")] = [],  # noqa: B006
    test_name: Annotated[list[str], typer.Option("--test-name", help="Only tests of this name; may repeat.")] = [],  # noqa: B006
    minimum_tests: Annotated[int, typer.Option("--minimum-tests", min=0, help="A rule with fewer tests fails.")] = 0,
    skip_disabled_tests: Annotated[bool, typer.Option("--skip-disabled-tests", help="Leave rules out that are not enabled.")] = False,
    show_failures_only: Annotated[bool, typer.Option("--show-failures-only", help="Print only rules with a failed test.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Run rules' unit tests. Exit code 1 when one fails or a rule cannot be loaded."""
    from panther_dagster.detect.pack import load_rules
    from panther_dagster.detect.unit_tests import parse_filters, run_tests, selected_detections
    from panther_dagster.log_types.registry import load_registry
    from panther_dagster.settings import load_settings

    settings = load_settings()
    paths = [path] if path else list(settings.rules.paths)
    rules = load_rules(paths, registry=load_registry(settings.dbt_project))
    filters = parse_filters(filter)
    reports = []
    for report in run_tests(rules, filters=filters, skip_disabled=skip_disabled_tests, minimum_tests=minimum_tests, test_names=test_name):
        reports.append(report)
        if format is Format.TABLE and not (show_failures_only and report.is_passed):
            _print_report(report)
    failed = [report for report in reports if not report.is_passed]
    if format is Format.TABLE:
        skipped = len(selected_detections(rules, filters)) - len(reports)
        _print_summary(paths, rules, passed=len(reports) - len(failed), skipped=skipped, failed=len(failed))
    else:
        write_rows([row for report in reports for row in _rows(report)], COLUMNS, format)
        for error in rules.errors:
            typer.echo(f"invalid: {terminal_text(error)}", err=True)
    if failed or rules.errors:
        raise typer.Exit(1)


def _rows(report: RuleTestReport) -> list[dict[str, Any]]:
    rows = [{column.key: getattr(result, column.key) for column in COLUMNS} for result in report.results]
    if report.shortfall:
        rows.append({"rule_id": report.rule.rule_id, "name": "", "is_passed": False, "error": report.shortfall})
    return rows


def _print_report(report: RuleTestReport) -> None:
    typer.secho(terminal_text(report.rule.rule_id), bold=True)
    for result in report.results:
        _print_result(result)
    if report.shortfall:
        _print_line(1, report.shortfall, is_passed=False)


def _print_result(result: TestResult) -> None:
    _print_line(1, terminal_text(result.name), is_passed=result.is_passed)
    for function in result.functions:
        _print_line(2, f"[{function.name}] {terminal_text(function.error or function.output or '')}", is_passed=function.matched)
    if result.error and not any(function.error for function in result.functions):
        typer.secho(f"\t\t{terminal_text(result.error)}", fg="red")
    if result.printed and not result.is_passed:
        for line in result.printed.splitlines():
            typer.secho(f"\t\t| {terminal_text(line)}", dim=True)


def _print_line(depth: int, text: str, *, is_passed: bool) -> None:
    mark = "[PASS]" if is_passed else "[FAIL]"
    typer.secho("\t" * depth + f"{mark} {text}", fg=None if is_passed else "red")


def _print_summary(paths: Sequence[Path], rules: RuleSet, *, passed: int, skipped: int, failed: int) -> None:
    for error in rules.errors:
        typer.echo(f"invalid: {terminal_text(error)}", err=True)
    typer.echo("\nTest Summary")
    typer.echo(f"\tPath: {', '.join(str(path) for path in paths)}")
    for name, count in (("Passed", passed), ("Skipped", skipped), ("Failed", failed), ("Invalid", len(rules.errors))):
        typer.echo(f"\t{name}: {count}")
