"""What a lake can do: a handful of verbs that every backend implements (embedded.py; Snowflake and Athena later).

Table names are schema-qualified (`panther_logs.aws_cloudtrail`). User input reaches SQL only as parameters (`?`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa

from panther_dagster.storage.tables import Table

T = TypeVar("T")
ArrowData: TypeAlias = pa.Table | pa.RecordBatch | pa.RecordBatchReader


@dataclass(frozen=True)
class UnitOfWork:
    """What one step reads and replaces: one batch, or whole hours of delivery. Exactly one of the two is set.

    `hours` is (first hour, hour after the last), naive UTC.
    """

    batch_id: str | None = None
    hours: tuple[datetime, datetime] | None = None

    def __post_init__(self) -> None:
        if (self.batch_id is None) == (self.hours is None):
            raise ValueError("a unit of work is a batch or a range of hours")

    @property
    def predicate(self) -> str:
        """SQL condition over p_batch_id or p_hour, with `?` for `parameters`."""
        return "p_batch_id = ?" if self.batch_id is not None else "p_hour >= ? and p_hour < ?"

    @property
    def parameters(self) -> list[Any]:
        """Values of the `?` in `predicate`."""
        return [self.batch_id] if self.batch_id is not None else list(self.hours or ())

    def __str__(self) -> str:
        return self.batch_id or "{:%Y-%m-%dT%H}..{:%Y-%m-%dT%H}".format(*(self.hours or ()))


@dataclass(frozen=True)
class TableUsage:
    """Size of a table: rows, data files and their bytes as stored."""

    table: str
    rows: int
    files: int
    size_bytes: int


@dataclass(frozen=True)
class StagedRows:
    """Rows that the lake holds and nobody sees until a transaction appends them. `location` is the backend's."""

    table: Table
    location: str
    rows: int


class Transaction(ABC):
    """Reads and writes that become visible together or not at all."""

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Rows of one SELECT, as this transaction sees them."""

    @abstractmethod
    def append(self, table: Table, data: ArrowData) -> int:
        """Add rows; creates the table when it is missing. Columns are matched by name. Returns the number of rows."""

    @abstractmethod
    def append_staged(self, staged: StagedRows) -> None:
        """Add rows that Lake.stage has written; takes milliseconds, whatever their number. Each can be added once."""

    @abstractmethod
    def delete(self, table: Table, unit: UnitOfWork) -> None:
        """Remove the rows of a unit of work; a missing table has none."""

    def replace(self, table: Table, data: ArrowData, unit: UnitOfWork) -> int:
        """Delete the unit's rows and insert these: doing it twice changes nothing."""
        self.delete(table, unit)
        return self.append(table, data)


class Lake(ABC):
    """A place for tables. Safe to use from one thread (each other takes a `session`); several processes may each have their own."""

    @abstractmethod
    def ensure_tables(self) -> None:
        """Create the schemas and tables of storage/tables.py that are missing."""

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """Whether the table or view exists."""

    @abstractmethod
    def tables_with(self, unit: UnitOfWork) -> set[str]:
        """Tables of the flow that may hold rows of a unit, without reading them: none that does is missing, some more can be named."""

    @abstractmethod
    def row_counts(self) -> dict[str, int]:
        """Rows of each table of the flow, without reading them. Small tables are left out: their rows can be in the catalog."""

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """All rows of one SELECT. Raises LakeError with the engine's text."""

    @abstractmethod
    def read(self, sql: str, *, max_rows: int | None = None, timeout_seconds: float | None = None) -> pa.Table:
        """Rows of one statement that a person wrote, at most `max_rows`. It cannot change anything.

        Raises LakeError: the engine's text, the statement does not only read, or it takes longer than that.
        """

    @abstractmethod
    def stream(self, sql: str, parameters: Sequence[Any] = (), *, rows_per_batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Rows of one SELECT in bounded pieces."""

    @abstractmethod
    def transact(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction and commit; on a conflict with another writer run it again, so `work` must be repeatable.

        Raises WriteConflict when it never got through.
        """

    @abstractmethod
    def stage(self, table: Table, data: ArrowData) -> StagedRows:
        """Write many rows ahead of the transaction that appends them, so that it is short: a long one loses to every other writer.

        Creates the table when it is missing. `data` has all of its columns.
        """

    @abstractmethod
    def discard(self, staged: StagedRows) -> None:
        """Remove staged rows that no transaction has appended."""

    @abstractmethod
    def lock(self, name: str) -> AbstractContextManager[None]:
        """A named lock among all processes that use this lake; freed when its holder dies."""

    @abstractmethod
    def create_view(self, name: str, sql: str) -> None:
        """Create or replace a view."""

    def create_missing_views(self, sql_by_name: Mapping[str, str]) -> list[str]:
        """Create those of these views that are not there. Returns their names."""
        missing = [name for name in sql_by_name if not self.has_table(name)]
        for name in missing:
            self.create_view(name, sql_by_name[name])
        return missing

    @abstractmethod
    def maintain(self, *, now_utc: datetime) -> dict[str, int]:
        """Compact small files and drop snapshots that nobody reads. Returns counts by what was done."""

    @abstractmethod
    def usage(self) -> list[TableUsage]:
        """Every table with its size."""

    @abstractmethod
    def session(self) -> Lake:
        """This lake for another thread, on what this one has opened, which it leaves open when it is closed."""

    @property
    def is_replaced(self) -> bool:
        """Whether what is open here is no longer the lake that the settings name."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""
