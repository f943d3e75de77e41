"""Code without effects: calls that may run before the rule does, and whole expressions and functions that consist of nothing else.

Pure means: the result depends on the arguments alone, and nothing else can be seen to have happened. It may raise.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any, Final

from panther_dagster.detect.prefilter.code import SourceCode, local_names
from panther_dagster.detect.prefilter.names import GlobalNames
from panther_dagster.detect.prefilter.values import Unsupported

# float is not among them: a NaN made twice is not the NaN made once.
_FUNCTIONS: Final[tuple[Any, ...]] = (
    *(len, str, bool, int, abs, isinstance, sorted, set, frozenset, list, tuple, dict, min, max, sum, range, any, all, ord, chr, repr),
    *(re.search, re.match, re.fullmatch, re.findall, re.sub, re.split, re.compile, re.escape),
    *(fnmatch.fnmatch, fnmatch.fnmatchcase, json.loads),
    *(ipaddress.ip_address, ipaddress.ip_network, ipaddress.IPv4Address, ipaddress.IPv6Address),
    *(ipaddress.IPv4Network, ipaddress.IPv6Network),
)
_ONE_TIME: Final[tuple[Any, ...]] = (enumerate, zip, map, filter, reversed)  # iterators: only within one expression
_PURE_IDS: Final = frozenset(map(id, _FUNCTIONS))
_ONE_TIME_IDS: Final = frozenset(map(id, _ONE_TIME))

PURE_METHODS: Final = frozenset(
    (
        *("startswith", "endswith", "lower", "upper", "strip", "lstrip", "rstrip", "split", "rsplit", "replace", "find", "rfind", "count"),
        *("isdigit", "isnumeric", "isalnum", "isalpha", "isdecimal", "isspace", "islower", "isupper", "title", "capitalize", "casefold"),
        *("removeprefix", "removesuffix", "partition", "rpartition", "splitlines", "join", "index", "zfill", "encode", "decode"),
        *("get", "keys", "values", "items", "deep_get", "copy", "to_dict", "as_list"),
        *("group", "groups", "groupdict", "search", "match", "fullmatch", "findall", "sub"),
        *("issubset", "issuperset", "isdisjoint", "intersection", "union", "difference", "symmetric_difference"),
        *("subnet_of", "supernet_of", "overlaps"),
    )
)
PURE_ATTRIBUTES: Final = frozenset(
    (
        *("is_private", "is_global", "is_loopback", "is_multicast", "is_reserved", "is_link_local", "is_unspecified", "version"),
        *("ipv4_mapped", "compressed", "exploded", "network_address", "prefixlen"),
    )
)
_TYPE_MODULES: Final = ("builtins", "collections.abc", "ipaddress", "re", "panther_dagster.event")
_EXPRESSIONS: Final = (
    *(ast.Constant, ast.Name, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.Subscript, ast.Slice),
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BinOp, ast.Starred),
)
_STATEMENTS: Final = (ast.Return, ast.If, ast.For, ast.Pass, ast.Break, ast.Continue, ast.Expr, ast.Assign, ast.AnnAssign, ast.Try)


def is_attribute_read(node: ast.Call) -> bool:
    """Whether a call of getattr asks for an attribute that can be read without effect."""
    name = node.args[1] if len(node.args) in (2, 3) and not node.keywords else None
    return isinstance(name, ast.Constant) and name.value in PURE_ATTRIBUTES


def is_pure_call(function: Any) -> bool:
    """Whether a Python function may be called and its result kept."""
    return id(function) in _PURE_IDS


class Purity:
    """Judges functions of a pack."""

    def __init__(self, source: SourceCode, names: GlobalNames) -> None:
        self._source = source
        self._names = names
        self._verdicts: dict[int, tuple[Any, set[tuple[int, str]] | None]] = {}

    def is_pure_function(self, function: Any) -> bool:
        """Whether a pack's function is pure. Its guards join those in use."""
        known = self._verdicts.get(id(function))
        if known is None:
            outer, self._names.used = self._names.used, set()
            self._verdicts[id(function)] = (function, None)  # a function that calls itself is left alone
            try:
                self._check_function(function)
                known = (function, self._names.used)
            except Unsupported:
                known = (function, None)
            self._names.used = outer
            self._verdicts[id(function)] = known
        if known[1] is None:
            return False
        self._names.used |= known[1]
        return True

    def _check_function(self, function: Any) -> None:
        if isinstance(function, functools._lru_cache_wrapper):
            function = function.__wrapped__
            node = self._source.function(function) if isinstance(function, FunctionType) else None
            is_plain = node is not None and len(node.decorator_list) == 1
        else:
            node = self._source.function(function) if isinstance(function, FunctionType) else None
            is_plain = node is not None and not node.decorator_list
        if node is None or not is_plain:
            raise Unsupported("no plain function")
        self._names.code_of(function)
        own, names = local_names(node), function.__globals__
        check_inner_names(node, names)
        self.check_statements(node.body, own, lambda name: self._names.value(names, name))

    def check_statements(self, body: list[ast.stmt], own: set[str], resolve: Callable[[str], Any]) -> None:
        """Raises Unsupported when a statement may have an effect. `own`: the local names; `resolve`: values of the others."""
        for statement in body:
            if not isinstance(statement, _STATEMENTS):
                raise Unsupported(type(statement).__name__)
            if isinstance(statement, (ast.Assign, ast.AnnAssign)):
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                for target in targets:
                    _check_target(target)
            elif isinstance(statement, ast.For):
                _check_target(statement.target)
            elif isinstance(statement, ast.Try):
                for handler in statement.handlers:
                    _check_handler(handler, resolve)
                    self.check_statements(handler.body, own, resolve)
            for child in ast.iter_child_nodes(statement):
                if isinstance(child, ast.expr) and not (isinstance(statement, ast.AnnAssign) and child is statement.annotation):
                    self.check_expression(child, own, resolve)
            for name in ("body", "orelse", "finalbody"):
                self.check_statements(getattr(statement, name, []), own, resolve)

    def check_expression(self, node: ast.expr, own: set[str], resolve: Callable[[str], Any]) -> None:
        """Raises Unsupported when the expression may have an effect."""
        if isinstance(node, ast.Call):
            self._check_call(node, own, resolve)
            return
        if isinstance(node, ast.Attribute):
            self._check_attribute(node, own, resolve)
            return
        if isinstance(node, ast.Lambda):
            self.check_expression(node.body, own | local_names(node), resolve)
            return
        if not isinstance(node, _EXPRESSIONS):
            raise Unsupported(type(node).__name__)
        if isinstance(node, ast.Name):
            if node.id not in own:
                value = resolve(node.id)
                if isinstance(value, ModuleType) or (callable(value) and not is_plain_type(value)):
                    raise Unsupported(f"{node.id} as a value")
            return
        if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            check_identity(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.check_expression(child, own, resolve)
            elif isinstance(child, ast.comprehension):
                if child.is_async:
                    raise Unsupported("async")
                _check_target(child.target)
                for part in (child.iter, *child.ifs):
                    self.check_expression(part, own, resolve)

    def _check_call(self, node: ast.Call, own: set[str], resolve: Callable[[str], Any]) -> None:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.check_expression(argument, own, resolve)
        if any(keyword.arg is None for keyword in node.keywords):
            raise Unsupported("**")
        target: Any = None
        if isinstance(node.func, ast.Name) and node.func.id not in own:
            target = resolve(node.func.id)
        elif isinstance(node.func, ast.Attribute):
            module = self._module(node.func.value, own, resolve)
            if module is None:
                receiver = node.func.value
                is_class = isinstance(receiver, ast.Name) and receiver.id not in own and isinstance(resolve(receiver.id), type)
                if node.func.attr not in PURE_METHODS or is_class:
                    raise Unsupported(f"method {node.func.attr}")
                self.check_expression(receiver, own, resolve)
                return
            target = self._names.attribute(module, node.func.attr)
        if target is getattr and is_attribute_read(node):
            return
        if target is None or not (id(target) in _PURE_IDS or id(target) in _ONE_TIME_IDS or self.is_pure_function(target)):
            raise Unsupported("a call")

    def _check_attribute(self, node: ast.Attribute, own: set[str], resolve: Callable[[str], Any]) -> None:
        module = self._module(node.value, own, resolve)
        if module is not None:
            value = self._names.attribute(module, node.attr)
            if isinstance(value, ModuleType) or (callable(value) and not is_plain_type(value)):
                raise Unsupported("a function as a value")
            return
        if node.attr not in PURE_ATTRIBUTES:
            raise Unsupported(f"attribute {node.attr}")
        self.check_expression(node.value, own, resolve)

    def _module(self, node: ast.expr, own: set[str], resolve: Callable[[str], Any]) -> ModuleType | None:
        if not isinstance(node, ast.Name) or node.id in own:
            return None
        value = resolve(node.id)
        return value if isinstance(value, ModuleType) else None


def check_inner_names(node: ast.AST, names: Mapping[str, Any]) -> None:
    """Raises Unsupported when a loop within an expression has a variable that is called like a global: which is meant is not told."""
    for inner in ast.walk(node):
        for comprehension in getattr(inner, "generators", ()):
            for name in ast.walk(comprehension.target):
                if isinstance(name, ast.Name) and name.id in names:
                    raise Unsupported(f"{name.id} means two things")


def is_plain_type(value: Any) -> bool:
    """Whether a value is a class whose making and asking runs no code of a pack."""
    return isinstance(value, type) and value.__module__ in _TYPE_MODULES


def check_identity(node: ast.Compare) -> None:
    """Raises Unsupported unless `is` compares with None, True or False: other objects are made anew here."""
    for operand in [node.left, *node.comparators][1:]:
        if not (isinstance(operand, ast.Constant) and (operand.value is None or isinstance(operand.value, bool))):
            raise Unsupported("is")


def compiled(node: ast.expr, parameters: Mapping[str, Any]) -> Callable[..., Any]:
    """The expression as a function of these names."""
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(arg=name) for name in parameters], kwonlyargs=[], kw_defaults=[], defaults=[], vararg=None, kwarg=None
    )
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(args=arguments, body=node)))
    function: Callable[..., Any] = eval(compile(tree, "<expression of a rule>", "eval"), {"__builtins__": {}})
    return function


def _check_target(target: ast.expr) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            _check_target(item)
    elif not isinstance(target, ast.Name):
        raise Unsupported("a target that is no name")


def _check_handler(handler: ast.ExceptHandler, resolve: Callable[[str], Any]) -> None:
    if handler.type is None:
        raise Unsupported("except: without a type")
    for node in handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]:
        if not isinstance(node, ast.Name) or not is_exception_type(resolve(node.id)):
            raise Unsupported("exception type")


def is_exception_type(value: Any) -> bool:
    """Whether a value names ordinary exceptions; not those by which a process ends."""
    return isinstance(value, type) and issubclass(value, Exception)
