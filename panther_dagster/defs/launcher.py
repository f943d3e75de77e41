"""Starts runs in processes that have their libraries loaded already: a batch then waits for its work, not for imports.

A run is a process of its own here as with Dagster's default launcher, where each spends four CPU seconds on importing Dagster and dbt.
One process beside the daemon does that once (multiprocessing's forkserver) and forks a child for each run. The code of this package is
imported by the child, so a run always executes what is on disk.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData

# Libraries only, and only such as start no thread when they are imported: a fork copies no threads.
PRELOADED = (
    "dagster._cli.api",
    "dagster._core.storage.sqlite_storage",
    "dbt.cli.main",
    "dbt.parser.manifest",
    "dbt.task.build",
    "dbt.task.run",
    "sqlglot.dialects.duckdb",
)
STOPPED = frozenset({dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.FAILURE})
LOOK_FOR_A_STOP_SECONDS = 3.0


class PreloadedRunLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """The run launcher of dagster.yaml. Its runs outlive a daemon that is killed; one that is stopped waits for them."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._processes = multiprocessing.get_context("forkserver")
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """How dagster.yaml names this class."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No options."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> PreloadedRunLauncher:
        """How Dagster makes one."""
        return cls(inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the process of a run. The first call of a daemon takes as long as the imports do.

        Raises: DagsterInvariantViolationError: the run does not say which code it is of.
        """
        run, instance_ref = context.dagster_run, self._instance.get_ref()
        if context.job_code_origin is None:
            raise dg.DagsterInvariantViolationError(f"run {run.run_id} of {run.job_name} does not say which code it is of")
        entry_point = ExecuteRunArgs(context.job_code_origin, run.run_id, instance_ref).get_command_args()
        command = entry_point[entry_point.index("api") :]  # python -m dagster api execute_run ...
        self._processes.set_forkserver_preload(list(PRELOADED))
        self._processes.Process(target=execute_run, args=(command, instance_ref, run.run_id), name=f"run {run.run_id}").start()

    def terminate(self, run_id: str) -> bool:
        """Ask a run to stop: its process looks for this request, on whatever machine. False when it has ended."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        return True


def execute_run(command: Sequence[str], instance_ref: InstanceRef, run_id: str) -> None:
    """Dagster's command `api execute_run` in this process, until the run ends or is stopped."""
    from dagster._cli import create_dagster_cli

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell starts in its background, and by its children
    with _interrupted_when_stopped(instance_ref, run_id):
        create_dagster_cli().main(list(command), prog_name="dagster", standalone_mode=False)


@contextmanager
def _interrupted_when_stopped(instance_ref: InstanceRef, run_id: str) -> Iterator[None]:
    """Meanwhile this process gets a SIGINT, as from Ctrl-C, once Dagster's storage says that the run has to stop."""
    has_ended = threading.Event()

    def look() -> None:
        with dg.DagsterInstance.from_ref(instance_ref) as instance:
            while not has_ended.wait(LOOK_FOR_A_STOP_SECONDS):
                run = instance.get_run_by_id(run_id)
                if run is None or run.status in STOPPED:
                    os.kill(os.getpid(), signal.SIGINT)
                    return

    watch = threading.Thread(target=look, name="look-for-a-stop", daemon=True)
    watch.start()
    try:
        yield
    finally:
        has_ended.set()
        watch.join()
