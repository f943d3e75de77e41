"""Unit tests of whole packs, in processes of their own: each loads the pack's helpers and takes the files one by one.

Rules' code runs in those processes only. One that ends its process, or hangs, costs the test it was in; the file is given to a new
process, which leaves that test out. Results come in order of ids and do not depend on the number of processes: counters and string sets
start empty for every detection.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final

from panther_dagster.detect.correlation.loading import load_correlation_rule
from panther_dagster.detect.correlation.unit_tests import run_correlation_test
from panther_dagster.detect.items import Item, ItemReader, is_detection
from panther_dagster.detect.loading import LOADERS, DeclaredLogTypes
from panther_dagster.detect.overlays import NO_OVERLAYS, Overlays
from panther_dagster.detect.pack import PackLoader, files_by_root, unread_items
from panther_dagster.detect.pack_items import check_pack_items
from panther_dagster.detect.selection import RuleFilter, check_filter_keys
from panther_dagster.detect.state import MemoryStore
from panther_dagster.detect.unit_tests import TestResult, place_of_test, run_tests_of, shortfall_of
from panther_dagster.errors import Location, RuleError

CORRELATION_RULE: Final = "correlation_rule"
TESTED_KINDS: Final = (*LOADERS, CORRELATION_RULE)
_LOADING: Final = -1  # in place of a test's index: the file's code is being imported
_TICK_SECONDS: Final = 0.5
_GRACE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class TestOptions:
    """What to run. `filters` choose items; `test_names` tests, all if empty; `timeout_seconds` is for one test or one import."""

    __test__ = False

    filters: tuple[RuleFilter, ...] = ()
    skip_disabled: bool = False
    minimum_tests: int = 0
    test_names: frozenset[str] = frozenset()
    workers: int = 1
    timeout_seconds: float = 60

    def selects(self, item: Item) -> bool:
        """Whether the filters accept an item."""
        return all(each.accepts(item.values) for each in self.filters)

    def runs(self, item: Item) -> bool:
        """Whether the item's tests are wanted."""
        return self.selects(item) and not (self.skip_disabled and item.values.get("Enabled") is False)


