"""Functions of rules -> their syntax trees, proven to be the code that runs; and which names any code of the pack may change."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

MUTATING_METHODS = frozenset(
    (
        *("append", "add", "update", "extend", "pop", "remove", "clear", "insert", "setdefault", "discard", "popitem", "sort", "reverse"),
        *("appendleft", "popleft", "extendleft", "rotate", "move_to_end", "subtract"),
        *("difference_update", "intersection_update", "symmetric_difference_update", "__setitem__", "__delitem__"),
    )
)


class SourceCode:
    """The files of rules and helpers, each read once."""

    def __init__(self) -> None:
        self._files: dict[str, _File | None] = {}
        self._nodes: dict[CodeType, ast.FunctionDef | None] = {}
        self._read: dict[int, dict[str, Any]] = {}
        self._changed: set[tuple[int, str]] = set()
        self._changed_attributes: set[str] = set()
        self._changed_objects: dict[int, Any] = {}
        self._local_names: dict[ast.AST, set[str]] = {}
        self._node_types: dict[ast.AST, frozenset[type[ast.AST]]] = {}

    def local_names(self, function: ast.FunctionDef | ast.Lambda) -> set[str]:
        """As the function `local_names`, which walks through the function, once."""
        names = self._local_names.get(function)
        if names is None:
            names = self._local_names[function] = local_names(function)
        return names

    def node_types(self, function: ast.FunctionDef | ast.Lambda) -> frozenset[type[ast.AST]]:
        """What a function's code is made of."""
        types = self._node_types.get(function)
        if types is None:
            types = self._node_types[function] = frozenset(map(type, ast.walk(function)))
        return types

    def read(self, names: dict[str, Any]) -> None:
        """Take note of what the code of a module may change, and that of the pack's modules that it uses."""
        if id(names) in self._read:
            return
        self._read[id(names)] = names
        file = names.get("__file__")
        known_to_python = sys.modules.get(str(names.get("__name__")))
        if not isinstance(file, str) or (known_to_python is not None and vars(known_to_python) is names):
            return
        source = self._file(file)
        if source is not None:
            self._changed.update((id(names), name) for name in source.changed.names)
            self._changed_attributes |= source.changed.attributes
            # A list that is imported by name is changed for the module that it comes from, too.
            for name in source.changed.in_place & names.keys():
                if isinstance(names[name], (list, dict, set)):
                    self._changed_objects[id(names[name])] = names[name]
        for value in list(names.values()):
            value = getattr(value, "__wrapped__", value)
            if isinstance(value, FunctionType):
                self.read(value.__globals__)
            elif isinstance(value, ModuleType):
                self.read(vars(value))

    def is_changed(self, names: dict[str, Any], name: str, *, is_own: bool) -> bool:
        """Whether some code that was read may change what a name of a module stands for.

        Args: is_own: the module is that of the rule, whose names only the rule itself binds anew, which a guard tells in time.
        """
        if id(names.get(name)) in self._changed_objects:
            return True
        return not is_own and ((id(names), name) in self._changed or name in self._changed_attributes)

    def function(self, function: FunctionType) -> ast.FunctionDef | None:
        """The definition of a plain function; None when its code is not to be had or is not what its file says now."""
        code = function.__code__
        if function.__closure__ is not None:
            return None
        if code not in self._nodes:
            file = self._file(code.co_filename)
            self._nodes[code] = file.definition(code) if file is not None else None
        return self._nodes[code]

    def _file(self, name: str) -> _File | None:
        if name not in self._files:
            try:
                self._files[name] = _file_of(name, Path(name).read_bytes())
            except (OSError, SyntaxError, ValueError):
                self._files[name] = None
        return self._files[name]


class _File:
    def __init__(self, name: str, text: bytes) -> None:
        self.tree = ast.parse(text)
        self.changed = changes_in(self.tree)
        self._codes = {(code.co_firstlineno, code.co_name): code for code in _codes(compile(text, name, "exec", dont_inherit=True))}
        self._nodes = {
            (min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.name): node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef)
        }

    def definition(self, code: CodeType) -> ast.FunctionDef | None:
        place = (code.co_firstlineno, code.co_name)
        # Code objects compare by what they do, so an edited file or a swapped function is told apart.
        return self._nodes.get(place) if self._codes.get(place) == code else None


# The same helpers are read for every log type.
_file_of = lru_cache(maxsize=256)(_File)


@dataclass(frozen=True)
class Changes:
    """What functions change, as far as it can be seen: names of their module that they bind anew or change in place, attributes."""

    names: frozenset[str]
    in_place: frozenset[str]
    attributes: frozenset[str]


def changes_in(tree: ast.AST) -> Changes:
    """The changes that the functions of a module make outside of themselves."""
    found: set[tuple[str, str]] = set()
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            own = local_names(function)
            for node in ast.walk(function):
                found.update(_changed_by(node, own))
    names, in_place, attributes = (frozenset(name for how, name in found if how == kind) for kind in ("binds", "changes", "attribute"))
    return Changes(names | in_place, in_place, attributes)


def local_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Parameters, and every name that is bound within the function, inner functions included."""
    arguments = function.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg) if a}
    elsewhere: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.update([] if node is function else [node.name])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
        elif isinstance(node, ast.Global):
            elsewhere.update(node.names)
    return names - elsewhere


def _changed_by(node: ast.AST, own: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Global):
        yield from (("binds", name) for name in node.names)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATING_METHODS:
            yield from _owner(node.func.value, own)
        elif isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr") and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield "attribute", name.value
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield "attribute", node.attr
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield from _owner(node.value, own)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node.target.id not in own:
        yield "changes", node.target.id


def _owner(node: ast.AST, own: set[str]) -> Iterator[tuple[str, str]]:
    """The name whose value is changed: `a` of `a[0].append(1)` and of `a["k"] = 1`, `A` of `helper.A.append(1)`."""
    while isinstance(node, (ast.Subscript, ast.Call)):
        node = node.value if isinstance(node, ast.Subscript) else node.func
        if isinstance(node, ast.Attribute) and node.attr in ("get", "setdefault", "values", "items"):
            node = node.value
    if isinstance(node, ast.Attribute):
        yield "attribute", node.attr
    elif isinstance(node, ast.Name) and node.id not in own:
        yield "changes", node.id


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)
