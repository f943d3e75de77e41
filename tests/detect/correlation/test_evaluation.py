"""Signals -> matches: by hand, and as laws against naive.py."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from detect.correlation.naive import naive_matches_at, naive_matches_at_any_time
from hypothesis import given

from panther_dagster.detect.correlation.evaluation import Match, Signal, matches_at, matches_at_any_time
from panther_dagster.detect.correlation.rule import Element, Pattern

TEN = datetime(2024, 5, 1, 10)
HOUR = timedelta(hours=1)
LOGIN, KEY = Element("Login", "L", paths=(("user",),)), Element("Key", "K", paths=(("user",),))
GROUP = Pattern((LOGIN, KEY), ("user",), HOUR)


def at(minute: float) -> datetime:
    """So many minutes after ten."""
    return TEN + timedelta(minutes=minute)


def signal(rule_id: str, minute: float, signal_id: str | None = None, **values: str | Sequence[str]) -> Signal:
    """A signal; a value is one or several."""
    found = {path: (value,) if isinstance(value, str) else tuple(value) for path, value in values.items()}
    return Signal(signal_id or f"{rule_id}{minute:g}", rule_id, at(minute), found)


def ids(matches: Iterable[Match]) -> list[tuple[Any, ...]]:
    """Values and signals of matches."""
    return [(*match.values, " ".join(match.signal_ids)) for match in matches]


def test_a_group_matches_on_a_value_that_all_its_elements_have() -> None:
    signals = [signal("K", 5, user="ann"), signal("L", 0, user="ann"), signal("L", 1, user="bob"), signal("K", 2, user="eve")]

    assert ids(matches_at(GROUP, signals, at(5))) == [("ann", "L0 K5")]


def test_a_list_matches_through_each_of_its_values() -> None:
    signals = [signal("L", 0, user=["ann", "bob", "eve"]), signal("K", 5, user=["bob", "eve", "joe"])]

    assert ids(matches_at(GROUP, signals, at(5))) == [("bob", "L0 K5"), ("eve", "L0 K5")]


def test_both_ends_of_the_window_belong_to_it() -> None:
    signals = [signal("L", 0, user="ann"), signal("K", 60, user="ann")]

    assert ids(matches_at(GROUP, signals, at(60))) == [("ann", "L0 K60")]
    assert ids(matches_at(GROUP, signals, at(60.01))) == []
    assert ids(matches_at(GROUP, signals, at(59))) == []
    assert ids(matches_at_any_time(GROUP, signals)) == [("ann", "L0 K60")]


def test_an_element_needs_its_number_of_signals_in_one_window() -> None:
    pattern = replace(GROUP, elements=(replace(LOGIN, min_match_count=3), KEY))
    spread = [signal("L", minute, user="ann") for minute in (0, 40, 70)] + [signal("K", 65, user="ann")]

    assert matches_at_any_time(pattern, spread) == []
    assert ids(matches_at_any_time(pattern, [*spread, signal("L", 60, user="ann")])) == [("ann", "L40 L60 K65 L70")]


def test_a_signal_that_is_given_twice_counts_once() -> None:
    pattern = replace(GROUP, elements=(replace(LOGIN, min_match_count=2), KEY))

    assert matches_at(pattern, [signal("L", 0, user="ann")] * 2 + [signal("K", 1, user="ann")], at(1)) == []


def test_an_absent_element_forbids_its_value_only() -> None:
    pattern = replace(GROUP, elements=(LOGIN, replace(KEY, is_absent=True)))
    signals = [signal("L", 0, user="ann"), signal("L", 1, user="bob"), signal("K", 2, user="bob")]

    assert ids(matches_at(pattern, signals, at(2))) == [("ann", "L0")]
    assert ids(matches_at(pattern, signals, at(1))) == [("ann", "L0"), ("bob", "L1")]
    with pytest.raises(ValueError, match="depends on the moment"):
        matches_at_any_time(pattern, signals)


def test_without_parameters_signals_are_counted() -> None:
    pattern = Pattern((Element("L", "L"), Element("K", "K", is_absent=True)), (), HOUR)

    assert ids(matches_at(pattern, [signal("L", 0), signal("L", 1)], at(1))) == [("L0 L1",)]
    assert matches_at(pattern, [signal("L", 0), signal("K", 1)], at(1)) == []


def test_several_parameters_must_agree_in_the_same_signals() -> None:
    pattern = Pattern((Element("L", "L", paths=(("user",), ("ip",))), Element("K", "K", paths=(("user",), ("ip",)))), ("user", "ip"), HOUR)
    mixed = [
        signal("L", 0, user="ann", ip="192.0.2.1"),
        signal("L", 1, user="bob", ip="192.0.2.2"),
        signal("K", 2, user="ann", ip="192.0.2.2"),
    ]

    assert matches_at(pattern, mixed, at(2)) == []
    assert ids(matches_at(pattern, [*mixed, signal("K", 3, user="bob", ip="192.0.2.2")], at(3))) == [("bob", "192.0.2.2", "L1 K3")]


def test_elements_share_values_through_an_element_between_them() -> None:
    pattern = Pattern(
        (Element("A", "A", paths=(("user",), ())), Element("B", "B", paths=((), ("ip",))), Element("C", "C", paths=(("user",), ("ip",)))),
        ("user", "ip"),
        HOUR,
    )
    signals = [
        signal("A", 0, user="ann"),
        signal("A", 1, user="bob"),
        signal("B", 2, ip="192.0.2.1"),
        signal("C", 3, user="ann", ip="192.0.2.1"),
    ]

    assert ids(matches_at(pattern, signals, at(3))) == [("ann", "192.0.2.1", "A0 B2 C3")]


def sequence(*elements: tuple[str, int], frames: Sequence[int], lookback: int = 60) -> Pattern:
    """Elements (rule, count) on `user`, with frames in minutes."""
    made = tuple(Element(f"{number}", rule_id, count, paths=(("user",),)) for number, (rule_id, count) in enumerate(elements))
    return Pattern(made, ("user",), timedelta(minutes=lookback), tuple(timedelta(minutes=frame) for frame in frames))


def of_ann(*places: tuple[str, float]) -> list[Signal]:
    """Signals of one user."""
    return [signal(rule_id, minute, user="ann") for rule_id, minute in places]


def test_a_sequence_needs_its_order_and_its_frame() -> None:
    pattern = sequence(("L", 1), ("K", 1), frames=[10])

    assert ids(matches_at_any_time(pattern, of_ann(("L", 0), ("K", 10)))) == [("ann", "L0 K10")]
    assert matches_at_any_time(pattern, of_ann(("L", 0), ("K", 11))) == []
    assert matches_at_any_time(pattern, of_ann(("K", 0), ("L", 5))) == []
    assert ids(matches_at_any_time(pattern, of_ann(("L", 5), ("K", 5)))) == [("ann", "K5 L5")]


def test_signals_outside_every_chain_do_not_belong_to_the_match() -> None:
    signals = of_ann(("L", 0), ("K", 3), ("L", 4), ("K", 30), ("K", 2))

    assert ids(matches_at_any_time(sequence(("L", 1), ("K", 1), frames=[10]), signals)) == [("ann", "L0 K2 K3")]


def test_an_element_between_must_serve_both_transitions() -> None:
    pattern = sequence(("A", 1), ("B", 1), ("C", 1), frames=[10, 10])

    assert matches_at_any_time(pattern, of_ann(("A", 0), ("B", 5), ("B", 25), ("C", 30))) == []
    assert ids(matches_at_any_time(pattern, of_ann(("A", 0), ("B", 5), ("B", 25), ("C", 14)))) == [("ann", "A0 B5 C14")]


def test_a_count_in_a_sequence_is_reached_before_the_next_element() -> None:
    pattern = sequence(("F", 3), ("L", 1), frames=[10])

    assert matches_at_any_time(pattern, of_ann(("F", 0), ("F", 1), ("L", 2), ("F", 3))) == []
    assert ids(matches_at_any_time(pattern, of_ann(("F", 0), ("F", 1), ("F", 3), ("L", 4), ("F", 5)))) == [("ann", "F0 F1 F3 L4")]


def test_a_chain_is_not_longer_than_the_lookback() -> None:
    pattern = sequence(("A", 1), ("B", 1), ("C", 1), frames=[40, 40])

    assert matches_at_any_time(pattern, of_ann(("A", 0), ("B", 35), ("C", 70))) == []
    assert ids(matches_at_any_time(pattern, of_ann(("A", 0), ("A", 12), ("B", 35), ("C", 70)))) == [("ann", "A12 B35 C70")]


def test_one_signal_is_not_two_elements_of_a_sequence() -> None:
    pattern = sequence(("L", 1), ("L", 1), frames=[10])

    assert matches_at_any_time(pattern, of_ann(("L", 0))) == []
    assert ids(matches_at_any_time(pattern, of_ann(("L", 0), ("L", 5)))) == [("ann", "L0 L5")]


MINUTES = st.integers(0, 12)
VALUES = st.lists(st.sampled_from(["ann", "bob"]), max_size=2, unique=True).map(tuple)


@st.composite
def some_signals(draw: st.DrawFn, rules: str = "ABC", most: int = 9) -> list[Signal]:
    """A few signals of a few rules on two fields, often at one instant."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(rules), MINUTES, VALUES, VALUES), max_size=most))
    return [Signal(f"{draw_id:02d}", rule, at(minute), {"x": x, "y": y}) for draw_id, (rule, minute, x, y) in enumerate(drawn)]


