"""The image's steps, run in an empty folder: no container engine is needed to know that they work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) in order, continued lines joined, comments dropped."""
    text = re.sub(r"\\\n", " ", "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#")))
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in text.splitlines() if line.strip()]


def test_the_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    users = [arguments for instruction, arguments in instructions() if instruction == "USER"]
    assert users == ["10001:10001"]


def test_the_image_is_slim_and_checks_its_health() -> None:
    names = [instruction for instruction, _ in instructions()]
    assert names.count("FROM") == 2
    assert all(":3.12-slim" in arguments for instruction, arguments in instructions() if instruction == "FROM")
    assert "HEALTHCHECK" in names


def test_only_what_the_product_needs_is_installed() -> None:
    runtime = (ROOT / "requirements.lock").read_text()
    assert "\ndagster==" in runtime
    for tool in ("pytest", "moto", "ruff", "mypy"):
        assert f"\n{tool}==" not in runtime


@pytest.mark.timeout(900)
def test_the_build_steps_work_in_an_empty_folder(tmp_path: Path) -> None:
    build = tmp_path / "opt" / "panther"
    build.mkdir(parents=True)
    ignored = shutil.ignore_patterns(".git", ".venv", ".panther*", "__pycache__", "target", "logs", "*.egg-info", ".*_cache", ".hypothesis")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PANTHER_", "DAGSTER_", "VIRTUAL_ENV", "PYTHON"))
    }
    environment["PATH"] = f"{Path(sys.base_prefix) / 'bin'}:{environment['PATH']}"
    ran = []
    for instruction, arguments in instructions()[1:]:
        if instruction == "FROM":
            break
        if instruction == "COPY" and arguments == ". ./":
            shutil.copytree(ROOT, build, dirs_exist_ok=True, ignore=ignored)
        elif instruction == "COPY":
            *files, _ = arguments.split()
            for file in files:
                shutil.copy(ROOT / file, build / file)
        elif instruction == "RUN":
            command = arguments.replace("/opt/", f"{tmp_path}/opt/").replace("python -m venv", f"{sys.executable} -m venv")
            done = subprocess.run(["sh", "-ec", command], cwd=build, env=environment, capture_output=True, text=True, timeout=800)
            assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
            ran.append(arguments)
    assert len(ran) == 2
    commands = [re.search(r'CMD \["panther", "(\w+)"', f"{name} {arguments}") for name, arguments in instructions()]
    names = [command[1] for command in commands if command]
    assert names == ["health", "dev"]
    for command in names:
        help_text = subprocess.run(
            [str(tmp_path / "opt/venv/bin/panther"), command, "--help"],
            cwd=build,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert help_text.returncode == 0, help_text.stderr
