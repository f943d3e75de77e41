"""Lookup tables in files, for processes that have none: event.lookup() where rules run by themselves (worker.py).

A file has the rows in the order of a hash of their keys and is mapped into memory, so a process that is forked again and again has nothing
to load and takes no memory of its own: no rule is charged for a table. docs/decisions/0020-lookups-of-rules.md says why.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

import pyarrow as pa

from panther_dagster.detect.lookups.enrichment import Enricher, Enrichment
from panther_dagster.detect.lookups.rows import key_text, parse_row
from panther_dagster.detect.lookups.table import LookupTable, SortedRows, address_keys, key_hash

_SHIFTS: Final = b"shifts"  # metadata of the file: of a CIDR table the lengths of its networks
# Arrow's threads do not survive the fork that a process of rules begins with.
_ONE_THREAD: Final = pa.ipc.IpcReadOptions(use_threads=False)
Told = dict[str, Any]  # JSON: what `SharedTables.told` says and `MappedTables.lookups` reads


@dataclass(frozen=True)
class _File:
    """A table's file. `number` is never used again; `path` is, once the file is closed."""

    table: LookupTable
    number: str
    path: str
    stack: ExitStack


class SharedTables:
    """Writes tables into files, each once, and keeps the files while their tables are asked for. Close it."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}  # by the table's identity
        self._numbers = itertools.count()

    def told(self, enrichment: Enrichment | None) -> Told | None:
        """What another process needs to look up what these rows' rules may ask; None when no code asks."""
        if enrichment is None or not enrichment.has_calls:
            self.close()
            return None
        enrichers = {moment.isoformat(): enricher for moment, enricher in enrichment.by_moment.items()}
        every = (table for one in (*enrichers.values(), enrichment.latest) for table in one.tables.values())
        tables = {id(table): table for table in every if isinstance(table, LookupTable)}
        for identity in self._files.keys() - tables.keys():
            self._files.pop(identity).stack.close()
        for identity, table in tables.items():
            if identity not in self._files:
                self._files[identity] = _File(table, str(next(self._numbers)), *_written(table))

        def numbers(enricher: Enricher) -> dict[str, str]:
            return {name: self._files[id(table)].number for name, table in enricher.tables.items()}

        return {
            "files": {file.number: file.path for file in self._files.values()},
            "latest": numbers(enrichment.latest),
            "moments": {moment: numbers(enricher) for moment, enricher in enrichers.items()},
        }

    def close(self) -> None:
        """Let go of all files."""
        for file in self._files.values():
            file.stack.close()
        self._files.clear()


class MappedTables:
    """The other end of SharedTables: files -> what rows' rules may ask."""

    def __init__(self) -> None:
        self._tables: dict[str, MappedTable] = {}

    @property
    def size_bytes(self) -> int:
        """Of the address space that the tables take."""
        return sum(table.size_bytes for table in self._tables.values())

    def lookups(self, told: Told | None) -> Enrichment | None:
        """Answers event.lookup() for rows that have their p_enrichment already; None when nothing is told, since no code asks."""
        if told is None:
            self._tables.clear()
            return None
        files: Mapping[str, str] = told["files"]
        self._tables = {number: self._tables.get(number) or MappedTable(path) for number, path in files.items()}

        def enricher(numbers: Mapping[str, str]) -> Enricher:
            return Enricher({name: self._tables[number] for name, number in numbers.items()})

        moments = {datetime.fromisoformat(moment): enricher(numbers) for moment, numbers in told["moments"].items()}
        return Enrichment(enricher(told["latest"]), moments)


class MappedTable:
    """A table in a file: finds what the LookupTable that was written finds."""

    def __init__(self, path: str) -> None:
        with pa.memory_map(path) as file:
            self.size_bytes: int = file.size()
            with pa.ipc.open_stream(file, options=_ONE_THREAD) as reader:
                rows = reader.read_next_batch()
        self._keys, self._rows = rows.column("key"), rows.column("row")
        self._hashes = memoryview(rows.column("hash").buffers()[1]).cast("I")[: rows.num_rows]
        shifts = (rows.schema.metadata or {}).get(_SHIFTS)
        self._shifts = None if shifts is None else _read_shifts(shifts.decode())

    def find(self, value: Any) -> dict[str, Any] | None:
        """The row of a value, as plain data of its own; None when there is none."""
        keys: Iterable[str]
        if self._shifts is not None:
            keys = address_keys(value, self._shifts)
        else:
            text = key_text(value)
            keys = () if text is None else (text,)
        for key in keys:
            hashed = key_hash(key)
            place = bisect_left(self._hashes, hashed)
            while place < len(self._hashes) and self._hashes[place] == hashed:
                if self._keys[place].as_py() == key:
                    row: dict[str, Any] = parse_row(self._rows[place].as_py())
                    return row
                place += 1
        return None


def _written(table: LookupTable) -> tuple[str, ExitStack]:
    """A file of the table: the path under which other processes find it, and what removes it. It does not outlive this process."""
    with ExitStack() as stack:
        file: IO[bytes]
        if sys.platform == "linux":
            file = stack.enter_context(tempfile.TemporaryFile())
            path = f"/proc/{os.getpid()}/fd/{file.fileno()}"
        else:
            file = stack.enter_context(tempfile.NamedTemporaryFile())
            path = file.name
        _write(table.sorted_rows(), file)
        file.flush()
        return path, stack.pop_all()


def _write(rows: SortedRows, file: IO[bytes]) -> None:
    metadata = None if rows.shifts is None else {_SHIFTS: _shifts_text(rows.shifts).encode()}
    schema = pa.schema([("hash", pa.uint32()), ("key", pa.large_string()), ("row", pa.large_string())], metadata=metadata)
    with pa.ipc.new_stream(file, schema) as writer:
        writer.write_batch(pa.record_batch([rows.hashes, rows.keys, rows.rows], schema=schema))


def _shifts_text(shifts: Mapping[int, Iterable[int]]) -> str:
    return ";".join(f"{family}:{','.join(map(str, of_family))}" for family, of_family in shifts.items())


def _read_shifts(text: str) -> dict[int, list[int]]:
    pairs = (part.partition(":") for part in text.split(";"))
    return {int(family): [int(shift) for shift in shifts.split(",") if shift] for family, _, shifts in pairs}
