"""Times that a user types."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import typer

from panther_dagster.cli.installation import now_utc, parse_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-05-01", datetime(2024, 5, 1)),
        ("2024-05-01T10:30", datetime(2024, 5, 1, 10, 30)),
        ("2024-05-01 10:30:05", datetime(2024, 5, 1, 10, 30, 5)),
        ("2024-05-01T10:30:00Z", datetime(2024, 5, 1, 10, 30)),
        ("2024-05-01T12:30:00+02:00", datetime(2024, 5, 1, 10, 30)),
    ],
)
def test_times_are_read_as_utc(text: str, time: datetime) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(("text", "ago"), [("90m", timedelta(minutes=90)), ("24h", timedelta(hours=24)), ("7d", timedelta(days=7))])
def test_a_time_may_be_how_long_ago(text: str, ago: timedelta) -> None:
    assert abs(now_utc() - ago - parse_time(text)) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["yesterday", "", "5y", "2024-13-01"])
def test_what_is_no_time_is_a_wrong_call(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no time"):
        parse_time(text)
