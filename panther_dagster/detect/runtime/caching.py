"""The module `panther_detection_helpers.caching` that rules import, over a store of detect/state.py.

Expiry: 90 days unless the rule says otherwise; an expired entry is still read, unless `force_ttl_check`, but is started anew by the next
increment or addition.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from panther_dagster.detect.state.entries import ADD, COUNT, EMPTY, EXPIRE, PUT, REMOVE, Change, Entry, KeyValueStore
from panther_dagster.event import json_encoder

DEFAULT_TTL_SECONDS = 90 * 24 * 3600
# An expiry up to a week counts from now; a larger number is a moment in seconds since 1970.
LARGEST_RELATIVE_SECONDS = 604_800
FUNCTION_NAMES = (
    "get_counter",
    "increment_counter",
    "reset_counter",
    "set_key_expiration",
    "put_dictionary",
    "get_dictionary",
    "put_string_set",
    "add_to_string_set",
    "remove_from_string_set",
    "reset_string_set",
    "get_string_set",
    "evaluate_threshold",
    "check_account_age",
)


class Cache:
    """The functions, bound to a store and a clock (seconds since 1970), which counts where the store has no time of its own."""

    def __init__(self, store: KeyValueStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def get_counter(self, key: str, force_ttl_check: bool = False) -> int:
        """Value of a counter; 0 when there is none."""
        return self._read(key, force_ttl_check).count or 0

    def increment_counter(self, key: str, val: int = 1, epoch_seconds: int | None = None) -> int:
        """Add to a counter and return its new value."""
        return self._change(key, COUNT, Entry(count=int(val)), epoch_seconds).count or 0

    def reset_counter(self, key: str) -> None:
        """Set a counter to 0."""
        self._change(key, PUT, Entry(count=0))

    def set_key_expiration(self, key: str, epoch_seconds: int) -> None:
        """Let a key expire at that moment, or after so many seconds."""
        self._change(key, EXPIRE, Entry(), epoch_seconds)

    def put_dictionary(self, key: str, val: Any, epoch_seconds: int | None = None) -> None:
        """Store a dictionary. Raises TypeError when it is none, ValueError when it does not fit JSON."""
        if not isinstance(val, Mapping):
            raise TypeError("put_dictionary: value is not a dictionary")
        try:
            text = json.dumps(dict(val), default=json_encoder)
        except (TypeError, ValueError) as error:
            raise ValueError(f"put_dictionary: value is not JSON serializable: {error}") from error
        self._change(key, PUT, Entry(dictionary=text), epoch_seconds)

    def get_dictionary(self, key: str, force_ttl_check: bool = False) -> dict[str, Any]:
        """A stored dictionary; empty when there is none."""
        text = self._read(key, force_ttl_check).dictionary
        return json.loads(text) if text else {}

    def put_string_set(self, key: str, val: Iterable[str], epoch_seconds: int | None = None) -> None:
        """Store a set of strings in place of what was there."""
        self._change(key, PUT, Entry(strings=frozenset(_texts(val))), epoch_seconds)

    def add_to_string_set(self, key: str, val: str | Iterable[str], epoch_seconds: int | None = None) -> set[str]:
        """Add one or several strings and return all."""
        return set(self._change(key, ADD, Entry(strings=frozenset(_texts(val))), epoch_seconds).strings or ())

    def remove_from_string_set(self, key: str, val: str | Iterable[str], epoch_seconds: int | None = None) -> set[str]:
        """Remove one or several strings and return the rest."""
        return set(self._change(key, REMOVE, Entry(strings=frozenset(_texts(val))), epoch_seconds).strings or ())

    def reset_string_set(self, key: str) -> None:
        """Empty a set."""
        self._change(key, EMPTY, Entry())

    def get_string_set(self, key: str, force_ttl_check: bool = False) -> set[str]:
        """A stored set; empty when there is none."""
        return set(self._read(key, force_ttl_check).strings or ())

    def evaluate_threshold(self, key: str, threshold: int = 10, expiry_seconds: int = 3600) -> bool:
        """Count one more; true, and counting starts anew, when `threshold` was reached within `expiry_seconds` of the first."""
        count = self.increment_counter(key)
        if count == 1:
            self.set_key_expiration(key, int(self._now()) + expiry_seconds)
        if count >= threshold:
            self.reset_counter(key)
            return True
        return False

    def check_account_age(self, key: Any) -> bool:
        """Whether a user or account was stored as new by the rules that watch for creations."""
        return isinstance(key, str) and key != "" and bool(self.get_string_set(key))

    def _read(self, key: str, is_ttl_checked: bool) -> Entry:
        entry = self._store.read(key) or Entry()
        return Entry() if is_ttl_checked and entry.has_expired(self._now()) else entry

    def _change(self, key: str, kind: str, values: Entry, epoch_seconds: int | None = None) -> Entry:
        now = self._now()
        values = replace(values, expires_epoch=_expiry(epoch_seconds, now))
        return self._store.update(key, Change(kind, now, values, renews_expiry=epoch_seconds is not None))

    def _now(self) -> float:
        now = self._store.now()
        return self._clock() if now is None else now


def _expiry(epoch_seconds: int | None, now: float) -> int:
    seconds = DEFAULT_TTL_SECONDS if epoch_seconds is None else int(epoch_seconds)
    if epoch_seconds is None or seconds <= LARGEST_RELATIVE_SECONDS:
        return int(now) + seconds
    return seconds


def caching_module(store: KeyValueStore, clock: Callable[[], float] = time.time) -> ModuleType:
    """`panther_detection_helpers.caching`, bound to a store."""
    cache = Cache(store, clock)
    module = ModuleType("panther_detection_helpers.caching", "Counters, string sets and dictionaries that outlive an event.")
    for name in FUNCTION_NAMES:
        setattr(module, name, getattr(cache, name))
    return module


def _texts(value: Any) -> Iterable[str]:
    return [value] if isinstance(value, str) else [str(item) for item in value]
