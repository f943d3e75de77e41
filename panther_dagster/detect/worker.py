"""The process that runs rules for limits.py: it loads them once, and forks a child that evaluates batches, and another if that one ends.

It is started with two file descriptors: a socket to the detection and a file, the memory of a progress.Cell. stderr is the
file that tracebacks of dying children go to. Only the children run rule functions; this process runs what rules do at import.

It ends when the detection's socket closes, and takes its child along.
"""

from __future__ import annotations

import _thread
import faulthandler
import gc
import os
import resource
import signal
import socket
import stat
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.channel import (
    ANSWER,
    END,
    KILL,
    MEMORY_OF_A_BYTE,
    START,
    STILL_RUNNING,
    TRACEBACK_SIGNAL,
    Buffer,
    message,
    packed,
    receive,
    send,
)
from panther_dagster.detect.lookups.shared import MappedTables
from panther_dagster.detect.pack import DeclaredLogTypes, RuleSet, load_rules
from panther_dagster.detect.prefilter.prefilter import WARM_UP_ROWS, Prefilter
from panther_dagster.detect.prefilter.shadow import with_mismatches
from panther_dagster.detect.progress import LOADS, NO_RULE, RULE, THREADS, Cell
from panther_dagster.detect.rule import is_of_the_host
from panther_dagster.detect.runner import Candidates, evaluate, every_rule_on_every_row
from panther_dagster.detect.state.location import opener_of
from panther_dagster.detect.state.overlay import Overlay, changes_of_json
from panther_dagster.errors import PantherError

_ADDRESS_SPACE_FACTOR: Final = 2  # over the memory budget: what one allocation at once may take before anyone looks
_DEATH_GRACE_SECONDS: Final = 0.2

NewPrefilter = Callable[[str], Prefilter]  # for a log type


class RuleRefused(PantherError):
    """Code of a rule that an earlier attempt to load it did not survive."""


@dataclass(frozen=True)
class _Declared:
    """What loading asks of the registry."""

    by_name: Mapping[str, Any]


def main(control_fd: int, cell_fd: int) -> None:
    """Load, say what was loaded, and serve until the detection is gone."""
    last_words = os.dup(2)
    faulthandler.enable(last_words)
    faulthandler.register(TRACEBACK_SIGNAL, file=last_words, all_threads=False)
    control, cell = socket.socket(fileno=control_fd), Cell(cell_fd)
    request = receive(control)
    if request is None:
        return
    order, _ = request
    _silence()
    _count_threads(cell)
    around = _Around(control_fd, cell, {Path(file): reason for file, reason in order["refused"].items()}, order["seconds"])
    try:
        paths, overlays = ([Path(path) for path in order[name]] for name in ("paths", "overlays"))
        overlay = Overlay(opener_of(order["state"]))  # opened by children only: connections do not survive a fork
        registry, only = registry_of(order["fields_by_log_type"]), order["only"]
        rules = load_rules(paths, overlays=overlays, registry=registry, store=overlay, around=around.run, only=only)
        if only is not None:
            rules = replace(rules, rules=tuple(replace(rule, is_enabled=True) for rule in rules.rules))
        send(control, message(_summary(rules)))
    except Exception:
        os.write(last_words, traceback.format_exc().encode("utf-8", "backslashreplace"))
        raise
    gc.collect()
    gc.freeze()  # so that a child's collector does not copy these pages
    _Children(control, cell, rules, overlay, order["memory_bytes"], _new_prefilter(order)).serve()


def _new_prefilter(order: Mapping[str, Any]) -> NewPrefilter | None:
    return partial(Prefilter, check_every=order["check_every"]) if order["use_prefilter"] else None


def registry_of(fields_by_log_type: Mapping[str, Sequence[str]] | None) -> DeclaredLogTypes | None:
    """The part of a registry that LimitedRules takes to the process that loads rules."""
    if fields_by_log_type is None:
        return None
    return _Declared(
        {
            log_type: SimpleNamespace(name=log_type, fields=tuple(SimpleNamespace(name=name) for name in names))
            for log_type, names in fields_by_log_type.items()
        }
    )


