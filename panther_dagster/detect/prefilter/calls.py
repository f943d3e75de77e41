"""Calls in a rule's code: of pure functions, of the event's own methods, and of functions of the pack, which are entered."""

from __future__ import annotations

import ast
import functools
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final

from panther_dagster.detect.data_models import DataModel
from panther_dagster.detect.prefilter import purity
from panther_dagster.detect.prefilter.names import GlobalNames
from panther_dagster.detect.prefilter.purity import Purity
from panther_dagster.detect.prefilter.values import (
    PLAIN_EVENT,
    Closure,
    Condition,
    Display,
    Evaluation,
    EventMarker,
    Field,
    FieldValue,
    Method,
    Outcome,
    Spellings,
    Table,
    Unsupported,
    is_abstract,
    joined,
)
from panther_dagster.event import ImmutableCaseInsensitiveDict, PantherEvent

PLAIN_CONSTANTS = (str, int, float, bool, bytes, type(None))
MAX_ITEMS_IN_KEY: Final = 50
# What the truth of a constant is asked of.
_WITH_TRUTH = (*PLAIN_CONSTANTS, list, tuple, set, frozenset, dict, range)


class CaughtByHandler(Exception):
    """The rule's code has raised, and this handler of the innermost `try` takes it."""

    def __init__(self, number: int) -> None:
        self.number = number


