"""Items of AnalysisType lookup_table in packs -> what each table is keyed by, which fields of which log types it explains, and its source.

Nothing is read but YAML. One bad file costs its own table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.detect.pack import item_files, pack_root
from panther_dagster.errors import Location, LookupTableError, PantherError
from panther_dagster.storage.tables import LOOKUPS_SCHEMA

KINDS_OF_FILES: Final = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
KeyType = Literal["exact", "cidr"]
KEYS: Final = frozenset(
    (
        *("AnalysisType", "LookupName", "Enabled", "LogTypeMap", "Filename", "Table", "Query", "Refresh", "Schema", "Description"),
        *("Reference", "DisplayName", "Tags", "CreatedBy"),
    )
)
LOG_TYPE_MAP_KEYS: Final = frozenset(("PrimaryKey", "KeyType", "AssociatedLogTypes"))
_TABLE = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*", re.ASCII)
_SELECTOR = re.compile(r"(?:\$\.)?[^\s.$\[\]]+(?:\.[^\s.$\[\]]+)*")
# A file that does not say this is no lookup table: parsing all YAML of a large pack takes seconds.
_SIGN = b"lookup_table"


@dataclass(frozen=True)
class Selector:
    """A field of an event whose value is looked up. `label` is its name in p_enrichment: as written, without a leading `$.`."""

    label: str
    path: tuple[str, ...]


class GivenSource(Protocol):
    """What the settings say of a table's source: a file or a table."""

    @property
    def file(self) -> Path | None:
        """A file of rows."""

    @property
    def table(self) -> str | None:
        """A table of the lake."""


@dataclass(frozen=True)
class LookupSource:
    """Where the rows are: a file, a table of the lake, or a query over it. Exactly one is set."""

    file: Path | None = None
    table: str | None = None
    query: str | None = None

    def __str__(self) -> str:
        return str(self.file) if self.file else self.table or "query"


@dataclass(frozen=True)
class LookupDeclaration:
    """One lookup table as declared. `key_type` None: by what its keys look like. `source` None: its rows are out of reach from here."""

    name: str
    is_enabled: bool
    primary_key: str
    key_type: KeyType | None
    selectors_by_log_type: Mapping[str, tuple[Selector, ...]]
    source: LookupSource | None
    location: Location
    description: str = ""

    @property
    def view(self) -> str:
        """The view of its rows of today: `1Password Translation` -> panther_lookups.1password_translation."""
        return f"{LOOKUPS_SCHEMA}.{re.sub(r'[^a-z0-9_]+', '_', self.name.lower())}"


@dataclass(frozen=True)
class LookupCatalog:
    """All lookup tables of some packs."""

    tables: tuple[LookupDeclaration, ...] = ()
    errors: tuple[PantherError, ...] = ()
    warnings: tuple[PantherError, ...] = ()
    roots: tuple[Path, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, LookupDeclaration]:
        """Every table, disabled ones included."""
        return {table.name: table for table in self.tables}

    @cached_property
    def enabled(self) -> tuple[LookupDeclaration, ...]:
        """Tables in use, by name."""
        return tuple(table for table in self.tables if table.is_enabled)

    def table(self, name: str) -> LookupDeclaration:
        """The table of that name. Raises LookupTableError."""
        if name not in self.by_name:
            raise LookupTableError(f"there is no lookup table '{name}'{did_you_mean(name, self.by_name)}")
        return self.by_name[name]

    @cached_property
    def has_calls(self) -> bool:
        """Whether code of the packs calls event.lookup(), which reaches every table from every log type."""
        return any(b".lookup(" in file.read_bytes() for root in self.roots for file in root.rglob("*.py"))


