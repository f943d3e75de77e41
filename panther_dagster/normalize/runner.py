"""One dbt command in this process, leaving no trace of it in the process. The only module that touches dbt's own modules.

A dbt subprocess costs some ten CPU seconds of imports and parsing; in process, with a manifest, a run of one model costs half a second.
What is imported here beyond `dbtRunner` is no promise of dbt's: its version is pinned in pyproject.toml, and tests/normalize/ covers it.
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from panther_dagster.errors import NormalizationError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

QUIET = (
    "--quiet",
    "--no-print",
    "--no-use-colors",
    "--no-version-check",
    "--no-send-anonymous-usage-stats",
    "--no-write-json",
    "--no-partial-parse",  # manifest.py keeps what was parsed
    "--log-level=none",
    "--log-level-file=none",
)


@dataclass(frozen=True)
class NodeResult:
    """How one model, seed or test ended. `failures` counts rows of a failed test."""

    unique_id: str
    name: str
    status: str  # success, error, skipped; tests: pass, warn, fail, error
    text: str
    seconds: float
    failures: int = 0


@dataclass(frozen=True)
class DbtFolders:
    """Where one installation's dbt reads and writes: nothing is written into the project."""

    project: Path
    target: Path
    logs: Path

    @property
    def arguments(self) -> list[str]:
        """The command line options that name them."""
        names = {"project-dir": self.project, "profiles-dir": self.project, "target-path": self.target, "log-path": self.logs}
        return [word for name, folder in names.items() for word in (f"--{name}", str(folder))]


def run_command(command: Sequence[str], *, folders: DbtFolders, environment: Mapping[str, str], manifest: Manifest) -> list[NodeResult]:
    """Run a dbt command (`["run", "--select", ...]`) and return how each node ended; a node that failed is a result, not an error.

    Raises: NormalizationError: the command did not get as far as its nodes (profile, connection, selection).
    """
    from dbt.cli.main import dbtRunner

    with _contained(environment) as context:
        outcome = context.run(dbtRunner(manifest=manifest).invoke, [*QUIET, *command, *folders.arguments])
    if outcome.exception is not None:
        raise NormalizationError(f"dbt {command[0]}: {outcome.exception}") from outcome.exception
    return [
        NodeResult(
            unique_id=result.node.unique_id,
            name=result.node.name,
            status=str(result.status),
            text=str(result.message or ""),
            seconds=float(result.execution_time),
            failures=int(result.failures or 0),
        )
        for result in getattr(outcome.result, "results", ())
    ]


def parse_project(*, folders: DbtFolders, environment: Mapping[str, str]) -> Manifest:
    """Parse the project. Raises NormalizationError with dbt's text, which names file and line."""
    from dbt.cli.main import dbtRunner

    with _contained(environment) as context:
        outcome = context.run(dbtRunner().invoke, [*QUIET, "parse", *folders.arguments])
    if not outcome.success:
        raise NormalizationError(f"dbt parse: {outcome.exception}") from outcome.exception
    return cast("Manifest", outcome.result)


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """What `manifest_from_bytes` reads."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    return manifest.to_msgpack(extended_mashumaro_encoder)


def manifest_from_bytes(content: bytes) -> Manifest:
    """A manifest that another process has parsed: 0.1 s instead of 2."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)


@contextmanager
def _contained(environment: Mapping[str, str]) -> Iterator[contextvars.Context]:
    """A context for one command; afterwards environment, dbt's flags, its event callbacks and its invocation context are as before."""
    from dbt import flags
    from dbt_common.events.event_manager_client import cleanup_event_logger

    before = {name: os.environ.get(name) for name in environment}
    flags_before = flags.get_flags()
    os.environ.update(environment)
    try:
        yield contextvars.copy_context()
    finally:
        cleanup_event_logger()
        flags.set_flags(flags_before)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
