"""The bar that commands show on stderr while they work on many files or events; it is gone when they are done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from panther_dagster.cli.listing import console


class Update(Protocol):
    """Tells the bar what changed; None leaves a thing as it is."""

    def __call__(
        self, *, completed: float | None = None, total: float | None = None, counts: str | None = None, description: str | None = None
    ) -> None: ...


@contextmanager
def progress_bar(description: str, *, total: float | None = None) -> Iterator[Update]:
    """What is being done, how much of `total` (None: not known yet), numbers as text, and the time so far."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<16}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[counts]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(is_error=True), transient=True) as progress:
        task = progress.add_task(description, total=total, counts="")

        def update(
            *, completed: float | None = None, total: float | None = None, counts: str | None = None, description: str | None = None
        ) -> None:
            fields: dict[str, Any] = {} if counts is None else {"counts": counts}
            progress.update(task, completed=completed, total=total, description=description, **fields)

        yield update
