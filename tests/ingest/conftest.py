"""A source and a lake for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest.place import Place

from panther_dagster.storage.embedded import EmbeddedLake


@pytest.fixture
def place(lake: EmbeddedLake, tmp_path: Path) -> Place:
    """A source folder beside it."""
    return Place(lake, tmp_path / "source")
