"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from installations import make_tables

from panther_dagster.storage.embedded import EmbeddedLake


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[EmbeddedLake]:
    """An empty embedded lake with all tables."""
    opened = EmbeddedLake(tmp_path / "lake", threads=1, memory_limit="500MB")
    opened.ensure_tables()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ensured_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with all tables, for `installations.copy_home`."""
    return make_tables(tmp_path_factory.mktemp("ensured"))
