"""Jobs that tests/defs/test_launcher.py starts in processes of their own. Each tells the test what it saw by a file beside the instance."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
import json
import os
import sys
import time
from pathlib import Path

import dagster as dg


def _tell(context: dg.OpExecutionContext, name: str, **what: object) -> None:
    file = Path(context.instance.root_directory) / f"{name}.json"
    file.with_suffix(".draft").write_text(json.dumps({"process": os.getpid(), **what}))
    file.with_suffix(".draft").rename(file)


@dg.op
def look(context: dg.OpExecutionContext) -> None:
    _tell(context, "look", modules=sorted(sys.modules))


@dg.op
def fail() -> None:
    raise ValueError("as asked")


@dg.op
def wait(context: dg.OpExecutionContext) -> None:
    _tell(context, "wait")
    time.sleep(300)


@dg.job(executor_def=dg.in_process_executor)
def looking() -> None:
    look()


@dg.job(executor_def=dg.in_process_executor)
def failing() -> None:
    fail()


@dg.job(executor_def=dg.in_process_executor)
def waiting() -> None:
    wait()


defs = dg.Definitions(jobs=[looking, failing, waiting])
