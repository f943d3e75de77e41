"""Fixtures that every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from panther_dagster.storage.embedded import EmbeddedLake


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[EmbeddedLake]:
    """An empty embedded lake with all tables."""
    opened = EmbeddedLake(tmp_path / "lake", threads=1, memory_limit="500MB")
    opened.ensure_tables()
    yield opened
    opened.close()
