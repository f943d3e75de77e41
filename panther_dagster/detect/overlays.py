"""Changes to detections of a pack that stay outside it, so that a checkout of somebody else's pack is never edited.

    RuleID: AWS.Console.RootLogin          of a rule of any kind; or PolicyID
    Severity: Critical                     replaces what the pack says, as Enabled, DedupPeriodMinutes, Threshold and InlineFilters do
    Tests: [...]                           are added to the pack's own

One YAML file is one overlay. A bad overlay changes nothing: the detection runs as the pack has it, and the error is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from panther_dagster.detect.conditions import ConditionError
from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.detect.filters import compile_filters
from panther_dagster.detect.items import ID_KEYS, Item
from panther_dagster.detect.metadata import KEYS, Findings, check_values, did_you_mean
from panther_dagster.errors import Location, RuleError

OVERLAY_KEYS: Final = ("Enabled", "Severity", "DedupPeriodMinutes", "Threshold", "InlineFilters", "Tests")
_ID_KEYS: Final = ("RuleID", "PolicyID")


@dataclass(frozen=True)
class Overlay:
    """One file of changes to one detection."""

    item_id: str
    id_key: str
    file: Path
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Overlays:
    """Changes by the id that they are for, and what could not be read."""

    by_id: Mapping[str, Overlay] = field(default_factory=dict)
    errors: tuple[RuleError, ...] = ()

    def applied(self, item: Item) -> Item:
        """The item with the changes that are for it. Raises RuleError for changes that its kind does not have."""
        overlay = self.by_id.get(item.item_id)
        if overlay is None:
            return item
        words = item.kind.replace("_", " ")
        if ID_KEYS[item.kind] != overlay.id_key:
            raise RuleError(f"'{item.item_id}' is a {words}: write {ID_KEYS[item.kind]}", place_of(overlay.file, overlay.id_key))
        for key in overlay.values:
            if key not in KEYS.get(item.kind, OVERLAY_KEYS):
                raise RuleError(f"{key} has no effect on a {words}", place_of(overlay.file, key))
        own_tests = item.values.get("Tests") or []
        values = {**item.values, **overlay.values}
        if "Tests" in overlay.values and isinstance(own_tests, list):
            values["Tests"] = [*own_tests, *overlay.values["Tests"]]
        return replace(item, values=values, overlay_file=overlay.file, pack_tests=len(own_tests))

    def unknown_ids(self, known_ids: Iterable[str]) -> Iterator[RuleError]:
        """An error for each overlay whose detection does not exist."""
        known_ids = set(known_ids)
        for item_id, overlay in self.by_id.items():
            if item_id not in known_ids:
                text = f"no rule or policy has the id '{item_id}'{did_you_mean(item_id, known_ids)}"
                yield RuleError(text, place_of(overlay.file, overlay.id_key))


NO_OVERLAYS: Final = Overlays()


def read_overlays(paths: Sequence[Path]) -> Overlays:
    """Read and check the overlays in some folders or files."""
    by_id: dict[str, Overlay] = {}
    errors: list[RuleError] = []
    for file in _files(paths, errors):
        try:
            overlay, problems = _read(file)
            errors.extend(problems)
            if problems:
                continue
            first = by_id.setdefault(overlay.item_id, overlay)
            if first is not overlay:
                raise RuleError(f"'{overlay.item_id}' has an overlay already: {first.file}", place_of(file, overlay.id_key))
        except RuleError as error:
            errors.append(error)
    return Overlays(by_id, tuple(errors))


def _files(paths: Sequence[Path], errors: list[RuleError]) -> Iterator[Path]:
    for path in dict.fromkeys(path.resolve() for path in paths):
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.suffix in (".yml", ".yaml") and file.is_file())
            yield from sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts))
        elif path.exists():
            yield path
        else:
            errors.append(RuleError("no such folder of overlays", Location(path)))


def _read(file: Path) -> tuple[Overlay, list[RuleError]]:
    values = read_document(file)
    keys = [key for key in _ID_KEYS if isinstance(values, dict) and isinstance(values.get(key), str)]
    if len(keys) != 1:
        raise RuleError("an overlay is a mapping with one RuleID or PolicyID, and the keys that it changes", Location(file, 1))
    changes = {key: value for key, value in values.items() if key != keys[0]}
    findings = Findings(file)
    for key, value in changes.items():
        if key not in OVERLAY_KEYS:
            findings.error(f"an overlay cannot change {key}{did_you_mean(str(key), OVERLAY_KEYS)}; it can: {', '.join(OVERLAY_KEYS)}", key)
        elif value is None:
            findings.error(f"{key} says nothing", key)
    check_values(changes, findings)
    try:
        compile_filters(changes.get("InlineFilters") or [])
    except ConditionError as error:
        findings.error(str(error), "InlineFilters")
    return Overlay(values[keys[0]], keys[0], file, changes), findings.errors
