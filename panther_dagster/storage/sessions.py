"""Lakes that a process keeps open. Opening one takes half a CPU second, which a sensor would spend again at every tick."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from panther_dagster.settings import Settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

# What a driver gathers meanwhile (cached files, memory that is not given back) is let go then.
KEPT_SECONDS = 3600.0


@dataclass(frozen=True)
class _Kept:
    lake: Lake
    opened: float  # of time.monotonic()


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


@contextmanager
def lake_session(settings: Settings) -> Iterator[Lake]:
    """The lake of these settings for one piece of work, opened when this process does not have it open. Threads may share it so.

    It is opened anew after an hour, when its files were replaced, and after an error in the block.
    """
    key = settings.model_dump_json(include={"home": True, "lake": True})
    with _lock:
        kept = _kept.get(key)
        if kept is None or kept.lake.is_replaced or time.monotonic() - kept.opened > KEPT_SECONDS:
            kept = _kept[key] = _Kept(open_lake(settings), time.monotonic())  # sessions of the one before end by themselves
        session = kept.lake.session()
    try:
        yield session
    except BaseException:
        with _lock:
            if _kept.get(key) is kept:
                del _kept[key]
        raise
    finally:
        session.close()
