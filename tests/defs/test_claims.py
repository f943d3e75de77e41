from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

from panther_dagster.defs.claims import LivingWork, claim, living_work

PROCESSES = multiprocessing.get_context("spawn")
NOBODY = LivingWork(frozenset(), frozenset())


def claim_and_wait(lake_folder: Path) -> None:
    with claim(lake_folder, batch_ids=["b2"], run_ids=["r2"]):
        (lake_folder / "claimed").touch()
        time.sleep(600)


def test_a_claim_lasts_as_long_as_its_block(tmp_path: Path) -> None:
    assert living_work(tmp_path) == NOBODY

    with claim(tmp_path, batch_ids=["b1", "b2"], run_ids=["r1"]), claim(tmp_path, batch_ids=["b3"]):
        assert living_work(tmp_path) == LivingWork(frozenset({"b1", "b2", "b3"}), frozenset({"r1"}))

    assert living_work(tmp_path) == NOBODY
    assert list((tmp_path / "locks" / "claims").iterdir()) == []


def test_a_claim_falls_with_its_process(tmp_path: Path) -> None:
    process = PROCESSES.Process(target=claim_and_wait, args=(tmp_path,))
    process.start()
    while not (tmp_path / "claimed").exists():
        assert process.is_alive()
        time.sleep(0.05)
    assert living_work(tmp_path) == LivingWork(frozenset({"b2"}), frozenset({"r2"}))

    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    assert living_work(tmp_path) == NOBODY
    assert list((tmp_path / "locks" / "claims").glob("*.claim")) == []
