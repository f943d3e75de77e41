"""What a benchmark says, and how it measures."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """A measured rate beside the limit of the same run. `needed_ratio` is ours / limit that must be reached; None: told only."""

    name: str
    ours: float
    limit: float
    unit: str
    limit_is: str
    needed_ratio: float | None = None

    @property
    def ratio(self) -> float:
        """Ours / limit."""
        return self.ours / self.limit if self.limit else 0.0

    @property
    def holds(self) -> bool:
        """Whether the needed ratio is reached."""
        return self.needed_ratio is None or self.ratio >= self.needed_ratio


class Seconds:
    """CPU seconds (user and system, all threads of this process) by step."""

    def __init__(self) -> None:
        self.by_step: dict[str, float] = {}

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Add what the block costs to a step."""
        before = cpu_seconds()
        yield
        self.by_step[step] = self.by_step.get(step, 0.0) + cpu_seconds() - before

    @property
    def total(self) -> float:
        """Of all steps."""
        return sum(self.by_step.values())


def cpu_seconds() -> float:
    """User and system time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_rss_bytes() -> int:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
