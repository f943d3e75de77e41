"""What a global name of rule code stands for, and the guards that say whether it still does.

Nothing can change a name but code that runs, and code runs for candidates only. So guards are asked after each row that had one.
"""

from __future__ import annotations

import builtins
import copy
import functools
import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from panther_dagster.detect.prefilter.code import SourceCode
from panther_dagster.detect.prefilter.values import Unsupported

# Types whose values cannot change. (A function can: code_of.)
_ITEMS: tuple[type, ...] = (
    *(str, int, float, bool, type(None), bytes, range, re.Pattern),
    *(ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network),
)
_CODE: tuple[type, ...] = (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type, functools._lru_cache_wrapper, CodeType)
# A larger constant takes longer to compare than it saves.
_MAX_ITEMS = 2_000


@dataclass(frozen=True, eq=False)
class Guard:
    """`owner[name]`, or `owner.name` of a function, is `value`; and `value`, when it can change in place, equals the copy made of it."""

    owner: Any
    name: str
    value: Any
    copy: Any = None


class Guards:
    """Many guards that are asked together: comparing tuples goes by identity first and takes 10 ns an item.

    Args: own: namespaces that nothing but their own functions can name, such as those of rules' modules; all others are shared.
    """

    def __init__(self, guards: Iterable[Guard], own: Iterable[dict[str, Any]] = ()) -> None:
        own_ids = set(map(id, own))
        by_namespace: dict[int, list[Guard]] = {}
        self._values: list[Any] = []
        self._copies: list[Any] = []
        for guard in guards:
            namespace = guard.owner.__globals__ if isinstance(guard.owner, FunctionType) else guard.owner
            by_namespace.setdefault(id(namespace), []).append(guard)
            if guard.copy is not None:
                self._values.append(guard.value)
                self._copies.append(guard.copy)
        self._own = {number: _Names(group) for number, group in by_namespace.items() if number in own_ids}
        self._shared = _Names([guard for number, group in by_namespace.items() if number not in own_ids for guard in group])

    def hold(self, ran: Iterable[dict[str, Any]] | None = None) -> bool:
        """Whether nothing has changed. `ran`: the namespaces of all code that has run since it was asked last; None: of any."""
        parts = self._own.values() if ran is None else [self._own[id(names)] for names in ran if id(names) in self._own]
        try:
            return self._shared.hold() and all(part.hold() for part in parts) and self._values == self._copies
        except KeyError:
            return False


class _Names:
    def __init__(self, guards: Iterable[Guard]) -> None:
        by_owner: dict[int, list[Guard]] = {}
        codes: dict[int, Guard] = {}
        for guard in guards:
            if isinstance(guard.owner, FunctionType):
                codes[id(guard.owner)] = guard
            else:
                by_owner.setdefault(id(guard.owner), []).append(guard)
        self._namespaces = [
            # Asked twice for the first name, so that the answer is a tuple.
            (group[0].owner, itemgetter(group[0].name, *(g.name for g in group)), (group[0].value, *(g.value for g in group)))
            for group in by_owner.values()
        ]
        self._functions = [guard.owner for guard in codes.values()]
        self._codes = [guard.value for guard in codes.values()]

    def hold(self) -> bool:
        return (
            all([read(owner) == values for owner, read, values in self._namespaces])
            and [function.__code__ for function in self._functions] == self._codes
        )


class GlobalNames:
    """Names of modules as constants. Gathers the guards of what was asked for."""

    def __init__(self, source: SourceCode) -> None:
        self._source = source
        self._guards: dict[tuple[int, str], Guard] = {}
        self.used: set[tuple[int, str]] = set()
        self.own: dict[str, Any] | None = None  # names of the rule that is analyzed

    def value(self, names: dict[str, Any], name: str) -> Any:
        """The value of a name in a module's namespace. Raises Unsupported when it is no constant."""
        if self._source.is_changed(names, name, is_own=names is self.own):
            raise Unsupported(f"global {name} is changed")
        if name not in names:
            own = names.get("__builtins__")
            names = own if isinstance(own, dict) else vars(builtins)
            if name not in names:
                raise Unsupported(f"no name {name}")
        return self._constant(names, name, lambda: names[name])

    def attribute(self, module: ModuleType, name: str) -> Any:
        """The value of `module.name`."""
        if not hasattr(module, name):
            raise Unsupported(f"no {module.__name__}.{name}")
        return self.value(vars(module), name)

    def code_of(self, function: FunctionType) -> None:
        """Guard that a function keeps its code. Raises Unsupported when a default of its parameters can change."""
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            if type(value) not in _ITEMS and value != ():
                raise Unsupported("a default that can change")
        self._constant(function, "__code__", lambda: function.__code__)

    def guards(self, used: set[tuple[int, str]]) -> list[Guard]:
        """The guards of these names."""
        return [self._guards[key] for key in used]

    def _constant(self, owner: Any, name: str, read: Callable[[], Any]) -> Any:
        key = (id(owner), name)
        if key not in self._guards:
            value = read()
            if type(value) in _ITEMS or isinstance(value, _CODE):
                self._guards[key] = Guard(owner, name, value)
            else:
                _check_content(value, [_MAX_ITEMS])
                self._guards[key] = Guard(owner, name, value, copy.deepcopy(value))
        self.used.add(key)
        return self._guards[key].value


def _check_content(value: Any, budget: list[int]) -> None:
    budget[0] -= 1
    if budget[0] < 0:
        raise Unsupported("large constant")
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            _check_content(key, budget)
            _check_content(item, budget)
    elif kind in (list, tuple, set, frozenset):
        for item in value:
            _check_content(item, budget)
    elif kind not in _ITEMS:
        raise Unsupported(f"a constant of type {kind.__name__}")