class Calls(ABC):
    """What one run through a rule can call. `names`, `purity`, `spellings` and `model` are those of the rule."""

    names: GlobalNames
    purity: Purity
    spellings: Spellings
    model: DataModel | None
    fields_of_method: Callable[[FunctionType], tuple[Field, ...] | None]  # of the model: None where its code has to be entered
    handlers: list[tuple[tuple[type[BaseException], ...], ...]]
    _kept: list[Any]

    @abstractmethod
    def decide(self, condition: Condition) -> Outcome:
        """The outcome of a condition in this run."""

    @abstractmethod
    def count_step(self) -> None:
        """Raises Unsupported when the run has become too long."""

    @abstractmethod
    def enter(self, function: FunctionType | Closure, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """The value that a function returns."""

    def truth(self, value: Any) -> bool:
        """Whether a value is true in this run."""
        if isinstance(value, FieldValue):
            outcome = self.decide(Condition("holds", value.outlined(self.spellings), self._handlers()))
            if isinstance(outcome, int):
                raise CaughtByHandler(outcome)
            return outcome == "yes"
        if isinstance(value, Display):
            return bool(value.items)
        if isinstance(value, _WITH_TRUTH):
            return bool(value)
        raise Unsupported("truth")

    def computed(self, name: str, arguments: list[Any], function: Callable[..., Any], *, can_raise: bool = True) -> Any:
        """`function(*arguments)`: at once when all are constants, else as a value of the fields that they depend on."""
        packed = [self._packed(argument) for argument in arguments]
        if not any(isinstance(argument, FieldValue) for argument in packed):
            try:
                return function(*packed)
            except Exception as error:
                for number, types in enumerate(self._handlers()):
                    if isinstance(error, types):
                        raise CaughtByHandler(number) from None
                raise Unsupported("raises") from error
        return self.computed_of_event(name, (), packed, lambda _, *values: function(*values), can_raise=can_raise)

    def computed_of_event(
        self,
        name: str,
        fields: tuple[Field, ...],
        arguments: list[Any],
        function: Callable[..., Any],
        *,
        can_raise: bool = True,
        path: tuple[str, ...] = (),
    ) -> FieldValue:
        """`function(evaluation, *arguments)` as a value of these fields and those of the arguments.

        Args: path: as in FieldValue; the last argument, if it is a constant, is the default then.
        """
        packed = [self._packed(argument) for argument in arguments]
        if packed and is_abstract(packed[-1]):
            path = ()
        of_arguments = {field for argument in packed if isinstance(argument, FieldValue) for field in argument.fields}
        together = joined(of_arguments.union(fields))

        def compute(evaluation: Evaluation) -> Any:
            values = [evaluation.value(argument) if isinstance(argument, FieldValue) else argument for argument in packed]
            return function(evaluation, *values)

        dependent = [argument for argument in packed if isinstance(argument, FieldValue)]
        base = (dependent[0].base or dependent[0]) if len(dependent) == 1 and not fields else None
        default = packed[-1] if path and packed else None
        value = FieldValue(together, f"{name}({','.join(map(self._key, packed))})", compute, path, default, base)
        if can_raise:
            outcome = self.decide(Condition("runs", value.outlined(self.spellings), self._handlers()))
            if isinstance(outcome, int):
                raise CaughtByHandler(outcome)
        return value

    def call(self, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """The value of a call."""
        if isinstance(function, Method):
            return self._call_method(function, arguments, keywords)
        if isinstance(function, Closure):
            return self.enter(function, arguments, keywords)
        if isinstance(function, FieldValue) or is_abstract(function):
            raise Unsupported("a call of a field")
        if function is functools.reduce and len(arguments) == 3 and not keywords:
            return self._reduced(*arguments)
        if function is isinstance and len(arguments) == 2 and isinstance(arguments[0], EventMarker):
            kind = ImmutableCaseInsensitiveDict if arguments[0].is_plain else PantherEvent
            return issubclass(kind, arguments[1])
        if function is bool and len(arguments) == 1 and not keywords:
            return self.truth(arguments[0])
        if (function is any or function is all) and len(arguments) == 1 and not keywords:
            given = arguments[0]
            if isinstance(given, Display) or type(given) in (list, tuple):
                return self.any_or_all(function is any, given.items if isinstance(given, Display) else given)
        if purity.is_pure_call(function):
            return self._call_pure(function, arguments, keywords)
        if isinstance(function, (FunctionType, functools._lru_cache_wrapper)):
            return self._call_function(function, arguments, keywords)
        raise Unsupported(f"a call of {getattr(function, '__name__', function)!r}")

    def _reduced(self, step: Any, keys: Any, start: Any) -> FieldValue:
        """`reduce(lambda d, k: d.get(k, X) if isinstance(d, Mapping) else X, keys, start)`: the way down through nested objects."""
        default = _default_of_step_down(step.node) if isinstance(step, Closure) else None
        if default is None or type(keys) not in (list, tuple) or not keys or any(type(key) is not str for key in keys):
            raise Unsupported("reduce")
        if self.evaluate(default.asks, step.scope) is not isinstance or self.evaluate(default.mapping, step.scope) is not Mapping:
            raise Unsupported("reduce")
        missing = self.evaluate(default.value, step.scope)
        if isinstance(start, EventMarker):
            field = (self.spellings.field(*keys),)
            return self.computed_of_event(f"down {keys}", field, [missing], lambda e, other: _down(e.event, keys, other), path=tuple(keys))
        value: FieldValue = self.computed(f"down {keys}", [start, missing], lambda value, other: _down(value, keys, other))
        return value

    @abstractmethod
    def evaluate(self, node: ast.expr, scope: Any) -> Any:
        """The value of an expression."""

    def any_or_all(self, is_any: bool, items: Iterable[Any]) -> bool:
        """any() or all() of items, which are asked one after the other."""
        for item in items:
            if self.truth(item) is is_any:
                return is_any
        return not is_any

    def event_item(self, key: Any) -> FieldValue:
        """`event[key]`."""
        if type(key) is not str:
            raise Unsupported("a key that is no text")
        field = (self.spellings.field(key),)
        return self.computed_of_event(f"event[{key!r}]", field, [], lambda evaluation: evaluation.event[key], path=(key,))

    def item(self, value: Any, key: Any) -> Any:
        """`value[key]`."""
        if not isinstance(value, FieldValue) or type(key) is not str:
            return self.computed("[]", [value, key], operator.getitem)
        part = value.at(self.spellings, key)
        return self.computed_of_event("[]", (), [part, key], lambda _, *given: operator.getitem(*given), path=part.path)

    def _call_pure(self, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        names = list(keywords)
        size = len(arguments)
        name = f"{function.__module__}.{function.__qualname__}{size}{names}"

        def call(*values: Any) -> Any:
            return function(*values[:size], **dict(zip(names, values[size:], strict=True)))

        if function is isinstance and arguments and isinstance(arguments[0], FieldValue):
            arguments = [arguments[0].outlined(self.spellings), *arguments[1:]]
        for value in (*arguments, *keywords.values()):
            for part in value if type(value) is tuple else (value,):
                is_asked_only = function is isinstance and type(part) is type  # and so has no __instancecheck__ of its own
                if callable(part) and not is_asked_only and not purity.is_plain_type(part):
                    raise Unsupported("a function as an argument")
        return self.computed(name, [*arguments, *keywords.values()], call)

    def _call_function(self, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        given = [*arguments, *keywords.values()]
        is_whole = all(isinstance(value, (FieldValue, *_WITH_TRUTH)) for value in given)
        if is_whole and any(isinstance(value, FieldValue) for value in given) and self.purity.is_pure_function(function):
            names = list(keywords)
            size = len(arguments)
            self._kept.append(function)
            return self.computed(
                f"function {id(function)} {size} {names}",
                given,
                lambda *values: function(*values[:size], **dict(zip(names, values[size:], strict=True))),
            )
        if not isinstance(function, FunctionType):
            raise Unsupported("a cached function")
        return self.enter(function, arguments, keywords)

    def _call_method(self, method: Method, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        receiver, name = method.receiver, method.name
        if isinstance(receiver, EventMarker):
            return self._call_event(receiver, name, arguments, keywords)
        if isinstance(receiver, Table):
            return self._call_table(receiver, name, arguments, keywords)
        if name not in purity.PURE_METHODS or any(callable(value) for value in (*arguments, *keywords.values())):
            raise Unsupported(f"method {name}")
        names = list(keywords)
        size = len(arguments) + 1

        def call(*values: Any) -> Any:
            return getattr(values[0], name)(*values[1:size], **dict(zip(names, values[size:], strict=True)))

        given = [receiver, *arguments, *keywords.values()]
        if name == "get" and isinstance(receiver, FieldValue) and arguments and type(arguments[0]) is str:
            given[0] = part = receiver.at(self.spellings, arguments[0])
            return self.computed_of_event(f".{name}{size}{names}", (), given, lambda _, *values: call(*values), path=part.path)
        return self.computed(f".{name}{size}{names}", given, call)

    def _call_table(self, table: Table, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """`{"a": function}.get(key)`."""
        if name != "get" or len(arguments) != 1 or keywords:
            raise Unsupported("a dict of functions")
        (key,) = arguments
        if not isinstance(key, FieldValue):
            return table.values.get(key)
        if not self.truth(self.computed("in keys", [key, tuple(table.values)], lambda value, keys: value in dict.fromkeys(keys))):
            return None
        for known, value in table.values.items():
            if self.truth(self.computed("Eq", [key, known], operator.eq, can_raise=False)):
                return value
        raise Unsupported("a dict of functions")

    def _call_event(self, event: EventMarker, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        if name == "deep_walk" and not event.is_plain:
            return self._walk(arguments, keywords)
        if not set(keywords) <= {"default"}:
            raise Unsupported("keywords")
        default = [keywords["default"]] if "default" in keywords else []
        if name == "get" and 1 <= len(arguments) <= 2 and type(arguments[0]) is str and len(arguments) + len(default) <= 2:
            field, default = arguments[0], arguments[1:] + default
            return self.computed_of_event(
                f"get {field!r}",
                (self.spellings.field(field),),
                default,
                lambda e, *given: e.event.get(field, *given),
                can_raise=False,
                path=(field,),
            )
        if name not in ("deep_get", "udm") or not arguments or any(type(key) is not str for key in arguments):
            raise Unsupported(f"event.{name}")
        keys = tuple(arguments)
        if name == "deep_get":
            fields = (self.spellings.field(*keys),)

            def deep_get(evaluation: Evaluation, *given: Any) -> Any:
                return evaluation.event.deep_get(*keys, **_default(given))

            can_raise = any(map(is_abstract, default))
            return self.computed_of_event(f"deep_get {keys}", fields, default, deep_get, can_raise=can_raise, path=keys)
        if event.is_plain:
            raise Unsupported("udm of a plain event")
        return self._udm(keys, default)

    def _walk(self, keys: list[Any], keywords: dict[str, Any]) -> FieldValue:
        """`event.deep_walk(...)`."""
        if not keys or any(type(key) is not str for key in keys) or not set(keywords) <= {"default", "return_val"}:
            raise Unsupported("event.deep_walk")
        names = list(keywords)

        def walk(evaluation: Evaluation, *given: Any) -> Any:
            return evaluation.event.deep_walk(*keys, **dict(zip(names, given, strict=True)))

        return self.computed_of_event(f"deep_walk {keys} {names}", (self.spellings.field(*keys),), list(keywords.values()), walk)

    def _udm(self, keys: tuple[str, ...], default: list[Any]) -> Any:
        model = self.model
        fields: tuple[Field, ...] = (self.spellings.field("p_udm"), self.spellings.field(keys[0]))
        can_raise = any(map(is_abstract, default))
        if model is not None and len(keys) == 1:
            if model.path_of(keys[0]) is not None:
                names = model.plain_paths.get(keys[0])
                if names is None:
                    raise Unsupported("JSONPath")
                fields = (self.spellings.field(*names),)
            else:
                function = model.method_of(keys[0])
                if function is not None:
                    if not isinstance(function, FunctionType):
                        raise Unsupported("method of a data model")
                    of_method = self.fields_of_method(function)
                    if of_method is None:
                        return self.enter(function, [PLAIN_EVENT], {})
                    fields, can_raise = of_method, True
        self._kept.append(model)
        return self.computed_of_event(
            f"udm {keys} {id(model)}",
            fields,
            default,
            lambda e, *d: PantherEvent.sharing(e.event.raw_view(), model).udm(*keys, **_default(d)),
            can_raise=can_raise,
        )

    def _packed(self, value: Any) -> Any:
        """A Display as one value; others as they are. Raises Unsupported for what cannot be passed on."""
        if isinstance(value, Display):
            kind = value.kind
            return self.computed(kind.__name__, list(value.items), lambda *items: kind(items), can_raise=False)
        if isinstance(value, (Table, Closure, Method, EventMarker)):
            raise Unsupported("a function or the event as an argument")
        return value

    def _handlers(self) -> tuple[tuple[type[BaseException], ...], ...]:
        return self.handlers[-1] if self.handlers else ()

    def _key(self, value: Any) -> str:
        """A text that is the same for the same constants only."""
        if isinstance(value, FieldValue):
            return value.key
        if type(value) in PLAIN_CONSTANTS:
            return f"{type(value).__name__} {value!r}"
        if type(value) in (list, tuple):
            return f"{type(value).__name__}[{','.join(map(self._key, value))}]"
        if type(value) in (set, frozenset) and len(value) < MAX_ITEMS_IN_KEY:
            return f"{type(value).__name__}[{','.join(sorted(map(self._key, value)))}]"
        if type(value) is dict and len(value) < MAX_ITEMS_IN_KEY:
            return f"dict[{','.join(f'{self._key(key)}:{self._key(item)}' for key, item in value.items())}]"
        self._kept.append(value)  # alive, so that no other object gets its id
        return f"object {id(value)}"


def _default(values: tuple[Any, ...]) -> Mapping[str, Any]:
    return {"default": values[0]} if values else {}


@dataclass(frozen=True)
class _StepDown:
    asks: ast.expr
    mapping: ast.expr
    value: ast.expr


def _default_of_step_down(node: ast.AST) -> _StepDown | None:
    """The parts of `lambda d, k: d.get(k, X) if isinstance(d, Mapping) else X`; None for any other function."""
    match node:
        case ast.Lambda(
            args=ast.arguments(
                posonlyargs=[], args=[ast.arg(arg=outer), ast.arg(arg=key)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
            ),
            body=ast.IfExp(
                test=ast.Call(func=ast.Name() as asks, args=[ast.Name(id=asked), mapping], keywords=[]),
                body=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=owner), attr="get"), args=[ast.Name(id=wanted), ast.Name(id=default)], keywords=[]
                ),
                orelse=ast.Name(id=other) as value,
            ),
        ) if asked == owner == outer and wanted == key and default == other and len({outer, key, default}) == 3:
            return _StepDown(asks, mapping, value)
    return None


def _down(value: Any, keys: Sequence[str], default: Any) -> Any:
    for key in keys:
        value = value.get(key, default) if isinstance(value, Mapping) else default
    return value
