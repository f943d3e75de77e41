"""Histories in one SQLite file, shared by the processes of a machine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from panther_dagster.detect.state.history import (
    BATCH_KEPT_SECONDS,
    BatchChanges,
    History,
    KnownBatch,
    StateError,
    kept_until,
    keys_of,
    taken,
)

_TABLES: Final = """
create table if not exists histories (key text primary key, history text not null, kept_until integer);
create index if not exists histories_by_age on histories (kept_until);
create table if not exists batches (batch_id text primary key, at real not null, keys text not null);
create index if not exists batches_by_time on batches (at);
"""


class SqliteStore:
    """A StateStore. Reading does not create the file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: sqlite3.Connection | None = None

    def history(self, key: str) -> History:
        """What is kept of a key."""
        with self._errors():
            return self._history(key) if self._exists() else History()

    def batch(self, batch_id: str) -> KnownBatch | None:
        """A batch that was taken before."""
        with self._errors():
            return self._batch(batch_id) if self._exists() else None

    def take(self, batches: Sequence[BatchChanges]) -> None:
        """Keep what these batches change, in one transaction."""
        with self._errors():
            connection = self._connection
            connection.execute("begin immediate")
            try:
                for batch in batches:
                    self._take(batch)
                now = max(batch.at for batch in batches)
                connection.execute("delete from histories where kept_until < ?", [now])
                connection.execute("delete from batches where at < ?", [now - BATCH_KEPT_SECONDS])
                connection.execute("commit")
            except BaseException:
                connection.execute("rollback")
                raise

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _take(self, batch: BatchChanges) -> None:
        known = self._batch(batch.batch_id)
        for key in keys_of(batch, known):
            before = self._history(key)
            after = taken(before, batch, key, known)
            if after.entry is None:
                self._connection.execute("delete from histories where key = ?", [key])
            elif after != before:
                row = [key, after.to_json(), kept_until(after.entry, batch.at)]
                self._connection.execute("insert or replace into histories values (?, ?, ?)", row)
        values = (batch.batch_id, batch.at, json.dumps(keys_of(batch, None)))
        self._connection.execute("insert or replace into batches values (?, ?, ?)", values)

    def _history(self, key: str) -> History:
        row = self._connection.execute("select history from histories where key = ?", [key]).fetchone()
        return History() if row is None else History.of_json(row[0])

    def _batch(self, batch_id: str) -> KnownBatch | None:
        row = self._connection.execute("select at, keys from batches where batch_id = ?", [batch_id]).fetchone()
        return None if row is None else KnownBatch(row[0], frozenset(json.loads(row[1])))

    def _exists(self) -> bool:
        return self._opened is not None or self._file.exists()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._opened = _open(self._file)
        return self._opened

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StateError(f"what rules remember, in {self._file}: {error}") from error


# Whoever changes the journal mode while another does is told "locked" at once: SQLite does not wait there, whatever the timeout.
@retry(retry=retry_if_exception_type(sqlite3.OperationalError), wait=wait_random(0.01, 0.1), stop=stop_after_delay(30), reraise=True)
def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.executescript(_TABLES)
    except sqlite3.OperationalError:
        connection.close()
        raise
    return connection
