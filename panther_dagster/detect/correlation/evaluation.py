"""Signals -> matches of a correlation rule. Pure: the order in which signals come is irrelevant, and so is the clock.

A rule looks at a *window*: the lookback before a moment, both ends included. `matches_at` gives what it finds at one moment;
`matches_at_any_time` what it would find if it looked after every single signal, which no rhythm of runs can miss. Signals are found by
hash of their values; the work grows with the number of signals, not with its square.

In a Group each element needs its number of signals with the value, in any order. In a Sequence there must be a chain: that many
signals of the first element, then of the second and so on, where the first signal of an element follows the last one of the
element before within the frame of the transition. Every signal that stands in some such chain belongs to the match.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from panther_dagster.detect.correlation.rule import Element, Pattern

Values = tuple[str | None, ...]  # one for each parameter of the pattern


@dataclass(frozen=True, eq=False)
class Signal:
    """A match of another rule: `values` has the values found under each path that the pattern reads."""

    signal_id: str
    rule_id: str
    time: datetime  # of the event, naive UTC
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    place: Any = None  # where it was found; handed through

    @property
    def order(self) -> tuple[datetime, str]:
        """Signals of one element stand in this order."""
        return self.time, self.signal_id


@dataclass(frozen=True)
class Match:
    """The values that signals have in common, and these signals, by time and id. Without parameters `values` is empty."""

    values: Values
    signals: tuple[Signal, ...]

    @property
    def signal_ids(self) -> tuple[str, ...]:
        """Ids of the signals."""
        return tuple(signal.signal_id for signal in self.signals)


class SignalIndex:
    """Signals of a pattern by element and values, to look at several moments."""

    def __init__(self, pattern: Pattern, signals: Iterable[Signal]) -> None:
        self._pattern = pattern
        by_rule: dict[str, dict[str, Signal]] = {}
        for signal in signals:
            by_rule.setdefault(signal.rule_id, {})[signal.signal_id] = signal  # a signal that is given twice counts once
        self._lists = {
            element.element_id: _by_values(element, sorted(by_rule.get(element.rule_id, {}).values(), key=lambda signal: signal.order))
            for element in pattern.elements
        }
        self._candidates = sorted(self._joined(), key=_sortable)

    def at(self, moment: datetime) -> list[Match]:
        """Matches of the window that ends at a moment, by values."""
        return list(self._found_at(moment))

    def at_any_time(self) -> list[Match]:
        """All signals that belong to a match of some window, by values. The pattern must not have absent elements."""
        if self._pattern.absent:
            raise ValueError("whether a signal is absent depends on the moment")
        found = []
        for values in self._candidates:
            signals = self._in_some_window([self._of(element, values) for element in self._pattern.present])
            if signals:
                found.append(_match(values, signals))
        return found

    def _found_at(self, moment: datetime) -> Iterator[Match]:
        start = moment - self._pattern.lookback
        for values in self._candidates:
            lists = [_between(self._of(element, values), start, moment) for element in self._pattern.present]
            if any(_between(self._of(element, values), start, moment) for element in self._pattern.absent):
                continue
            signals = self._in_some_window(lists)
            if signals:
                yield _match(values, signals)

    def _of(self, element: Element, values: Values) -> list[Signal]:
        key = tuple(values[place] for place in _takes_part(element))
        return self._lists[element.element_id].get(key, [])

    def _in_some_window(self, lists: Sequence[list[Signal]]) -> list[Signal]:
        if any(len(found) < element.min_match_count for found, element in zip(lists, self._pattern.present, strict=True)):
            return []
        return _of_groups(self._pattern, lists) if self._pattern.frames is None else _of_chains(self._pattern, lists)

    def _joined(self) -> set[Values]:
        """Values that every element has which must be there: a natural join over the parameters that elements share."""
        size = len(self._pattern.parameters)
        joined: set[Values] = {(None,) * size}
        bound: set[int] = set()
        waiting = list(self._pattern.present)
        while waiting and joined:
            element = max(waiting, key=lambda one: (len(bound.intersection(_takes_part(one))), -waiting.index(one)))
            waiting.remove(element)
            places = _takes_part(element)
            shared = [number for number, place in enumerate(places) if place in bound]
            keys_by_shared: dict[tuple[str | None, ...], list[tuple[str | None, ...]]] = {}
            for key in self._lists[element.element_id]:
                keys_by_shared.setdefault(tuple(key[number] for number in shared), []).append(key)
            joined = {
                tuple(key[places.index(place)] if place in places else values[place] for place in range(size))
                for values in joined
                for key in keys_by_shared.get(tuple(values[places[number]] for number in shared), ())
            }
            bound.update(places)
        return joined


def matches_at(pattern: Pattern, signals: Iterable[Signal], moment: datetime) -> list[Match]:
    """What a rule finds at a moment: matches of the window that ends then, by values."""
    return SignalIndex(pattern, signals).at(moment)


def matches_at_any_time(pattern: Pattern, signals: Iterable[Signal]) -> list[Match]:
    """What a rule without absent elements finds when it looks after every signal: for each value all signals of all its windows."""
    return SignalIndex(pattern, signals).at_any_time()


def _takes_part(element: Element) -> list[int]:
    return [place for place, paths in enumerate(element.paths) if paths]


def _by_values(element: Element, signals: Sequence[Signal]) -> dict[tuple[str | None, ...], list[Signal]]:
    """Signals in order, by the values of those parameters that the element takes part in. Lists match through each of their values."""
    found: dict[tuple[str | None, ...], list[Signal]] = {}
    for signal in signals:
        choices = [
            set.intersection(*(set(signal.values.get(path, ())) for path in paths))  # every path holds the value
            for paths in element.paths
            if paths
        ]
        for key in itertools.product(*choices):
            found.setdefault(key, []).append(signal)
    return found


def _between(signals: list[Signal], start: datetime, end: datetime) -> list[Signal]:
    low = bisect_left(signals, start, key=lambda signal: signal.time)
    high = bisect_right(signals, end, key=lambda signal: signal.time)
    return signals[low:high]


def _match(values: Values, signals: Iterable[Signal]) -> Match:
    by_id = {signal.signal_id: signal for signal in signals}
    return Match(values, tuple(sorted(by_id.values(), key=lambda signal: signal.order)))


def _sortable(values: Values) -> tuple[tuple[bool, str], ...]:
    return tuple((value is not None, value or "") for value in values)


def _of_groups(pattern: Pattern, lists: Sequence[list[Signal]]) -> list[Signal]:
    """Signals of windows in which every element has its number. A window ends at a signal and slides from each to the next."""
    merged = sorted(((signal, number) for number, found in enumerate(lists) for signal in found), key=lambda pair: pair[0].order)
    missing = [element.min_match_count for element in pattern.present]
    low = marked = 0
    chosen: list[Signal] = []
    for high, (signal, number) in enumerate(merged):
        missing[number] -= 1
        if high + 1 < len(merged) and merged[high + 1][0].time == signal.time:
            continue  # a window holds all signals of the moment at which it ends
        while merged[low][0].time < signal.time - pattern.lookback:
            missing[merged[low][1]] += 1
            low += 1
        if all(count <= 0 for count in missing):
            chosen += [merged[place][0] for place in range(max(low, marked), high + 1)]
            marked = high + 1
    return chosen


def _of_chains(pattern: Pattern, lists: Sequence[list[Signal]]) -> list[Signal]:
    """Signals of chains that are not longer than the lookback.

    For each signal: the latest begin of a chain up to it and the earliest end of a chain from it. Both never fall from one signal to
    the next, so the nearest neighbour is the best one. A signal stands twice in a chain only if two elements name its rule, another
    stands between them, and all happened in one instant.
    """
    frames = pattern.frames or ()
    elements = pattern.elements
    steps = [_Step(signals, element.min_match_count) for signals, element in zip(lists, elements, strict=True)]
    for number, step in enumerate(steps):
        if number == 0:
            step.begin([signal.time for signal in step.signals])
        else:
            is_strict = elements[number - 1].rule_id == elements[number].rule_id
            step.begin(_after(steps[number - 1], step.signals, frames[number - 1], is_strict=is_strict))
    for number, step in reversed(list(enumerate(steps))):
        if number == len(steps) - 1:
            step.end([signal.time for signal in step.signals])
        else:
            is_strict = elements[number].rule_id == elements[number + 1].rule_id
            step.end(_before(steps[number + 1], step.signals, frames[number], is_strict=is_strict))
    return [
        signal
        for step in steps
        for place, signal in enumerate(step.signals)
        if any(begin is not None and end is not None and end - begin <= pattern.lookback for begin, end in step.chains_through(place))
    ]


class _Step:
    """One element of a chain: for each of its signals when chains begin and end, as the first or the last of `count` signals."""

    def __init__(self, signals: list[Signal], count: int) -> None:
        self.signals = signals
        self._count = count

    def begin(self, times: list[datetime | None]) -> None:
        """Take for each signal, as the first of its element, when its chain began at the latest; None where there is none."""
        self._begun_first = times
        self._begun_until = _latest_known(times)
        self.begun_last = times if self._count == 1 else _shifted(self._begun_until, self._count - 1)

    def end(self, times: list[datetime | None]) -> None:
        """Take for each signal, as the last of its element, when its chain ends at the earliest; None where there is none."""
        self._ended_last = times
        self._ended_from = _latest_known(times[::-1])[::-1]
        self.ended_first = times if self._count == 1 else _shifted(self._ended_from[::-1], self._count - 1)[::-1]

    def chains_through(self, place: int) -> Iterator[tuple[datetime | None, datetime | None]]:
        """Begin and end of the shortest chains in which a signal is the first, the last, or between the first and the last."""
        if self._count == 1:
            yield self._begun_first[place], self._ended_last[place]
            return
        yield self._begun_first[place], self.ended_first[place]
        yield self.begun_last[place], self._ended_last[place]
        for before in range(1, self._count - 1):
            first, last = place - before, place + self._count - 1 - before
            if first >= 0 and last < len(self.signals):
                yield self._begun_until[first], self._ended_from[last]


def _after(before: _Step, signals: Sequence[Signal], frame: timedelta, *, is_strict: bool) -> list[datetime | None]:
    """When chains began that reach these signals from the element before."""
    found: list[datetime | None] = []
    nearest: int | None = None
    cursor = 0
    for signal in signals:
        while cursor < len(before.signals) and _follows(before.signals[cursor], signal, is_strict=is_strict):
            nearest = cursor if before.begun_last[cursor] is not None else nearest
            cursor += 1
        is_near = nearest is not None and signal.time - before.signals[nearest].time <= frame
        found.append(before.begun_last[nearest] if is_near and nearest is not None else None)
    return found


def _before(after: _Step, signals: Sequence[Signal], frame: timedelta, *, is_strict: bool) -> list[datetime | None]:
    """When chains end that go on from these signals to the element after."""
    found: list[datetime | None] = []
    nearest: int | None = None
    cursor = len(after.signals) - 1
    for signal in reversed(signals):
        while cursor >= 0 and _follows(signal, after.signals[cursor], is_strict=is_strict):
            nearest = cursor if after.ended_first[cursor] is not None else nearest
            cursor -= 1
        is_near = nearest is not None and after.signals[nearest].time - signal.time <= frame
        found.append(after.ended_first[nearest] if is_near and nearest is not None else None)
    return found[::-1]


def _follows(earlier: Signal, later: Signal, *, is_strict: bool) -> bool:
    return earlier.order < later.order if is_strict else earlier.time <= later.time


def _latest_known(times: Sequence[datetime | None]) -> list[datetime | None]:
    """For each place the last time that is known up to it."""
    latest: list[datetime | None] = []
    for time in times:
        latest.append(time if time is not None or not latest else latest[-1])
    return latest


def _shifted(times: Sequence[datetime | None], distance: int) -> list[datetime | None]:
    return [None] * min(distance, len(times)) + list(times[: max(0, len(times) - distance)])
