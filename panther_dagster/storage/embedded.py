"""The embedded lake: DuckLake over Parquet files with a SQLite catalog, in one folder or with its data on S3."""

from __future__ import annotations

import fcntl
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from panther_dagster.errors import LakeError, WriteConflict
from panther_dagster.storage.extensions import load_extensions
from panther_dagster.storage.lake import ArrowData, Lake, StagedRows, T, TableUsage, Transaction, UnitOfWork
from panther_dagster.storage.tables import SCHEMAS, TABLES, Table

CATALOG = "lake"
METADATA = f"__ducklake_metadata_{CATALOG}"  # DuckLake's own tables
# A small table's rows stay in the catalog up to this many rows an insert: a Parquet file of three rows costs 2 ms a query.
INLINED_ROWS = 2_000
# Of events, which are 100 columns wide: at DuckDB's own 122,880 rows a writer buffers over 700 MB, at this 500 MB in all.
ROWS_PER_ROW_GROUP = 16_384
# zstd 1 writes as fast as snappy, DuckLake's default, and half as much; higher levels cost time and gain nothing on logs.
FILE_OPTIONS = {"compression": "zstd", "compression_level": 1, "row_group_size": ROWS_PER_ROW_GROUP}
# A dictionary of event texts, which are all different, is given up after this many instead of filling its megabyte first.
FILE_FORMAT = ", ".join(["format parquet", "dictionary_size_limit 1000", *(f"{name} {value}" for name, value in FILE_OPTIONS.items())])
MAX_ATTEMPTS = 30
# DuckLake's functions that do more than tell; they can stand in a SELECT, and a file that one deletes is gone whatever the transaction.
DELETES_FILES = re.compile(r"ducklake_(?!snapshots|current_snapshot|table_|list_files|options|settings)\w", re.IGNORECASE)
CONFLICT_SIGNS = ("database is locked", "conflict", "Failed to commit", "Failed to flush", "concurrent")


def _interrupt_after(cursor: duckdb.DuckDBPyConnection, seconds: float, is_done: threading.Event) -> None:
    """Stop what the cursor runs after that long. Again and again: an interrupt between two of its statements is lost."""
    waiting = seconds
    while not is_done.wait(waiting):
        cursor.interrupt()
        waiting = 0.1


