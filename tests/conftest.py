"""Fixtures that every test may use. What takes seconds to make is made once, and copied."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from installations import copy_lake_folder, make_tables

from panther_dagster.storage.embedded import EmbeddedLake

hypothesis.settings.register_profile("default", deadline=None)  # how long an example takes is the machine's affair
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """A folder of the whole test run, filled by whichever of its processes asks first. Not to be written to afterwards."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if root.name.startswith("popen-") else root  # of pytest-xdist

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder, marker = root / "made_once" / name, root / "made_once" / f"{name}.made"
        folder.parent.mkdir(exist_ok=True)
        with open(root / "made_once" / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not marker.exists():
                make(folder)
                marker.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def ensured_home(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A home with all tables, for `installations.copy_home`."""
    return made_once("home", make_tables)


@pytest.fixture(scope="session")
def empty_lake_folder(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The folder of a lake with the tables of storage/tables.py and nothing in them."""

    def make(folder: Path) -> None:
        lake = EmbeddedLake(folder, threads=1, memory_limit="500MB")
        lake.ensure_tables()
        lake.close()

    return made_once("lake", make)


@pytest.fixture
def copy_lake(empty_lake_folder: Path) -> Callable[[Path], Path]:
    """Makes an empty lake in a folder."""
    return lambda folder: copy_lake_folder(empty_lake_folder, folder)


@pytest.fixture
def lake(copy_lake: Callable[[Path], Path], tmp_path: Path) -> Iterator[EmbeddedLake]:
    """An empty embedded lake with all tables."""
    opened = EmbeddedLake(copy_lake(tmp_path / "lake"), threads=1, memory_limit="500MB")
    yield opened
    opened.close()
