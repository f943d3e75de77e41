"""What the detections of one pack share: global helpers, data models, and the modules that code of the pack can import."""

from __future__ import annotations

import ast
import hashlib
import json
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from panther_dagster.detect.data_models import DataModel, build_data_model
from panther_dagster.detect.documents import place_of
from panther_dagster.detect.field_reads import imported_modules
from panther_dagster.detect.items import Item, ItemReader, item_files
from panther_dagster.detect.rule import is_of_the_host
from panther_dagster.detect.runtime.modules import Around, PackModules
from panther_dagster.detect.state import KeyValueStore
from panther_dagster.errors import Location, RuleError

SHARED_KINDS: Final = ("global", "datamodel")


class PackCode:
    """Helpers and data models of the pack below `root`: `items`, and the `errors` of those that could not be loaded."""

    def __init__(self, root: Path, items: ItemReader, store: KeyValueStore, around: Around | None = None) -> None:
        self.errors: list[RuleError] = []
        self.data_models: dict[str, DataModel] = {}
        self._model_texts: dict[str, str] = {}
        self._imports: dict[Path, set[str]] = {}
        shared: dict[str, list[Item]] = {kind: [] for kind in SHARED_KINDS}
        for file in item_files(root, below=root):
            parts = file.relative_to(root).parts[:-1]
            if parts and (parts[-1] == "global_helpers" or any("data_models" in part for part in parts)):
                item = self._shared_item(file, items)
                if item is not None:
                    shared[item.kind].append(item)
        helpers = {item.item_id: item.file.parent / str(item.values.get("Filename")) for item in shared["global"]}
        self.items = tuple(item for items_of_kind in shared.values() for item in items_of_kind)
        self._modules = PackModules(helpers, store, around)
        for item in shared["datamodel"]:
            try:
                self._load_data_model(item)
            except RuleError as error:
                self.errors.append(error)

    def run(self, item: Item) -> ModuleType:
        """A fresh module from the item's code. Raises RuleError at the line that failed."""
        file = self.file_of(item)
        if not file.is_file():
            raise RuleError(f"Filename: there is no file '{item.values['Filename']}' beside it", place_of(item.file, "Filename"))
        try:
            return self._modules.run(file, item.item_id)
        except SyntaxError as error:
            raise RuleError(f"no Python: {error.msg}", Location(Path(error.filename or file), error.lineno)) from error
        except BaseException as error:
            if is_of_the_host(error):
                raise
            raise RuleError(f"import failed: {error!r}", _raised_at(error, file)) from error

    def file_of(self, item: Item) -> Path:
        """The item's code."""
        return item.file.parent / str(item.values["Filename"])

    def tree(self, file: Path) -> ast.Module:
        """The syntax tree of a file that has run."""
        return ast.parse(self._modules.text(file))

    def version(self, metadata: Any, file: Path | None, log_types: Iterable[str]) -> str:
        """Hash of a detection: metadata, code with the helpers that it imports, and the data models of its log types."""
        parts = (
            hashlib.sha256(self._modules.text(file)).hexdigest() if file else "",
            json.dumps(metadata, sort_keys=True, default=str),
            self._modules.digest(self._imported(file)) if file else "",
            [self._model_texts.get(log_type) for log_type in log_types],
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def _shared_item(self, file: Path, items: ItemReader) -> Item | None:
        try:
            item = items.item(file)
            if item is None or item.kind not in SHARED_KINDS:
                return None
            items.claim(item)
            code = item.values.get("Filename")
            if item.kind == "global" and not (code and (file.parent / str(code)).is_file()):
                raise RuleError(f"Filename: there is no file '{code}' beside it", place_of(file, "Filename"))
            return item
        except RuleError as error:
            self.errors.append(error)
            return None

    def _load_data_model(self, item: Item) -> None:
        values = item.values
        if not values.get("Enabled", True):
            return
        module = self.run(item) if values.get("Filename") else None
        for index, log_type in enumerate(values.get("LogTypes") or ()):
            if log_type in self.data_models:
                taken = self.data_models[log_type].model_id
                raise RuleError(f"log type '{log_type}' has a data model already: {taken}", place_of(item.file, "LogTypes", index))
            try:
                self.data_models[log_type] = build_data_model(item.item_id, log_type, values.get("Mappings") or [], module)
            except ValueError as error:
                raise RuleError(str(error), place_of(item.file, "Mappings")) from error
            code = self._modules.text(self.file_of(item)).decode() if values.get("Filename") else ""
            self._model_texts[log_type] = json.dumps(values.get("Mappings"), sort_keys=True) + code

    def _imported(self, file: Path) -> set[str]:
        """Helpers that a file imports, and those that they import."""
        if file not in self._imports:
            found = self._imports[file] = set()
            for name in sorted(imported_modules(self.tree(file))):
                helper = self._modules.file_of(name)
                if helper is not None:
                    found.add(name)
                    found |= self._imported(helper)
        return self._imports[file]


def _raised_at(error: BaseException, file: Path) -> Location:
    """The innermost line of `file` that the error passed through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return Location(file, lines[-1] if lines else None)
