"""What every command needs: settings, the open lake, the clock, times that a user typed. Heavy imports happen when a command runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from panther_dagster.settings import Settings
    from panther_dagster.storage.lake import Lake

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def now_utc() -> datetime:
    """The clock: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def open_installation() -> Iterator[tuple[Settings, Lake]]:
    """Settings and the open lake that they name."""
    from panther_dagster.settings import load_settings
    from panther_dagster.storage import open_lake

    settings = load_settings()
    lake = open_lake(settings)
    try:
        yield settings, lake
    finally:
        lake.close()


def parse_time(text: str) -> datetime:
    """2024-05-01, 2024-05-01T10:00, ...Z or with an offset; or how long ago: 90m, 24h, 7d. Naive UTC. Without a zone it is UTC."""
    if ago := re.fullmatch(r"(\d{1,6})([mhdw])", text.strip()):
        return now_utc() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no time: 2024-05-01, 2024-05-01T10:30, or 90m, 24h, 7d ago") from error
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", parser=parse_time, metavar="TIME", help="From then on: 2024-05-01T10:00 (UTC), or 24h, 7d ago."),
]
UntilOption = Annotated[datetime | None, typer.Option("--until", parser=parse_time, metavar="TIME", help="Before then.")]
