"""Folders in panther-analysis layout -> detections that are ready to run. Reads log types' names; knows no events and no tables.

A pack is a folder with `<source>_rules/`, `<source>_policies/`, `global_helpers/`, `data_models/` and others; one YAML file is one item, by
its AnalysisType. A path below a pack loads that part only, with all helpers and data models of the pack. One bad item costs itself.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from panther_dagster.detect.items import Item, ItemReader, is_detection, item_files, pack_root
from panther_dagster.detect.loading import LOADERS, DeclaredLogTypes, load_item
from panther_dagster.detect.overlays import NO_OVERLAYS, Overlays, read_overlays
from panther_dagster.detect.pack_code import SHARED_KINDS, PackCode
from panther_dagster.detect.rule import Detection, Policy, Rule, ScheduledRule
from panther_dagster.detect.runtime.modules import Around
from panther_dagster.detect.state import KeyValueStore, MemoryStore
from panther_dagster.errors import Location, RuleError

__all__ = ["DeclaredLogTypes", "LoadedFile", "PackLoader", "RuleSet", "files_by_root", "load_rules", "unread_items"]


@dataclass(frozen=True)
class RuleSet:
    """All detections of some paths, by kind, each in order of ids. `rules` are those that run on events as they come.

    `skipped` counts items of kinds that are recognised and not run.
    """

    rules: tuple[Rule, ...]
    errors: tuple[RuleError, ...] = ()
    warnings: tuple[RuleError, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed_ids: tuple[str, ...] = ()  # detections that could not be loaded
    scheduled_rules: tuple[ScheduledRule, ...] = ()
    policies: tuple[Policy, ...] = ()

    @cached_property
    def detections(self) -> tuple[Detection, ...]:
        """Rules, scheduled rules and policies, in order of ids."""
        return tuple(sorted((*self.rules, *self.scheduled_rules, *self.policies), key=lambda detection: detection.rule_id))

    @cached_property
    def rule_by_id(self) -> Mapping[str, Rule]:
        """Every rule and scheduled rule, disabled ones included."""
        return {rule.rule_id: rule for rule in (*self.rules, *self.scheduled_rules)}

    @cached_property
    def log_types(self) -> tuple[str, ...]:
        """Log types that an enabled rule reads, sorted."""
        return tuple(sorted({log_type for rule in self.rules if rule.is_enabled for log_type in rule.log_types}))

    def for_log_type(self, log_type: str) -> tuple[Rule, ...]:
        """Enabled rules of a log type, or scheduled rules of a query of that name, by id."""
        return tuple(rule for _, rule in sorted(self.rule_by_id.items()) if rule.is_enabled and log_type in rule.log_types)

    @cached_property
    def version(self) -> str:
        """Hash of the versions of all enabled rules."""
        return hashlib.sha256(repr([(r.rule_id, r.version) for r in self.rules if r.is_enabled]).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class LoadedFile:
    """What one YAML file gave: its item, the detection if it is one that can run, and the complaints."""

    item: Item | None = None
    detection: Detection | None = None
    errors: tuple[RuleError, ...] = ()
    warnings: tuple[RuleError, ...] = ()


class PackLoader:
    """Loads files one by one; a pack's helpers and data models are read at its first file.

    Args: registry: declared log types, to check the names of log types and fields; None leaves them unchecked. store: what the rules'
    counters and sets are kept in. items: reads the files and gives out ids. around, overlays: as for load_rules, read.
    """

    def __init__(
        self,
        registry: DeclaredLogTypes | None,
        store: KeyValueStore,
        items: ItemReader | None = None,
        around: Around | None = None,
        overlays: Overlays = NO_OVERLAYS,
    ) -> None:
        self._registry = registry
        self._store = store
        self._around = around
        self._overlays = overlays
        self._items = items or ItemReader()
        self._code_by_root: dict[Path, PackCode] = {}

    def code_of(self, root: Path) -> PackCode:
        """What the pack's detections share."""
        if root not in self._code_by_root:
            self._code_by_root[root] = PackCode(root, self._items, self._store, self._around)
        return self._code_by_root[root]

    def load(self, root: Path, file: Path, is_wanted: Callable[[Item], bool] = lambda item: True) -> LoadedFile:
        """The file's detection, or what is wrong with it. An item that is not wanted is not loaded."""
        code = self.code_of(root)
        try:
            item = self._items.item(file)
            if item is None or item.kind in SHARED_KINDS:
                return LoadedFile(item)
            self._items.claim(item)
        except RuleError as error:
            return LoadedFile(errors=(error,))
        if item.kind not in LOADERS:
            return LoadedFile(item)
        overlay_errors = []
        try:
            item = self._overlays.applied(item)
        except RuleError as error:
            overlay_errors.append(error)
        if not is_wanted(item):
            return LoadedFile(item, errors=tuple(overlay_errors))
        loaded = load_item(item, code, self._registry)
        return LoadedFile(item, loaded.detection, (*overlay_errors, *loaded.errors), tuple(loaded.warnings))