@dataclass(frozen=True)
class ItemReport:
    """What became of one file. `is_run`: its tests ran; otherwise it was not asked for, or could not be loaded, or is of another kind."""

    item: Item | None  # its YAML without Tests; None: no item could be read
    is_run: bool = False
    results: tuple[TestResult, ...] = ()
    shortfall: str | None = None  # which tests are missing
    errors: tuple[RuleError, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether every test passed and none is missing."""
        return self.shortfall is None and all(result.is_passed for result in self.results)


@dataclass(frozen=True)
class TestRun:
    """All of it. `reports` are of the items whose tests ran, in order of ids; `items` all that were chosen, of any kind."""

    __test__ = False

    reports: tuple[ItemReport, ...]
    items: tuple[Item, ...]
    skipped: tuple[Item, ...]  # chosen, but disabled
    invalid: tuple[Item, ...]  # could not be loaded
    errors: tuple[RuleError, ...]

    @property
    def is_passed(self) -> bool:
        """Whether everything could be read and every test passed."""
        return not self.errors and all(report.is_passed for report in self.reports)


def run_pack_tests(
    paths: Sequence[Path], options: TestOptions, *, registry: DeclaredLogTypes | None = None, overlays: Overlays = NO_OVERLAYS
) -> TestRun:
    """Run the unit tests of all detections below the paths. Raises RuleError for a filter on a key that no item has.

    An overlay for an id that the paths' packs do not have is an error.
    """
    errors: list[RuleError] = list(overlays.errors)
    by_root = files_by_root(paths, errors)
    tasks = [_Task(root, file) for root, files in by_root.items() for file in files]
    pool = _Pool(list(by_root), tasks, options, registry, overlays)
    reports = pool.run()
    errors += pool.errors
    shared = [item for items in pool.shared_items.values() for item in items]
    if overlays.by_id:
        read = [report.item for report in reports if report.item is not None]
        errors += overlays.unknown_ids(item.item_id for item in (*read, *unread_items(by_root, read)) if is_detection(item))
    return _folded(reports, shared, by_root, errors, options)


def _folded(
    reports: Sequence[ItemReport], shared: Sequence[Item], roots: Mapping[Path, Any], errors: list[RuleError], options: TestOptions
) -> TestRun:
    claims = ItemReader()
    for item in shared:
        with contextlib.suppress(RuleError):  # told by the pack already
            claims.claim(item)
    kept: list[ItemReport] = []
    for report in reports:
        errors += report.errors
        if report.item is not None and report.item not in shared:
            try:
                claims.claim(report.item)
            except RuleError as error:
                errors.append(error)
                continue
        kept.append(report)
    items = [report.item for report in kept if report.item is not None]
    check_filter_keys(options.filters, (str(key) for item in items for key in item.values))
    chosen = [item for item in items if options.selects(item)]
    packs = [item for item in chosen if item.kind == "pack"]
    if packs:
        errors += check_pack_items(packs, {item.item_id for item in (*items, *shared, *unread_items(roots, items))})
    return TestRun(
        reports=tuple(sorted((report for report in kept if report.is_run), key=_id_of)),
        items=tuple(chosen),
        skipped=tuple(item for item in chosen if item.kind in TESTED_KINDS and not options.runs(item)),
        invalid=tuple(report.item for report in kept if report.item is not None and report.errors and not report.is_run),
        errors=tuple(errors),
    )


def _id_of(report: ItemReport) -> str:
    return report.item.item_id if report.item is not None else ""


@dataclass
class _Task:
    root: Path
    file: Path
    lethal: dict[int, str] = field(default_factory=dict)  # tests that ended a process, and how


class _UnclaimedItems(ItemReader):
    """A process sees some of the files only, so who comes first with an id is settled where all results are."""

    def claim(self, item: Item) -> None:
        pass


class _EmptiedStore(MemoryStore):
    def empty(self) -> None:
        self._entries.clear()


@dataclass
class _Worker:
    process: Any
    connection: Connection
    progress: Any  # shared number: index of the test that runs, or _LOADING
    task: int | None = None  # None: it loads the packs' helpers and data models
    is_ready: bool = False
    seen: tuple[int | None, int] = (None, _LOADING)
    since: float = 0.0


class _Pool:
    """Hands tasks to processes and replaces those that end."""

    def __init__(
        self,
        roots: Sequence[Path],
        tasks: Sequence[_Task],
        options: TestOptions,
        registry: DeclaredLogTypes | None,
        overlays: Overlays,
    ) -> None:
        self.errors: list[RuleError] = []
        self.shared_items: dict[Path, tuple[Item, ...]] = {}
        self._roots = roots
        self._tasks = tasks
        self._options = options
        self._registry = registry
        self._overlays = overlays
        # fork: the registry and the modules are there at once. Nothing here has threads when a process begins.
        self._context = multiprocessing.get_context("fork")
        self._waiting = list(reversed(range(len(tasks))))
        self._reports: dict[int, ItemReport] = {}
        self._workers: list[_Worker] = []
        self._is_broken = False

    def run(self) -> list[ItemReport]:
        """A report for each task, in their order."""
        try:
            for _ in range(max(1, min(self._options.workers, len(self._tasks)))):
                self._start()
            while self._workers:
                ready = wait([worker.connection for worker in self._workers], timeout=_TICK_SECONDS)
                for worker in [worker for worker in self._workers if worker.connection in ready]:
                    self._take(worker)
                self._end_what_hangs()
        finally:
            for worker in self._workers:
                worker.process.kill()
                worker.process.join()
        return [self._reports[index] for index in sorted(self._reports)]

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        progress = self._context.RawValue("i", _LOADING)
        parents = [ours, *(worker.connection for worker in self._workers)]
        arguments = (theirs, parents, progress, self._roots, self._tasks, self._options, self._registry, self._overlays)
        process = self._context.Process(target=_work, args=arguments, daemon=True)
        with warnings.catch_warnings():
            # From Python 3.12 on a fork beside threads of native libraries warns. The new process uses none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, progress, since=time.monotonic()))

    def _take(self, worker: _Worker) -> None:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if isinstance(message, ItemReport):
            assert worker.task is not None
            self._reports[worker.task] = message
        else:
            self._note_packs(message)
            worker.is_ready = True
        self._give(worker)

    def _note_packs(self, packs: Mapping[Path, tuple[tuple[Item, ...], tuple[RuleError, ...]]]) -> None:
        for root, (items, errors) in packs.items():
            if root not in self.shared_items:
                self.shared_items[root] = items
                self.errors.extend(errors)

    def _give(self, worker: _Worker) -> None:
        worker.task = self._waiting.pop() if self._waiting and not self._is_broken else None
        worker.since = time.monotonic()
        worker.progress.value = _LOADING
        if worker.task is None:
            self._workers.remove(worker)
            worker.connection.close()
            worker.process.join(_GRACE_SECONDS)  # threads that a rule began may keep it
            worker.process.kill()
            worker.process.join()
        else:
            worker.connection.send((worker.task, self._tasks[worker.task].lethal))

    def _bury(self, worker: _Worker, reason: str | None = None) -> None:
        """Note what ended a process, and start another for the rest."""
        if reason is not None:
            worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        reason = reason or _ending(worker.process.exitcode)
        if not worker.is_ready:
            if not self._is_broken:
                places = ", ".join(str(root) for root in self._roots)
                self.errors.append(RuleError(f"{places}: a helper or data model {reason} when it was loaded; nothing of the pack can run"))
            self._is_broken = True
            return
        if worker.task is not None:
            task, test = self._tasks[worker.task], worker.progress.value
            if test == _LOADING or test in task.lethal:
                self._reports[worker.task] = _unloadable(task.file, reason)
            else:
                task.lethal[test] = reason
                self._waiting.append(worker.task)
        if self._waiting:
            self._start()

    def _end_what_hangs(self) -> None:
        now = time.monotonic()
        for worker in list(self._workers):
            state = (worker.task, worker.progress.value)
            if state != worker.seen:
                worker.seen, worker.since = state, now
            elif now - worker.since > self._options.timeout_seconds:
                self._bury(worker, f"took longer than {self._options.timeout_seconds:g} seconds")


def _ending(exit_code: int) -> str:
    return f"ended the process by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"ended the process with exit code {exit_code}"


def _unloadable(file: Path, reason: str) -> ItemReport:
    item = ItemReader().item(file)
    code = file.parent / str(item.values["Filename"]) if item is not None and item.values.get("Filename") else file
    return ItemReport(_slim(item), errors=(RuleError(f"import {reason}", Location(code)),))


def _slim(item: Item | None) -> Item | None:
    """An item without its tests' events, which would have to go through a pipe."""
    return None if item is None else replace(item, values={key: value for key, value in item.values.items() if key != "Tests"})


def _work(
    connection: Connection,
    parents: Sequence[Connection],
    progress: Any,
    roots: Sequence[Path],
    tasks: Sequence[_Task],
    options: TestOptions,
    registry: DeclaredLogTypes | None,
    overlays: Overlays,
) -> None:
    """The life of a process: load the packs' helpers, then answer each task with a report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    for other in parents:  # inherited: while a copy is open nobody learns that the parent is gone
        other.close()
    os.dup2(2, 1)  # what rules print while they are imported does not get between the results
    store = _EmptiedStore()
    loader = PackLoader(registry, store, _UnclaimedItems(), overlays=overlays)
    codes = {root: loader.code_of(root) for root in roots}
    connection.send({root: (tuple(_slim(item) for item in code.items), tuple(code.errors)) for root, code in codes.items()})
    while True:
        try:
            index, lethal = connection.recv()
        except EOFError:
            return
        store.empty()
        connection.send(_report(loader, tasks[index], lethal, options, progress, overlays))


def _report(
    loader: PackLoader, task: _Task, lethal: Mapping[int, str], options: TestOptions, progress: Any, overlays: Overlays
) -> ItemReport:
    loaded = loader.load(task.root, task.file, options.runs)
    item = _slim(loaded.item)
    if loaded.item is not None and loaded.item.kind == CORRELATION_RULE and not loaded.errors:
        return _correlation_report(loaded.item, options, overlays)
    if loaded.detection is None:
        return ItemReport(item, errors=loaded.errors)

    def begin(test: int) -> str | None:
        progress.value = test
        return lethal.get(test)

    tests = run_tests_of(loaded.detection, minimum_tests=options.minimum_tests, test_names=options.test_names, begin=begin)
    return ItemReport(item, True, tests.results, tests.shortfall, loaded.errors)


def _correlation_report(item: Item, options: TestOptions, overlays: Overlays) -> ItemReport:
    """Of a correlation rule, whose tests run none of a rule's code."""
    loaded = load_correlation_rule(item, overlays)
    item, rule = loaded.item, loaded.rule
    if not options.runs(item):
        return ItemReport(_slim(item), errors=() if rule is None else loaded.errors)  # these are the overlay's
    if rule is None:
        return ItemReport(_slim(item), errors=loaded.errors)
    results = []
    for index, test in enumerate(rule.tests):
        if options.test_names and not (isinstance(test, Mapping) and test.get("Name") in options.test_names):
            continue
        ran = run_correlation_test(rule, test)
        place = None if ran.is_passed else place_of_test(index, item.file, item.overlay_file, item.pack_tests)
        results.append(TestResult(ran.rule_id, ran.name, ran.is_passed, ran.expected, ran.is_triggered, error=ran.error, place=place))
    return ItemReport(_slim(item), True, tuple(results), shortfall_of(rule.tests, options.minimum_tests), loaded.errors)
