"""What rules see and change while batches are detected. It reads from a store and changes none: `changes` are for StateStore.take.

So a detection that is killed, or done again without a rule that was stopped, leaves nothing behind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from panther_dagster.detect.state.entries import Change, Entry, MemoryStore, applied, shortened
from panther_dagster.detect.state.history import BatchChanges, History, StateStore, Step
from panther_dagster.errors import PantherError

# Of all that one detection changes: it travels in the header of a message, which channel.py bounds at 64 MB.
MAX_CHANGED_BYTES: Final = 16 << 20
MAX_ENTRY_CHARACTERS: Final = 200_000  # of one entry; DynamoDB takes 400 KB
_SIZE_OF_CHANGE: Final = 80  # in JSON, without its texts
_NOTHING: Final = Entry()


class StateFull(PantherError):
    """Rules want to remember more of one detection than there is room for."""


class _Batch:
    """One batch in the making."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.entries: dict[str, Entry | None] = {}  # as rules see them
        self.changes: dict[str, list[Change]] = {}
        self.touched: set[str] = set()  # keys changed since the last `taken_changes`


class Overlay:
    """A KeyValueStore over a store, one batch at a time. The store is opened when a rule first uses the cache during a batch.

    Between batches, that is while code of rules is imported, entries are in memory, and stay there.

    Args: open_store: None: there is no store, and each batch starts from those before it in this overlay. clock: for batches that are new.
    `on_use` is called whenever a rule uses the cache during a batch.
    """

    def __init__(self, open_store: Callable[[], StateStore] | None = None, clock: Callable[[], float] = time.time) -> None:
        self.on_use: Callable[[], None] = lambda: None
        self._open_store = open_store
        self._clock = clock
        self._outside = MemoryStore()
        self._store: StateStore | None = None
        self._batches: dict[str, _Batch] = {}
        self._histories: dict[str, History] = {}
        self._batch_id: str | None = None
        self._changed_bytes = 0
        self.failure: Exception | None = None  # of the store; what rules made of it does not count

    def enter(self, batch_id: str | None) -> None:
        """What rules do from now on is of this batch; None: of none."""
        self._batch_id = batch_id

    def read(self, key: str) -> Entry | None:
        if self._batch_id is None:
            return self._outside.read(key)
        batch = self._current(self._batch_id)
        if key not in batch.entries:
            if not isinstance(key, str):
                raise TypeError(f"a key must be a text, not {type(key).__name__}")
            key.encode()  # what is no UTF-8 is the rule's error, not the store's
            batch.entries[key] = applied(batch.changes.get(key, ()), self._before(key, self._batch_id, batch.at))
        return batch.entries[key]

    def update(self, key: str, change: Change) -> Entry:
        if self._batch_id is None:
            return self._outside.update(key, change)
        entry = change.applied_to(self.read(key))
        if len(entry.dictionary or "") + sum(map(len, entry.strings or ())) > MAX_ENTRY_CHARACTERS:
            raise StateFull(f"more than {MAX_ENTRY_CHARACTERS} characters under one key")
        batch = self._batches[self._batch_id]
        before = batch.changes.get(key, [])
        after = shortened([*before], change)
        changed_bytes = self._changed_bytes + _growth(before, after) + (0 if before else _size(key))
        if changed_bytes > MAX_CHANGED_BYTES:
            raise StateFull(f"rules change more than {MAX_CHANGED_BYTES >> 20} MB of what they remember in one detection")
        self._changed_bytes = changed_bytes
        batch.entries[key], batch.changes[key] = entry, after
        batch.touched.add(key)
        return entry

    def now(self) -> float | None:
        """A batch has one time from its first detection on, so that it gives the same when it runs again."""
        return None if self._batch_id is None else self._current(self._batch_id).at

    def taken_changes(self) -> dict[str, Any]:
        """In JSON, what has changed since this was last called, by batch: for each key all changes of the batch to it."""
        told: dict[str, Any] = {}
        for batch_id, batch in self._batches.items():
            told[batch_id] = [batch.at, {key: [change.to_json() for change in batch.changes[key]] for key in batch.touched}]
            batch.touched.clear()
        return told

    def start_from(self, batches: Sequence[BatchChanges]) -> None:
        """Forget everything, and begin with what other overlays have changed in the same detection."""
        self._batches.clear()
        self._histories.clear()
        self._changed_bytes = 0
        for given in batches:
            batch = self._batches[given.batch_id] = _Batch(given.at)
            batch.changes = {key: list(changes) for key, changes in given.changes.items()}
            self._changed_bytes += sum(_size(key) + _growth((), changes) for key, changes in batch.changes.items())

    def _current(self, batch_id: str) -> _Batch:
        self.on_use()
        batch = self._batches.get(batch_id)
        if batch is None:
            known = self._asked(lambda store: store.batch(batch_id))
            batch = self._batches[batch_id] = _Batch(self._clock() if known is None else known.at)
        return batch

    def _before(self, key: str, batch_id: str, at: float) -> Entry | None:
        if key not in self._histories:
            self._histories[key] = self._asked(lambda store: store.history(key)) or History()
        history = self._histories[key]
        former = {step.batch_id for step in history.steps}
        for other_id, other in self._batches.items():
            if other_id != batch_id and (other_id in former or key in other.changes):
                history = history.with_step(Step(other.at, other_id, tuple(other.changes.get(key, ()))), max_steps=None)
        return history.before(at, batch_id)

    def _asked(self, question: Callable[[StateStore], Any]) -> Any:
        if self._open_store is None:
            return None
        try:
            if self._store is None:
                self._store = self._open_store()
            return question(self._store)
        except Exception as error:
            self.failure = error
            raise


def _growth(before: Sequence[Change], after: Sequence[Change]) -> int:
    """Bytes of a message that the changes of one key have grown by, about; numbers count as nothing but the change."""
    grown = _SIZE_OF_CHANGE * (len(after) - len(before))
    for old_change, new_change in zip_longest(before, after):
        if old_change is not new_change:
            old = _NOTHING if old_change is None else old_change.values
            new = _NOTHING if new_change is None else new_change.values
            old_strings, new_strings = old.strings or frozenset(), new.strings or frozenset()
            grown += sum(map(_size, new_strings - old_strings)) - sum(map(_size, old_strings - new_strings))
            if old.dictionary is not new.dictionary:
                grown += _size(new.dictionary or "") - _size(old.dictionary or "")
    return grown


def _size(text: str) -> int:
    return 4 + (len(text) if text.isascii() and text.isprintable() else len(json.dumps(text)))


def changes_of_json(told: Mapping[str, Any]) -> list[BatchChanges]:
    """What Overlay.taken_changes gave. Raises ValueError, TypeError, AttributeError."""
    return [
        BatchChanges(batch_id, float(at), {key: [Change.of_json(change) for change in changes] for key, changes in by_key.items()})
        for batch_id, (at, by_key) in told.items()
    ]


def changes_to_json(batches: Sequence[BatchChanges]) -> dict[str, Any]:
    """For changes_of_json."""
    return {
        batch.batch_id: [batch.at, {key: [change.to_json() for change in changes] for key, changes in batch.changes.items()}]
        for batch in batches
    }
