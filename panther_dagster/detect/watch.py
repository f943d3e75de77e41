"""How long and how much memory a rule takes, as seen from outside of its process. Used by watched_worker.py.

The worker says in a progress.Cell what it is about to run; only this end reads clocks. Every 20 ms it charges the time since the last look
to the rule that it sees. So a budget costs the worker nothing, and also holds for code that never returns to Python.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from typing import Final

from panther_dagster.detect.progress import FUNCTION, LOADS, NO_RULE, ROW, RULE, THREADS, Cell
from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS
from panther_dagster.errors import PantherError

# A look that comes later than this was held up itself: on a busy machine a rule is not charged for others.
LONGEST_CHARGE_SECONDS: Final = 0.25
# Of the engine without a step forward: parsing one row, or building the tables of a batch.
ENGINE_SECONDS: Final = 60.0
Place = tuple[int | None, int, str, int]  # rule, row, function, threads


@dataclass(frozen=True)
class RuleLimits:
    """What one rule may take for one batch of at most detection.ROWS_PER_BATCH events, or for one file's import."""

    seconds: float = 15.0
    memory_bytes: int = 1 << 30  # beyond what the process has once the rules are loaded


class RuleTimeout(PantherError):
    """A rule took more than its seconds."""


class RuleOutOfMemory(PantherError):
    """A rule took more than its memory."""


class RuleEndedProcess(PantherError):
    """The process ended, or lost its connection, while a rule ran."""


class Over(Exception):
    """A budget is used up."""

    def __init__(self, cause: PantherError, place: Place, *, is_certain: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.place = place
        self.is_certain = is_certain


class _Clock:
    """Time between looks, without what the looking process itself was held up."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def spent(self) -> float:
        """Seconds since the last call."""
        now = time.monotonic()
        spent, self._last = now - self._last, now
        return min(spent, LONGEST_CHARGE_SECONDS)


class LoadWatch:
    """Looks at a worker that loads: the budget is for one file."""

    def __init__(self, cell: Cell, process: int, limits: RuleLimits) -> None:
        self._cell, self._process, self._limits = cell, process, limits
        self._clock = _Clock()
        self._load = 0
        self._seconds = 0.0
        self._memory_before = 0

    def look(self) -> None:
        """Raises Over."""
        spent, memory, load = self._clock.spent(), memory_of(self._process), self._cell.numbers[LOADS]
        if load != self._load or self._cell.file is None:
            self._load, self._seconds, self._memory_before = load, 0.0, memory
            return
        self._seconds += spent
        place: Place = (None, 0, "rule", 0)
        if self._seconds > self._limits.seconds:
            raise Over(RuleTimeout(f"its import took longer than {self._limits.seconds:g} s"), place, is_certain=True)
        if memory - self._memory_before > self._limits.memory_bytes:
            raise Over(RuleOutOfMemory(f"its import took more than {_mebibytes(self._limits.memory_bytes)}"), place, is_certain=True)


class RunWatch:
    """Looks at a child that runs rules on one batch."""

    def __init__(self, cell: Cell, child: int, memory_of_the_engine: int, limits: RuleLimits) -> None:
        self._cell, self._child, self._limits = cell, child, limits
        self._clock = _Clock()
        self._seconds_by_rule: dict[int, float] = {}
        self._memory_of_the_engine = memory_of_the_engine
        self._memory_at = 0
        self._at: tuple[int | None, int] = (None, -1)
        self._stay_seconds = 0.0

    def look(self) -> None:
        """Raises Over, or EOFError when the child has ended (another process may still hold its end of the connection)."""
        spent, memory = self._clock.spent(), memory_of(self._child)
        place = rule, row, _, threads = place_of(self._cell)
        if (rule, row) != self._at:
            self._at, self._memory_at, self._stay_seconds = (rule, row), memory, 0.0
        self._stay_seconds += spent
        if rule is not None:
            seconds = self._seconds_by_rule[rule] = self._seconds_by_rule.get(rule, 0.0) + spent
            if seconds > self._limits.seconds:
                raise Over(RuleTimeout(f"took longer than {self._limits.seconds:g} s"), place, is_certain=not threads)
        elif self._stay_seconds > ENGINE_SECONDS:
            raise Over(RuleTimeout(f"its process stood still for {ENGINE_SECONDS:g} s"), place, is_certain=False)
        if memory - self._memory_of_the_engine > self._limits.memory_bytes:
            is_its_own = not threads and memory - self._memory_at > self._limits.memory_bytes / 2
            raise Over(RuleOutOfMemory(f"took more than {_mebibytes(self._limits.memory_bytes)}"), place, is_certain=is_its_own)

    def memory_kept(self) -> int:
        """Bytes after the answer. Raises Over: then a rule may have met a MemoryError that is not its own: no answer counts."""
        try:
            memory = memory_of(self._child)
        except EOFError:  # it ended after its answer: the next batch will meet that
            return 0
        if memory - self._memory_of_the_engine > self._limits.memory_bytes:
            cause = RuleOutOfMemory(f"its process kept more than {_mebibytes(self._limits.memory_bytes)}")
            raise Over(cause, (None, 0, "rule", 0), is_certain=False)
        return memory


def memory_of(process: int) -> int:
    """Bytes of memory that only this process has; 0 where there is no /proc (macOS). Raises EOFError for a process that has ended."""
    try:
        with open(f"/proc/{process}/statm") as file:
            pages = file.read().split()
    except OSError:
        return 0
    resident, shared = int(pages[1]), int(pages[2])
    if not resident:
        raise EOFError
    return (resident - shared) * resource.getpagesize()


def place_of(cell: Cell) -> Place:
    numbers = cell.numbers
    rule, function = numbers[RULE], numbers[FUNCTION]
    name = AUXILIARY_FUNCTIONS[function - 1] if 0 < function <= len(AUXILIARY_FUNCTIONS) else "rule"
    return (None if rule == NO_RULE else rule, numbers[ROW], name, numbers[THREADS])


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):g} MiB"
