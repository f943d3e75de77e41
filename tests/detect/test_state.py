"""The caching functions over memory, and over what a batch sees of each store."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect.state_stores import STORES, BatchForEachChange, dynamodb_endpoint, dynamodb_location, sqlite_in

from panther_dagster.detect.runtime.caching import Cache
from panther_dagster.detect.state.entries import KeyValueStore, MemoryStore
from panther_dagster.detect.state.overlay import Overlay

__all__ = ["dynamodb_endpoint", "dynamodb_location"]

DAY = 24 * 3600


class _Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


class _Batch(Overlay):
    """A batch whose clock goes on, as that of a batch never does."""

    def now(self) -> float | None:
        return None


@pytest.fixture(params=["memory", "batch", *STORES])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: _Clock) -> KeyValueStore:
    if request.param == "memory":
        return MemoryStore()
    if request.param == "batch":
        batch = _Batch()
        batch.enter("b1")
        return batch
    place = sqlite_in(tmp_path) if request.param == "sqlite" else request.getfixturevalue("dynamodb_location")
    return BatchForEachChange(place, clock)


def test_counters_count_and_reset(store: KeyValueStore, clock: _Clock) -> None:
    cache = Cache(store, clock)

    assert (cache.get_counter("k"), cache.increment_counter("k"), cache.increment_counter("k", 3)) == (0, 1, 4)
    cache.reset_counter("k")
    assert cache.get_counter("k") == 0


def test_string_sets_grow_shrink_and_are_replaced(store: KeyValueStore, clock: _Clock) -> None:
    cache = Cache(store, clock)

    assert cache.add_to_string_set("k", "a") == {"a"}
    assert cache.add_to_string_set("k", ["b", "c"]) == {"a", "b", "c"}
    assert cache.remove_from_string_set("k", ["a", "z"]) == {"b", "c"}
    cache.put_string_set("k", ["x"])
    assert cache.get_string_set("k") == {"x"}
    assert cache.check_account_age("k") is True
    cache.reset_string_set("k")
    assert cache.get_string_set("k") == set()
    assert (cache.check_account_age("k"), cache.check_account_age(""), cache.check_account_age(None)) == (False, False, False)


def test_dictionaries_come_back_and_others_are_refused(store: KeyValueStore, clock: _Clock) -> None:
    cache = Cache(store, clock)

    cache.put_dictionary("k", {"a": [1, None]})

    assert (cache.get_dictionary("k"), cache.get_dictionary("none")) == ({"a": [1, None]}, {})
    with pytest.raises(TypeError, match="not a dictionary"):
        cache.put_dictionary("k", [1])
    with pytest.raises(ValueError, match="not JSON serializable"):
        cache.put_dictionary("k", {"a": {1}})


def test_an_expired_entry_is_read_but_started_anew_by_the_next_increment(store: KeyValueStore, clock: _Clock) -> None:
    cache = Cache(store, clock)
    cache.increment_counter("k", 5)
    cache.add_to_string_set("s", "a", epoch_seconds=60)

    clock.now += 90 * DAY - 1
    assert cache.get_counter("k", force_ttl_check=True) == 5
    assert (cache.get_string_set("s"), cache.get_string_set("s", force_ttl_check=True)) == ({"a"}, set())
    clock.now += 1
    assert (cache.get_counter("k"), cache.get_counter("k", force_ttl_check=True)) == (5, 0)
    assert cache.increment_counter("k") == 1
    assert cache.add_to_string_set("s", "b") == {"b"}


def test_an_expiry_up_to_a_week_is_relative_and_beyond_it_a_moment(store: KeyValueStore, clock: _Clock) -> None:
    cache = Cache(store, clock)
    for key, seconds, expires in (("a", 604_800, clock.now + 604_800), ("b", 604_801, 604_801)):
        cache.set_key_expiration(key, seconds)
        entry = store.read(key)
        assert entry is not None
        assert entry.expires_epoch == expires


def test_a_threshold_is_reached_within_its_window_and_counting_starts_anew(store: KeyValueStore, clock: _Clock) -> None:
    cache = Cache(store, clock)

    assert [cache.evaluate_threshold("k", 3, 100) for _ in range(6)] == [False, False, True, False, False, True]
    cache.evaluate_threshold("k", 3, 100)
    cache.evaluate_threshold("k", 3, 100)
    clock.now += 100
    assert cache.evaluate_threshold("k", 3, 100) is False
