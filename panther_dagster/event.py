"""The read-only mapping that rules see: an event, and the dictionaries and lists inside it.

    PantherEvent                    the whole event; knows its data model (udm) and lookup tables
    ├── ImmutableCaseInsensitiveDict  a nested object
    └── ImmutableList                 a nested array

Rules branch on these types, compare them and print them into titles and dedup strings, so `repr`, equality and every error are part of
the contract. Wrappers share the parsed event's data and are made on access; only exact `dict` and `list` values are wrapped.
Knows nothing of rules, storage or Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, Protocol

from dateutil import parser as time_parser

from panther_dagster.errors import PantherError

_MISSING: Any = object()


class EventDataModel(Protocol):
    """What an event asks of its data model (detect/data_models.py)."""

    def path_of(self, name: str) -> Callable[[Any], tuple[Any, str] | None] | None:
        """Finder of a field: it returns (value, full path), or None when the event has no such field. None for names without a path."""

    def method_of(self, name: str) -> Callable[[Any], Any] | None:
        """Function that computes a field from the event; None for names without one."""


def json_encoder(obj: Any) -> Any:
    """`default` of json.dumps: the plain object behind an immutable one. Raises TypeError for anything else."""
    if isinstance(obj, ImmutableContainerMixin):
        return obj.copy()
    raise TypeError(f"object of type {type(obj)} is not JSON serializable")


class ImmutableContainerMixin:
    """Base of both containers: holds the plain data."""

    _container: Any

    def copy(self) -> Any:
        """A deep, mutable copy as plain dict and list."""
        return deepcopy(self._container)

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(self._container[key])

    def __len__(self) -> int:
        return len(self._container)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._container})"


class ImmutableCaseInsensitiveDict(ImmutableContainerMixin, Mapping[Any, Any]):
    """A nested object: keys are found exactly first, else without regard to case (the first in order wins)."""

    # Whether raw_view() may hand out the shared data; a nested view gets its own copy, so that a rule cannot change another's event.
    _shares_raw_view = False
    # A whole event is asked for missing keys by many rules: it keeps its keys in lower case, made at the first miss.
    _is_whole = False
    _folded: Mapping[str, str] | None = None
    _folded_size = 0

    def __init__(self, container: Any) -> None:
        plain = container._container if isinstance(container, ImmutableContainerMixin) else container
        self._container = plain.copy() if type(plain) is dict else plain
        self._shares_raw_view = True

    def __getitem__(self, key: Any) -> Any:
        value = self._raw_get(key)
        if value is _MISSING:
            raise KeyError(key)
        return _wrapped(value)

    def __contains__(self, key: Any) -> bool:
        return self._raw_get(key) is not _MISSING

    def __iter__(self) -> Iterator[Any]:
        return iter(self._container)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ImmutableCaseInsensitiveDict):
            return bool(self._container == other._container)
        if isinstance(other, Mapping):
            return bool(self._container == dict(other.items()))
        return NotImplemented

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key; `default`, as given, when there is none. A stored null is None."""
        try:
            value = self._container[key]
        except KeyError:
            value = self._folded_value(key)
            if value is _MISSING:
                return default
        kind = type(value)
        if kind is dict:
            return _view(value)
        if kind is list:
            return _list_view(value)
        return value

    def deep_get(self, *keys: Any, default: Any = None) -> Any:
        """The value at a path of keys; `default` when a step is missing or null. Arrays are not entered."""
        value: Any = self
        # Whether `value` is still the event's own data: what came from a default or from another kind of mapping is never wrapped.
        is_own = True
        for key in keys:
            if value is self:
                value = self._raw_get(key)
            elif is_own and type(value) is dict:
                value = _found(value, key)
            else:
                value = value.get(key, default) if isinstance(value, Mapping) else default
                is_own = False
                continue
            if value is _MISSING:
                value = default
                is_own = False
        if value is None:
            return default
        return _wrapped(value) if is_own else value

    def to_dict(self) -> Any:
        """A deep, mutable copy as plain dict and list."""
        return self.copy()

    def raw_view(self) -> Any:
        """The plain dict behind this view."""
        if not self._shares_raw_view:
            self._container = self._container.copy()
            self._shares_raw_view = True
        return self._container

    def _raw_get(self, key: Any) -> Any:
        try:
            return self._container[key]
        except KeyError:
            return self._folded_value(key)

    def _folded_value(self, key: Any) -> Any:
        container = self._container
        if not self._is_whole or not container:
            return _found_folded(container, key)
        folded = self._folded
        if folded is None or self._folded_size != len(container):
            folded = _folded_names(tuple(container))
            if folded is None:
                return _found_folded(container, key)
            self._folded, self._folded_size = folded, len(container)
        own_key = folded.get(key.lower(), _MISSING)
        return _MISSING if own_key is _MISSING else container.get(own_key, _MISSING)

    # A plain function, not a static method: rules call it through the class, and through an event it fails as it does in Panther.
    json_encoder = json_encoder


class ImmutableList(ImmutableContainerMixin, Sequence[Any]):
    """A nested array. Items are wrapped on access; a slice is a plain tuple of plain items."""

    def __init__(self, container: Any) -> None:
        self._container = tuple(container._container if isinstance(container, ImmutableContainerMixin) else container)

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(self._container[key])

    def __iter__(self) -> Iterator[Any]:
        return map(_wrapped, self._container)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ImmutableList):
            return bool(self._container == other._container)
        if isinstance(other, (list, tuple)):
            return bool(self._container == tuple(other))
        return NotImplemented

    def copy(self) -> Any:
        """A deep, mutable copy as a plain list."""
        return deepcopy(list(self._container))

    def as_list(self) -> list[Any]:
        """A deep, mutable copy as a plain list."""
        return list(self.copy())


