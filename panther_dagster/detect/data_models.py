"""Data models: unified names for the fields of a log type, so that one rule reads many sources (`event.udm("source_ip")`).

A mapping names a Path (JSONPath, or the name of a top-level field) or a Method of the model's own module. Paths are read from the raw
event, in their own case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from jsonpath_ng.exceptions import JsonPathLexerError, JsonPathParserError
from jsonpath_ng.ext import parse

PathFinder = Callable[[Any], tuple[Any, str] | None]
# `$.a.b.c`, `a.b` and `a`: almost every path there is; read without the JSONPath library, with the same result.
_PLAIN_PATH = re.compile(r"(?:\$\.)?[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True)
class DataModel:
    """The unified names of one log type."""

    model_id: str
    log_type: str | None
    paths: Mapping[str, PathFinder]
    methods: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    plain_paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of names with a plain path: its names

    def path_of(self, name: Any) -> PathFinder | None:
        """Finder of a name's field: (value, full path), or None where the event has none."""
        return self.paths.get(name)

    def method_of(self, name: Any) -> Callable[[Any], Any] | None:
        """The function of a name."""
        return self.methods.get(name)


def build_data_model(model_id: str, log_type: str, mappings: list[Any], module: ModuleType | None) -> DataModel:
    """A data model of its YAML mappings. Raises ValueError with what is wrong with which mapping."""
    paths: dict[str, PathFinder] = {}
    methods: dict[str, Callable[[Any], Any]] = {}
    plain_paths: dict[str, tuple[str, ...]] = {}
    for mapping in mappings:
        folded = {str(key).lower(): value for key, value in mapping.items()} if isinstance(mapping, Mapping) else {}
        name, path, method = folded.get("name"), folded.get("path"), folded.get("method")
        if not isinstance(name, str) or (path is None) == (method is None):
            raise ValueError(f"a mapping needs a Name and either a Path or a Method: {mapping!r}")
        if name in paths or name in methods:
            raise ValueError(f"'{name}' is mapped twice")
        if path is not None:
            paths[name] = path_finder(str(path), model_id)
            if _PLAIN_PATH.fullmatch(str(path)):
                plain_paths[name] = tuple(str(path).removeprefix("$.").split("."))
        else:
            function = getattr(module, str(method), None)
            if not callable(function):
                raise ValueError(f"'{name}' needs a function '{method}', which the model's code does not have")
            methods[name] = function
    return DataModel(model_id, log_type, paths, methods, plain_paths)


def path_finder(path: str, model_id: str) -> PathFinder:
    """Reads a path from a raw event: (value, full path), or None when it is not there. Raises ValueError: no JSONPath.

    The finder raises Exception when the path matches several fields.
    """
    if _PLAIN_PATH.fullmatch(path):
        return _plain_finder(path.removeprefix("$."))
    try:
        expression = parse(path)
    except (JsonPathLexerError, JsonPathParserError) as error:
        raise ValueError(f"'{path}' is no JSONPath: {error}") from error

    def find(raw: Any) -> tuple[Any, str] | None:
        matches = expression.find(raw)
        if len(matches) > 1:
            raise Exception(f"JSONPath [{expression}] in DataModel [{model_id}], matched multiple fields.")
        return (matches[0].value, str(matches[0].full_path)) if matches else None

    return find


def _plain_finder(path: str) -> PathFinder:
    names = path.split(".")

    def find(raw: Any) -> tuple[Any, str] | None:
        value = raw
        for name in names:
            if not isinstance(value, dict) or name not in value:
                return None
            value = value[name]
        return value, path

    return find
