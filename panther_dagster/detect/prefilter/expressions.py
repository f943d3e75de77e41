"""Expressions of a rule's code, evaluated over values that are not known yet. Part of one run through the rule: conditions.py."""

from __future__ import annotations

import ast
import contextlib
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar

from panther_dagster.detect.prefilter import purity
from panther_dagster.detect.prefilter.calls import PLAIN_CONSTANTS, Calls
from panther_dagster.detect.prefilter.names import GlobalNames
from panther_dagster.detect.prefilter.values import (
    Closure,
    Display,
    Evaluation,
    EventMarker,
    Field,
    FieldValue,
    Method,
    Table,
    Unsupported,
    is_abstract,
)

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
_DICT_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_NEVER_RAISE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
}


class Scope:
    """The names that a piece of code sees: its own, those of the functions around it, its module's."""

    def __init__(self, names: dict[str, Any], own: set[str], module_names: dict[str, Any], outer: Scope | None = None) -> None:
        self.names = names
        self.own = own
        self.module_names = module_names
        self.outer = outer

    def value(self, name: str, constants: GlobalNames) -> Any:
        """What a name stands for here. Raises Unsupported."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            if name in scope.own:
                raise Unsupported(f"{name} has no value yet")
            scope = scope.outer
        return constants.value(self.module_names, name)

    def knows(self, name: str) -> bool:
        """Whether something outside of an expression has this name."""
        return name in self.module_names or name in self.names or (self.outer is not None and self.outer.knows(name))


class Expressions(Calls):
    """Evaluates an expression in a scope: a constant, or one of the values of values.py."""

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression. Raises Unsupported, and what ends a run."""
        self.count_step()
        method = self._BY_TYPE.get(type(node))
        if method is None:
            raise Unsupported(type(node).__name__)
        return method(self, node, scope)

    def _constant(self, node: ast.Constant, scope: Scope) -> Any:
        return node.value

    def _name(self, node: ast.Name, scope: Scope) -> Any:
        return scope.value(node.id, self.names)

    def _named(self, node: ast.NamedExpr, scope: Scope) -> Any:
        if node.target.id not in scope.own:
            raise Unsupported(":= of an outer name")
        value = self.evaluate(node.value, scope)
        scope.names[node.target.id] = value
        return value

    def _any_or_all(self, node: ast.BoolOp, scope: Scope) -> Any:
        goes_on = isinstance(node.op, ast.And)
        for part in node.values[:-1]:
            value = self.evaluate(part, scope)
            if self.truth(value) is not goes_on:
                return value
        return self.evaluate(node.values[-1], scope)

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self.truth(value)
        if isinstance(node.op, ast.USub) and type(value) in (int, float):
            return -value
        raise Unsupported("unary operator")

    def _choice(self, node: ast.IfExp, scope: Scope) -> Any:
        return self.evaluate(node.body if self.truth(self.evaluate(node.test, scope)) else node.orelse, scope)

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        if any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            purity.check_identity(node)
        left = self.evaluate(node.left, scope)
        result: Any = True
        for number, (op, part) in enumerate(zip(node.ops, node.comparators, strict=True)):
            right = self.evaluate(part, scope)
            result = self._compared(op, left, right)
            left = right
            if number < len(node.ops) - 1 and not self.truth(result):
                return result
        return result

    def _compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        if isinstance(right, EventMarker) and isinstance(op, (ast.In, ast.NotIn)) and type(left) is str:
            wanted = isinstance(op, ast.In)
            return FieldValue((self.spellings.field(left),), f"{left!r} in event is {wanted}", lambda e: (left in e.event) is wanted)
        if isinstance(left, EventMarker) or isinstance(right, EventMarker):
            if isinstance(op, (ast.Is, ast.IsNot)) and (left is None or right is None):
                return isinstance(op, ast.IsNot)
            raise Unsupported("the event compared")
        kind = type(op)
        if isinstance(op, (ast.In, ast.NotIn)) and type(left) is str and isinstance(right, FieldValue) and type(right.default) is dict:
            right = right.at(self.spellings, left)
        elif isinstance(op, (ast.Is, ast.IsNot)) and right is None and isinstance(left, FieldValue):
            left = left.outlined(self.spellings)
        value = self.computed(kind.__name__, [left, right], _COMPARISONS[kind], can_raise=kind not in _NEVER_RAISE)
        texts = _texts_told_apart(op, left, right)
        return value if texts is None else replace(value, told_apart=texts)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        if isinstance(value, FieldValue) and node.attr in purity.PURE_ATTRIBUTES:
            return self.computed(f".{node.attr}", [value], operator.attrgetter(node.attr))
        if isinstance(value, (FieldValue, EventMarker, Display, Table)):
            return Method(value, node.attr)
        if isinstance(value, ModuleType):
            return self.names.attribute(value, node.attr)
        if not is_abstract(value) and not isinstance(value, type) and node.attr in purity.PURE_METHODS:
            return Method(value, node.attr)
        raise Unsupported(f"attribute {node.attr}")

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        summary = self._summary_of_call(node, scope)
        if summary is not None:
            return summary
        function = self.evaluate(node.func, scope)
        arguments: list[Any] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                value = self.evaluate(part.value, scope)
                if type(value) not in (list, tuple):
                    raise Unsupported("*")
                arguments += value
            else:
                arguments.append(self.evaluate(part, scope))
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise Unsupported("**")
            keywords[keyword.arg] = self.evaluate(keyword.value, scope)
        return self.call(function, arguments, keywords)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        value = self.evaluate(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            ends = [None if part is None else self.evaluate(part, scope) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            if any(end is not None and type(end) is not int for end in ends):
                raise Unsupported("slice")
            return self.computed(f"[{ends}]", [value], lambda v: v[slice(*ends)])
        key = self.evaluate(node.slice, scope)
        if isinstance(value, EventMarker):
            return self.event_item(key)
        return self.item(value, key)

    def _binary(self, node: ast.BinOp, scope: Scope) -> Any:
        function = _OPERATORS.get(type(node.op))
        if function is None:
            raise Unsupported(type(node.op).__name__)
        return self.computed(type(node.op).__name__, [self.evaluate(node.left, scope), self.evaluate(node.right, scope)], function)

    def _display(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Any:
        if any(isinstance(part, ast.Starred) for part in node.elts):
            raise Unsupported("*")
        items = [self.evaluate(part, scope) for part in node.elts]
        if isinstance(node, ast.Set):
            return self.computed("set", items, lambda *values: set(values))
        kind = list if isinstance(node, ast.List) else tuple
        return Display(tuple(items), kind) if any(map(is_abstract, items)) else kind(items)

    def _dictionary(self, node: ast.Dict, scope: Scope) -> Any:
        if any(key is None for key in node.keys):
            raise Unsupported("**")
        if any(isinstance(value, ast.Lambda) for value in node.values):
            keys = [self.evaluate(key, scope) for key in node.keys if key is not None]
            if any(type(key) is not str for key in keys):
                raise Unsupported("a dict of functions")
            return Table(dict(zip(keys, [self.evaluate(value, scope) for value in node.values], strict=True)))
        size = len(node.keys)
        parts: list[Any] = []
        for key, value in zip(node.keys, node.values, strict=True):
            parts += [self.evaluate(key, scope) if key is not None else None, self.evaluate(value, scope)]
        return self.computed(f"dict{size}", parts, lambda *values: dict(zip(values[::2], values[1::2], strict=True)))

    def _text(self, node: ast.JoinedStr, scope: Scope) -> Any:
        values: list[Any] = []
        pieces: list[Any] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces.append(part.value)
            elif isinstance(part, ast.FormattedValue) and part.format_spec is None and part.conversion in (-1, 115, 114):
                values.append(self.evaluate(part.value, scope))
                pieces.append({-1: format, 115: str, 114: repr}[part.conversion])
            else:
                raise Unsupported("format")

        def text(*given: Any) -> str:
            rest = iter(given)
            return "".join(piece if isinstance(piece, str) else piece(next(rest)) for piece in pieces)

        key = "f" + repr([piece if isinstance(piece, str) else (piece.__name__,) for piece in pieces])
        return self.computed(key, values, text)

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        return Closure(node, scope)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope) -> Any:
        if isinstance(node, ast.GeneratorExp):
            raise Unsupported("generator")
        return self._summary(node, scope)

    def unrolled(self, node: ast.expr, scope: Scope) -> Iterator[Any] | None:
        """The items of `x for x in CONSTANT if ...`, one after the other; None when they are not known one by one."""
        if not isinstance(node, (ast.GeneratorExp, ast.ListComp)) or len(node.generators) != 1:
            return None
        (loop,) = node.generators
        items = self.items(self.evaluate(loop.iter, scope))
        return self._loop_items(node, loop, items, scope)

    def _loop_items(self, node: Any, loop: ast.comprehension, items: Sequence[Any], scope: Scope) -> Iterator[Any]:
        for item in items:
            inner = Scope({}, set(), scope.module_names, scope)
            self.bind(loop.target, item, inner)
            if all(self.truth(self.evaluate(condition, inner)) for condition in loop.ifs):
                yield self.evaluate(node.elt, inner)

    def items(self, value: Any) -> Sequence[Any]:
        """What a loop over a value meets. Raises Unsupported for a value of the event that is not empty."""
        if isinstance(value, Display):
            return value.items
        if type(value) in (list, tuple, str, set, frozenset, dict, range) or isinstance(value, _DICT_VIEWS):
            return tuple(value)
        if isinstance(value, FieldValue) and self.truth(self.computed("is empty", [value.outlined(self.spellings)], _is_empty)):
            return ()
        raise Unsupported("a loop over a field")

    def bind(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Give a name, or a tuple of names, its value."""
        if isinstance(target, ast.Name):
            scope.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = self.items(value)
            if len(items) != len(target.elts) or any(isinstance(part, ast.Starred) for part in target.elts):
                raise Unsupported("unpacking")
            for part, item in zip(target.elts, items, strict=True):
                self.bind(part, item, scope)
        else:
            raise Unsupported("a target that is no name")

    def _summary_of_call(self, node: ast.Call, scope: Scope) -> Any:
        """The value of `any(... for ...)` and its like: as a whole where it can be, else item by item. None for other calls."""
        if not any(isinstance(part, ast.GeneratorExp) for part in node.args):
            return None
        with contextlib.suppress(Unsupported):
            return self._summary(node, scope)
        function = self.evaluate(node.func, scope)
        if not (function is any or function is all) or len(node.args) != 1 or node.keywords:
            raise Unsupported("generator")
        items = self.unrolled(node.args[0], scope)
        if items is None:
            raise Unsupported("generator")
        return self.any_or_all(function is any, items)

    def _summary(self, node: ast.expr, scope: Scope) -> Any:
        """The expression computed by Python itself, when it is pure and depends on few fields."""
        inner = {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
        outside = sorted({name.id for name in ast.walk(node) if isinstance(name, ast.Name)} - inner)
        if any(map(scope.knows, inner)):
            raise Unsupported("a name means two things")
        values = {name: scope.value(name, self.names) for name in outside}
        fields: list[Field] = []
        for name, value in values.items():
            if isinstance(value, EventMarker):
                fields += map(self.spellings.field, _fields_read(node, name))
            elif isinstance(value, (Closure, Method)):
                raise Unsupported("inner function")
        abstract = {name for name, value in values.items() if is_abstract(value)}
        events = {name for name in abstract if isinstance(values[name], EventMarker)}
        # `event.get("x")` passes: `get` is a pure method and `event` one of the names given.
        self.purity.check_expression(node, inner | abstract, lambda name: values[name])
        function = purity.compiled(node, values)
        marked = [(name, value) for name, value in values.items() if name not in events]
        key = f"{ast.dump(node)}({','.join(name for name, _ in marked)};{','.join(sorted(events))})"

        def compute(*given: Any) -> Any:
            return function(**dict(zip((name for name, _ in marked), given, strict=True)))

        if not events:
            return self.computed(key, [value for _, value in marked], compute)

        def compute_of_event(evaluation: Evaluation, *given: Any) -> Any:
            known = dict(zip((name for name, _ in marked), given, strict=True))
            return function(**known, **dict.fromkeys(events, evaluation.event))

        return self.computed_of_event(key, tuple(fields), [value for _, value in marked], compute_of_event)

    _BY_TYPE: ClassVar[Mapping[type[ast.expr], Callable[[Any, Any, Scope], Any]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.NamedExpr: _named,
        ast.BoolOp: _any_or_all,
        ast.UnaryOp: _unary,
        ast.IfExp: _choice,
        ast.Compare: _compare,
        ast.Attribute: _attribute,
        ast.Call: _call,
        ast.Subscript: _subscript,
        ast.BinOp: _binary,
        ast.List: _display,
        ast.Tuple: _display,
        ast.Set: _display,
        ast.Dict: _dictionary,
        ast.JoinedStr: _text,
        ast.Lambda: _lambda,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.DictComp: _comprehension,
        ast.GeneratorExp: _comprehension,
    }


def _texts_told_apart(op: ast.cmpop, left: Any, right: Any) -> frozenset[str] | None:
    """What a field is compared with by `==`, `!=`, `in [...]` or `not in [...]`; None for another comparison."""
    if isinstance(op, (ast.Eq, ast.NotEq)):
        field, constants = (left, (right,)) if isinstance(left, FieldValue) else (right, (left,))
    elif isinstance(op, (ast.In, ast.NotIn)) and type(right) in (list, tuple, set, frozenset, dict):
        field, constants = left, tuple(right)
    else:
        return None
    if not isinstance(field, FieldValue) or not field.path or any(type(constant) not in PLAIN_CONSTANTS for constant in constants):
        return None
    return frozenset(constant for constant in constants if type(constant) is str)


def _is_empty(value: Any) -> bool:
    return not any(True for _ in value)


def _is_event_read(node: ast.AST, event: str) -> str | None:
    """The field of `event.get("x", ...)`, `event.deep_get("x", ...)` and `event["x"]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == event:
        first: ast.expr = node.slice
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "deep_get")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == event
        and node.args
    ):
        first = node.args[0]
    else:
        return None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _fields_read(node: ast.AST, event: str) -> Iterable[str]:
    """Fields of all reads of the event. Raises Unsupported when the event is used in another way."""
    uses = sum(isinstance(part, ast.Name) and part.id == event for part in ast.walk(node))
    fields = [field for part in ast.walk(node) if (field := _is_event_read(part, event)) is not None]
    if uses != len(fields):
        raise Unsupported("the event within an expression")
    return fields
