"""When correlation rules are due."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from panther_dagster.detect.correlation.schedule import Schedule, parse_cron

MONDAY = datetime(2024, 5, 6)


def cron_times(text: str, days: int) -> list[str]:
    """Due times from Monday on, as text."""
    times = parse_cron(text).times(MONDAY - timedelta(microseconds=1), MONDAY + timedelta(days=days))
    return [f"{time:%d %H:%M}" for time in times]


def test_a_rate_is_due_at_the_same_times_whenever_it_is_asked() -> None:
    schedule = Schedule(rate=timedelta(minutes=45))
    every = list(schedule.times(MONDAY, MONDAY + timedelta(hours=6)))

    assert [f"{time:%H:%M}" for time in every[:3]] == ["00:45", "01:30", "02:15"]
    assert list(schedule.times(every[0], every[3])) == every[1:4]
    assert list(schedule.times(every[3], every[3] + timedelta(minutes=44))) == []


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("30 6 * * *", 2, ["06 06:30", "07 06:30"]),
        ("*/30 0 * * *", 1, ["06 00:00", "06 00:30", "07 00:00"]),
        ("0 8-10/2 * * 1,3", 3, ["06 08:00", "06 10:00", "08 08:00", "08 10:00"]),
        ("0 0 * * 0", 8, ["12 00:00"]),
        ("0 0 * * 7", 8, ["12 00:00"]),
        ("0 0 8 * 1", 8, ["06 00:00", "08 00:00", "13 00:00"]),  # either of the days
        ("50/5 0 6 5 *", 400, ["06 00:50", "06 00:55", "06 00:50", "06 00:55"]),
    ],
)
def test_a_cron_expression_is_due_at_its_times(text: str, days: int, expected: list[str]) -> None:
    assert cron_times(text, days) == expected


@pytest.mark.parametrize(
    "text", ["60 * * * *", "* * 0 * *", "* * 31 2 *", "* * * JAN *", "* * * * 8", "5-2 * * * *", "*/0 * * * *", "* * * *"]
)
def test_what_is_no_cron_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be|5 fields|no month"):
        parse_cron(text)