def read_lookup_tables(
    paths: Sequence[Path], *, sources: Mapping[str, GivenSource] | None = None, log_types: Collection[str] | None = None
) -> LookupCatalog:
    """The lookup tables of every pack that one of these paths belongs to; a part of a pack uses all of them, as with helpers.

    Args: sources: by LookupName, in place of what the YAML says. log_types: the declared ones, to find misspelt names.
    """
    reading = _Reading(sources or {}, log_types)
    roots = tuple(dict.fromkeys(pack_root(path.resolve()) for path in paths if path.exists()))
    for file in _files(roots):
        try:
            reading.read(file)
        except PantherError as error:
            reading.errors.append(error)
    for name in sorted(reading.sources.keys() - reading.tables.keys()):
        similar = did_you_mean(name, reading.tables)
        reading.errors.append(LookupTableError(f"settings: rules.lookup_sources: there is no lookup table '{name}'{similar}"))
    tables = tuple(reading.tables[name] for name in sorted(reading.tables))
    return LookupCatalog(tables, tuple(reading.errors), tuple(reading.warnings), roots)


def _files(roots: Sequence[Path]) -> Iterator[Path]:
    for root in roots:
        for file in item_files(root, below=root):
            try:
                is_one = _SIGN in file.read_bytes()
            except OSError:
                continue  # whoever loads the rules says so
            if is_one:
                yield file


@dataclass
class _Reading:
    sources: Mapping[str, GivenSource]
    log_types: Collection[str] | None
    tables: dict[str, LookupDeclaration] = field(default_factory=dict)
    errors: list[PantherError] = field(default_factory=list)
    warnings: list[PantherError] = field(default_factory=list)

    def read(self, file: Path) -> None:
        """Take the file's table, or note what is wrong with it."""
        values = read_document(file)
        if not isinstance(values, dict) or values.get("AnalysisType") != "lookup_table":
            return
        item = _Item(file, values)
        table = item.declaration(self.log_types)
        if table is not None and table.name in self.tables:
            item.error(f"lookup table '{table.name}' is declared already: {self.tables[table.name].location}", "LookupName")
            table = None
        taken = next((other for other in self.tables.values() if table is not None and other.view == table.view), None)
        if table is not None and taken is not None:
            item.error(f"its view {table.view} is that of lookup table '{taken.name}' already: {taken.location}", "LookupName")
        self.errors += item.errors
        if table is None or item.errors:
            return
        given = self.sources.get(table.name)
        if given is not None:
            table = replace(table, source=LookupSource(file=given.file, table=given.table))
        if table.is_enabled:
            self.warnings += item.warnings
            if table.source is None:
                self.warnings.append(item.out_of_reach())
        self.tables[table.name] = table


