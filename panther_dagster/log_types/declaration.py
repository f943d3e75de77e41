"""A log type's .yml -> LogType. Read by ingestion (recognition, record format), the rule loader (field names) and the docs.

The same file is the dbt model's .yml, so dbt reads it too (dbt_project/macros/normalized/declaration.sql).
Knows no dbt; every error names file and line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

import yaml

from panther_dagster.errors import DeclarationError, Location
from panther_dagster.standard_fields import table_name

TYPES: Final = ("string", "int", "bigint", "float", "boolean", "timestamp", "object", "array", "map", "json")
INDICATORS: Final = (
    "ip", "domain", "hostname", "url", "net_addr", "email", "username", "md5", "sha1", "sha256",
    "aws_arn", "aws_account_id", "aws_instance_id", "aws_tag", "trace_id", "actor_id", "mac",
)  # fmt: skip
NAMED_TIME_FORMATS: Final = ("rfc3339", "unix", "unix_ms")
FIELD_KEYS: Final = (
    "name", "type", "description", "indicators", "event_time", "time_format", "open", "keys", "fields", "items", "values",
)  # fmt: skip
RECOGNITION_KEYS: Final = ("required", "equals", "unless", "absent")
_LINE = "__line__"


@dataclass(frozen=True)
class Field:
    """One declared field, the element of an array or the value of a map (these have no name)."""

    name: str
    type: str
    line: int
    description: str = ""
    indicators: tuple[str, ...] = ()
    is_event_time: bool = False
    time_format: str = "rfc3339"
    is_open: bool = False  # searched for indicators by pattern: json, and texts that are declared so
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))  # of a map: indicator -> keys that hold one
    fields: tuple[Field, ...] = ()  # of an object
    element: Field | None = None  # of an array or a map


@dataclass(frozen=True)
class Recognition:
    """What a record must look like to be of a log type; all conditions are about its top-level keys.

    `equals` and `unless`: key -> texts, one of which the value must be, none of which it may be.
    """

    required: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    equals: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class LogType:
    """A declared log type. `wrapper_key` is the key of objects that wrap its records in an array (`Records`), if it is delivered so."""

    name: str
    file: Path
    description: str
    wrapper_key: str | None
    recognition: Recognition
    fields: tuple[Field, ...]

    @property
    def table(self) -> str:
        """Its table's name, in panther_raw and in panther_logs."""
        return table_name(self.name)

    def find(self, path: str) -> Field:
        """The field at `path`, as `userIdentity.arn` or `resources.ARN`; a path into free-form json ends at the json field.

        Raises: KeyError, with the nearest name.
        """
        fields, found = self.fields, None
        for step in path.split("."):
            by_name = {inner.name: inner for inner in fields}
            if step not in by_name:
                near = get_close_matches(step, by_name, 1)
                raise KeyError(f"{self.name} has no field '{path}'" + (f"; did you mean '{near[0]}'?" if near else ""))
            found = by_name[step]
            inner = found
            while inner.type == "array" and inner.element is not None:
                inner = inner.element
            if inner.type in ("json", "map"):
                return found
            fields = inner.fields
        assert found is not None  # a path has at least one step
        return found


def read_log_type(file: Path) -> LogType:
    """The log type that a dbt model's .yml declares.

    Raises: DeclarationError, with file and line.
    """
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), _LocatedLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DeclarationError(f"no YAML: {error}", Location(file, mark.line + 1 if mark else None)) from error
    models = document.get("models") if isinstance(document, dict) else None
    if not models or not isinstance(models[0], dict):
        raise DeclarationError("declares no model", Location(file))
    return _Reader(file).log_type(models[0])


