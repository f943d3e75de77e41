"""Counters, string sets and dictionaries under a key, with an expiry; and the changes that rules make to them, as data.

A change is data and no function, so that it can be sent to another process, kept, and made again on what another writer has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

PUT: Final = "put"  # an entry in place of what was there
COUNT: Final = "count"  # add to the counter
ADD: Final = "add"  # strings
REMOVE: Final = "remove"  # strings
EXPIRE: Final = "expire"  # set the expiry
EMPTY: Final = "empty"  # the string set
KINDS: Final = (PUT, COUNT, ADD, REMOVE, EXPIRE, EMPTY)
_CUMULATIVE: Final = (COUNT, ADD, REMOVE)  # start anew when the entry has expired


@dataclass(frozen=True)
class Entry:
    """Everything that is stored under one key. `expires_epoch` in seconds since 1970; None never expires."""

    count: int | None = None
    strings: frozenset[str] | None = None
    dictionary: str | None = None  # JSON
    expires_epoch: int | None = None

    def has_expired(self, now: float) -> bool:
        """Whether it is past its expiry; it can still be read."""
        return self.expires_epoch is not None and self.expires_epoch <= now

    def to_json(self) -> list[Any]:
        """As what JSON has."""
        return [self.count, None if self.strings is None else sorted(self.strings), self.dictionary, self.expires_epoch]

    @classmethod
    def of_json(cls, values: Sequence[Any]) -> Entry:
        """What to_json gave. Raises ValueError, TypeError."""
        count, strings, dictionary, expires_epoch = values
        return cls(count, None if strings is None else frozenset(strings), dictionary, expires_epoch)


@dataclass(frozen=True)
class Change:
    """One step of an entry, made at `now` (seconds since 1970)."""

    kind: str
    now: float
    values: Entry  # the entry to put; else what is added, removed or set, with the expiry
    renews_expiry: bool = True  # False: of COUNT, ADD and REMOVE, only a new entry takes the expiry

    def applied_to(self, entry: Entry | None) -> Entry:
        """The entry after it."""
        values = self.values
        if self.kind == PUT:
            return values
        if self.kind == EXPIRE:
            return replace(entry or Entry(), expires_epoch=values.expires_epoch)
        if self.kind == EMPTY:
            return replace(entry or Entry(expires_epoch=values.expires_epoch), strings=frozenset())
        if entry is None or entry.has_expired(self.now):
            entry = Entry(expires_epoch=values.expires_epoch)
        elif self.renews_expiry:
            entry = replace(entry, expires_epoch=values.expires_epoch)
        if self.kind == COUNT:
            return replace(entry, count=(entry.count or 0) + (values.count or 0))
        own, given = entry.strings or frozenset(), values.strings or frozenset()
        return replace(entry, strings=own | given if self.kind == ADD else own - given)

    def to_json(self) -> list[Any]:
        """As what JSON has."""
        return [self.kind, self.now, self.renews_expiry, *self.values.to_json()]

    @classmethod
    def of_json(cls, values: Sequence[Any]) -> Change:
        """What to_json gave. Raises ValueError, TypeError."""
        kind, now, renews_expiry, *entry = values
        if kind not in KINDS:
            raise ValueError(f"unknown change '{kind}'")
        return cls(kind, float(now), Entry.of_json(entry), bool(renews_expiry))


def applied(changes: Iterable[Change], entry: Entry | None) -> Entry | None:
    """An entry after several changes."""
    for change in changes:
        entry = change.applied_to(entry)
    return entry


def shortened(changes: list[Change], change: Change) -> list[Change]:
    """`changes` and one more, in fewer where that gives the same whatever the entry was before. Changes the list."""
    if change.kind == PUT:
        return [change]
    last = changes[-1] if changes else None
    if last is not None and last.kind == PUT:
        changes[-1] = Change(PUT, change.now, change.applied_to(last.values))
    elif last is not None and _can_join(last, change):
        changes[-1] = replace(change, values=_sum(last.values, change.values))
    elif last is not None and last.kind == EXPIRE and change.kind == EXPIRE:
        changes[-1] = change
    elif len(changes) > 1 and not change.renews_expiry and _lives_after(changes[-1], change) and _can_join(changes[-2], change):
        changes[-2] = replace(change, values=_sum(changes[-2].values, change.values))  # add, expire, add: the expiry can come last
    else:
        changes.append(change)
    return changes


def _can_join(last: Change, change: Change) -> bool:
    if change.kind not in _CUMULATIVE or last.kind != change.kind:
        return False
    one, other = last.values.expires_epoch, change.values.expires_epoch
    # An entry that expires at once would start anew in between.
    return (last.now, last.renews_expiry, one) == (change.now, change.renews_expiry, other) and (one is None or one > change.now)


def _lives_after(last: Change, change: Change) -> bool:
    """Whether `last` sets an expiry that `change` does not find passed."""
    expires_epoch = last.values.expires_epoch
    return last.kind == EXPIRE and (expires_epoch is None or expires_epoch > change.now)


def _sum(one: Entry, other: Entry) -> Entry:
    if one.count is not None or other.count is not None:
        return replace(other, count=(one.count or 0) + (other.count or 0))
    return replace(other, strings=(one.strings or frozenset()) | (other.strings or frozenset()))


class KeyValueStore(Protocol):
    """A place for entries."""

    def read(self, key: str) -> Entry | None:
        """The entry of a key, expired or not; None when there is none."""

    def update(self, key: str, change: Change) -> Entry:
        """Make a change. Returns the new entry."""

    def now(self) -> float | None:
        """The time that counts for expiries, in seconds since 1970; None: the clock's."""


class MemoryStore:
    """Entries of one process, gone with it."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def read(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def update(self, key: str, change: Change) -> Entry:
        entry = self._entries[key] = change.applied_to(self._entries.get(key))
        return entry

    def now(self) -> float | None:
        return None
