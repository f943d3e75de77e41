"""A home of its own for each test, and the command line in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from panther_dagster.cli.main import app
from panther_dagster.settings import load_settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

Panther = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PANTHER_HOME, and a current folder without panther.yaml."""
    monkeypatch.delenv("PANTHER_SETTINGS", raising=False)
    monkeypatch.setenv("PANTHER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def home_lake(home: Path, copy_lake: Callable[[Path], Path]) -> Iterator[Lake]:
    """The lake that commands will open."""
    copy_lake(home / "lake")
    lake = open_lake(load_settings())
    yield lake
    lake.close()


@pytest.fixture
def panther(home: Path) -> Panther:
    """Runs `panther ...`."""

    def run(*arguments: str, exit_code: int = 0, input: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=input)
        assert result.exit_code == exit_code, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
        return result

    return run
