"""Files of a pack -> items: which YAML files count, of what kind each is, and its id. Runs no code.

One YAML file is one item, by its AnalysisType; a file without one is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.errors import Location, RuleError

ID_KEYS: Final[Mapping[str, str]] = {
    "rule": "RuleID",
    "scheduled_rule": "RuleID",
    "correlation_rule": "RuleID",
    "policy": "PolicyID",
    "datamodel": "DataModelID",
    "global": "GlobalID",
    "scheduled_query": "QueryName",
    "saved_query": "QueryName",
    "lookup_table": "LookupName",
    "pack": "PackID",
}


@dataclass(frozen=True)
class Item:
    """One YAML file of a pack."""

    kind: str
    item_id: str
    file: Path
    values: Mapping[str, Any]
    overlay_file: Path | None = None  # that changed some of the values
    pack_tests: int = 0  # of Tests, how many are in `file`; the rest is in the overlay

    @property
    def id_place(self) -> Location:
        """The line that the id stands on."""
        return place_of(self.file, ID_KEYS[self.kind])


class ItemReader:
    """Reads each file once, and lets each id have one file."""

    def __init__(self) -> None:
        self._documents: dict[Path, Any] = {}
        self._owner_by_id: dict[str, Item] = {}

    def item(self, file: Path) -> Item | None:
        """The item of a file; None for YAML that is none. Raises RuleError."""
        if file not in self._documents:
            self._documents[file] = read_document(file)
        values = self._documents[file]
        kind = values.get("AnalysisType") if isinstance(values, dict) else None
        if kind is None:
            return None
        if kind not in ID_KEYS:
            raise RuleError(f"unknown AnalysisType '{kind}'{did_you_mean(str(kind), ID_KEYS)}", place_of(file, "AnalysisType"))
        key = ID_KEYS[kind]
        if not isinstance(values.get(key), str) or not values[key]:
            close = "".join(did_you_mean(str(name), [key]) and f"; is '{name}' meant to be it?" for name in values)
            raise RuleError(f"{key} is missing{close}", place_of(file, "AnalysisType"))
        return Item(kind, values[key], file, values)

    def claim(self, item: Item) -> None:
        """Take an id for an item. Raises RuleError when another file has it."""
        owner = self._owner_by_id.setdefault(item.item_id, item)
        if owner.file != item.file:
            raise RuleError(f"id '{item.item_id}' is taken by {owner.id_place}", item.id_place)


def is_detection(item: Item) -> bool:
    """Whether it is a rule of any kind or a policy."""
    return ID_KEYS[item.kind] in ("RuleID", "PolicyID")


def pack_root(path: Path) -> Path:
    """The pack that a path belongs to: the nearest folder, itself or above, that holds helpers or data models; else the path itself."""
    folder = path if path.is_dir() else path.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / name).is_dir() for name in ("global_helpers", "data_models")):
            return candidate
    return folder


def item_files(root: Path, *, below: Path) -> Iterator[Path]:
    """YAML files of a pack that can be items, in a fixed order."""
    if below.is_file():
        yield below
        return
    for folder in sorted([below, *(p for p in below.rglob("*") if p.is_dir())]):
        parts = folder.relative_to(root).parts
        if any(part.startswith(".") for part in parts) or not (folder == below or _holds_items(parts)):
            continue
        yield from sorted(p for p in folder.iterdir() if p.suffix in (".yml", ".yaml") and p.is_file() and not p.name.startswith("."))


def _holds_items(parts: Sequence[str]) -> bool:
    words = ("data_models", "lookup_tables", "rules", "policies", "queries", "scheduled_prompts")
    return bool(parts) and (parts[-1] in ("global_helpers", "packs") or any(word in part for part in parts for word in words))
