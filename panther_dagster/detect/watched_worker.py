"""The detection's end of worker.py: starts it, hands it batches, watches it, kills it. Decides nothing about rules: that is limits.py."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from panther_dagster.detect.channel import (
    ANSWER,
    END,
    KILL,
    MEMORY_OF_A_BYTE,
    START,
    STILL_RUNNING,
    TRACEBACK_SIGNAL,
    Garbled,
    exchange,
    message,
    packed,
    send,
    unpacked,
    watched_receive,
)
from panther_dagster.detect.progress import THREADS, Cell
from panther_dagster.detect.watch import (
    LoadWatch,
    Over,
    RuleEndedProcess,
    RuleLimits,
    RuleOutOfMemory,
    RuleTimeout,
    RunWatch,
    memory_of,
    place_of,
)
from panther_dagster.errors import PantherError

# Arrow's own memory pool may work in a thread, and a fork copies no threads.
_COMMAND: Final = (
    "import json, os, sys; sys.path[:] = json.loads(sys.argv[3]); os.environ['ARROW_DEFAULT_MEMORY_POOL'] = 'system';"
    "from panther_dagster.detect.worker import main; main(int(sys.argv[1]), int(sys.argv[2]))"
)
_ENDING_SECONDS: Final = 1.0  # between a socket's end and its process's
_ANSWER_SECONDS: Final = 30.0  # to a command, a fork for example
_TRACEBACK_SECONDS: Final = 0.3
_MAX_LAST_WORDS: Final = 8_000


class Stopped(Exception):
    """A batch has no result. `rule` and `row` are positions; `is_certain`: the rule is the cause, and not only the one that was seen."""

    def __init__(
        self,
        cause: PantherError,
        *,
        rule: int | None = None,
        row: int = 0,
        function: str = "rule",
        is_certain: bool = False,
        trace: str = "",
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.rule = rule
        self.row = row
        self.function = function
        self.is_certain = is_certain and rule is not None
        self.trace = trace


class LoadStopped(Exception):
    """The rules could not be loaded because of this file."""

    def __init__(self, file: Path, cause: PantherError) -> None:
        super().__init__(str(cause))
        self.file = file
        self.cause = cause


class WorkerFailed(PantherError):
    """The engine itself failed, whatever the rules do."""


@dataclass(frozen=True)
class Answer:
    """The tables of runner.evaluate, what it took, what rules have changed of their state, as of Overlay.taken_changes, and which rules
    have used it: positions, NO_RULE for one that cannot be told."""

    tables: list[pa.Table]
    cpu_seconds: float
    state: Any
    used: Any


class WatchedWorker:
    """A worker that starts to load at once. `order` is what worker.main reads."""

    def __init__(self, order: Mapping[str, Any], limits: RuleLimits) -> None:
        self._limits = limits
        self._last_words = tempfile.TemporaryFile()  # noqa: SIM115
        with _shared_file() as shared:
            shared.truncate(Cell.SIZE)
            self._cell = Cell(shared.fileno())
            self._cell.clear()
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _COMMAND, str(theirs.fileno()), str(shared.fileno()), json.dumps(sys.path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._last_words,
                    pass_fds=(theirs.fileno(), shared.fileno()),
                    start_new_session=True,  # Ctrl-C is for the detection
                )
        self._child: int | None = None
        self._connection: socket.socket | None = None
        self._memory_at_start = 0  # of the child
        self._is_lost = self._is_closed = False
        with suppress(OSError):  # load() says what is wrong
            send(self._control, message(order))

    def load(self) -> dict[str, Any]:
        """Wait for worker._summary. Raises LoadStopped, WorkerFailed."""
        watch = LoadWatch(self._cell, self._process.pid, self._limits)
        try:
            summary, _ = exchange(self._control, (), watch.look)
        except EOFError:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING_SECONDS)
            file, said = self._cell.file, self._said()
            self.close()
            text = f"its import ended the process with {_ending(self._process.returncode)}"
            if file is None:
                raise WorkerFailed(f"the process that loads the rules ended with {_ending(self._process.returncode)}: {said}") from None
            raise LoadStopped(file, RuleEndedProcess(text)) from None
        except Over as over:
            file = self._cell.file
            self.close()
            if file is None:
                raise WorkerFailed(f"the rules could not be loaded: {over.cause.text}") from None
            raise LoadStopped(file, over.cause) from None
        except BaseException:
            self.close()
            raise
        return summary

    def run(
        self,
        events: pa.RecordBatch,
        *,
        rule_ids: Sequence[str],
        log_type: str,
        destinations: Mapping[str, str] | None,
        lookups: Mapping[str, Any] | None,
        state: Callable[[], Mapping[str, Any]],
        is_state_known: bool,
        rows_before: int,
    ) -> Answer:
        """What these rules say of the events.

        Args: lookups: as of SharedTables.told. state: what the detection has changed so far, as of Overlay.taken_changes; is asked for when
        the process is new, or when it does not know (is_state_known) because another detection has begun. rows_before: of this log type, as
        of LimitedRules.evaluate.

        Raises: Stopped: without a result; the next batch then starts in a process as it was after loading. WorkerFailed.
        """
        is_state_sent = not is_state_known or self._connection is None
        header: dict[str, Any] = {"rules": list(rule_ids), "log_type": log_type, "destinations": destinations, "rows_before": rows_before}
        header["state"] = state() if is_state_sent else None
        header["lookups"] = lookups
        connection = self._start_child()
        watch = RunWatch(self._cell, self._child or 0, self._memory_at_start + events.nbytes * MEMORY_OF_A_BYTE, self._limits)
        try:
            answer, data = exchange(connection, message(header, packed([events])), watch.look)
            if "sizes" in answer:
                tables = unpacked(answer["sizes"], data)
                kept = watch.memory_kept()
                if kept - self._memory_at_start > self._limits.memory_bytes:
                    self.end_child()  # what big events left behind is not to be charged to a rule of the next batch
                return Answer(tables, float(answer["cpu_seconds"]), answer["state"], answer["used"])
        except EOFError:
            raise self._ended() from None
        except Over as over:
            raise self._over(over) from None
        except Garbled as garbled:
            self.end_child()
            raise Stopped(RuleEndedProcess(f"the connection was written to: {garbled}")) from None
        except BaseException:
            self.end_child()
            raise
        rule, row, function, threads = place_of(self._cell)
        self.end_child()
        trace = str(answer.get("traceback"))
        if rule is not None:
            cause = RuleEndedProcess(f"raised {answer.get('raised')}")
            raise Stopped(cause, rule=rule, row=row, function=function, is_certain=not threads, trace=trace)
        if answer.get("is_memory"):
            raise Stopped(RuleOutOfMemory("nothing was left of the memory"), row=row, trace=trace)
        raise WorkerFailed(f"detection failed outside of rules: {trace}")

    @property
    def is_usable(self) -> bool:
        """Whether it can go on; a rule may have killed the process that holds the rules."""
        return not self._is_lost and not self._is_closed and self._process.poll() is None

    @property
    def threads_started(self) -> int:
        """How many threads rules have started since the child began."""
        return self._cell.numbers[THREADS]

    def end_child(self) -> None:
        """The next batch gets a new child."""
        if self._child is not None:
            self._tell(KILL)

    def close(self) -> None:
        """Leave no process."""
        if not self._is_closed:
            if self.is_usable:
                self.end_child()  # its parent waits for it; without, it would be left to whoever is process 1
            self._is_closed = True
            self._forget_child(kill=True)
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._cell.close()
            self._last_words.close()

    def _start_child(self) -> socket.socket:
        if self._connection is None:
            connection, theirs = socket.socketpair()
            self._cell.clear()
            self._last_words.seek(0)
            self._last_words.truncate()
            try:
                with theirs:
                    socket.send_fds(self._control, [START], [theirs.fileno()])
                    self._child = self._answer()
                    self._memory_at_start = memory_of(self._child)
            except (EOFError, OSError, Over) as error:
                connection.close()
                self._is_lost = True
                raise WorkerFailed(f"the process that holds the rules is gone: {self._said()}") from error
            self._connection = connection
        return self._connection

    def _ended(self) -> Stopped:
        """The child's connection is closed: because it has ended, or because a rule closed it."""
        status = self._tell(END)
        rule, row, function, threads = place_of(self._cell)
        trace = self._said()
        if status == STILL_RUNNING:
            return Stopped(RuleEndedProcess("closed the connection of its process"), rule=rule, row=row, function=function, trace=trace)
        cause = RuleEndedProcess(f"its process ended with {_ending(status)}")
        return Stopped(cause, rule=rule, row=row, function=function, is_certain=not threads, trace=trace)

    def _over(self, over: Over) -> Stopped:
        rule, row, function, _ = over.place
        if self._child is not None:
            with suppress(OSError):
                os.kill(self._child, TRACEBACK_SIGNAL)
            until, size = time.monotonic() + _TRACEBACK_SECONDS, 0
            while (not size or len(self._said()) > size) and time.monotonic() < until:
                size = len(self._said())
                time.sleep(0.02)
        trace = self._said()
        self._tell(KILL)
        return Stopped(over.cause, rule=rule, row=row, function=function, is_certain=over.is_certain, trace=trace)

    def _said(self) -> str:
        return os.pread(self._last_words.fileno(), _MAX_LAST_WORDS, 0).decode("utf-8", "replace")

    def _tell(self, command: bytes) -> int:
        """End the child. Returns how it ended; a worker that does not answer is not usable any more."""
        try:
            self._control.sendall(command)
            status = self._answer()
        except (EOFError, OSError, Over):
            self._forget_child(kill=True)
            self._is_lost = True
            return STILL_RUNNING
        self._forget_child()
        return status

    def _answer(self) -> int:
        until = time.monotonic() + _ANSWER_SECONDS

        def look() -> None:
            if time.monotonic() > until:
                raise Over(RuleTimeout("no answer"), (None, 0, "rule", 0), is_certain=False)

        answer: int = ANSWER.unpack(watched_receive(self._control, ANSWER.size, look))[0]
        return answer

    def _forget_child(self, *, kill: bool = False) -> None:
        if kill and self._child is not None:
            with suppress(OSError):
                os.killpg(self._child, signal.SIGKILL)
        if self._connection is not None:
            self._connection.close()
        self._child = self._connection = None


def _shared_file() -> IO[bytes]:
    """A file that is memory where the system has such: pages of others are written to disk now and then, which holds up who writes them."""
    if sys.platform == "linux":
        return open(os.memfd_create("progress"), "w+b")
    return tempfile.TemporaryFile()


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit code {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
