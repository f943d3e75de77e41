"""panther sql: reads, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_rows_come_as_json(panther) -> None:
    result = panther("sql", "select 1 as n, 'x' as t, {'a': [1]} as s, timestamp '2024-05-01 10:00:00' as at", "--format", "json")

    assert json.loads(result.stdout) == [{"n": 1, "t": "x", "s": {"a": [1]}, "at": "2024-05-01T10:00:00Z"}]


def test_columns_of_one_name_are_all_there(panther) -> None:
    assert panther("sql", "select 1 as a, 2 as a", "--format", "csv").stdout == "a,a_2\n1,2\n"


def test_rows_are_limited_and_stderr_says_so(panther) -> None:
    result = panther("sql", "select * from range(10)", "--limit", "3", "--format", "csv")

    assert result.stdout == "range\n0\n1\n2\n"
    assert result.stderr == "the first 3 rows; --limit 0 prints all\n"
    assert panther("sql", "select * from range(10)", "--limit", "10").stderr == ""
    assert panther("sql", "select * from range(2000)", "--limit", "0", "--format", "csv").stdout.count("\n") == 2_001


@pytest.mark.parametrize("sql", ["show tables", "describe panther_monitor.objects", "/* why */ with a as (select 1) select * from a"])
def test_other_ways_to_read(panther, sql: str) -> None:
    assert panther("sql", sql).stdout


@pytest.mark.parametrize(
    "sql",
    [
        "drop table panther_monitor.objects",
        "select 1; drop table panther_monitor.objects",
        "/* select */ delete from panther_monitor.objects",
    ],
)
def test_a_statement_that_writes_is_refused(panther, sql: str) -> None:
    assert "reads" in panther("sql", sql, exit_code=1).stderr
    assert json.loads(panther("sql", "select count(*) as n from panther_monitor.objects", "--format", "json").stdout) == [{"n": 0}]


def test_show_tables_names_those_of_every_schema(panther) -> None:
    names = {row["name"] for row in json.loads(panther("sql", "show tables", "--format", "json").stdout)}

    assert {"panther_monitor.objects", "panther_alerts.deliveries", "panther_signals.signals"} <= names


def test_statement_from_a_file_and_from_stdin(panther, tmp_path: Path) -> None:
    (tmp_path / "query.sql").write_text("select 7 as n\n")

    assert panther("sql", "--file", "query.sql", "--format", "csv").stdout == "n\n7\n"
    assert panther("sql", "-", "--format", "csv", input="select 8 as n").stdout == "n\n8\n"


def test_the_engines_error_is_shown(panther) -> None:
    result = panther("sql", "select * from nowhere", exit_code=1)

    assert result.stderr.startswith("panther: ")
    assert "nowhere" in result.stderr


def test_a_query_written_for_panther_runs(panther) -> None:
    query = "select count(*) as n from panther_monitor.public.batches b where p_occurs_since('1 day', b, cut_time)"

    assert json.loads(panther("sql", query, "--format", "json").stdout) == [{"n": 0}]