def _prepared(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """With what a cursor does not have from its connection."""
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")  # else it writes into the terminal of whoever asks
    return connection.execute(f"use {CATALOG}")


def attach_sql(catalog: Path, data: str) -> str:
    """The ATTACH statement of an embedded lake; dbt's profile states the same."""
    return (
        f"attach if not exists 'ducklake:sqlite:{_quoted(str(catalog))}' as {CATALOG} "
        f"(data_path '{_quoted(data)}', data_inlining_row_limit 0, meta_busy_timeout 30000, meta_journal_mode 'WAL')"
    )


class EmbeddedLake(Lake):
    """A lake in `folder`: `catalog.sqlite`, `data/` (or `data_path`, which may be s3://...), `locks/`.

    Args: threads, memory_limit: DuckDB's, memory as `800MB`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        data_path: str | None = None,
        threads: int = 2,
        memory_limit: str = "800MB",
    ) -> None:
        self.folder = folder.resolve()
        self.catalog = self.folder / "catalog.sqlite"
        self.data_path = data_path or str(self.folder / "data") + "/"
        self._threads = threads
        self._memory_limit = memory_limit
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._opened_file: tuple[int, int] | None = None
        self._known: set[str] = set()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The open connection; opened at first use."""
        if self._connection is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            config: dict[str, str | bool | int | float | list[str]] = {
                "threads": self._threads,
                "memory_limit": self._memory_limit,
                "preserve_insertion_order": False,
                "temp_directory": str(self.folder / "temp"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
            connection = duckdb.connect(config=config)
            load_extensions(connection)
            self._retried(lambda: connection.execute(attach_sql(self.catalog, self.data_path)))
            self._connection, self._opened_file = _prepared(connection), _file_id(self.catalog)
        return self._connection

    def ensure_tables(self) -> None:
        with self.lock("schema"):
            have = self._tables()
            for schema in SCHEMAS:
                self.connection.execute(f"create schema if not exists {CATALOG}.{schema}")
            if not have:
                self._retried(self._set_file_options)
            for table in TABLES:
                if table.name not in have:
                    self._retried(lambda table=table: self._create(table))  # type: ignore[misc]

    def has_table(self, name: str) -> bool:
        if name not in self._known:  # a table, once there, stays
            self._known = self._tables()
        return name in self._known

    def tables_with(self, unit: UnitOfWork) -> set[str]:
        column, first, last = ("p_batch_id", unit.batch_id, unit.batch_id) if unit.hours is None else ("p_hour", *unit.hours)
        comparison = (
            "min_value <= ? and max_value >= ?"
            if unit.hours is None
            else "try_cast(min_value as timestamp) < ? and try_cast(max_value as timestamp) >= ?"
        )
        sql = f"""
            select distinct schema_name || '.' || table_name as name
            from {METADATA}.ducklake_file_column_stats as statistics
            join {METADATA}.ducklake_data_file as file on file.data_file_id = statistics.data_file_id and file.end_snapshot is null
            join {METADATA}.ducklake_column as col
                on col.table_id = statistics.table_id and col.column_id = statistics.column_id and col.column_name = ?
            join {METADATA}.ducklake_table as tab on tab.table_id = statistics.table_id and tab.end_snapshot is null
            join {METADATA}.ducklake_schema as sch on sch.schema_id = tab.schema_id and sch.end_snapshot is null
            where {comparison}
        """
        return set(self.query(sql, [column, last, first])["name"].to_pylist())

    def row_counts(self) -> dict[str, int]:
        sql = f"""
            select schema_name || '.' || table_name as name, sum(coalesce(record_count, 0) - coalesce(delete_count, 0))::bigint as rows
            from {METADATA}.ducklake_table as tab
            join {METADATA}.ducklake_schema as sch on sch.schema_id = tab.schema_id and sch.end_snapshot is null
            left join {METADATA}.ducklake_data_file as file on file.table_id = tab.table_id and file.end_snapshot is null
            left join {METADATA}.ducklake_delete_file as deleted
                on deleted.data_file_id = file.data_file_id and deleted.end_snapshot is null
            where tab.end_snapshot is null
            group by 1
        """
        small = {table.name for table in TABLES if table.is_small}
        return {row["name"]: row["rows"] for row in self.query(sql).to_pylist() if row["name"] not in small}

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        try:
            return self.connection.execute(sql, list(parameters)).to_arrow_table()
        except duckdb.Error as error:
            raise LakeError(str(error)) from error

    def read(self, sql: str, *, max_rows: int | None = None, timeout_seconds: float | None = None) -> pa.Table:
        cursor = self._cursor()
        is_done = threading.Event()
        if timeout_seconds is not None:
            threading.Thread(target=_interrupt_after, args=(cursor, timeout_seconds, is_done), daemon=True).start()
        try:
            statements = cursor.extract_statements(sql)
            # EXPLAIN ANALYZE would run what it explains; PRAGMA, CALL, COPY and SET reach beyond the lake.
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT or DELETES_FILES.search(sql):
                raise LakeError("one statement that reads is allowed: SELECT, WITH, DESCRIBE or SHOW")
            cursor.execute("begin transaction read only")
            reader = cursor.execute(statements[0]).to_arrow_reader(10_000)
            batches, rows = [], 0
            for batch in reader:
                batches.append(batch if max_rows is None else batch.slice(0, max_rows - rows))
                rows += batch.num_rows
                if max_rows is not None and rows >= max_rows:
                    break
            return pa.Table.from_batches(batches, reader.schema)
        except duckdb.InterruptException as error:
            raise LakeError(f"the statement was stopped after {timeout_seconds:g} s") from error
        except duckdb.Error as error:
            raise LakeError(str(error)) from error
        finally:
            is_done.set()
            cursor.close()  # with its transaction

    def stream(self, sql: str, parameters: Sequence[Any] = (), *, rows_per_batch: int = 10_000) -> Iterator[pa.RecordBatch]:
        try:
            # A cursor of its own: the reader stays valid while this lake is used for other statements.
            yield from self._cursor().execute(sql, list(parameters)).to_arrow_reader(rows_per_batch)
        except duckdb.Error as error:
            raise LakeError(str(error)) from error

    def transact(self, work: Callable[[Transaction], T]) -> T:
        def once() -> T:
            self.connection.execute("begin")
            try:
                result = work(_EmbeddedTransaction(self))
                self.connection.execute("commit")
                return result
            except BaseException:
                self._rollback()
                raise

        return self._retried(once)

    def stage(self, table: Table, data: ArrowData) -> StagedRows:
        if not self.has_table(table.name):
            self._retried(lambda: self._create(table))
        schema, name = table.name.split(".")
        folder = f"{self.data_path.rstrip('/')}/{schema}/{name}"
        if "://" not in folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
        file = f"{folder}/staged-{uuid.uuid4()}.parquet"
        columns = ", ".join(f'"{column}"' for column in table.columns.names)
        self.connection.register("incoming", data)
        try:
            copy = f"copy (select {columns} from incoming) to '{_quoted(file)}' ({FILE_FORMAT})"
            (rows,) = self.connection.execute(copy).fetchone() or (0,)
        except duckdb.Error as error:
            raise LakeError(str(error)) from error
        finally:
            self.connection.unregister("incoming")
        return StagedRows(table, file, rows)

    def discard(self, staged: StagedRows) -> None:
        if "://" not in staged.location:  # files on S3 that no table knows are removed by maintain
            Path(staged.location).unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        # fcntl locks die with their process, so a kill -9 leaves nothing behind.
        folder = self.folder / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / f"{name}.lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def create_view(self, name: str, sql: str) -> None:
        self._retried(lambda: self.connection.execute(f"create or replace view {CATALOG}.{name} as {sql}"))

    def create_missing_views(self, sql_by_name: Mapping[str, str]) -> list[str]:
        if sql_by_name.keys() <= self._known:
            return []
        self._known = self._tables()
        missing = [name for name in sql_by_name if name not in self._known]

        def create(_: Transaction) -> None:
            for name in missing:
                self.connection.execute(f"create or replace view {CATALOG}.{name} as {sql_by_name[name]}")

        if missing:
            self.transact(create)  # one commit: each takes as long as planning ten views
        return missing

    def maintain(self, *, now_utc: datetime) -> dict[str, int]:
        done: dict[str, int] = {}
        calls = {
            "inlined_rows_flushed": f"call ducklake_flush_inlined_data('{CATALOG}')",
            "files_merged": f"call ducklake_merge_adjacent_files('{CATALOG}')",
            "snapshots_expired": f"call ducklake_expire_snapshots('{CATALOG}', older_than => timestamp '{now_utc - timedelta(days=1)}')",
            "orphans_deleted": f"call ducklake_delete_orphaned_files('{CATALOG}', older_than => timestamp '{now_utc - timedelta(days=1)}')",
            "files_deleted": f"call ducklake_cleanup_old_files('{CATALOG}', older_than => timestamp '{now_utc - timedelta(days=1)}')",
        }
        with self.lock("maintenance"):
            for what, call in calls.items():
                done[what] = len(self._retried(lambda call=call: self.connection.execute(call).fetchall()))  # type: ignore[misc]
        return done

    def usage(self) -> list[TableUsage]:
        sizes = self.connection.execute(f"select * from ducklake_table_info('{CATALOG}')").to_arrow_table().to_pylist()
        size_by_name = {row["table_name"]: row for row in sizes}
        tables = self.connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_catalog = ? and table_type = 'BASE TABLE' order by 1",
            [CATALOG],
        ).fetchall()
        result = []
        for (name,) in tables:
            size = size_by_name.get(name.split(".")[1], {})
            (rows,) = self.connection.execute(f"select count(*) from {CATALOG}.{name}").fetchone() or (0,)
            result.append(TableUsage(name, rows, size.get("file_count", 0), size.get("file_size_bytes", 0)))
        return result

    def session(self) -> EmbeddedLake:
        session = EmbeddedLake(self.folder, data_path=self.data_path, threads=self._threads, memory_limit=self._memory_limit)
        session._connection = self._cursor()
        return session

    @property
    def is_replaced(self) -> bool:
        return self._connection is not None and self._opened_file != _file_id(self.catalog)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        return _prepared(self.connection.cursor())

    def _tables(self) -> set[str]:
        # From the catalog's own tables: information_schema loads every column of every table, 0.1 s a call.
        rows = self.connection.execute(
            f"""
            select schema_name || '.' || name
            from (
                select schema_id, table_name as name from {METADATA}.ducklake_table where end_snapshot is null
                union all
                select schema_id, view_name from {METADATA}.ducklake_view where end_snapshot is null
            )
            join {METADATA}.ducklake_schema as sch using (schema_id)
            where sch.end_snapshot is null
            """
        ).fetchall()
        return {name for (name,) in rows}

    def _set_file_options(self) -> None:
        for name, value in FILE_OPTIONS.items():
            self.connection.execute(f"call {CATALOG}.set_option(?, ?)", [f"parquet_{name}", value])

    def _create(self, table: Table) -> None:
        self.connection.register("new_table", table.columns.empty_table())
        try:
            self.connection.execute(f"create table if not exists {CATALOG}.{table.name} as select * from new_table")
        finally:
            self.connection.unregister("new_table")
        if table.is_small:
            schema, name = table.name.split(".")
            self.connection.execute(
                f"call {CATALOG}.set_option('data_inlining_row_limit', {INLINED_ROWS}, schema => '{schema}', table_name => '{name}')"
            )

    def _rollback(self) -> None:
        with suppress(duckdb.Error):  # a failed commit has rolled back already
            self.connection.execute("rollback")

    def _retried(self, work: Callable[[], T]) -> T:
        for attempt in range(MAX_ATTEMPTS):
            try:
                return work()
            except duckdb.Error as error:
                if not any(sign.lower() in str(error).lower() for sign in CONFLICT_SIGNS):
                    raise LakeError(str(error)) from error
                last = error
                time.sleep(min(2.0, 0.05 * 1.5**attempt) * (0.5 + random.random()))
        raise WriteConflict(f"no commit after {MAX_ATTEMPTS} attempts: {last}") from last


class _EmbeddedTransaction(Transaction):
    def __init__(self, lake: EmbeddedLake) -> None:
        self._lake = lake

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        return self._lake.query(sql, parameters)

    def append(self, table: Table, data: ArrowData) -> int:
        connection = self._lake.connection
        if not self._lake.has_table(table.name):
            self._lake._create(table)
        columns = ", ".join(f'"{name}"' for name in data.schema.names)
        connection.register("incoming", data)
        try:
            (rows,) = connection.execute(f"insert into {CATALOG}.{table.name} ({columns}) select {columns} from incoming").fetchone() or (
                0,
            )
        finally:
            connection.unregister("incoming")
        return rows

    def append_staged(self, staged: StagedRows) -> None:
        schema, name = staged.table.name.split(".")
        self._lake.connection.execute(
            f"call ducklake_add_data_files('{CATALOG}', '{name}', '{_quoted(staged.location)}', schema => '{schema}')"
        )

    def delete(self, table: Table, unit: UnitOfWork) -> None:
        if self._lake.has_table(table.name):
            self._lake.connection.execute(f"delete from {CATALOG}.{table.name} where {unit.predicate}", unit.parameters)


def _file_id(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _quoted(text: str) -> str:
    return text.replace("'", "''")
