from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import launched_jobs
import pytest
import yaml
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import LaunchRunContext

from benchmarks.dagster_dev import wait_for
from panther_dagster.defs.launcher import PRELOADED, PreloadedRunLauncher
from panther_dagster.settings import PROJECT_ROOT

WITHIN_SECONDS = 120.0


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """With the run launcher that dagster.yaml names."""
    shipped = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text())
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({name: shipped[name] for name in ("run_launcher", "telemetry", "compute_logs")}))
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


def launch(instance: dg.DagsterInstance, job: dg.JobDefinition) -> str:
    repository = ReconstructableRepository.for_module("launched_jobs", "defs", working_directory=str(Path(launched_jobs.__file__).parent))
    origin = repository.get_reconstructable_job(job.name).get_python_origin()
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTING, job_code_origin=origin)
    assert isinstance(instance.run_launcher, PreloadedRunLauncher)
    instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
    return run.run_id


def ended(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    def status() -> dg.DagsterRunStatus | None:
        run = instance.get_run_by_id(run_id)
        return run.status if run is not None and run.is_finished else None

    found = wait_for(status, within_seconds=WITHIN_SECONDS, what="the end of the run")
    assert found is not None
    return found


def told(instance: dg.DagsterInstance, name: str) -> dict[str, Any]:
    file = Path(instance.root_directory) / f"{name}.json"
    wait_for(file.exists, within_seconds=WITHIN_SECONDS, what=f"the op {name}")
    said: dict[str, Any] = json.loads(file.read_text())
    return said


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_run_has_a_process_of_its_own_with_the_libraries_loaded(instance: dg.DagsterInstance) -> None:
    run_id = launch(instance, launched_jobs.looking)

    assert ended(instance, run_id) == dg.DagsterRunStatus.SUCCESS
    saw = told(instance, "look")
    assert saw["process"] != os.getpid()
    assert set(PRELOADED) <= set(saw["modules"])
    assert "panther_dagster.definitions" not in saw["modules"], "code of this package would be as old as the daemon"


def test_a_run_that_fails_says_so(instance: dg.DagsterInstance) -> None:
    assert ended(instance, launch(instance, launched_jobs.failing)) == dg.DagsterRunStatus.FAILURE


def test_a_run_is_stopped_also_from_another_process(instance: dg.DagsterInstance) -> None:
    run_id = launch(instance, launched_jobs.waiting)
    process = told(instance, "wait")["process"]

    with dg.DagsterInstance.from_config(instance.root_directory) as webserver:
        assert webserver.run_launcher.terminate(run_id)

    assert ended(instance, run_id) == dg.DagsterRunStatus.CANCELED
    wait_for(lambda: not is_alive(process), within_seconds=WITHIN_SECONDS, what="the end of the process")
    assert not instance.run_launcher.terminate(run_id), "it has ended"


def test_the_next_run_starts_after_one_was_killed(instance: dg.DagsterInstance) -> None:
    launch(instance, launched_jobs.waiting)
    os.kill(told(instance, "wait")["process"], signal.SIGKILL)

    assert ended(instance, launch(instance, launched_jobs.looking)) == dg.DagsterRunStatus.SUCCESS


def test_a_run_without_code_is_refused(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(launched_jobs.looking)

    with pytest.raises(dg.DagsterInvariantViolationError, match=f"run {run.run_id} of looking does not say"):
        instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the system does not list the threads of a process")
def test_what_is_preloaded_exists_and_starts_no_thread() -> None:
    """multiprocessing passes over a module that it cannot import; a thread would be missing in the forked child."""
    code = f"import os, importlib; [importlib.import_module(name) for name in {PRELOADED!r}]; print(len(os.listdir('/proc/self/task')))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "1"
