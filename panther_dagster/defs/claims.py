"""Who is working on which batch: files that their living holder has locked.

A run that is killed with -9 leaves its status STARTED in Dagster's database for ever; its claim falls with the process. Works among all
processes that can share the embedded lake's locks, for the same reason: flock.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LivingWork:
    """Batches and Dagster runs that some living process works on."""

    batch_ids: frozenset[str]
    run_ids: frozenset[str]


@contextmanager
def claim(lake_folder: Path, *, batch_ids: Sequence[str], run_ids: Sequence[str] = ()) -> Iterator[None]:
    """Say that this process works on these batches and runs, until the block ends or the process dies."""
    folder = _folder(lake_folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = uuid.uuid4().hex
    file = folder / f"{name}.claim"
    draft = folder / f"{name}.draft"
    # O_CLOEXEC is Python's default: a child that outlives this process does not keep the lock.
    with open(draft, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        json.dump({"pid": os.getpid(), "batch_ids": list(batch_ids), "run_ids": list(run_ids)}, handle)
        handle.flush()
        draft.rename(file)  # nobody ever sees it unlocked
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def living_work(lake_folder: Path) -> LivingWork:
    """What is being worked on now. Removes the claims of the dead."""
    batch_ids: set[str] = set()
    run_ids: set[str] = set()
    for file in _folder(lake_folder).glob("*.claim"):
        try:
            with open(file) as handle:
                if _is_held(handle.fileno()):
                    content = json.load(handle)
                    batch_ids.update(content["batch_ids"])
                    run_ids.update(content["run_ids"])
                else:
                    file.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # its holder has just finished
    return LivingWork(frozenset(batch_ids), frozenset(run_ids))


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _folder(lake_folder: Path) -> Path:
    return lake_folder / "locks" / "claims"
