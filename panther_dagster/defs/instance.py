"""DAGSTER_HOME of an installation: <PANTHER_HOME>/dagster, with the dagster.yaml of this project."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import PROJECT_ROOT, Settings
from panther_dagster.storage import open_lake

DAGSTER_YAML = PROJECT_ROOT / "dagster.yaml"
WORKSPACE_YAML = PROJECT_ROOT / "workspace.yaml"


def prepare_home(settings: Settings) -> Path:
    """Create DAGSTER_HOME, the lake's tables and dbt's manifest, so that no first run has to. Returns DAGSTER_HOME.

    A dagster.yaml that was changed there is kept: it is the installation's.
    """
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(DAGSTER_YAML, home / "dagster.yaml")
    open_lake(settings).close()
    DbtProject(settings).nodes  # noqa: B018  (parses when no process has)
    return home


@contextmanager
def dagster_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage of this installation: what a run of this process leaves there shows in the UI."""
    home = str(prepare_home(settings))
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = home  # dagster.yaml reads it
    try:
        with dg.DagsterInstance.from_config(home) as instance:
            yield instance
    finally:
        if before is None:
            del os.environ["DAGSTER_HOME"]
        else:
            os.environ["DAGSTER_HOME"] = before


def dev_command(settings: Settings, *, host: str = "127.0.0.1", port: int = 3000) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of `dagster dev` for this installation: webserver, daemon and code, in one process group."""
    home = prepare_home(settings)
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE_YAML), "--host", host, "--port", str(port)]
    return [*command, "--log-level", "warning"], {"DAGSTER_HOME": str(home), "PANTHER_HOME": str(settings.home.absolute())}


def run_dev(settings: Settings, *, environment: Mapping[str, str], host: str = "127.0.0.1", port: int = 3000) -> None:
    """Become `dagster dev`; does not return. `environment`: of this process, passed on."""
    command, added = dev_command(settings, host=host, port=port)
    os.execve(command[0], command, {**environment, **added})