def load_rules(
    paths: Sequence[Path],
    *,
    registry: DeclaredLogTypes | None = None,
    store: KeyValueStore | None = None,
    around: Around | None = None,
    overlays: Sequence[Path] = (),
    only: Collection[str] | None = None,
) -> RuleSet:
    """Read, check and import every detection below the paths.

    Args: registry: declared log types, to check the names of log types and fields; None leaves them unchecked. store: what the rules'
    counters and sets are kept in; default: memory. around: is entered while a file's code runs; it may refuse a file by raising. overlays:
    folders of changes to the detections (overlays.py). only: ids of the detections to load; None loads all.
    """
    changes = read_overlays(overlays)
    loader = PackLoader(registry, store or MemoryStore(), around=around, overlays=changes)
    errors: list[RuleError] = list(changes.errors)
    items: list[Item] = []
    warnings: list[RuleError] = []
    skipped: Counter[str] = Counter()
    failed_ids: set[str] = set()
    detections: dict[str, Detection] = {}
    by_root = files_by_root(paths, errors)
    for root, files in by_root.items():
        errors.extend(loader.code_of(root).errors)
        for file in files:
            loaded = loader.load(root, file, lambda item: only is None or item.item_id in only)
            if loaded.item is not None:
                items.append(loaded.item)
            errors.extend(loaded.errors)
            warnings.extend(loaded.warnings)
            if loaded.detection is not None:
                detections[loaded.detection.rule_id] = loaded.detection
            elif loaded.item is not None and loaded.errors:
                failed_ids.add(loaded.item.item_id)
            elif loaded.item is not None and loaded.item.kind not in SHARED_KINDS and (only is None or loaded.item.item_id in only):
                skipped[loaded.item.kind] += 1
    if changes.by_id:
        errors.extend(changes.unknown_ids(item.item_id for item in (*items, *unread_items(by_root, items)) if is_detection(item)))
    ordered = [detections[rule_id] for rule_id in sorted(detections)]
    return RuleSet(
        rules=tuple(detection for detection in ordered if type(detection) is Rule),
        errors=tuple(errors),
        warnings=tuple(warnings),
        skipped=dict(skipped),
        failed_ids=tuple(sorted(failed_ids)),
        scheduled_rules=tuple(detection for detection in ordered if isinstance(detection, ScheduledRule)),
        policies=tuple(detection for detection in ordered if isinstance(detection, Policy)),
    )


def files_by_root(paths: Sequence[Path], errors: list[RuleError]) -> dict[Path, list[Path]]:
    """The files that the paths ask for, by pack. Paths that do not exist are added to `errors`."""
    found: dict[Path, dict[Path, None]] = {}
    for path in paths:
        path = path.resolve()
        if not path.exists():
            errors.append(RuleError("no such folder of rules", Location(path)))
            continue
        root = pack_root(path)
        found.setdefault(root, {}).update(dict.fromkeys(item_files(root, below=path)))
    return {root: list(files) for root, files in found.items()}


def unread_items(roots: Iterable[Path], read: Iterable[Item]) -> Iterator[Item]:
    """Items of packs, other than those that have been read. Files that cannot be read are left out."""
    files = {item.file for item in read}
    reader = ItemReader()
    for root in roots:
        for file in item_files(root, below=root):
            with contextlib.suppress(RuleError):
                item = reader.item(file) if file not in files else None
                if item is not None:
                    yield item
