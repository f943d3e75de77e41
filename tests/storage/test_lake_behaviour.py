"""What every backend must do. A new backend joins by a line in `BACKENDS`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from panther_dagster.errors import LakeError
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.tables import OBJECTS, SIGNALS, TABLES, raw_table

BACKENDS: dict[str, Callable[[Path], Lake]] = {
    "embedded": lambda folder: EmbeddedLake(folder / "lake", threads=1, memory_limit="500MB"),
}
HOUR = datetime(2024, 5, 1, 12)
RAW = raw_table("AWS.CloudTrail")
PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture(params=sorted(BACKENDS))
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    opened = BACKENDS[request.param](tmp_path)
    opened.ensure_tables()
    yield opened
    opened.close()


def raw_rows(batch_id: str, count: int, hour: datetime = HOUR) -> pa.Table:
    rows = [{"p_row_id": f"{batch_id}-{n}", "p_batch_id": batch_id, "p_hour": hour, "p_raw_event": f'{{"n": {n}}}'} for n in range(count)]
    return pa.Table.from_pylist(rows, schema=RAW.columns)


def land(lake: Lake, batch_id: str, count: int, hour: datetime = HOUR) -> int:
    unit = UnitOfWork(batch_id=batch_id)
    return lake.transact(lambda tx: tx.replace(RAW, raw_rows(batch_id, count, hour), unit))


def count(lake: Lake, table: str = RAW.name) -> int:
    return lake.query(f"select count(*) as n from {table}").to_pylist()[0]["n"]


def test_every_declared_table_exists_and_is_empty(lake: Lake) -> None:
    for table in TABLES:
        assert lake.has_table(table.name)
        assert lake.query(f"select * from {table.name}").schema.names == table.columns.names
        assert count(lake, table.name) == 0


def test_a_batch_written_twice_is_there_once(lake: Lake) -> None:
    assert land(lake, "b1", 3) == 3
    assert land(lake, "b1", 3) == 3
    land(lake, "b2", 2)
    assert count(lake) == 5


def test_a_batch_written_again_with_fewer_rows_keeps_none_of_the_old(lake: Lake) -> None:
    land(lake, "b1", 3)
    land(lake, "b1", 1)
    assert lake.query(f"select p_row_id from {RAW.name}").to_pylist() == [{"p_row_id": "b1-0"}]


def test_hours_delete_their_rows_only(lake: Lake) -> None:
    land(lake, "b1", 1, datetime(2024, 5, 1, 12))
    land(lake, "b2", 1, datetime(2024, 5, 1, 13))
    land(lake, "b3", 1, datetime(2024, 5, 1, 14))
    hours = UnitOfWork(hours=(datetime(2024, 5, 1, 12), datetime(2024, 5, 1, 14)))
    lake.transact(lambda tx: tx.delete(RAW, hours))
    assert lake.query(f"select p_batch_id from {RAW.name}").to_pylist() == [{"p_batch_id": "b3"}]


def test_columns_are_matched_by_name(lake: Lake) -> None:
    data = pa.table({"uri": ["file:///a"], "p_batch_id": ["b1"], "records": pa.array([7], pa.int64())})
    lake.transact(lambda tx: tx.append(OBJECTS, data))
    assert lake.query("select uri, p_batch_id, records, state from panther_monitor.objects").to_pylist() == [
        {"uri": "file:///a", "p_batch_id": "b1", "records": 7, "state": None}
    ]


def test_lists_times_and_nulls_come_back_as_they_were(lake: Lake) -> None:
    row = {name: None for name in SIGNALS.columns.names} | {
        "signal_id": "s1",
        "p_batch_id": "b1",
        "p_event_time": datetime(2024, 5, 1, 12, 0, 0, 123456),
        "tags": ["a", "b"],
        "destinations": None,
        "create_alert": False,
    }
    lake.transact(lambda tx: tx.append(SIGNALS, pa.Table.from_pylist([row], schema=SIGNALS.columns)))
    assert lake.query(f"select * from {SIGNALS.name}").to_pylist() == [row]


def test_an_error_inside_a_transaction_leaves_nothing(lake: Lake) -> None:
    def fails(tx: Transaction) -> None:
        tx.append(RAW, raw_rows("b1", 3))
        tx.append(OBJECTS, pa.table({"uri": ["file:///a"]}))
        raise RuntimeError("between two writes")

    land(lake, "b0", 1)
    with pytest.raises(RuntimeError, match="between two writes"):
        lake.transact(fails)
    assert (count(lake), count(lake, OBJECTS.name)) == (1, 0)
    assert land(lake, "b1", 2) == 2  # the lake is usable afterwards


def test_two_tables_become_visible_together(lake: Lake, tmp_path: Path) -> None:
    other = BACKENDS["embedded"](tmp_path)

    def work(tx: Transaction) -> tuple[int, int]:
        tx.append(RAW, raw_rows("b1", 3))
        tx.append(OBJECTS, pa.table({"uri": ["file:///a"]}))
        return count(other), count(other, OBJECTS.name)

    land(lake, "b0", 1)
    assert lake.transact(work) == (1, 0)
    assert (count(other), count(other, OBJECTS.name)) == (4, 1)
    other.close()


def test_a_reader_of_batches_is_appended_in_pieces(lake: Lake) -> None:
    batches = raw_rows("b1", 1000).to_batches(max_chunksize=100)
    reader = pa.RecordBatchReader.from_batches(RAW.columns, iter(batches))
    assert lake.transact(lambda tx: tx.append(RAW, reader)) == 1000
    assert count(lake) == 1000


def test_stream_gives_every_row_in_bounded_pieces(lake: Lake) -> None:
    land(lake, "b1", 5000)
    pieces = list(lake.stream(f"select p_row_id from {RAW.name} where p_batch_id = ?", ["b1"], rows_per_batch=1000))
    assert sum(piece.num_rows for piece in pieces) == 5000
    assert max(piece.num_rows for piece in pieces) <= 2048


def test_user_input_is_a_parameter_never_sql(lake: Lake) -> None:
    land(lake, "b1", 2)
    hostile = "b1' or '1'='1"
    assert lake.query(f"select * from {RAW.name} where p_batch_id = ?", [hostile]).num_rows == 0
    lake.transact(lambda tx: tx.delete(RAW, UnitOfWork(batch_id=hostile)))
    assert count(lake) == 2


def test_wrong_sql_is_a_lake_error_with_the_engines_text(lake: Lake) -> None:
    with pytest.raises(LakeError, match="no_such_table"):
        lake.query("select * from no_such_table")


def test_views_are_replaced(lake: Lake) -> None:
    land(lake, "b1", 2)
    lake.create_view("panther_rule_matches.v", f"select p_row_id from {RAW.name} where p_row_id = 'b1-0'")
    lake.create_view("panther_rule_matches.v", f"select p_row_id from {RAW.name}")
    assert count(lake, "panther_rule_matches.v") == 2


def test_maintenance_changes_no_row_and_lowers_the_number_of_files(lake: Lake) -> None:
    for n in range(5):
        land(lake, f"b{n}", 10)
    lake.transact(lambda tx: tx.append(OBJECTS, pa.table({"uri": ["file:///a"]})))
    before = lake.query(f"select * from {RAW.name} order by p_row_id")
    files = {usage.table: usage.files for usage in lake.usage()}[RAW.name]
    lake.maintain(now_utc=datetime(2035, 1, 1))
    usage = {usage.table: usage for usage in lake.usage()}[RAW.name]
    assert lake.query(f"select * from {RAW.name} order by p_row_id").equals(before)
    assert (files, usage.files, usage.rows) == (5, 1, 50)
    assert usage.size_bytes > 0
    assert count(lake, OBJECTS.name) == 1


def test_a_unit_of_work_is_a_batch_or_hours_not_both() -> None:
    with pytest.raises(ValueError, match="a batch or a range of hours"):
        UnitOfWork()
    with pytest.raises(ValueError, match="a batch or a range of hours"):
        UnitOfWork(batch_id="b1", hours=(HOUR, HOUR))


def _write_batches(folder: Path, name: str, batches: int) -> None:
    lake = BACKENDS["embedded"](folder)
    for n in range(batches):
        land(lake, f"{name}-{n}", 10)


def test_several_writers_lose_and_double_nothing(lake: Lake, tmp_path: Path) -> None:
    land(lake, "b0", 1)
    writers = [PROCESSES.Process(target=_write_batches, args=(tmp_path, f"w{n}", 5)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert lake.query(f"select count(*) as n, count(distinct p_row_id) as ids from {RAW.name}").to_pylist() == [{"n": 151, "ids": 151}]


def _die_inside_a_transaction(folder: Path, marker: Path) -> None:
    lake = BACKENDS["embedded"](folder)

    def work(tx: Transaction) -> None:
        tx.replace(RAW, raw_rows("b1", 500), UnitOfWork(batch_id="b1"))
        marker.touch()
        time.sleep(60)

    with lake.lock("batch-b1"):
        lake.transact(work)


def test_a_writer_killed_inside_a_transaction_leaves_no_row_and_no_lock(lake: Lake, tmp_path: Path) -> None:
    land(lake, "b0", 1)
    marker = tmp_path / "inside"
    writer = PROCESSES.Process(target=_die_inside_a_transaction, args=(tmp_path, marker))
    writer.start()
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marker.exists()
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join(30)
    assert count(lake) == 1
    with lake.lock("batch-b1"):
        assert land(lake, "b1", 500) == 500
    assert count(lake) == 501


def _hold_lock(folder: Path, marker: Path, seconds: float) -> None:
    lake = BACKENDS["embedded"](folder)
    with lake.lock("x"):
        marker.touch()
        time.sleep(seconds)
        (marker.parent / "released").touch()


def test_a_lock_makes_other_processes_wait(lake: Lake, tmp_path: Path) -> None:
    marker = tmp_path / "holding"
    holder = PROCESSES.Process(target=_hold_lock, args=(tmp_path, marker, 1.0))
    holder.start()
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    with lake.lock("x"):
        assert (tmp_path / "released").exists()
    holder.join(30)


def test_the_catalog_names_the_tables_that_may_hold_a_unit(lake: Lake) -> None:
    land(lake, "b1", 3)
    land(lake, "b3", 2, datetime(2024, 5, 1, 14))

    assert lake.tables_with(UnitOfWork(batch_id="b1")) == {RAW.name}
    assert lake.tables_with(UnitOfWork(batch_id="b2")) == set()
    assert lake.tables_with(UnitOfWork(hours=(datetime(2024, 5, 1, 14), datetime(2024, 5, 1, 15)))) == {RAW.name}
    assert lake.tables_with(UnitOfWork(hours=(datetime(2024, 5, 1, 13), datetime(2024, 5, 1, 14)))) == set()
    assert lake.tables_with(UnitOfWork(hours=(datetime(2024, 5, 1, 11), datetime(2024, 5, 1, 12)))) == set()


def test_rows_are_counted_without_reading_them(lake: Lake) -> None:
    land(lake, "b1", 3)
    lake.transact(lambda tx: tx.append(RAW, pa.concat_tables([raw_rows("b2", 2), raw_rows("b3", 5)])))
    land(lake, "b1", 4)
    land(lake, "b2", 1)  # out of the middle of a file
    assert lake.row_counts()[RAW.name] == 4 + 1 + 5

    land(lake, "b3", 1)
    assert lake.row_counts()[RAW.name] == 4 + 1 + 1 == count(lake)


def test_sessions_of_one_lake_write_from_threads_at_once_and_leave_it_open(lake: Lake) -> None:
    def work(number: int) -> None:
        session = lake.session()
        land(session, f"b{number}", 10)
        session.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(lake) == 40
    assert not lake.is_replaced


def test_a_session_that_fails_in_its_transaction_does_not_touch_another(lake: Lake) -> None:
    land(lake, "b0", 1)
    failing, other = lake.session(), lake.session()

    def work(tx: Transaction) -> None:
        tx.append(RAW, raw_rows("b1", 3))
        assert count(other) == 1
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        failing.transact(work)
    land(other, "b2", 2)
    assert count(lake) == 3
    failing.close()
    other.close()


def test_times_are_utc_however_they_are_read(lake: Lake) -> None:
    sql = "select current_setting('TimeZone') as zone"
    session = lake.session()
    answers = [lake.query(sql), lake.read(sql), session.query(sql), pa.Table.from_batches(lake.stream(sql))]
    session.close()
    assert [answer["zone"].to_pylist() for answer in answers] == [["UTC"]] * 4
