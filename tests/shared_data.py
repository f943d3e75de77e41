"""Where real logs and a peer's answers are, for tests that can use them. They are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("PANTHER_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def shared_data(path: str) -> Path:
    """`path` below the folder of real logs; skips the test when it is absent."""
    found = FOLDER / path
    if not found.exists():
        pytest.skip(f"no real logs: {path} is not in PANTHER_SHARED_DATA (a folder of sample logs that is kept outside the project)")
    return found
