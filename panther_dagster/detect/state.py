"""What rules remember between events: counters, string sets and dictionaries under a key, with an expiry.

Rules reach it through `panther_detection_helpers.caching` (runtime/caching.py). The store is a choice: memory for tests and backtests,
SQLite for the embedded lake.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random


@dataclass(frozen=True)
class Entry:
    """Everything that is stored under one key. `expires_epoch` in seconds since 1970; None never expires."""

    count: int | None = None
    strings: frozenset[str] | None = None
    dictionary: str | None = None  # JSON
    expires_epoch: int | None = None


class KeyValueStore(Protocol):
    """A place for entries."""

    def read(self, key: str) -> Entry | None:
        """The entry of a key, expired or not; None when there is none."""

    def update(self, key: str, change: Callable[[Entry | None], Entry]) -> Entry:
        """Replace the entry by what `change` makes of it, as one step that no other writer can come between. Returns the new entry."""


class MemoryStore:
    """Entries of one process, gone with it."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def read(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def update(self, key: str, change: Callable[[Entry | None], Entry]) -> Entry:
        entry = self._entries[key] = change(self._entries.get(key))
        return entry


class SqliteStore:
    """Entries in one SQLite file, shared by the processes of a machine. Opened at first use."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: sqlite3.Connection | None = None

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._opened = _open(self._file)
        return self._opened

    def read(self, key: str) -> Entry | None:
        row = self._connection.execute("select count, strings, dictionary, expires_epoch from entries where key = ?", [key]).fetchone()
        if row is None:
            return None
        count, strings, dictionary, expires_epoch = row
        return Entry(count, None if strings is None else frozenset(json.loads(strings)), dictionary, expires_epoch)

    def update(self, key: str, change: Callable[[Entry | None], Entry]) -> Entry:
        self._connection.execute("begin immediate")
        try:
            entry = change(self.read(key))
            strings = None if entry.strings is None else json.dumps(sorted(entry.strings))
            self._connection.execute(
                "insert or replace into entries values (?, ?, ?, ?, ?)", [key, entry.count, strings, entry.dictionary, entry.expires_epoch]
            )
            self._connection.execute("commit")
        except BaseException:
            self._connection.execute("rollback")
            raise
        return entry

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


# Whoever changes the journal mode while another does is told "locked" at once: SQLite does not wait there, whatever the timeout.
@retry(retry=retry_if_exception_type(sqlite3.OperationalError), wait=wait_random(0.01, 0.1), stop=stop_after_delay(30), reraise=True)
def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute(
            "create table if not exists entries (key text primary key, count integer, strings text, dictionary text, expires_epoch integer)"
        )
    except sqlite3.OperationalError:
        connection.close()
        raise
    return connection
