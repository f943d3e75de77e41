"""Statements that a person wrote: they read, and cannot do anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from panther_dagster.errors import LakeError
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Lake


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) as n from panther_monitor.objects",
        "with a as (select 1 as n) select * from a",
        "describe panther_monitor.objects",
        "show tables",
        "select * from ducklake_snapshots('lake')",
        "select * from ducklake_table_info('lake')",
        "select 1 -- ; drop table panther_monitor.objects",
    ],
)
def test_reading_is_allowed(lake: Lake, sql: str) -> None:
    assert lake.read(sql).num_columns >= 1


@pytest.mark.parametrize(
    "sql",
    [
        "drop table panther_monitor.objects",
        "select 1; drop table panther_monitor.objects",
        "with a as (select 1) insert into panther_monitor.objects (uri) select 'x' from a",
        "explain analyze insert into panther_monitor.objects (uri) values ('x')",
        "select * from ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "call ducklake_expire_snapshots('lake')",
        "copy (select 1) to 'written.csv'",
        "commit",
        "set threads = 1",
        "attach 'other.db'",
        "",
    ],
)
def test_anything_else_is_refused_and_changes_nothing(
    lake: EmbeddedLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(LakeError, match="one statement that reads"):
        lake.read(sql)

    assert lake.has_table("panther_monitor.objects")
    assert lake.query("select * from panther_monitor.objects").num_rows == 0
    assert [file.name for file in tmp_path.iterdir()] == ["lake"]


def test_rows_are_bounded(lake: Lake) -> None:
    assert lake.read("select * from range(25000)", max_rows=12_345).num_rows == 12_345
    assert lake.read("select * from range(25000)").num_rows == 25_000
    assert lake.read("select 1 as n where false", max_rows=5).num_rows == 0


def test_the_engines_text_is_in_the_error(lake: Lake) -> None:
    with pytest.raises(LakeError, match="nowhere"):
        lake.read("select * from nowhere")


def test_the_lake_can_be_written_after_reading(lake: Lake) -> None:
    lake.read("select 1")

    lake.create_view("panther_marts.one", "select 1 as n")
    assert lake.query("select n from panther_marts.one").to_pylist() == [{"n": 1}]