def _summary(rules: RuleSet) -> dict[str, Any]:
    """A rule set in JSON, without its code."""
    places = [(str(error.location.file), error.location.line) if error.location else (None, None) for error in rules.errors]
    return {
        "rules": [(rule.rule_id, rule.version, rule.log_types, rule.is_enabled, rule.kind) for rule in rules.rule_by_id.values()],
        "errors": [(error.text, *place) for error, place in zip(rules.errors, places, strict=True)],
    }


class _Around:
    """Says which file is being run, and refuses those that ended an earlier process."""

    def __init__(self, control_fd: int, cell: Cell, reason_by_file: Mapping[Path, str], seconds: float) -> None:
        self._control_fd = control_fd
        self._process = os.getpid()
        self._cell = cell
        self._reason_by_file = reason_by_file
        self._alarm_seconds = int(seconds * 2) + 10

    @contextmanager
    def run(self, file: Path) -> Iterator[None]:
        if file in self._reason_by_file:
            raise RuleRefused(self._reason_by_file[file])
        outer, cell = self._cell.file, self._cell
        cell.file = file
        cell.numbers[LOADS] += 1
        # Should nobody be left to look: the detection may be killed while this import never ends.
        signal.alarm(self._alarm_seconds)
        try:
            yield
            self._end_if_disturbed()
        except BaseException as error:
            if is_of_the_host(error):
                raise RuleRefused(f"raised {error!r}") from error
            raise
        finally:
            signal.alarm(0 if outer is None else self._alarm_seconds)
            cell.file = outer
            cell.numbers[LOADS] += 1

    def _end_if_disturbed(self) -> None:
        """End here, where the cell names the file, after an import that forked or closed the socket."""
        try:
            is_disturbed = os.getpid() != self._process or not stat.S_ISSOCK(os.fstat(self._control_fd).st_mode)
        except OSError:
            is_disturbed = True
        if is_disturbed:
            os._exit(1)


class _Children:
    """Starts and ends the children, one at a time."""

    def __init__(
        self, control: socket.socket, cell: Cell, rules: RuleSet, state: Overlay, memory_bytes: int, new_prefilter: NewPrefilter | None
    ) -> None:
        self._new_prefilter = new_prefilter
        self._state = state
        self._control = control
        self._cell = cell
        self._rules = rules
        self._memory_bytes = memory_bytes
        self._child: int | None = None

    def serve(self) -> None:
        """Do as the detection says. In a child this never returns."""
        while True:
            try:
                command, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            except OSError:
                command = b""
            if command == START:
                self._end()
                self._start(descriptors[0])
            elif command == END:
                self._control.sendall(ANSWER.pack(self._end(_DEATH_GRACE_SECONDS)))
            elif command == KILL:
                self._control.sendall(ANSWER.pack(self._end()))
            else:
                self._end()
                return

    def _start(self, connection_fd: int) -> None:
        child = os.fork()
        if not child:
            try:
                os.setpgid(0, 0)  # whatever a rule starts is in this group, and is killed with it
                self._control.close()
                _offer_to_the_kernel()
                connection = socket.socket(fileno=connection_fd)
                _Evaluator(connection, self._cell, self._rules, self._state, self._memory_bytes, self._new_prefilter).serve()
            finally:
                os._exit(0)
        with suppress(OSError):
            os.setpgid(child, child)
        os.close(connection_fd)
        self._child = child
        self._control.sendall(ANSWER.pack(child))

    def _end(self, grace_seconds: float = 0.0) -> int:
        """Kill the child and what it started. Returns its exit code, minus the signal that had killed it, or STILL_RUNNING."""
        if self._child is None:
            return STILL_RUNNING
        child, self._child = self._child, None
        until = time.monotonic() + grace_seconds
        ended, status = os.waitpid(child, os.WNOHANG)
        while not ended and time.monotonic() < until:
            time.sleep(0.005)
            ended, status = os.waitpid(child, os.WNOHANG)
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)
        if not ended:
            os.waitpid(child, 0)
            return STILL_RUNNING
        return os.waitstatus_to_exitcode(status)


