"""Results of `panther test` -> stdout: as text for people, as JSON, CSV, or JUnit's XML."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import typer

from panther_dagster.cli.listing import Column, Format, terminal_text, write_json, write_rows
from panther_dagster.detect.coverage import coverage
from panther_dagster.detect.unit_test_run import TESTED_KINDS

if TYPE_CHECKING:
    from panther_dagster.detect.coverage import Coverage
    from panther_dagster.detect.unit_test_run import ItemReport, TestRun
    from panther_dagster.detect.unit_tests import TestResult
    from panther_dagster.errors import Location

COLUMNS = (
    Column("kind", "kind"),
    Column("rule_id", "rule"),
    Column("name", "test"),
    Column("is_passed", "passed"),
    Column("expected", "expected"),
    Column("is_triggered", "triggered"),
    Column("error", "error"),
    Column("place", "place"),
)


def write_report(run: TestRun, reports: Sequence[ItemReport], paths: Sequence[Path], format: str, *, with_coverage: bool) -> None:
    """Write the reports, then what there is to say about the whole run."""
    covered = coverage(run.items) if with_coverage else None
    if format == "junit":
        _write_junit(run, reports)
        return
    if format == "table":
        for report in reports:
            _print_report(report)
        _print_errors(run)
        _print_summary(run, paths)
        if covered is not None:
            _print_coverage(covered)
        return
    rows = [row for report in reports for row in _rows(report)]
    if covered is not None:
        results = [{column.key: row.get(column.key) for column in COLUMNS} for row in rows]
        write_json({"results": results, "summary": _summary(run), "coverage": asdict(covered)})
    else:
        write_rows(rows, COLUMNS, Format(format))
    _print_errors(run)


def _rows(report: ItemReport) -> Iterator[dict[str, Any]]:
    assert report.item is not None
    of_item = {"kind": report.item.kind, "rule_id": report.item.item_id}
    for result in report.results:
        named = {key: getattr(result, key) for key in ("name", "is_passed", "expected", "is_triggered", "error")}
        yield {**of_item, **named, "place": _shown(result.place)}
    if report.shortfall:
        yield {**of_item, "name": "", "is_passed": False, "error": report.shortfall, "place": str(report.item.file)}


def _shown(place: Location | None) -> str | None:
    return None if place is None else str(place)


def _print_report(report: ItemReport) -> None:
    assert report.item is not None
    typer.secho(terminal_text(report.item.item_id), bold=True)
    for result in report.results:
        _print_result(result)
    if report.shortfall:
        _print_line(1, report.shortfall, is_passed=False)


def _print_result(result: TestResult) -> None:
    _print_line(1, terminal_text(result.name), is_passed=result.is_passed)
    for function in result.functions:
        _print_line(2, f"[{function.name}] {terminal_text(function.error or function.output or '')}", is_passed=function.matched)
    if result.is_passed:
        return
    if result.error and not any(function.error for function in result.functions):
        typer.secho(f"\t\t{terminal_text(result.error)}", fg="red")
    if result.place is not None:
        typer.secho(f"\t\tat {terminal_text(result.place)}", dim=True)
    for line in result.printed.splitlines():
        typer.secho(f"\t\t| {terminal_text(line)}", dim=True)


def _print_line(depth: int, text: str, *, is_passed: bool) -> None:
    mark = "[PASS]" if is_passed else "[FAIL]"
    typer.secho("\t" * depth + f"{mark} {text}", fg=None if is_passed else "red")


def _print_errors(run: TestRun) -> None:
    for error in run.errors:
        typer.echo(f"invalid: {terminal_text(error)}", err=True)


def _print_summary(run: TestRun, paths: Sequence[Path]) -> None:
    passed = sum(report.is_passed for report in run.reports)
    failed = len(run.reports) - passed
    typer.echo("\nTest Summary")
    typer.echo(f"\tPath: {', '.join(str(path) for path in paths)}")
    for name, count in (("Passed", passed), ("Skipped", len(run.skipped)), ("Failed", failed), ("Invalid", len(run.errors))):
        typer.echo(f"\t{name}: {count}")
    typer.echo("\tBy kind:")
    for row in _summary(run):
        if row["kind"] in TESTED_KINDS:
            counts = f"{row['passed']} passed, {row['failed']} failed, {row['skipped']} skipped, {row['invalid']} invalid"
            typer.echo(f"\t\t{row['kind']}: {row['items']} ({counts}); {row['tests']} tests")
        else:
            typer.echo(f"\t\t{row['kind']}: {row['items']}" + (f" ({row['invalid']} invalid)" if row["invalid"] else ""))


def _summary(run: TestRun) -> list[dict[str, Any]]:
    """Counts of items by kind; those that are tested come first."""
    kinds = sorted({item.kind for item in run.items}, key=lambda kind: (TESTED_KINDS.index(kind) if kind in TESTED_KINDS else 9, kind))
    rows = []
    for kind in kinds:
        reports = [report for report in run.reports if report.item is not None and report.item.kind == kind]
        rows.append(
            {
                "kind": kind,
                "items": sum(item.kind == kind for item in run.items),
                "passed": sum(report.is_passed for report in reports),
                "failed": sum(not report.is_passed for report in reports),
                "skipped": sum(item.kind == kind for item in run.skipped),
                "invalid": sum(item.kind == kind for item in run.invalid),
                "tests": sum(len(report.results) for report in reports),
            }
        )
    return rows


def _print_coverage(covered: Coverage) -> None:
    counts = (Column("detections", "detections", "right"), Column("enabled", "enabled", "right"))
    for title, rows in (("log type", covered.log_types), ("resource type", covered.resource_types)):
        if rows:
            typer.echo()
            write_rows([asdict(row) for row in rows], (Column("name", title), *counts), Format.TABLE)
    typer.echo()
    attack = (Column("tactic_id", "tactic"), Column("tactic", "name"), Column("technique_id", "technique"), *counts)
    write_rows([asdict(row) for row in covered.techniques], attack, Format.TABLE, empty="no detection reports an ATT&CK id")
    typer.echo(f"detections without an ATT&CK id: {covered.unmapped}")


def _write_junit(run: TestRun, reports: Iterable[ItemReport]) -> None:
    root = ElementTree.Element("testsuites", name="panther test")
    for report in reports:
        assert report.item is not None
        file = _relative(report.item.file)
        failures = sum(not result.is_passed for result in report.results) + (report.shortfall is not None)
        tests = len(report.results) + (report.shortfall is not None)
        seconds = sum(result.seconds for result in report.results)
        suite = _suite(root, report.item.item_id, file, tests=tests, failures=failures, seconds=seconds)
        for result in report.results:
            case = _case(suite, report.item.item_id, result.name, file, line=result.place.line if result.place else None)
            case.set("time", f"{result.seconds:.3f}")
            if not result.is_passed:
                _problem(case, "failure", result.error or "failed", _failure_text(result))
            if result.printed:
                ElementTree.SubElement(case, "system-out").text = _xml_text(result.printed)
        if report.shortfall:
            _problem(_case(suite, report.item.item_id, "minimum tests", file), "failure", report.shortfall, f"{file}: {report.shortfall}")
    for error in run.errors:
        place = error.location
        file = _relative(place.file) if place else ""
        suite = _suite(root, file or "pack", file, tests=1, errors=1)
        _problem(_case(suite, file or "pack", "loads", file, line=place.line if place else None), "error", error.text, str(error))
    ElementTree.indent(root)
    sys.stdout.write("<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode") + "\n")


def _suite(
    root: ElementTree.Element, name: str, file: str, *, tests: int, failures: int = 0, errors: int = 0, seconds: float = 0
) -> ElementTree.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": "0", "time": f"{seconds:.3f}"}
    return ElementTree.SubElement(root, "testsuite", {"name": _xml_text(name), "file": _xml_text(file), **counts})


def _case(suite: ElementTree.Element, rule_id: str, name: str, file: str, line: int | None = None) -> ElementTree.Element:
    attributes = {"classname": _xml_text(rule_id), "name": _xml_text(name), "file": _xml_text(file)}
    return ElementTree.SubElement(suite, "testcase", {**attributes, **({"line": str(line)} if line else {})})


def _problem(case: ElementTree.Element, tag: str, message: str, text: str) -> None:
    ElementTree.SubElement(case, tag, message=_xml_text(message)).text = _xml_text(text)


def _failure_text(result: TestResult) -> str:
    place = f"{_relative(result.place.file)}:{result.place.line}: " if result.place else ""
    lines = [f"{place}{result.error or 'failed'}"]
    lines += [f"[{function.name}] {function.error or function.output or ''}" for function in result.functions]
    return "\n".join(lines)


def _relative(file: Path) -> str:
    """As seen from the current folder if it is below it: what CI shows beside the code."""
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)


def _xml_text(text: str) -> str:
    """Text without the characters that XML has no way to write."""
    return "\n".join(terminal_text(line) for line in text.split("\n"))