class _Item:
    """One YAML file and what is wrong with it."""

    def __init__(self, file: Path, values: Mapping[str, Any]) -> None:
        self.file = file
        self.values = values
        self.errors: list[PantherError] = []
        self.warnings: list[PantherError] = []

    def error(self, text: str, *path: Any) -> None:
        self.errors.append(LookupTableError(text, place_of(self.file, *path)))

    def warn(self, text: str, *path: Any) -> None:
        self.warnings.append(LookupTableError(text, place_of(self.file, *path)))

    def out_of_reach(self) -> LookupTableError:
        text = (
            "Refresh.ObjectPath is not read here, so the table stays empty: copy the object to a file and name it in the settings, "
            "rules.lookup_sources"
        )
        return LookupTableError(text, place_of(self.file, "Refresh", "ObjectPath"))

    def declaration(self, log_types: Collection[str] | None) -> LookupDeclaration | None:
        """The table; None after an error that leaves no name or key."""
        values = self.values
        self._check_keys(values, KEYS)
        name, is_enabled = values.get("LookupName"), values.get("Enabled")
        if not isinstance(name, str) or not name:
            self.error("LookupName is missing", "LookupName")
        if not isinstance(is_enabled, bool):
            self.error(f"Enabled must be true or false, not {is_enabled!r}", "Enabled")
        mapping = values.get("LogTypeMap")
        if not isinstance(mapping, dict):
            self.error("LogTypeMap is missing: it has PrimaryKey and AssociatedLogTypes", "LogTypeMap")
            return None
        self._check_keys(mapping, LOG_TYPE_MAP_KEYS, "LogTypeMap")
        primary_key, key_type = mapping.get("PrimaryKey"), mapping.get("KeyType")
        if not isinstance(primary_key, str) or not primary_key:
            self.error("PrimaryKey is missing: it names the column that events are matched with", "LogTypeMap", "PrimaryKey")
        if key_type not in (None, "exact", "cidr"):
            self.error(f"KeyType must be exact or cidr, not {key_type!r}", "LogTypeMap", "KeyType")
        selectors, source = self._selectors(mapping, log_types), self._source()
        if not isinstance(name, str) or not isinstance(primary_key, str):
            return None
        location, description = Location(self.file, 1), str(values.get("Description") or "").strip()
        return LookupDeclaration(name, is_enabled is True, primary_key, key_type, selectors, source, location, description)

    def _check_keys(self, values: Mapping[str, Any], known: Collection[str], *parents: str) -> None:
        for key in values:
            if key not in known:
                similar = did_you_mean(str(key), known)
                (self.error if similar else self.warn)(f"unknown key '{key}'{similar}", *parents, key)

    def _selectors(self, mapping: Mapping[str, Any], log_types: Collection[str] | None) -> dict[str, tuple[Selector, ...]]:
        found: dict[str, dict[str, Selector]] = {}
        associated = mapping.get("AssociatedLogTypes")
        if associated is not None and not isinstance(associated, list):
            self.error("AssociatedLogTypes must be a list of LogType and Selectors", "LogTypeMap", "AssociatedLogTypes")
            return {}
        for index, entry in enumerate(associated or ()):
            place = ("LogTypeMap", "AssociatedLogTypes", index)
            if not isinstance(entry, dict) or not isinstance(entry.get("LogType"), str) or not isinstance(entry.get("Selectors"), list):
                self.error("each of AssociatedLogTypes needs a LogType and a list of Selectors", *place)
                continue
            log_type = entry["LogType"]
            if log_types is not None and log_type not in log_types:
                similar = did_you_mean(log_type, log_types, cutoff=0.9)
                if similar:
                    self.warn(f"unknown log type '{log_type}'{similar}", *place, "LogType")
            for number, text in enumerate(entry["Selectors"]):
                selector = parse_selector(text)
                if selector is None:
                    words = "names joined by dots, as sourceIPAddress, $.actor.id or p_any_ip_addresses"
                    self.error(f"{text!r} is no selector: {words}", *place, "Selectors", number)
                else:
                    found.setdefault(log_type, {})[selector.label] = selector
        return {log_type: tuple(by_label.values()) for log_type, by_label in found.items()}

    def _source(self) -> LookupSource | None:
        refresh = self.values.get("Refresh") or {}
        if not isinstance(refresh, dict):
            self.error("Refresh must be a mapping", "Refresh")
            refresh = {}
        given = [key for key in ("Filename", "Table", "Query") if self.values.get(key) is not None]
        if len(given) > 1 or (given and "ObjectPath" in refresh):
            names = " and ".join([*given, *(["Refresh.ObjectPath"] if "ObjectPath" in refresh else [])])
            self.error(f"a lookup table has one source, not {names}", given[-1])
        if not given:
            if "ObjectPath" not in refresh:
                self.error("the table has no source: Filename, Table or Query", "LookupName")
            return None
        key, value = given[0], self.values[given[0]]
        if not isinstance(value, str) or not value.strip():
            self.error(f"{key} must be text", key)
            return None
        if key == "Query":
            return LookupSource(query=value)
        if key == "Table":
            if not _TABLE.fullmatch(value):
                self.error(f"Table must be a table of the lake with its schema, as panther_marts.employees, not '{value}'", key)
            return LookupSource(table=value)
        file = self.file.parent / value
        if not value.lower().endswith(KINDS_OF_FILES):
            self.error(f"Filename: '{value}' is none of {', '.join(KINDS_OF_FILES)}", key)
        elif not file.is_file():
            self.error(f"Filename: there is no file '{value}' beside it", key)
        return LookupSource(file=file)


def parse_selector(text: Any) -> Selector | None:
    """A selector as written; None when it is none. A name without `$.` may hold dots: it is then a path as well."""
    if not isinstance(text, str) or not _SELECTOR.fullmatch(text):
        return None
    label = text.removeprefix("$.")
    return Selector(label, tuple(label.split(".")))
