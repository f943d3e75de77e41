"""Small git repositories for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

IDENTITY = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in (("NAME", "Jo"), ("EMAIL", "jo@example.com"))}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, without the configuration of whoever runs the tests."""
    environment = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["git", "-C", str(folder), *arguments], env=environment, check=True, capture_output=True, text=True).stdout


def commit_all(folder: Path) -> str:
    """Commit everything below a folder, in a new repository if there is none. Returns the id."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "rules")
    return git(folder, "rev-parse", "HEAD").strip()