class PantherEvent(ImmutableCaseInsensitiveDict):
    """A whole event. One is shared by all rules of its log type."""

    _is_whole = True
    _method_view: ImmutableCaseInsensitiveDict | None = None

    def __init__(self, event: Any, data_model: EventDataModel | None = None) -> None:
        super().__init__(event)
        self.data_model = data_model
        self.lookup_function: Callable[[str, str], Any] | None = None

    @classmethod
    def sharing(cls, event: dict[str, Any], data_model: EventDataModel | None = None) -> PantherEvent:
        """An event over `event` itself, without a copy: for the engine, which has just parsed it."""
        made = cls.__new__(cls)
        made._container = event
        made._shares_raw_view = True
        made.data_model = data_model
        made.lookup_function = None
        return made

    def deep_walk(self, *keys: Any, default: Any = None, return_val: str = "all") -> Any:
        """All values at a path of keys, through arrays on the way; keys must match in case.

        Returns: the only distinct value, or a list of them; with `return_val` first or last that one. `default` when there is none.
        Raises: TypeError: a value within an array is an object, which cannot be told apart from others.
        """
        return _walked(self._container, keys, default, return_val)

    def lookup(self, lookup_name: str, lookup_key: str) -> Any:
        """The row of a lookup table; in tests the one that the test's event carries."""
        if self.lookup_function is not None:
            return self.lookup_function(lookup_name, lookup_key)
        return self.deep_get("_mocked_lookup_data_", lookup_name, lookup_key)

    def udm(self, *key: Any, default: Any = None) -> Any:
        """A field by its unified name: by the data model of the log type, else p_udm, else the event's own field of that path."""
        if self.data_model is not None and len(key) == 1:
            (name,) = key
            find = self.data_model.path_of(name)
            if find is not None:
                found = find(self._container)
                # A null at the mapped path counts as there.
                return default if found is None else _wrapped(found[0])
            method = self.data_model.method_of(name)
            if method is not None:
                return method(self._plain_view())
        if not key:
            return default
        return self.deep_get("p_udm", *key) or self.deep_get(*key) or default

    def _plain_view(self) -> ImmutableCaseInsensitiveDict:
        view = self._method_view
        if view is None:
            view = self._method_view = _view(self._container)
            view._is_whole = True
        return view

    def udm_path(self, key: str) -> str | None:
        """Where the data model finds a field: its full path in this event, or the name of the method; None when nowhere.

        Raises: PantherError: the log type has no data model.
        """
        if self.data_model is None:
            raise PantherError(f"a data model hasn't been specified for log type: {self.get('p_log_type')}")
        find = self.data_model.path_of(key)
        if find is not None:
            found = find(self._container)
            return None if found is None else found[1]
        method = self.data_model.method_of(key)
        return None if method is None else method.__name__

    def event_time_epoch(self, force_utc: bool = True) -> int:
        """`p_event_time` in whole seconds since 1970, read as UTC; 0 when it is missing or not understood."""
        text = self.get("p_event_time")
        if not text:
            return 0
        try:
            if force_utc:
                text += " UTC"
            moment = time_parser.parse(text)
        except (ValueError, OverflowError):
            return 0
        return int(moment.timestamp())


def _wrapped(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return _view(value)
    if kind is list:
        return _list_view(value)
    return value


def _view(value: dict[Any, Any]) -> ImmutableCaseInsensitiveDict:
    view = ImmutableCaseInsensitiveDict.__new__(ImmutableCaseInsensitiveDict)
    view._container = value
    return view


def _list_view(value: list[Any]) -> ImmutableList:
    view = ImmutableList.__new__(ImmutableList)
    view._container = tuple(value)
    return view


def _found(container: Any, key: Any) -> Any:
    """The raw value of a key, exact or without regard to case, or _MISSING."""
    try:
        return container[key]
    except KeyError:
        return _found_folded(container, key)


@lru_cache(maxsize=2_000)
def _folded_names(names: tuple[Any, ...]) -> Mapping[str, str] | None:
    """The names of an event by their lower case, the first in order; None when one is no text. Many events have the same names."""
    folded: dict[str, str] = {}
    for name in names:
        if type(name) is not str:
            return None
        folded.setdefault(name.lower(), name)
    return folded


def _found_folded(container: Any, key: Any) -> Any:
    if not container:
        return _MISSING
    folded = key.lower()
    if folded.isascii():
        # Text that folds to ASCII has as many characters before as after, so most keys need no folding.
        size = len(folded)
        for own in container:
            if len(own) == size and own.lower() == folded:
                return container[own]
        return _MISSING
    for own in container:
        if own.lower() == folded:
            return container[own]
    return _MISSING


def _walked(value: Any, keys: tuple[Any, ...], default: Any, return_val: str) -> Any:
    if not keys:
        if value is None or _is_hollow(value):
            return default
        return value.copy() if type(value) in (dict, list) else value
    if isinstance(value, Mapping):
        # Where the key is missing the walk goes on within the default, as Panther's does.
        return _walked(value.get(keys[0], default), keys[1:], default, return_val)
    if not isinstance(value, (list, tuple)):
        return default
    distinct: dict[Any, None] = {}
    for item in value:
        result = _walked(item, keys, default, return_val)
        if isinstance(result, (list, tuple)):
            distinct.update(dict.fromkeys(result))
        elif result is not None:
            distinct[result] = None
    if not distinct:
        return default
    values = list(distinct)
    if return_val == "first":
        return values[0]
    if return_val == "last":
        return values[-1]
    if return_val == "all":
        return values[0] if len(values) == 1 else values
    return "all"


def _is_hollow(value: Any) -> bool:
    return isinstance(value, list) and all(_is_hollow(item) for item in value)