# libyaml's parser, where PyYAML was built with it: every run reads all declarations.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LocatedLoader(_Base):
    """Mappings know their line. A key that occurs twice would silently hide its first value, so it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' occurs twice", key_node.start_mark)
            seen.add(key)
        return {**super().construct_mapping(node, deep=True), _LINE: node.start_mark.line + 1}


class _Reader:
    def __init__(self, file: Path) -> None:
        self.file = file

    def log_type(self, model: dict[str, Any]) -> LogType:
        line = model[_LINE]
        meta = (model.get("config") or {}).get("meta") or {}
        name = meta.get("log_type")
        if not isinstance(name, str):
            self.fail(line, "config.meta has no log_type")
        if model.get("name") != table_name(name):
            self.fail(line, f"the model of {name} must be named '{table_name(name)}', not '{model.get('name')}'")
        columns = model.get("columns")
        if not isinstance(columns, list) or not columns:
            self.fail(line, f"{name} has no columns")
        fields = tuple(self.column(column) for column in columns if not str(column.get("name", "")).startswith("p_"))
        self.reject_twins(fields)
        if not any(inner.is_event_time for inner in fields):
            self.fail(line, f"{name} has no field with event_time: true")
        record_format = meta.get("record_format") or {}
        wrapper = record_format.get("json_array") or None
        return LogType(name, self.file, str(model.get("description", "")), wrapper, self.recognition(meta, line), fields)

    def recognition(self, meta: dict[str, Any], line: int) -> Recognition:
        given = dict(meta.get("recognition") or {})
        line = given.pop(_LINE, line)
        self.check(line, "key of recognition", [*given], RECOGNITION_KEYS)
        if not (given.get("required") or given.get("equals")):
            self.fail(line, "recognition needs keys that are required")

        def values_by_key(key: str) -> Mapping[str, tuple[str, ...]]:
            return MappingProxyType({name: tuple(values) for name, values in (given.get(key) or {}).items() if name != _LINE})

        return Recognition(
            tuple(given.get("required") or ()), tuple(given.get("absent") or ()), values_by_key("equals"), values_by_key("unless")
        )

    def column(self, column: dict[str, Any]) -> Field:
        node = {key: column[key] for key in ("name", "description", _LINE) if key in column}
        meta = (column.get("config") or {}).get("meta") or {}
        return self.field({**meta, **node, "type": column.get("data_type")})

    def field(self, node: dict[str, Any]) -> Field:
        line, name, kind = node[_LINE], str(node.get("name", "[]")), node.get("type")
        where = f"field '{name}': "
        self.check(line, "type", [kind], TYPES, where)
        self.check(line, "key", sorted(set(node) - {_LINE}), FIELD_KEYS, where)
        keys = {indicator: tuple(names) for indicator, names in (node.get("keys") or {}).items() if indicator != _LINE}
        self.check(line, "indicator", [*(node.get("indicators") or ()), *keys], INDICATORS, where)
        time_format = node.get("time_format", "rfc3339")
        if "time_format" in node and kind != "timestamp":
            self.fail(line, where + "only a timestamp has a time_format")
        if time_format not in NAMED_TIME_FORMATS and "%" not in str(time_format):
            self.fail(line, where + f"unknown time_format '{time_format}'; one of {', '.join(NAMED_TIME_FORMATS)} or a strftime pattern")
        fields = tuple(self.field(inner) for inner in node.get("fields") or ())
        self.reject_twins(fields)
        if bool(fields) != (kind == "object"):
            self.fail(line, where + ("an object needs fields" if kind == "object" else f"{kind} has no fields"))
        inner = node.get({"array": "items", "map": "values"}.get(str(kind), ""))
        if kind in ("array", "map") and not isinstance(inner, dict):
            self.fail(line, where + ("an array needs items" if kind == "array" else "a map needs values"))
        return Field(
            name=name,
            type=str(kind),
            line=line,
            description=str(node.get("description", "")),
            indicators=tuple(node.get("indicators") or ()),
            is_event_time=bool(node.get("event_time", False)),
            time_format=str(time_format),
            is_open=bool(node.get("open", kind == "json")),
            keys=MappingProxyType(keys),
            fields=fields,
            element=self.field(inner) if isinstance(inner, dict) else None,
        )

    def reject_twins(self, fields: Sequence[Field]) -> None:
        seen: dict[str, Field] = {}
        for inner in fields:
            twin = seen.setdefault(inner.name.lower(), inner)
            if twin is not inner:
                self.fail(inner.line, f"field '{inner.name}' is declared twice (line {twin.line}; names are compared without case)")

    def check(self, line: int, what: str, values: Sequence[Any], allowed: Sequence[str], where: str = "") -> None:
        for value in values:
            if value not in allowed:
                near = get_close_matches(str(value), allowed, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(allowed)}"
                self.fail(line, f"{where}unknown {what} '{value}'; {hint}")

    def fail(self, line: int, text: str) -> NoReturn:
        raise DeclarationError(text, Location(self.file, line))
