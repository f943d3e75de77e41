"""Folders in panther-analysis layout -> rules that are ready to run. Reads log types' names; knows no events and no tables.

A pack is a folder with `<source>_rules/`, `global_helpers/`, `data_models/` and others; one YAML file is one item, by its AnalysisType.
A path below a pack loads that part only, with all helpers and data models of the pack. One bad rule costs itself.
"""

from __future__ import annotations

import ast
import hashlib
import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from panther_dagster.detect.data_models import DataModel, build_data_model
from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.detect.field_reads import field_reads, imported_modules
from panther_dagster.detect.filters import FilterError, compile_filters
from panther_dagster.detect.metadata import Findings, check_rule_metadata, dedup_period_minutes, did_you_mean, reports_of
from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS, Rule, is_of_the_host
from panther_dagster.detect.runtime.modules import PackModules
from panther_dagster.detect.state import KeyValueStore, MemoryStore
from panther_dagster.errors import Location, RuleError

ID_KEYS: Mapping[str, str] = {
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


class DeclaredLogTypes(Protocol):
    """What is asked of the registry of log types (log_types/registry.py)."""

    @property
    def by_name(self) -> Mapping[str, Any]:
        """Declarations, each with `fields` that have a `name`."""


@dataclass(frozen=True)
class Item:
    """One YAML file of a pack."""

    kind: str
    item_id: str
    file: Path
    values: Mapping[str, Any]


@dataclass(frozen=True)
class RuleSet:
    """All rules of some paths. `skipped` counts items of kinds that are recognised and not run."""

    rules: tuple[Rule, ...]
    errors: tuple[RuleError, ...] = ()
    warnings: tuple[RuleError, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed_ids: tuple[str, ...] = ()  # rules that could not be loaded

    @cached_property
    def rule_by_id(self) -> Mapping[str, Rule]:
        """Every rule, disabled ones included."""
        return {rule.rule_id: rule for rule in self.rules}

    @cached_property
    def log_types(self) -> tuple[str, ...]:
        """Log types that an enabled rule reads, sorted."""
        return tuple(sorted({log_type for rule in self.rules if rule.is_enabled for log_type in rule.log_types}))

    def for_log_type(self, log_type: str) -> tuple[Rule, ...]:
        """Enabled rules of a log type, by id."""
        return tuple(rule for rule in self.rules if rule.is_enabled and log_type in rule.log_types)

    @cached_property
    def version(self) -> str:
        """Hash of the versions of all enabled rules."""
        return hashlib.sha256(repr([(r.rule_id, r.version) for r in self.rules if r.is_enabled]).encode()).hexdigest()[:32]


def load_rules(
    paths: Sequence[Path],
    *,
    registry: DeclaredLogTypes | None = None,
    store: KeyValueStore | None = None,
    around: Callable[[Path], AbstractContextManager[None]] | None = None,
) -> RuleSet:
    """Read, check and import every rule below the paths.

    Args: registry: declared log types, to check the names of log types and fields; None leaves them unchecked. store: what the rules'
    counters and sets are kept in; default: memory. around: is entered while a file's code runs; it may refuse a file by raising.
    """
    loading = _Loading(registry, store or MemoryStore(), around)
    packs: dict[Path, _Pack] = {}
    for path in paths:
        path = path.resolve()
        if not path.exists():
            loading.errors.append(RuleError("no such folder of rules", Location(path)))
            continue
        root = pack_root(path)
        if root not in packs:
            packs[root] = _Pack(root, loading)
        for file in item_files(root, below=path):
            packs[root].load(file)
    rules = tuple(sorted(loading.rules.values(), key=lambda rule: rule.rule_id))
    return RuleSet(rules, tuple(loading.errors), tuple(loading.warnings), dict(loading.skipped), tuple(sorted(loading.failed_ids)))


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


class _Loading:
    """What is gathered while loading."""

    def __init__(
        self, registry: DeclaredLogTypes | None, store: KeyValueStore, around: Callable[[Path], AbstractContextManager[None]] | None
    ) -> None:
        self.registry = registry
        self.store = store
        self.around = around
        self.rules: dict[str, Rule] = {}
        self.errors: list[RuleError] = []
        self.warnings: list[RuleError] = []
        self.skipped: Counter[str] = Counter()
        self.failed_ids: set[str] = set()
        self.item_by_id: dict[str, Item] = {}
        self.documents: dict[Path, Any] = {}

    def item(self, file: Path) -> Item | None:
        """The item of a file; None for YAML that is none. Raises RuleError."""
        if file not in self.documents:
            self.documents[file] = read_document(file)
        values = self.documents[file]
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
        owner = self.item_by_id.setdefault(item.item_id, item)
        if owner.file != item.file:
            taken = place_of(owner.file, ID_KEYS[owner.kind])
            raise RuleError(f"id '{item.item_id}' is taken by {taken}", place_of(item.file, ID_KEYS[item.kind]))


class _Pack:
    """Helpers and data models of one pack, and what its rules need to run."""

    def __init__(self, root: Path, loading: _Loading) -> None:
        self._loading = loading
        self._items: dict[str, list[Item]] = {"global": [], "datamodel": []}
        for file in item_files(root, below=root):
            parts = file.relative_to(root).parts[:-1]
            if parts and (parts[-1] == "global_helpers" or any("data_models" in part for part in parts)):
                self._note(file)
        helpers = {item.item_id: item.file.parent / str(item.values.get("Filename")) for item in self._items["global"]}
        self.modules = PackModules(helpers, loading.store, loading.around)
        self._imports: dict[Path, set[str]] = {}
        self.data_models: dict[str, DataModel] = {}
        self._model_texts: dict[str, str] = {}
        for item in self._items["datamodel"]:
            try:
                self._load_data_model(item)
            except RuleError as error:
                loading.errors.append(error)

    def load(self, file: Path) -> None:
        """Add the file's rule, or what is wrong with it."""
        loading = self._loading
        try:
            item = loading.item(file)
            if item is None or item.kind in self._items:
                return
            loading.claim(item)
            if item.kind != "rule":
                loading.skipped[item.kind] += 1
            elif "Detection" in item.values and "Filename" not in item.values:
                loading.skipped["simple_detection"] += 1
            else:
                self._load_rule(item)
        except RuleError as error:
            loading.errors.append(error)

    def _note(self, file: Path) -> None:
        try:
            item = self._loading.item(file)
            if item is None or item.kind not in self._items:
                return
            self._loading.claim(item)
            code = item.values.get("Filename")
            if item.kind == "global" and not (code and (file.parent / str(code)).is_file()):
                raise RuleError(f"Filename: there is no file '{code}' beside it", place_of(file, "Filename"))
            self._items[item.kind].append(item)
        except RuleError as error:
            self._loading.errors.append(error)

    def _load_data_model(self, item: Item) -> None:
        values = item.values
        if not values.get("Enabled", True):
            return
        module = self._run(item, str(values["Filename"])) if values.get("Filename") else None
        for index, log_type in enumerate(values.get("LogTypes") or ()):
            if log_type in self.data_models:
                taken = self.data_models[log_type].model_id
                raise RuleError(f"log type '{log_type}' has a data model already: {taken}", place_of(item.file, "LogTypes", index))
            try:
                self.data_models[log_type] = build_data_model(item.item_id, log_type, values.get("Mappings") or [], module)
            except ValueError as error:
                raise RuleError(str(error), place_of(item.file, "Mappings")) from error
            code = (item.file.parent / str(values["Filename"])).read_text() if values.get("Filename") else ""
            self._model_texts[log_type] = json.dumps(values.get("Mappings"), sort_keys=True) + code

    def _load_rule(self, item: Item) -> None:
        loading, values = self._loading, item.values
        findings = Findings(item.file)
        declared = loading.registry.by_name if loading.registry is not None else None
        check_rule_metadata(values, declared, findings)
        loading.warnings.extend(findings.warnings)
        if findings.errors:
            loading.errors.extend(findings.errors)
            loading.failed_ids.add(item.item_id)
            return
        try:
            rule = self._rule(item)
        except RuleError:
            loading.failed_ids.add(item.item_id)
            raise
        if declared is not None:
            loading.warnings.extend(_undeclared_fields(rule, self._tree(rule.file), declared))
        loading.rules[rule.rule_id] = rule

    def _rule(self, item: Item) -> Rule:
        values = item.values
        file = item.file.parent / str(values["Filename"])
        try:
            rule_filter = compile_filters(values.get("InlineFilters") or [])
        except FilterError as error:
            raise RuleError(str(error), place_of(item.file, "InlineFilters")) from error
        module = self._run(item, str(values["Filename"]))
        if not hasattr(module, "rule"):
            raise RuleError("the code has no function 'rule'", Location(file, 1))
        functions: dict[str, Callable[[Any], Any]] = {
            name: getattr(module, name) for name in ("rule", *AUXILIARY_FUNCTIONS) if hasattr(module, name)
        }
        return Rule(
            rule_id=item.item_id,
            display_name=values.get("DisplayName") or "",
            log_types=tuple(values["LogTypes"]),
            severity=values["Severity"].upper(),
            is_enabled=values["Enabled"],
            dedup_period_minutes=dedup_period_minutes(values),
            threshold=values.get("Threshold") or 1,
            creates_alert=values.get("CreateAlert", True) is not False,
            tags=tuple(sorted(map(str, values.get("Tags") or ()))),
            reports=reports_of(values),
            description=values.get("Description") or "",
            reference=values.get("Reference") or "",
            runbook=values.get("Runbook") or "",
            output_ids=tuple(map(str, values.get("OutputIds") or ())),
            version=self._version(file, values),
            location=Location(item.file, 1),
            file=file,
            module=module,
            functions=functions,
            filter=rule_filter,
            data_models=self.data_models,
            metadata=values,
        )

    def _run(self, item: Item, filename: str) -> ModuleType:
        file = item.file.parent / filename
        if not file.is_file():
            raise RuleError(f"Filename: there is no file '{filename}' beside it", place_of(item.file, "Filename"))
        try:
            return self.modules.run(file, item.item_id)
        except SyntaxError as error:
            raise RuleError(f"no Python: {error.msg}", Location(Path(error.filename or file), error.lineno)) from error
        except BaseException as error:
            if is_of_the_host(error):
                raise
            raise RuleError(f"import failed: {error!r}", _raised_at(error, file)) from error

    def _tree(self, file: Path) -> ast.Module:
        return ast.parse(self.modules.text(file))

    def _imported(self, file: Path) -> set[str]:
        """Helpers that a file imports, and those that they import."""
        if file not in self._imports:
            found = self._imports[file] = set()
            for name in sorted(imported_modules(self._tree(file))):
                helper = self.modules.file_of(name)
                if helper is not None:
                    found.add(name)
                    found |= self._imported(helper)
        return self._imports[file]

    def _version(self, file: Path, values: Mapping[str, Any]) -> str:
        metadata = {key: value for key, value in values.items() if key != "Tests"}
        parts = (
            hashlib.sha256(self.modules.text(file)).hexdigest(),
            json.dumps(metadata, sort_keys=True, default=str),
            self.modules.digest(self._imported(file)),
            [self._model_texts.get(log_type) for log_type in values["LogTypes"]],
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _undeclared_fields(rule: Rule, tree: ast.Module, declared: Mapping[str, Any]) -> Iterable[RuleError]:
    """A warning for each top-level field that none of the rule's log types declares."""
    types = [declared[name] for name in rule.log_types if name in declared]
    if len(types) < len(rule.log_types):
        return
    names = {field.name for log_type in types for field in log_type.fields}
    folded = {name.lower() for name in names}
    seen: set[str] = set()
    for read in field_reads(tree):
        if read.name.lower() in folded or read.name.lower().startswith("p_") or read.name in seen:
            continue
        seen.add(read.name)
        similar = did_you_mean(read.name, names)
        yield RuleError(f"no field '{read.name}' in {', '.join(rule.log_types)}{similar}", Location(rule.file, read.line))


def _raised_at(error: BaseException, file: Path) -> Location:
    """The innermost line of `file` that the error passed through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return Location(file, lines[-1] if lines else None)