class _Evaluator:
    """A child: answers each batch with what the rules say of it."""

    def __init__(
        self, connection: socket.socket, cell: Cell, rules: RuleSet, state: Overlay, memory_bytes: int, new_prefilter: NewPrefilter | None
    ) -> None:
        self._new_prefilter = new_prefilter
        self._state = state
        self._state.on_use = self._note_use
        self._used: set[int] = set()  # which rules have used the cache on this batch, by position
        self._prefilters: dict[str, Prefilter] = {}
        self._tables = MappedTables()
        self._connection = connection
        self._cell = cell
        self._rules = rules
        self._memory_bytes = memory_bytes
        self._address_space_at_start = _address_space()
        self._process = os.getpid()
        self._chosen = lru_cache(maxsize=256)(self._choose)

    def serve(self) -> None:
        """Until the detection has had enough."""
        while (request := receive(self._connection)) is not None:
            answer = self._answer(*request)
            if os.getpid() != self._process:
                return  # a rule has forked: its copy of this process has no say
            send(self._connection, answer)

    def _candidates(self, log_type: str, rows_so_far: int) -> Candidates:
        # By the batch's place and not by what this process has seen: the numbers of candidates are then the same in any process.
        if self._new_prefilter is None or rows_so_far < WARM_UP_ROWS:
            return every_rule_on_every_row
        if log_type not in self._prefilters:
            self._prefilters[log_type] = self._new_prefilter(log_type)
        return self._prefilters[log_type]

    def _note_use(self) -> None:
        self._used.add(self._cell.numbers[RULE])

    def _choose(self, rule_ids: tuple[str, ...]) -> RuleSet:
        return RuleSet(tuple(self._rules.rule_by_id[rule_id] for rule_id in rule_ids))

    def _answer(self, header: Mapping[str, Any], payload: Buffer) -> list[Buffer]:
        began = time.process_time()
        self._cell.numbers[RULE] = NO_RULE
        self._used.clear()
        try:
            enrichment = self._tables.lookups(header["lookups"])
            if self._address_space_at_start is not None:
                grant = self._memory_bytes + len(payload) * MEMORY_OF_A_BYTE
                _bound(self._address_space_at_start + self._tables.size_bytes + grant * _ADDRESS_SPACE_FACTOR)
            if header["state"] is not None:
                self._state.start_from(changes_of_json(header["state"]))
            rows = pa.ipc.open_stream(payload).read_next_batch()
            candidates = self._candidates(header["log_type"], header["rows_before"] + rows.num_rows)
            result = evaluate(
                rows,
                rules=self._chosen(tuple(header["rules"])),
                log_type=header["log_type"],
                destinations=header["destinations"],
                candidates=candidates,
                progress=self._cell.numbers,
                enrichment=enrichment,
                enter_batch=self._state.enter,
            )
            if isinstance(candidates, Prefilter):
                result = with_mismatches(result, rows, candidates.chosen_by_row)
            self._state.enter(None)
            if self._state.failure is not None:
                raise self._state.failure  # whatever rules made of it: without their state their results are wrong
            streams = packed([result.signals, result.errors, result.runs])
        except BaseException as error:
            text = "".join(traceback.format_exception(error, limit=-20))
            return message({"raised": repr(error), "traceback": text, "is_memory": isinstance(error, MemoryError)})
        sizes = [stream.size for stream in streams]
        changed, used = self._state.taken_changes(), sorted(self._used)
        return message({"sizes": sizes, "state": changed, "used": used, "cpu_seconds": time.process_time() - began}, streams)


def _address_space() -> int | None:
    """Bytes of address space in use; None where there is no /proc (macOS)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def _bound(address_space_bytes: int) -> None:
    """An allocation beyond this is a MemoryError."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or address_space_bytes < hard:
        resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes, hard))


def _offer_to_the_kernel() -> None:
    """Short of memory, the kernel is to take this process, not the run; and a crash is to write no core file."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _silence() -> None:
    """What rules print goes nowhere: `panther test` shows it, and here it could fill a disk."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _count_threads(cell: Cell) -> None:
    """Count the threads that are started from now on: with one about, whoever runs when the process ends need not be the cause."""

    def counted(start: Any) -> Any:
        def start_counted(*args: Any, **named: Any) -> Any:
            cell.numbers[THREADS] += 1
            return start(*args, **named)

        return start_counted

    for module, name in (
        (_thread, "start_new_thread"),
        (_thread, "start_joinable_thread"),
        (threading, "_start_new_thread"),
        (threading, "_start_joinable_thread"),
    ):
        if hasattr(module, name):
            setattr(module, name, counted(getattr(module, name)))
