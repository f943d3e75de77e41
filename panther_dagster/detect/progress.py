"""What the engine is about to run, for one who watches it from another process: which rule, on which row, which function.

The engine writes three numbers before it calls a rule; that costs about 30 ns a call and needs no clock.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Final, Protocol

RULE: Final = 0  # position among the rules of this run; NO_RULE: the engine's own work
ROW: Final = 1  # position among the rows
FUNCTION: Final = 2  # 0: rule() and its filters; else 1 + position in AUXILIARY_FUNCTIONS
THREADS: Final = 3  # how many threads code of rules has started
LOADS: Final = 4  # how many files have begun to run, while rules are loaded
NO_RULE: Final = -1
_NUMBERS_SIZE: Final = 64
_SIZE: Final = 4096


class Progress(Protocol):
    """Where the numbers go."""

    def __setitem__(self, position: int, value: int, /) -> None: ...


class Cell:
    """The numbers, and the file that is being imported, in memory that processes share. `fd` is of a file of `Cell.SIZE` bytes."""

    SIZE: Final = _SIZE

    def __init__(self, fd: int) -> None:
        self._memory = mmap.mmap(fd, _SIZE)
        self.numbers = memoryview(self._memory)[:_NUMBERS_SIZE].cast("q")

    def clear(self) -> None:
        """No rule, no file, no threads."""
        self.numbers[RULE] = NO_RULE
        for position in (ROW, FUNCTION, THREADS, LOADS):
            self.numbers[position] = 0
        self.file = None

    @property
    def file(self) -> Path | None:
        """The file whose code is being run by an import."""
        text = bytes(self._memory[_NUMBERS_SIZE:]).partition(b"\0")[0]
        return Path(text.decode("utf-8", "surrogateescape")) if text else None

    @file.setter
    def file(self, file: Path | None) -> None:
        text = str(file or "").encode("utf-8", "surrogateescape")[: _SIZE - _NUMBERS_SIZE - 1]
        self._memory[_NUMBERS_SIZE : _NUMBERS_SIZE + len(text) + 1] = text + b"\0"

    def close(self) -> None:
        """Let go of the memory."""
        self.numbers.release()
        self._memory.close()
