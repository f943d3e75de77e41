"""What a batch sees and changes, kept at its end, is what the same calls do directly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panther_dagster.detect.runtime.caching import Cache
from panther_dagster.detect.state.entries import Entry, MemoryStore
from panther_dagster.detect.state.history import MAX_STEPS, BatchChanges, History, KnownBatch, keys_of, taken
from panther_dagster.detect.state.overlay import MAX_ENTRY_CHARACTERS, Overlay, StateFull, changes_of_json, changes_to_json

NOW = 1_700_000_000.0
KEYS = ("a", "b")
TTLS = st.sampled_from([None, -5, 0, 30, 700_000])
TEXTS = st.lists(st.sampled_from("xyz"), max_size=3)
CALLS = st.one_of(
    st.tuples(st.just("increment_counter"), st.integers(-3, 3), TTLS),
    st.tuples(st.just("reset_counter")),
    st.tuples(st.just("set_key_expiration"), TTLS.filter(lambda ttl: ttl is not None)),
    st.tuples(st.just("put_dictionary"), st.dictionaries(st.sampled_from("xyz"), st.integers(), max_size=2), TTLS),
    st.tuples(st.just("put_string_set"), TEXTS, TTLS),
    st.tuples(st.just("add_to_string_set"), TEXTS, TTLS),
    st.tuples(st.just("remove_from_string_set"), TEXTS, TTLS),
    st.tuples(st.just("reset_string_set")),
    st.tuples(st.just("evaluate_threshold"), st.integers(1, 4), st.integers(-5, 60)),
    st.tuples(st.just("get_counter"), st.booleans()),
    st.tuples(st.just("get_string_set"), st.booleans()),
    st.tuples(st.just("get_dictionary"), st.booleans()),
)
# Batches of messages of calls, each call with its key; and the seconds from one batch to the next.
BATCHES = st.lists(
    st.tuples(st.integers(1, 40), st.lists(st.lists(st.tuples(st.sampled_from(KEYS), CALLS), max_size=4), max_size=3)), max_size=5
)


class Kept:
    """A StateStore in memory."""

    def __init__(self) -> None:
        self.histories: dict[str, History] = {}
        self.batches: dict[str, KnownBatch] = {}

    def history(self, key: str) -> History:
        return History.of_json(self.histories.get(key, History()).to_json())

    def batch(self, batch_id: str) -> KnownBatch | None:
        return self.batches.get(batch_id)

    def take(self, batches: list[BatchChanges]) -> None:
        for batch in batches:
            known = self.batch(batch.batch_id)
            for key in keys_of(batch, known):
                self.histories[key] = taken(self.history(key), batch, key, known)
            self.batches[batch.batch_id] = KnownBatch(batch.at, frozenset(keys_of(batch, None)))

    def close(self) -> None:
        pass

    @property
    def entries(self) -> dict[str, Entry | None]:
        return {key: self.history(key).entry for key in KEYS}


def answers(cache: Cache, calls: list[tuple[str, Any]]) -> list[Any]:
    return [getattr(cache, name)(key, *arguments) for key, (name, *arguments) in calls]


def detect(kept: Kept, batch_id: str, messages: list[list[tuple[str, Any]]], now: float, *, is_new_process: bool = False) -> list[Any]:
    """A detection of one batch, as limits.py has it."""
    given_answers: list[Any] = []
    changes: dict[str, BatchChanges] = {}
    overlay = Overlay(lambda: kept, lambda: now)
    for calls in messages:
        if is_new_process:
            overlay = Overlay(lambda: kept, lambda: now)
            overlay.start_from(changes_of_json(json.loads(json.dumps(changes_to_json(list(changes.values()))))))
        overlay.enter(batch_id)
        given_answers += answers(Cache(overlay), calls)
        overlay.enter(None)
        for batch in changes_of_json(json.loads(json.dumps(overlay.taken_changes()))):
            before = changes.get(batch_id)
            changes[batch_id] = BatchChanges(batch_id, batch.at, {**(before.changes if before else {}), **batch.changes})
    kept.take(list(changes.values()))
    return given_answers


def directly(batches: list[tuple[int, list[list[tuple[str, Any]]]]]) -> tuple[dict[str, Entry | None], list[list[Any]]]:
    store, now, given_answers = MemoryStore(), NOW, []
    for seconds, messages in batches:
        now += seconds
        cache = Cache(store, lambda now=now: now)
        given_answers.append([answer for calls in messages for answer in answers(cache, calls)])
    return {key: store.read(key) for key in KEYS}, given_answers


def in_batches(kept: Kept, batches: list[tuple[int, list[list[tuple[str, Any]]]]], **options: bool) -> list[list[Any]]:
    now, given_answers = NOW, []
    for number, (seconds, messages) in enumerate(batches):
        now += seconds
        given_answers.append(detect(kept, f"b{number}", messages, now, **options))
    return given_answers


@pytest.mark.parametrize("is_new_process", [False, True])
@settings(max_examples=150)
@given(batches=BATCHES)
def test_batches_give_what_direct_calls_give(is_new_process: bool, batches: Any) -> None:
    kept = Kept()

    assert (in_batches(kept, batches, is_new_process=is_new_process), kept.entries) == directly(batches)[::-1]


@settings(max_examples=150)
@given(batches=BATCHES, again=st.lists(st.integers(0, 4), max_size=6))
def test_batches_that_run_again_in_any_order_change_nothing(batches: Any, again: list[int]) -> None:
    kept = Kept()
    first_answers = in_batches(kept, batches)
    entries = kept.entries

    for number in again:
        if number < len(batches):
            assert detect(kept, f"b{number}", batches[number][1], NOW + 10_000) == first_answers[number]
            assert kept.entries == entries


@settings(max_examples=100)
@given(batches=BATCHES.filter(bool), other=st.lists(st.tuples(st.sampled_from(KEYS), CALLS), max_size=4), data=st.data())
def test_a_batch_with_other_rules_leaves_what_it_would_have_left_with_them_at_first(batches: Any, other: Any, data: Any) -> None:
    number = data.draw(st.integers(0, len(batches) - 1))
    # A batch has its time from its first use of the cache on. What rules conclude from their state is not made again for later batches.
    use = [("a", ("get_counter", False))]
    used = [(seconds, [use, *map(unconditional, messages)]) for seconds, messages in batches]
    kept, at_once = Kept(), Kept()

    in_batches(kept, used)
    detect(kept, f"b{number}", [use, unconditional(other)], NOW + 10_000)
    in_batches(at_once, [*used[:number], (used[number][0], [use, unconditional(other)]), *used[number + 1 :]])

    assert kept.entries == at_once.entries


def unconditional(calls: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(key, call) for key, call in calls if call[0] != "evaluate_threshold"]


def test_what_importing_a_rule_counts_is_in_memory_only() -> None:
    overlay = Overlay(_refuse)

    assert Cache(overlay).increment_counter("k") == 1
    assert Cache(overlay).get_counter("k") == 1
    assert overlay.taken_changes() == {}


def test_batches_of_one_detection_see_each_other_in_the_order_in_which_they_began() -> None:
    kept, clock = Kept(), iter(range(100))
    overlay = Overlay(lambda: kept, lambda: float(next(clock)))
    cache = Cache(overlay)
    seen = []
    for batch_id in ("b1", "b2", "b1", "b2"):  # first one log type of both, then another
        overlay.enter(batch_id)
        seen.append(cache.increment_counter("k"))
    kept.take(changes_of_json(overlay.taken_changes()))

    assert seen == [1, 2, 2, 3]  # b1 does not see b2; b2 keeps what it has seen of b1
    assert kept.history("k").entry == Entry(4, expires_epoch=7_776_000)


def test_the_steps_of_a_key_are_bounded_and_keep_their_sum() -> None:
    kept = Kept()
    for number in range(MAX_STEPS + 10):
        detect(kept, f"b{number:03}", [[("a", ("increment_counter", 1, None))]], NOW + number)

    assert len(kept.histories["a"].steps) == MAX_STEPS
    assert kept.entries["a"] == Entry(MAX_STEPS + 10, expires_epoch=int(NOW) + 7_776_000)


def test_changes_of_a_key_are_few_however_often_it_is_changed() -> None:
    overlay = Overlay(clock=lambda: NOW)
    overlay.enter("b1")
    cache = Cache(overlay)
    for number in range(50):
        cache.add_to_string_set("set", ["x", str(number % 3)])
        cache.set_key_expiration("set", 60 + number)
        cache.increment_counter("count")
        cache.put_dictionary("dictionary", {"number": number})

    ((_, changes),) = overlay.taken_changes().values()

    assert {key: [change[0] for change in made] for key, made in changes.items()} == {
        "set": ["add", "expire"],
        "count": ["count"],
        "dictionary": ["put"],
    }


def test_what_is_too_much_to_remember_is_an_error_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    overlay = Overlay()
    overlay.enter("b1")
    cache = Cache(overlay)

    with pytest.raises(StateFull, match="more than 200000 characters under one key"):
        cache.put_dictionary("k", {"x": "y" * MAX_ENTRY_CHARACTERS})
    monkeypatch.setattr("panther_dagster.detect.state.overlay.MAX_CHANGED_BYTES", 280)
    cache.increment_counter("a")
    with pytest.raises(StateFull, match="in one detection"):
        cache.add_to_string_set("b", ["x" * 150])
    for _ in range(100):
        cache.increment_counter("a")  # takes no more room
    cache.set_key_expiration("a", 3600)
    for _ in range(100):
        cache.increment_counter("a")
        cache.set_key_expiration("a", 3600)
    assert (cache.get_counter("a"), cache.get_string_set("b")) == (201, set())


@pytest.mark.parametrize("key", [None, 1, "\ud800"])
def test_keys_that_no_store_takes_are_an_error_of_the_rule(key: Any) -> None:
    overlay = Overlay(_refuse)
    overlay.enter("b1")
    overlay.start_from([BatchChanges("b1", NOW)])

    with pytest.raises((TypeError, UnicodeEncodeError)):
        Cache(overlay).increment_counter(key)
    assert overlay.failure is None


def _refuse() -> Any:
    raise AssertionError("the store was opened")
