"""Signals -> windows: which matches share an alert. Pure; alerting.py reads and writes.

A window is one (rule, dedup string, alert type) from the event time of the match that opened it, for the rule's dedup period. It is
never extended, and it runs on event time, so that a re-run of old batches gives the same windows.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

AlertType = Literal["RULE", "RULE_ERROR"]
Key = tuple[str, str, str]  # rule id, dedup string, alert type
Member = tuple[str, Key]  # signal id and key: one signal can be a match and an error, or change its dedup string


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule match or a rule error, as far as grouping needs it. Times are naive UTC."""

    signal_id: str
    rule_id: str
    dedup: str
    alert_type: AlertType
    dedup_period_minutes: int
    threshold: int
    unique_value: str | None
    log_type: str
    p_row_id: str
    event_time: datetime
    batch_id: str
    hour: datetime

    @property
    def key(self) -> Key:
        """What all signals of an alert have in common."""
        return self.rule_id, self.dedup, self.alert_type

    @property
    def member(self) -> Member:
        """Names this signal in the windows of an earlier run."""
        return self.signal_id, self.key

    @property
    def period(self) -> timedelta:
        """Length of a window that this signal opens or joins."""
        return timedelta(minutes=self.dedup_period_minutes)


@dataclass(slots=True)
class Window:
    """One alert, or what will be one when enough matches have joined.

    `is_created` says whether the alert is known to the world; until then `match_count` or the number of distinct `unique_values`
    is on its way to the threshold. `first` is (event time, row id, signal id) of the earliest match so far.
    """

    rule_id: str
    dedup: str
    alert_type: str
    start: datetime
    match_count: int = 0
    unique_values: set[str] = field(default_factory=set)
    first: tuple[datetime, str, str] | None = None
    last_event_time: datetime | None = None
    is_created: bool = False

    @property
    def key(self) -> Key:
        """Rule id, dedup string and alert type."""
        return self.rule_id, self.dedup, self.alert_type

    @property
    def alert_id(self) -> str:
        """Id of the alert: the same events give the same id, on any engine, any day."""
        return alert_id(self.rule_id, self.dedup, self.start, self.alert_type)

    def add(self, signal: Signal) -> None:
        """Count a signal."""
        self.match_count += 1
        if signal.unique_value is not None:
            self.unique_values.add(signal.unique_value)
        place = (signal.event_time, signal.p_row_id, signal.signal_id)
        self.first = min(self.first or place, place)
        self.last_event_time = max(self.last_event_time or signal.event_time, signal.event_time)

    def has_reached(self, threshold: int) -> bool:
        """Whether it is time to create the alert: by distinct unique() values if the rule has such, else by matches."""
        return (len(self.unique_values) or self.match_count) >= threshold


@dataclass(frozen=True, slots=True)
class Creation:
    """The moment in which a window becomes an alert, at the end of the batch that took it over the threshold."""

    window: Window
    batch_id: str
    hour: datetime
    first_signal_id: str  # gives the alert its title, severity and so on
    own_signal_id: str  # earliest of this batch: stands in when the former is gone
    first_event_time: datetime
    last_event_time: datetime
    threshold: int
    dedup_period_minutes: int


@dataclass(frozen=True)
class Grouping:
    """Every signal with its window, in order, and the alerts that came into being."""

    assignments: tuple[tuple[Signal, Window], ...]
    creations: tuple[Creation, ...]


def alert_id(rule_id: str, dedup: str, window_start: datetime, alert_type: str = "RULE") -> str:
    """32 hex digits that name the alert of a window."""
    text = f"{rule_id}:{dedup}:{window_start.isoformat()}" + (":error" if alert_type == "RULE_ERROR" else "")
    return hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def group_signals(
    batches: Iterable[Sequence[Signal]],
    windows: Iterable[Window] = (),
    *,
    previous: Mapping[Member, datetime] | None = None,
    created: frozenset[str] = frozenset(),
) -> Grouping:
    """Assign each signal to exactly one window, batch after batch; each batch by event time, then row id.

    A signal joins the window that contains its event time (start <= t < start + period, the latest such start); else, being late, the
    next window that starts less than a period after it, whose alert keeps its id; else it opens a window of its own. The period is
    the signal's, so that a changed rule takes effect at once.

    Args: windows: those that rows of other units name, with their counts; they are changed in place. previous: member -> window start
    of the rows that this run replaces: a signal stays where it was, unless the rule's period has become too short for that.
    created: ids of alerts that exist already; no second creation is returned for them.
    """
    previous = previous or {}
    index = _Index(windows)
    for (_, key), start in previous.items():
        index.window(key, start)
    assignments: list[tuple[Signal, Window]] = []
    creations: list[Creation] = []
    for batch in batches:
        joined: dict[int, tuple[Window, Signal, Signal]] = {}  # by identity of the window: its first and last signal in this batch
        for signal in sorted(batch, key=lambda s: (s.event_time, s.p_row_id, s.signal_id)):
            window = index.window_for(signal, previous.get(signal.member))
            window.add(signal)
            assignments.append((signal, window))
            earliest = joined[id(window)][1] if id(window) in joined else signal
            joined[id(window)] = (window, earliest, signal)
        for window, earliest, latest in joined.values():
            if window.is_created or not window.has_reached(latest.threshold):
                continue
            window.is_created = True
            if window.alert_id not in created:
                creations.append(_creation(window, earliest, latest))
    return Grouping(tuple(assignments), tuple(creations))


def _creation(window: Window, earliest: Signal, latest: Signal) -> Creation:
    assert window.first is not None  # a signal has just been added
    assert window.last_event_time is not None
    return Creation(
        window=window,
        batch_id=earliest.batch_id,
        hour=earliest.hour,
        first_signal_id=window.first[2],
        own_signal_id=earliest.signal_id,
        first_event_time=window.first[0],
        last_event_time=window.last_event_time,
        threshold=latest.threshold,
        dedup_period_minutes=latest.dedup_period_minutes,
    )


class _Index:
    """Windows by key and start."""

    def __init__(self, windows: Iterable[Window]) -> None:
        self._window: dict[tuple[Key, datetime], Window] = {}
        self._starts: dict[Key, list[datetime]] = {}
        for window in windows:
            self._put(window)

    def window(self, key: Key, start: datetime) -> Window:
        """The window of that start; a new, empty one if there is none."""
        return self._window.get((key, start)) or self._put(Window(*key, start))

    def window_for(self, signal: Signal, previous_start: datetime | None) -> Window:
        return self.window(signal.key, self._start_for(signal, previous_start))

    def _start_for(self, signal: Signal, previous_start: datetime | None) -> datetime:
        time, period = signal.event_time, signal.period
        if previous_start is not None and abs(time - previous_start) < period:
            return previous_start
        starts = self._starts.get(signal.key, [])
        after = bisect_right(starts, time)
        if after and time - starts[after - 1] < period:
            return starts[after - 1]
        if after < len(starts) and starts[after] - time < period:
            return starts[after]
        return time

    def _put(self, window: Window) -> Window:
        self._window[window.key, window.start] = window
        insort(self._starts.setdefault(window.key, []), window.start)
        return window
