"""What a rule's code says before it runs: the fields that it reads and the modules that it imports."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS

_READERS = ("get", "deep_get", "deep_walk")


@dataclass(frozen=True)
class FieldRead:
    """A top-level field that is named in the code, and the line."""

    name: str
    line: int


@dataclass(frozen=True)
class PathRead:
    """A value that is read: its names from the top level of the event on, the function of the rule, and the line."""

    path: tuple[str, ...]
    function: str
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


def path_reads(tree: ast.Module) -> Iterator[PathRead]:
    """Each read within a rule's own functions, as deep as the code names it in one expression.

    `event["a"]["b"]`, `event.get("a", {}).get("b")` and `event.deep_get("a", "b")` read a.b, and the first two a as well.
    """
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name in ("rule", *AUXILIARY_FUNCTIONS) and function.args.args:
            event = function.args.args[0].arg
            for node in ast.walk(function):
                path = _path_of(node, event)
                if path:
                    yield PathRead(path, function.name, getattr(node, "lineno", function.lineno))


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


def _path_of(node: ast.AST, event: str) -> tuple[str, ...] | None:
    """Names below the event; () for the event itself, None for anything else."""
    if _is_event(node, event):
        return ()
    if isinstance(node, ast.Subscript):
        steps, base = [_text(node.slice)], _path_of(node.value, event)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READERS and node.args:
        read = node.args[:1] if node.func.attr == "get" else node.args
        steps, base = [_text(argument) for argument in read], _path_of(node.func.value, event)
    else:
        return None
    named = tuple(step for step in itertools.takewhile(lambda step: step is not None, steps) if step is not None)
    return None if base is None or not named else (*base, *named)


def _is_event(node: ast.AST, event: str) -> bool:
    return isinstance(node, ast.Name) and node.id == event


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
