"""When rules and queries are due."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from panther_dagster.detect.schedule import Schedule, parse_cron

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


@pytest.mark.parametrize(
    ("minutes", "cron", "due", "not_due"),
    [
        (15, "*/15 * * * *", "2024-05-06 12:45", "2024-05-06 12:46"),
        (60, "0 * * * *", "2024-05-06 13:00", "2024-05-06 13:30"),
        (90, "*/30 * * * *", "1970-01-01 03:00", "1970-01-01 03:30"),
        (1440, "0 * * * *", "2024-05-06 00:00", "2024-05-06 12:00"),
        (7, "*/1 * * * *", "1970-01-01 01:10", "1970-01-01 01:00"),
        (10_080, "0 * * * *", "1970-01-08 00:00", "1970-01-09 00:00"),
    ],
)
def test_the_cron_expression_of_a_rate_holds_all_its_due_times(minutes: int, cron: str, due: str, not_due: str) -> None:
    schedule = Schedule(rate=timedelta(minutes=minutes))

    assert schedule.cron_text == cron
    assert schedule.is_due(datetime.fromisoformat(due))
    assert not schedule.is_due(datetime.fromisoformat(not_due))


def test_a_cron_expression_is_its_own_text() -> None:
    schedule = Schedule(cron=parse_cron(" 0 6  * * 1-5 "))

    assert (schedule.cron_text, str(schedule)) == ("0 6 * * 1-5", "at 0 6 * * 1-5")
    assert schedule.is_due(datetime(2024, 5, 6, 6))
    assert not schedule.is_due(datetime(2024, 5, 5, 6))
