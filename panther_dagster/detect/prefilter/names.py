"""What a global name of rule code stands for, and the guards that say whether it still does.

Nothing can change a name but code that runs, and code runs for candidates only. So guards are asked after each row that had one.
"""

from __future__ import annotations

import builtins
import copy
import functools
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
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
    """`read()` is `value`, and `value`, when it can change in place, equals the copy made of it."""

    read: Callable[[], Any]
    value: Any
    copy: Any = None

    def holds(self) -> bool:
        """Whether nothing has changed."""
        return self.read() is self.value and (self.copy is None or bool(self.copy == self.value))


class GlobalNames:
    """Names of modules as constants. Gathers the guards of what was asked for."""

    def __init__(self, source: SourceCode) -> None:
        self._source = source
        self._guards: dict[tuple[int, str], Guard] = {}
        self.used: set[tuple[int, str]] = set()
        self.own: dict[str, Any] | None = None  # names of the rule that is analyzed

    def value(self, names: dict[str, Any], name: str) -> Any:
        """The value of a name in a module's namespace. Raises Unsupported when it is no constant."""
        # A rule's own names are changed by its own code only, so the guard alone tells of it in time.
        if name in self._source.changed_names and names is not self.own:
            raise Unsupported(f"global {name} is changed")
        if name not in names:
            own = names.get("__builtins__")
            names = own if isinstance(own, dict) else vars(builtins)
            if name not in names:
                raise Unsupported(f"no name {name}")
        return self._constant((id(names), name), lambda: names.get(name), name)

    def attribute(self, module: ModuleType, name: str) -> Any:
        """The value of `module.name`."""
        if not hasattr(module, name):
            raise Unsupported(f"no {module.__name__}.{name}")
        return self.value(vars(module), name)

    def code_of(self, function: FunctionType) -> None:
        """Guard that a function keeps its code and its defaults."""
        self._constant((id(function), "__code__"), lambda: function.__code__, "code")
        self._constant((id(function), "__defaults__"), lambda: function.__defaults__, "defaults")
        self._constant((id(function), "__kwdefaults__"), lambda: function.__kwdefaults__, "defaults")

    def guards(self, used: set[tuple[int, str]]) -> list[Guard]:
        """The guards of these names."""
        return [self._guards[key] for key in used]

    def _constant(self, key: tuple[int, str], read: Callable[[], Any], name: str) -> Any:
        if key in self._guards:
            self.used.add(key)
            return self._guards[key].value
        value = read()
        if type(value) in _ITEMS or isinstance(value, _CODE):
            self._guards[key] = Guard(read, value)
        else:
            _check_content(value, [_MAX_ITEMS])
            self._guards[key] = Guard(read, value, copy.deepcopy(value))
        self.used.add(key)
        return value


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
