"""Stores that outlive a process: batches that run again, side by side or not to their end count once."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from detect.state_stores import batch_of, dynamodb_endpoint, dynamodb_location, location, run_batch, sqlite_in, take

from panther_dagster.detect.runtime.caching import Cache
from panther_dagster.detect.state.dynamodb import DynamoStore
from panther_dagster.detect.state.entries import Entry
from panther_dagster.detect.state.history import MAX_STEPS, BatchChanges, KnownBatch, StateError
from panther_dagster.detect.state.location import dynamodb_of, opener_of
from panther_dagster.detect.state.sqlite import SqliteStore

__all__ = ["dynamodb_endpoint", "dynamodb_location", "location"]


class _Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def counter(location: str, key: str = "k") -> int | None:
    open_store = opener_of(location)
    assert open_store is not None
    entry = open_store().history(key).entry
    return None if entry is None else entry.count


def add(number: int) -> object:
    return lambda cache: cache.increment_counter("k", number)


def test_a_batch_sees_what_earlier_ones_have_left(location: str, clock: _Clock) -> None:
    assert run_batch(location, "b1", clock, add(2)) == 2
    assert run_batch(location, "b2", clock, add(3)) == 5
    assert counter(location) == 5


def test_a_batch_that_runs_again_starts_from_what_was_before_it(location: str, clock: _Clock) -> None:
    for batch_id, number in (("b1", 2), ("b2", 3), ("b3", 4)):
        run_batch(location, batch_id, clock, add(number))

    assert run_batch(location, "b2", clock, add(3)) == 5
    assert counter(location) == 9
    assert run_batch(location, "b2", clock, add(30)) == 32  # its rules have changed
    assert counter(location) == 36
    assert run_batch(location, "b3", clock, add(4)) == 36


def test_what_a_batch_does_not_change_any_more_is_taken_back(location: str, clock: _Clock) -> None:
    run_batch(location, "b1", clock, add(2))
    run_batch(location, "b2", clock, lambda cache: [cache.increment_counter("k"), cache.increment_counter("other")])

    run_batch(location, "b2", clock, lambda cache: cache.get_counter("k"))

    assert (counter(location), counter(location, "other")) == (2, None)


def test_a_batch_that_runs_again_has_the_time_of_its_first_run(location: str, clock: _Clock) -> None:
    def three(cache: Cache) -> list[bool]:
        return [cache.evaluate_threshold("k", threshold=3, expiry_seconds=60) for _ in range(2)]

    assert run_batch(location, "b1", clock, three) == [False, False]
    assert run_batch(location, "b2", clock, three) == [True, False]
    clock.now += 3600

    assert run_batch(location, "b2", clock, three) == [True, False]
    assert run_batch(location, "b3", clock, three) == [False, False]  # the minute is over


def test_a_batch_that_only_reads_reads_the_same_when_it_runs_again(location: str, clock: _Clock) -> None:
    def look(cache: Cache) -> bool:
        return cache.check_account_age("jo")

    assert run_batch(location, "b1", clock, look) is False
    run_batch(location, "b2", clock, lambda cache: cache.put_string_set("jo", ["2024-05-06"]))

    assert run_batch(location, "b1", clock, look) is False
    assert run_batch(location, "b3", clock, look) is True


def test_a_batch_that_does_not_succeed_leaves_nothing(location: str, clock: _Clock) -> None:
    run_batch(location, "b1", clock, add(2))
    with batch_of(location, "b2", clock) as (cache, _):
        assert cache.increment_counter("k") == 3

    assert counter(location) == 2
    assert run_batch(location, "b2", clock, add(1)) == 3


def test_batches_side_by_side_do_not_see_each_other_and_lose_nothing(location: str, clock: _Clock) -> None:
    run_batch(location, "b0", clock, add(10))
    with batch_of(location, "b1", clock) as (one, changes_of_one), batch_of(location, "b2", clock) as (other, changes_of_other):
        assert (one.increment_counter("k", 2), other.increment_counter("k", 3)) == (12, 13)
        take(location, changes_of_other())
        assert one.increment_counter("k", 2) == 14
        take(location, changes_of_one())

    assert counter(location) == 17
    # b1 had begun first, so it stands first: what b2 sees now holds it.
    assert run_batch(location, "b2", clock, add(3)) == 17
    assert run_batch(location, "b1", clock, add(4)) == 14


def test_a_batch_that_is_too_old_to_be_taken_back_counts_no_second_time(tmp_path: Path, clock: _Clock) -> None:
    location = sqlite_in(tmp_path)
    for number in range(MAX_STEPS + 1):
        run_batch(location, f"b{number:02}", clock, add(1))

    assert run_batch(location, "b00", clock, add(1)) == 2  # it sees its own former change: that is final
    assert counter(location) == MAX_STEPS + 1


def test_taking_changes_that_were_cut_off_in_between_is_done_again(
    dynamodb_location: str, clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = dynamodb_location
    taken = DynamoStore._take

    def fails(self: DynamoStore, batch: BatchChanges, known: KnownBatch | None, key: str) -> None:
        if key == "b":
            raise StateError("stopped")
        taken(self, batch, known, key)

    def both(cache: Cache) -> list[int]:
        return [cache.increment_counter("a"), cache.increment_counter("b")]

    with monkeypatch.context() as patch:
        patch.setattr(DynamoStore, "_take", fails)
        with pytest.raises(StateError, match="stopped"):
            run_batch(location, "b1", clock, both)
    assert counter(location, "a") == 1

    assert run_batch(location, "b1", clock, both) == [1, 1]
    assert (counter(location, "a"), counter(location, "b")) == (1, 1)


def _count_in_batches(location: str, name: str, batches: int) -> None:
    for number in range(batches):
        run_batch(location, f"{name}{number}", lambda number=number: 1_700_000_000.0 + number, add(2))


def test_two_processes_lose_no_increment(location: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count_in_batches, args=(location, name, 5)) for name in ("a", "b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]
    assert counter(location) == 20


def test_texts_of_all_kinds_come_back(location: str, clock: _Clock) -> None:
    key = "\u00e4\U0001f980 " * 700  # longer than DynamoDB's keys
    strings = {"", "\ud800", "\u0000", "'", "x" * 100}

    run_batch(location, "b1", clock, lambda cache: cache.put_string_set(key, strings))

    assert run_batch(location, "b2", clock, lambda cache: cache.get_string_set(key)) == strings


def test_a_set_of_many_texts_fits(location: str, clock: _Clock) -> None:
    for number in range(4):
        texts = [os.urandom(16).hex() for _ in range(1_500)]
        run_batch(location, f"b{number}", clock, lambda cache, texts=texts: cache.add_to_string_set("k", texts))

    assert len(run_batch(location, "b9", clock, lambda cache: cache.get_string_set("k"))) == 6_000


def test_a_store_that_cannot_be_used_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rules.sqlite"
    file.write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match=r"what rules remember, in .*rules\.sqlite: file is not a database"):
        SqliteStore(file).history("k")


def test_a_table_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        store = DynamoStore("rules-state", region="us-east-1", endpoint_url="http://{}:{}".format(*nobody.getsockname()))
        with closing(store), pytest.raises(StateError, match="what rules remember, in the DynamoDB table rules-state: Could not connect"):
            store.history("k")


def test_boto3_is_imported_for_dynamodb_only() -> None:
    code = (
        "import sys\nfrom panther_dagster.detect.limits import LimitedRules\n"
        "from panther_dagster.detect.state.location import opener_of\n"
        "opener_of('sqlite:x')().batch('b')\nassert 'boto3' not in sys.modules\n"
        "opener_of('dynamodb://abc')\nassert 'boto3' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_file_that_another_writer_is_setting_up_is_waited_for(tmp_path: Path, clock: _Clock) -> None:
    file = tmp_path / "rules.sqlite"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")  # against this lock a change of the journal mode fails at once, whatever the timeout
    release = threading.Timer(0.3, other.execute, ["commit"])
    release.start()

    assert run_batch(f"sqlite:{file}", "b1", clock, add(1)) == 1

    release.join()
    other.close()


def test_reading_makes_no_file(tmp_path: Path, clock: _Clock) -> None:
    file = tmp_path / "state" / "rules.sqlite"

    with batch_of(f"sqlite:{file}", "b1", clock) as (cache, _):
        assert cache.get_counter("k") == 0

    assert not file.parent.exists()


def test_what_has_expired_long_ago_is_removed(tmp_path: Path, clock: _Clock) -> None:
    location = f"sqlite:{tmp_path / 'rules.sqlite'}"
    run_batch(location, "b1", clock, lambda cache: cache.increment_counter("k", epoch_seconds=60))
    clock.now += 2 * 24 * 3600
    run_batch(location, "b2", clock, lambda cache: cache.increment_counter("other"))
    assert counter(location) == 1
    clock.now += 120

    run_batch(location, "b3", clock, lambda cache: cache.increment_counter("other"))

    assert counter(location) is None


def test_locations_are_read() -> None:
    assert dynamodb_of("dynamodb://rules-state?region=eu-west-1&endpoint=http://127.0.0.1:8000") == (
        "rules-state",
        "eu-west-1",
        "http://127.0.0.1:8000",
    )
    assert dynamodb_of("dynamodb://rules.state") == ("rules.state", None, None)
    for text, wrong in (
        ("redis://x", "is no place for the state of rules"),
        ("dynamodb://", "needs the name of a table"),
        ("dynamodb://a/b", "needs the name of a table"),
        ("dynamodb://abc?zone=1", "has no option 'zone'; known: region, endpoint"),
    ):
        with pytest.raises(ValueError, match=wrong.replace("?", r"\?")):
            dynamodb_of(text)


def test_entries_are_what_they_were() -> None:
    entry = Entry(3, frozenset({"b", "a"}), '{"x": 1}', 1_700_000_000)

    assert entry.to_json() == [3, ["a", "b"], '{"x": 1}', 1_700_000_000]
    assert Entry.of_json(entry.to_json()) == entry
