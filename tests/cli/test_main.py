"""The command as a process: starts fast, errors are one line on stderr, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    "demo",
    "init",
    "ingest",
    "search",
    "sql",
    "test",
    "backtest",
    "dispatch",
    "dev",
    "health",
    "alerts",
    "rules",
    "sources",
    "destinations",
    "failures",
    "lake",
)


def panther_process(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PANTHER_")}
    return subprocess.run(
        [sys.executable, "-c", "from panther_dagster.cli.main import run; run()", *arguments],
        cwd=folder,
        env={**kept, "PANTHER_HOME": str(folder / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    result = panther_process(tmp_path, "--help")

    assert result.returncode == 0
    assert all(f"\n  {command} " in result.stdout for command in COMMANDS)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, panther_dagster.cli.main;"
        "heavy = {'duckdb', 'pyarrow', 'dagster', 'dbt', 'pydantic', 'yaml', 'boto3', 'rich.console', 'panther_dagster.settings'};"
        "print(sorted(heavy & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_version(tmp_path: Path) -> None:
    assert panther_process(tmp_path, "--version").stdout == "panther_dagster 0.1.0\n"


def test_an_error_is_one_line_on_stderr_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "panther.yaml").write_text("lake: {threads: many}\n")

    result = panther_process(tmp_path, "sources", "list", "--format", "json")

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("panther: panther.yaml: lake.threads: Input should be a valid integer")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["alerts"], ["sources", "list", "--format", "xml"], ["search"], ["sql"]])
def test_a_wrong_call_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    result = panther_process(tmp_path, *arguments)

    assert result.returncode == 2


def test_an_error_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    result = panther_process(tmp_path, "sql", 'select * from "\x1b[31mred"')

    assert result.returncode == 1
    assert "\x1b" not in result.stderr
    assert "\\x1b[31mred" in result.stderr
