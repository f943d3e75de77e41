"""What a rule's code says before it runs: the top-level fields that it reads and the modules that it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS

_READERS = ("get", "deep_get", "deep_walk")


@dataclass(frozen=True)
class FieldRead:
    """A top-level field that is named in the code, and the line."""

    name: str
    line: int


def field_reads(tree: ast.Module) -> Iterator[FieldRead]:
    """Each `event["x"]`, `event.get("x")`, `event.deep_get("x", ...)`, `event.deep_walk("x", ...)` within a rule's own functions."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name in ("rule", *AUXILIARY_FUNCTIONS) and function.args.args:
            event = function.args.args[0].arg
            for node in ast.walk(function):
                name = _field_of(node, event)
                if name is not None:
                    yield FieldRead(name, getattr(node, "lineno", function.lineno))


def imported_modules(tree: ast.Module) -> set[str]:
    """First names of all modules that the code imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _field_of(node: ast.AST, event: str) -> str | None:
    if isinstance(node, ast.Subscript) and _is_event(node.value, event):
        return _text(node.slice)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _READERS
        and _is_event(node.func.value, event)
        and node.args
    ):
        return _text(node.args[0])
    return None


def _is_event(node: ast.AST, event: str) -> bool:
    return isinstance(node, ast.Name) and node.id == event


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
