"""A real `dagster dev` of one installation, as a user starts it, for as long as a block lasts. Used by latency.py and tests/end_to_end/."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
STOP_SECONDS = 30


@contextmanager
def dagster_dev(settings_file: Path, home: Path, *, ready_within_seconds: float = 180) -> Iterator[str]:
    """Run `panther dev` and yield its address once it answers. Ends exactly the processes that it started.

    Its output goes to <home>/dev.log.
    """
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {**os.environ, "PANTHER_HOME": str(home), "PANTHER_SETTINGS": str(settings_file)}
    command = [sys.executable, "-c", "from panther_dagster.cli.main import run; run()", "dev", "--port", str(port)]
    with open(home / "dev.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(address) or _must_live(process, home), within_seconds=ready_within_seconds, what="the webserver")
        yield address
    finally:
        stop_group(process)


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group of its own, and the group."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if not _signal_group(process.pid, number):
            break
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and _signal_group(process.pid, 0):
            process.poll()  # reaps the leader, which otherwise stays in its group
            time.sleep(0.2)
    process.wait()


def wait_for(condition: Callable[[], T], *, within_seconds: float, what: str, every_seconds: float = 0.25) -> T:
    """The first true answer. Raises TimeoutError."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(every_seconds)
    raise TimeoutError(f"{what}: not within {within_seconds:g} s")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _must_live(process: subprocess.Popen[bytes], home: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"dagster dev ended with {process.returncode}: {(home / 'dev.log').read_text()[-4000:]}")
    return False


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True
