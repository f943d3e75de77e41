"""When a rule is due: every so many minutes, or by a cron expression. Pure; times are naive UTC.

Both give fixed points in time that do not depend on when anything runs, so that a run that comes late finds the same points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)
_FIELDS: Final = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_PART: Final = re.compile(r"(?:\*|(?P<low>[0-9]{1,2})(?:-(?P<high>[0-9]{1,2}))?)(?:/(?P<step>[0-9]{1,3}))?")


@dataclass(frozen=True)
class Cron:
    """A cron expression of five numeric fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday)."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_any_of_days: bool  # both kinds of day are restricted: either of them is enough

    def is_on(self, time_utc: datetime) -> bool:
        """Whether a day is one of the expression's."""
        in_month, in_week = time_utc.day in self.days, time_utc.isoweekday() % 7 in self.weekdays
        return time_utc.month in self.months and (in_month or in_week if self.is_any_of_days else in_month and in_week)

    def times(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Due times, later than `after` and not later than `until`."""
        day = after.replace(hour=0, minute=0, second=0, microsecond=0)
        while day <= until:
            if self.is_on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        time = day.replace(hour=hour, minute=minute)
                        if after < time <= until:
                            yield time
            day += timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """Due times of a rule: either every `rate`, counted from 1970, or by `cron`."""

    rate: timedelta | None = None
    cron: Cron | None = None
    timeout: timedelta | None = None

    def times(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Due times, later than `after` and not later than `until`, in order."""
        if self.cron is not None:
            yield from self.cron.times(after, until)
        elif self.rate is not None:
            time = _EPOCH + ((after - _EPOCH) // self.rate + 1) * self.rate
            while time <= until:
                yield time
                time += self.rate


def parse_cron(text: str) -> Cron:
    """A cron expression of five numeric fields, in UTC. Raises ValueError that says which field is wrong."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"a cron expression has 5 fields (minute, hour, day of month, month, day of week), not {len(parts)}")
    minutes, hours, days, months, weekdays = (_numbers(part, *field) for part, field in zip(parts, _FIELDS, strict=True))
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    cron = Cron(text, minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)
    if not either and not any(day <= _longest(month) for day in days for month in months):
        raise ValueError(f"no month has such a day: {text}")
    return cron


def _longest(month: int) -> int:
    return 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31


def _numbers(text: str, name: str, lowest: int, highest: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{name} '{text}' must be numbers, ranges (1-5), steps (*/15) or *")
        step = int(match["step"] or 1)
        low = lowest if match["low"] is None else int(match["low"])
        is_open = match["low"] is None or (match["step"] and not match["high"])  # 5/10 is from 5 on, every 10
        high = highest if is_open else int(match["high"] or low)
        if not lowest <= low <= high <= highest or step < 1:
            raise ValueError(f"{name} '{text}' must be within {lowest}-{highest}")
        found.update(range(low, high + 1, step))
    return frozenset(found)
