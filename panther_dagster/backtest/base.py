"""Rule folders as they were at a git ref, in a folder of their own. The user's checkout, index and repository are only read."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from panther_dagster.errors import BacktestError, Location

# Set while git runs a hook, and would name another repository than the folder's.
_NOT_PASSED_ON: Final = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"))


@dataclass(frozen=True)
class BaseVersion:
    """Repositories at a ref. `tree_by_repository`: where the files of each are; `commits`: the ids that the ref names in them."""

    ref: str
    commits: tuple[str, ...]
    tree_by_repository: Mapping[Path, Path]

    def path(self, path: Path) -> Path | None:
        """Where the files of a path are; None when it did not exist, or lies outside of these repositories."""
        found = self._tree_and_rest(path)
        return found if found is not None and found.exists() else None

    def is_tracked(self, path: Path) -> bool:
        """Whether a path lies in one of the repositories."""
        return self._tree_and_rest(path) is not None

    def shown(self, text: str) -> str:
        """A text in which files are named as git names them, `main:rules/a.yml`."""
        for tree in self.tree_by_repository.values():
            text = text.replace(f"{tree}/", f"{self.ref}:")
        return text

    def _tree_and_rest(self, path: Path) -> Path | None:
        resolved = path.resolve()
        # Repositories may lie in one another: the inner one has the file.
        for repository, tree in sorted(self.tree_by_repository.items(), key=lambda entry: -len(entry[0].parts)):
            if resolved.is_relative_to(repository):
                return tree / resolved.relative_to(repository)
        return None


@contextmanager
def base_version(paths: Sequence[Path], ref: str) -> Iterator[BaseVersion]:
    """The repositories of these paths as they were at a ref, until the `with` ends.

    Submodules are not followed. Raises BacktestError: a path is in no git repository, the ref is unknown there, or git is not installed.
    """
    repositories = sorted({_repository(path) for path in paths})
    commits = tuple(_commit(repository, ref) for repository in repositories)
    with tempfile.TemporaryDirectory(prefix="panther-base-") as folder:
        trees = {}
        for number, (repository, commit) in enumerate(zip(repositories, commits, strict=True)):
            trees[repository] = tree = Path(folder).resolve() / str(number)
            tree.mkdir()
            _write_files(repository, commit, tree)
        yield BaseVersion(ref, commits, trees)


def _repository(path: Path) -> Path:
    folder = path.resolve()
    folder = folder if folder.is_dir() else folder.parent
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel").removesuffix("\n")).resolve()
    except _GitFailed as error:
        if "not a git repository" in str(error):
            raise BacktestError("is in no git repository, so that it has no version to compare with", Location(path)) from error
        raise BacktestError(f"git: {error}", Location(path)) from error


def _commit(repository: Path, ref: str) -> str:
    try:
        return _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
    except _GitFailed as error:
        raise BacktestError(f"has no commit '{ref}'; a branch, tag or commit id is meant", Location(repository)) from error


def _write_files(repository: Path, commit: str, tree: Path) -> None:
    """All files of a commit, by way of an index of its own: unlike `git worktree` it leaves no trace, unlike `git archive` no file out."""
    index = {"GIT_INDEX_FILE": f"{tree}.index"}
    try:
        _git(repository, "read-tree", commit, **index)
        _git(repository, "checkout-index", "--all", f"--prefix={tree}/", **index)
    except _GitFailed as error:
        raise BacktestError(f"git: {error}", Location(repository)) from error


class _GitFailed(Exception):
    """What git wrote to stderr."""


def _git(folder: Path, *arguments: str, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**kept, "LC_ALL": "C", **environment},
            capture_output=True,
            text=True,
            errors="backslashreplace",
            check=False,
        )
    except FileNotFoundError as error:
        raise BacktestError("comparing with a git ref needs the program git, which is not installed") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise _GitFailed(lines[-1] if lines else f"exit code {done.returncode}")
    return done.stdout
