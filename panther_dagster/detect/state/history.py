"""What a store keeps of one key: the changes of the latest batches, in order, over what all earlier ones had left.

A batch takes effect at the time at which its first detection began to use the cache, and keeps its place. So a batch that runs again
sees what was there before it, its new changes stand in place of the old ones, and those of later batches are made again on top.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from panther_dagster.detect.state.entries import Change, Entry, applied
from panther_dagster.errors import PantherError

MAX_STEPS: Final = 32  # batches of one key that can be taken back; the next makes the oldest one final
BATCH_KEPT_SECONDS: Final = 90 * 24 * 3600  # a batch that runs again later than that counts as a new one
# An expired entry can still be read, unless a rule asks for its age: so it stays for a while.
EXPIRED_KEPT_SECONDS: Final = 2 * 24 * 3600


class StateError(PantherError):
    """A store cannot be used."""


@dataclass(frozen=True)
class BatchChanges:
    """What one batch changes, by key. `at`: its time, in seconds since 1970."""

    batch_id: str
    at: float
    changes: Mapping[str, Sequence[Change]] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownBatch:
    """A batch that a store has taken: its time and the keys that it changed. A batch whose taking was cut off is not complete."""

    at: float
    keys: frozenset[str]
    is_complete: bool = True


@dataclass(frozen=True)
class Step:
    """What one batch did to the key."""

    at: float
    batch_id: str
    changes: tuple[Change, ...]

    @property
    def place(self) -> tuple[float, str]:
        """Where it stands among the others."""
        return self.at, self.batch_id


@dataclass(frozen=True)
class History:
    """The entry before the steps, and the steps in order."""

    base: Entry | None = None
    steps: tuple[Step, ...] = ()

    @property
    def entry(self) -> Entry | None:
        """The entry after all steps."""
        return self._after(self.steps)

    def before(self, at: float, batch_id: str) -> Entry | None:
        """What a batch starts from."""
        return self._after(step for step in self.steps if step.place < (at, batch_id))

    def with_step(self, step: Step, *, was_taken: bool = False, max_steps: int | None = MAX_STEPS) -> History:
        """The batch's step in place of its former one; no changes withdraw it.

        Args: was_taken: a former step had been taken. Where it is final by now nothing is changed: it cannot be taken back. max_steps:
        what is older becomes final.
        """
        others = [other for other in self.steps if other.batch_id != step.batch_id]
        if was_taken and len(others) == len(self.steps):
            return self
        steps = sorted([*others, step], key=lambda step: step.place) if step.changes else others
        surplus = 0 if max_steps is None else max(len(steps) - max_steps, 0)
        return History(History(self.base, tuple(steps[:surplus])).entry, tuple(steps[surplus:]))

    def to_json(self) -> str:
        """As text."""
        steps = [[step.at, step.batch_id, [change.to_json() for change in step.changes]] for step in self.steps]
        return json.dumps([None if self.base is None else self.base.to_json(), steps], separators=(",", ":"))

    @classmethod
    def of_json(cls, text: str) -> History:
        """What to_json gave."""
        base, steps = json.loads(text)
        return cls(
            None if base is None else Entry.of_json(base),
            tuple(Step(at, batch_id, tuple(map(Change.of_json, changes))) for at, batch_id, changes in steps),
        )

    def _after(self, steps: Iterable[Step]) -> Entry | None:
        entry = self.base
        for step in steps:
            entry = applied(step.changes, entry)
        return entry


class StateStore(Protocol):
    """Histories that outlive a process, shared by all runs. Opened at first use. Methods raise StateError."""

    def history(self, key: str) -> History:
        """What is kept of a key; an empty history when nothing is."""

    def batch(self, batch_id: str) -> KnownBatch | None:
        """A batch that was taken before."""

    def take(self, batches: Sequence[BatchChanges]) -> None:
        """Keep what these batches change, in place of what they changed before. Taking the same again changes nothing.

        A batch that has only read is taken too: when it runs again it is to see what it saw.
        """

    def close(self) -> None:
        """Let go of files and connections."""


def taken(history: History, batch: BatchChanges, key: str, known: KnownBatch | None) -> History:
    """A key's history with what a batch does to it."""
    step = Step(batch.at, batch.batch_id, tuple(batch.changes.get(key, ())))
    return history.with_step(step, was_taken=known is not None and known.is_complete and key in known.keys)


def kept_until(entry: Entry | None, at: float) -> int | None:
    """When a store may forget a key that a batch of that time has changed, in seconds since 1970; None: never."""
    if entry is None:
        return int(at)
    return None if entry.expires_epoch is None else max(entry.expires_epoch, int(at)) + EXPIRED_KEPT_SECONDS


def keys_of(batch: BatchChanges, known: KnownBatch | None) -> list[str]:
    """The keys whose histories a batch touches, sorted: those that it changes, and those that it changed before."""
    return sorted({key for key, changes in batch.changes.items() if changes} | (known.keys if known is not None else frozenset()))
