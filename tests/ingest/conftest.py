"""A source and a lake for each test. Creating all tables takes seconds, so they are created once and copied."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ingest.place import Place

from panther_dagster.storage.embedded import EmbeddedLake


@pytest.fixture(scope="session")
def empty_lake_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lake with all tables and nothing in them. Not to be written to."""
    folder = tmp_path_factory.mktemp("empty") / "lake"
    lake = EmbeddedLake(folder, threads=1, memory_limit="500MB")
    lake.ensure_tables()
    lake.close()
    return folder


@pytest.fixture
def copy_lake(empty_lake_folder: Path) -> Callable[[Path], Path]:
    """Makes an empty lake in a folder."""

    def copied(folder: Path) -> Path:
        shutil.copytree(empty_lake_folder, folder)
        with sqlite3.connect(folder / "catalog.sqlite") as catalog:  # DuckLake keeps the place of its files
            catalog.execute("update ducklake_metadata set value = ? where key = 'data_path'", [f"{folder.resolve() / 'data'}/"])
        return folder

    return copied


@pytest.fixture
def lake(copy_lake: Callable[[Path], Path], tmp_path: Path) -> Iterator[EmbeddedLake]:
    """An empty lake with all tables."""
    opened = EmbeddedLake(copy_lake(tmp_path / "lake"), threads=1, memory_limit="500MB")
    yield opened
    opened.close()


@pytest.fixture
def place(lake: EmbeddedLake, tmp_path: Path) -> Place:
    """A source folder beside it."""
    return Place(lake, tmp_path / "source")
