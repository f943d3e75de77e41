"""Run the benchmarks, each in a process of its own, and print limit, ours and ratio. Exit 1 when a needed ratio is missed.

    python -m benchmarks [NAME...] [--input FOLDER]

FOLDER holds CloudTrail objects as S3 delivers them (`PANTHER_BENCH_INPUT` says the same); without it the project's own generator
writes some.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.claim import Claim

NAMES = ("pipeline", "detect", "search")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which; default all")
    parser.add_argument("--input", default=os.environ.get("PANTHER_BENCH_INPUT"))
    arguments = parser.parse_args()
    claims: list[Claim] = []
    for name in arguments.names or NAMES:
        processes = multiprocessing.get_context("spawn")
        with tempfile.TemporaryDirectory(prefix="panther-bench-") as folder, ProcessPoolExecutor(1, processes) as process:
            # A new process cannot find functions of this file, which is its __main__ too: it is handed one of the benchmark's own.
            work = importlib.import_module(f"benchmarks.{name}").run
            claims += process.submit(work, Path(folder), Path(arguments.input) if arguments.input else None).result()
    table = Table(title="CPU seconds of this machine, this run")
    for column in ("claim", "limit", "ours", "ratio", "needed", "the limit is"):
        table.add_column(column, justify="left" if column in ("claim", "the limit is") else "right")
    for claim in claims:
        needed = "" if claim.needed_ratio is None else f"{claim.needed_ratio:.2f}" + ("" if claim.holds else " MISSED")
        table.add_row(
            claim.name, f"{claim.limit:,.0f} {claim.unit}", f"{claim.ours:,.1f} {claim.unit}", f"{claim.ratio:.2f}", needed, claim.limit_is
        )
    Console(width=160).print(table)
    return 0 if all(claim.holds for claim in claims) else 1


if __name__ == "__main__":
    sys.exit(main())
