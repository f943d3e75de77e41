"""The stores that outlive a process, for the tests that hold for each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from emulators.aws import serve
from emulators.dynamodb import empty_table

from panther_dagster.detect.runtime.caching import Cache
from panther_dagster.detect.state.entries import Change, Entry
from panther_dagster.detect.state.history import BatchChanges
from panther_dagster.detect.state.location import opener_of
from panther_dagster.detect.state.overlay import Overlay, changes_of_json

STORES = ("sqlite", "dynamodb")


@pytest.fixture(scope="module")
def dynamodb_endpoint() -> Iterator[str]:
    """URL of DynamoDB."""
    with serve() as endpoint_url:
        yield endpoint_url


@pytest.fixture
def dynamodb_location(dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty table."""
    with empty_table(dynamodb_endpoint, monkeypatch) as place:
        yield place


@pytest.fixture(params=STORES)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the state of rules is: an empty store."""
    return sqlite_in(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("dynamodb_location"))


def sqlite_in(folder: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:{folder / 'state' / 'rules.sqlite'}"


@contextmanager
def batch_of(location: str, batch_id: str, clock: Callable[[], float]) -> Iterator[tuple[Cache, Callable[[], list[BatchChanges]]]]:
    """The caching functions as rules have them during a batch, and what gives its changes, as they travel between processes."""
    opened = []
    open_store = opener_of(location)
    assert open_store is not None

    def open_once() -> Any:
        opened.append(open_store())
        return opened[-1]

    overlay = Overlay(open_once, clock)
    overlay.enter(batch_id)
    told: dict[str, Any] = {}

    def changes() -> list[BatchChanges]:
        merge(told, json.loads(json.dumps(overlay.taken_changes())))
        return changes_of_json(told)

    yield Cache(overlay, clock), changes
    for store in opened:
        store.close()


def merge(told: dict[str, Any], more: Mapping[str, Any]) -> None:
    """What limits.py does with the changes of each message."""
    for batch_id, (at, by_key) in more.items():
        told[batch_id] = [at, {**told.get(batch_id, [at, {}])[1], **by_key}]


def take(location: str, changes: list[BatchChanges]) -> None:
    """Keep changes."""
    open_store = opener_of(location)
    assert open_store is not None
    with closing(open_store()) as store:
        store.take(changes)


def run_batch(location: str, batch_id: str, clock: Callable[[], float], work: Callable[[Cache], Any]) -> Any:
    """One detection of a batch that succeeds. Returns what `work` does."""
    with batch_of(location, batch_id, clock) as (cache, changes):
        answer = work(cache)
        take(location, changes())
    return answer


class BatchForEachChange:
    """A KeyValueStore in which each change is a batch of its own, which has been kept."""

    def __init__(self, location: str, clock: Callable[[], float]) -> None:
        self._location = location
        self._clock = clock
        self._number = 0

    def read(self, key: str) -> Entry | None:
        open_store = opener_of(self._location)
        assert open_store is not None
        with closing(open_store()) as store:
            return store.history(key).entry

    def update(self, key: str, change: Change) -> Entry:
        self._number += 1
        overlay = Overlay(opener_of(self._location), self._clock)
        overlay.enter(f"b{self._number:06}")
        entry = overlay.update(key, change)
        take(self._location, changes_of_json(overlay.taken_changes()))
        return entry

    def now(self) -> float | None:
        return None