@st.composite
def groups(draw: st.DrawFn, absences: bool = True) -> Pattern:
    """Groups of one to three elements on up to two parameters."""
    names = draw(st.sampled_from([(), ("p",), ("p", "q")]))
    paths = st.sampled_from([("x",), ("y",)])
    elements = []
    for number in range(draw(st.integers(1, 3))):
        # The first element takes part in everything, so that each value comes from somewhere.
        own = tuple(draw(paths if number == 0 else st.one_of(paths, st.just(()))) for _ in names)
        is_absent = absences and number > 0 and draw(st.booleans())
        count = 1 if is_absent else draw(st.integers(1, 2))
        elements.append(Element(str(number), draw(st.sampled_from("ABC")), count, is_absent, own))
    return Pattern(tuple(elements), names, timedelta(minutes=draw(st.integers(1, 8))))


@st.composite
def sequences(draw: st.DrawFn) -> Pattern:
    """Sequences of two or three elements with frames, counts and sometimes the same rule twice next to each other."""
    size = draw(st.integers(2, 3))
    rules = draw(st.sampled_from(["AB", "BA", "AA"] if size == 2 else ["ABC", "CAB", "AAB", "ABB"]))
    lookback = draw(st.integers(1, 8))
    paths = st.sampled_from([(("x",),), (("y",),), (("x", "y"),)])
    elements = tuple(Element(str(n), rules[n], draw(st.integers(1, 3 if n == 0 else 2)), paths=draw(paths)) for n in range(size))
    frames = tuple(timedelta(minutes=draw(st.integers(1, lookback))) for _ in range(size - 1))
    return Pattern(elements, ("value",), timedelta(minutes=lookback), frames)


