"""Whole installations in a temporary folder. What takes long to make is made once and copied (conftest.py)."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import LakeSettings, Settings
from panther_dagster.storage import open_lake


def installation(home: Path, **sections: Any) -> Settings:
    """Settings with everything in `home`, small."""
    return Settings(home=home, lake=LakeSettings(threads=1, memory_limit="500MB"), **sections)


def make_tables(home: Path) -> Path:
    """A home whose lake has all tables and whose dbt project is parsed: some twenty CPU seconds."""
    settings = installation(home)
    lake = open_lake(settings)
    DbtProject(settings, lake).ensure_tables()
    lake.close()
    return home


def copy_home(ensured_home: Path, home: Path) -> Path:
    """The same in another place."""
    shutil.copytree(ensured_home, home, dirs_exist_ok=True, ignore=lambda folder, names: ["lake"] if folder == str(ensured_home) else [])
    copy_lake_folder(ensured_home / "lake", home / "lake")
    return home


def copy_lake_folder(lake: Path, folder: Path) -> Path:
    """A lake's folder in another place."""
    shutil.copytree(lake, folder)
    with sqlite3.connect(folder / "catalog.sqlite") as catalog:  # DuckLake keeps the place of its files
        catalog.execute("update ducklake_metadata set value = ? where key = 'data_path'", [f"{folder.resolve() / 'data'}/"])
    return folder
