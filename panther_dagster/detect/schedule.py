"""When a rule or query is due: every so many minutes, or by a cron expression. Pure; times are naive UTC.

Both give fixed points in time that do not depend on when anything runs, so that a run that comes late finds the same points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import gcd
from typing import Any, Final

from panther_dagster.detect.metadata import Findings, did_you_mean

KEYS: Final = ("RateMinutes", "CronExpression", "TimeoutMinutes")
_MINUTE: Final = timedelta(minutes=1)
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

    def __str__(self) -> str:
        return f"at {self.cron.text}" if self.cron else f"every {(self.rate or _MINUTE) // _MINUTE} min"

    def is_due(self, time_utc: datetime) -> bool:
        """Whether this minute is one of the due times."""
        minute = time_utc.replace(second=0, microsecond=0)
        return minute in self.times(minute - _MINUTE, minute)

    @property
    def cron_text(self) -> str:
        """A cron expression whose times hold all due times: of a rate the coarsest one that does."""
        if self.cron is not None:
            return self.cron.text
        step = gcd((self.rate or _MINUTE) // _MINUTE, 60)
        return "0 * * * *" if step == 60 else f"*/{step} * * * *"


def read_schedule(written: Any, findings: Findings, place: tuple[Any, ...]) -> Schedule | None:
    """The YAML of a schedule: RateMinutes or CronExpression, and TimeoutMinutes. None when something is wrong, which is then noted.

    Args: place: where it stands in the file.
    """
    if not isinstance(written, Mapping):
        findings.error("Schedule must be a mapping of RateMinutes or CronExpression, and TimeoutMinutes", *place)
        return None
    noted = len(findings.errors)
    for key in written:
        if key not in KEYS:
            close = did_you_mean(str(key), KEYS) or f"; known: {', '.join(sorted(KEYS))}"
            findings.error(f"unknown key '{key}'{close}", *place, key)
    if ("RateMinutes" in written) is ("CronExpression" in written):
        findings.error("Schedule needs either RateMinutes or CronExpression", *place)
        return None
    rate, timeout = (_minutes(written, key, findings, place) for key in ("RateMinutes", "TimeoutMinutes"))
    if rate is not None and timeout is not None and timeout > rate:
        findings.error("TimeoutMinutes must not be more than RateMinutes", *place, "TimeoutMinutes")
    cron = None
    if "CronExpression" in written:
        try:
            cron = parse_cron(str(written["CronExpression"]))
        except ValueError as error:
            findings.error(str(error), *place, "CronExpression")
    return Schedule(rate, cron, timeout) if len(findings.errors) == noted else None


def _minutes(written: Mapping[str, Any], key: str, findings: Findings, place: tuple[Any, ...]) -> timedelta | None:
    if key not in written:
        return None
    value = written[key]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 366 * 24 * 60:
        findings.error(f"{key} must be a number of minutes from 1 to a year, not {value!r}", *place, key)
        return None
    return timedelta(minutes=value)


def parse_cron(text: str) -> Cron:
    """A cron expression of five numeric fields, in UTC. Raises ValueError that says which field is wrong."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise ValueError(f"a cron expression has 5 fields (minute, hour, day of month, month, day of week), not {len(parts)}")
    minutes, hours, days, months, weekdays = (_numbers(part, *field) for part, field in zip(parts, _FIELDS, strict=True))
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    cron = Cron(" ".join(parts), minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)
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