def sets(matches: Iterable[Match]) -> dict[Any, set[str]]:
    """Ids of signals by values."""
    return {match.values: set(match.signal_ids) for match in matches}


@given(groups(), some_signals(), MINUTES)
def test_a_group_finds_at_a_moment_what_trying_everything_finds(pattern: Pattern, signals: list[Signal], minute: int) -> None:
    assert sets(matches_at(pattern, signals, at(minute))) == naive_matches_at(pattern, signals, at(minute))


@given(groups(absences=False), some_signals())
def test_a_group_finds_at_any_time_what_trying_everything_finds(pattern: Pattern, signals: list[Signal]) -> None:
    assert sets(matches_at_any_time(pattern, signals)) == naive_matches_at_any_time(pattern, signals)


@given(sequences(), some_signals(), MINUTES)
def test_a_sequence_finds_what_trying_everything_finds(pattern: Pattern, signals: list[Signal], minute: int) -> None:
    assert sets(matches_at(pattern, signals, at(minute))) == naive_matches_at(pattern, signals, at(minute))
    assert sets(matches_at_any_time(pattern, signals)) == naive_matches_at_any_time(pattern, signals)


@given(sequences(), some_signals(rules="A", most=8))
def test_a_count_of_one_rule_alone_finds_what_trying_everything_finds(pattern: Pattern, signals: list[Signal]) -> None:
    first, second = (replace(pattern.elements[n], rule_id="A", min_match_count=count) for n, count in ((0, 3), (1, 2)))
    pattern = replace(pattern, elements=(first, second), frames=pattern.frames[:1] if pattern.frames else None)

    assert sets(matches_at_any_time(pattern, signals)) == naive_matches_at_any_time(pattern, signals)


@given(st.one_of(groups(), sequences()), some_signals(), MINUTES, st.randoms(use_true_random=False))
def test_the_order_in_which_signals_come_is_irrelevant(pattern: Pattern, signals: list[Signal], minute: int, chance: random.Random) -> None:
    shuffled = chance.sample(signals, len(signals))

    assert ids(matches_at(pattern, shuffled, at(minute))) == ids(matches_at(pattern, signals, at(minute)))


@given(st.one_of(groups(), sequences()), some_signals(), some_signals(most=1), MINUTES)
def test_one_more_signal_takes_a_match_away_only_by_an_absence(
    pattern: Pattern, signals: list[Signal], more: list[Signal], minute: int
) -> None:
    added = [replace(one, signal_id="more") for one in more]
    before, after = (sets(matches_at(pattern, found, at(minute))) for found in (signals, [*signals, *added]))

    if not any(one.rule_id == element.rule_id for one in added for element in pattern.absent):
        assert all(found <= after.get(values, set()) for values, found in before.items())


@pytest.mark.parametrize("frames", [None, (timedelta(minutes=30), timedelta(minutes=30))], ids=["group", "sequence"])
@pytest.mark.parametrize("users", [1, 5_000])
def test_the_work_grows_with_the_number_of_signals(frames: Any, users: int) -> None:
    elements = tuple(Element(rule, rule, 5 if rule == "A" else 1, paths=(("user",),)) for rule in "ABC")
    pattern = Pattern(elements, ("user",), HOUR, frames)

    def lines(size: int) -> int:
        """How many lines of Python run for so many signals: the same on every machine, however busy."""
        count = 0

        def trace(frame: Any, event: str, value: object) -> Any:
            nonlocal count
            count += 1
            return trace

        signals = [signal("ABC"[n % 3], n / 100, f"{n:06d}", user=f"u{n // 3 % users}") for n in range(size)]
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            found = matches_at_any_time(pattern, signals)
        finally:
            sys.settrace(before)
        assert len(found) == users or users > 1
        return count

    assert lines(4_000) < 8 * 2 * lines(500)  # eight times the signals; a square would be 64
