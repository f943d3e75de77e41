"""Correlation by trying everything: slow, and near to the words of the definition."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime

from panther_dagster.detect.correlation.evaluation import Signal
from panther_dagster.detect.correlation.rule import Element, Pattern

Found = dict[tuple[str | None, ...], set[str]]  # ids of signals by values


def naive_matches_at(pattern: Pattern, signals: Sequence[Signal], moment: datetime) -> Found:
    """What the window that ends at a moment holds."""
    window = [signal for signal in signals if moment - pattern.lookback <= signal.time <= moment]
    found: Found = {}
    for values in _every_combination(pattern, signals):
        fitting = [[signal for signal in window if _fits(signal, element, values)] for element in pattern.elements]
        of = dict(zip((element.element_id for element in pattern.elements), fitting, strict=True))
        if any(of[element.element_id] for element in pattern.absent):
            continue
        present = [of[element.element_id] for element in pattern.present]
        ids: set[str] = set()
        if pattern.frames is None:
            if all(len(of[element.element_id]) >= element.min_match_count for element in pattern.present):
                ids = {signal.signal_id for found_signals in present for signal in found_signals}
        else:
            ids = {signal.signal_id for chain in _chains(pattern, present) for signal in chain}
        if ids:
            found[values] = ids
    return found


def naive_matches_at_any_time(pattern: Pattern, signals: Sequence[Signal]) -> Found:
    """What all windows that end at a signal hold, together."""
    together: Found = {}
    for moment in {signal.time for signal in signals}:
        for values, ids in naive_matches_at(pattern, signals, moment).items():
            together.setdefault(values, set()).update(ids)
    return together


def _every_combination(pattern: Pattern, signals: Sequence[Signal]) -> Iterator[tuple[str | None, ...]]:
    values = sorted({value for signal in signals for found in signal.values.values() for value in found})
    yield from itertools.product(values, repeat=len(pattern.parameters))


def _fits(signal: Signal, element: Element, values: tuple[str | None, ...]) -> bool:
    paths = [(path, value) for path_list, value in zip(element.paths, values, strict=True) for path in path_list]
    return signal.rule_id == element.rule_id and all(value in signal.values.get(path, ()) for path, value in paths)


def _chains(pattern: Pattern, present: Sequence[list[Signal]]) -> Iterator[list[Signal]]:
    choices = [
        [sorted(chosen, key=lambda signal: signal.order) for chosen in itertools.combinations(found, element.min_match_count)]
        for found, element in zip(present, pattern.elements, strict=True)
    ]
    for chain in itertools.product(*choices):
        if all(_leads(pattern, step, chain[step], chain[step + 1]) for step in range(len(chain) - 1)):
            yield [signal for chosen in chain for signal in chosen]


def _leads(pattern: Pattern, step: int, earlier: list[Signal], later: list[Signal]) -> bool:
    assert pattern.frames is not None
    end, start = earlier[-1], later[0]
    if pattern.elements[step].rule_id == pattern.elements[step + 1].rule_id and not end.order < start.order:
        return False
    return end.time <= start.time and start.time - end.time <= pattern.frames[step]
