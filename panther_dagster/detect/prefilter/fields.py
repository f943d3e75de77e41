"""Raw rows -> the texts of the few fields that rules ask for, without parsing the rest.

A text of a field is what stands in the event's JSON: equal texts are equal values, and 1, 1.0, true and "1" are four texts. The decoder
checks the syntax of the whole event and reports any key that it does not know; such a key is looked at once and then known too. That is
how a key that differs from a field's name in case only is found: such an event, like one that is no object, is for all rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

MAX_KNOWN_KEYS: Final = 400
MAX_REBUILDS: Final = 100

_RawOrUnset = Raw | UnsetType


class FieldDecoder:
    """Reads the fields of one log type. A record has an attribute `f0`, `f1` ... for each of `spellings`: a msgspec.Raw or UNSET."""

    def __init__(self, spellings: Iterable[str]) -> None:
        self._spellings = tuple(spellings)
        self._spelling_by_folded = {spelling.lower(): spelling for spelling in self._spellings}
        self._keys: list[str] = list(self._spellings)
        self._rebuilds = 0
        self._keys_of = msgspec.json.Decoder(dict[str, Raw]).decode
        self._build()

    def attribute_of(self, spelling: str) -> str:
        """The record's attribute for a field."""
        return f"f{self._spellings.index(spelling)}"

    @property
    def key_count(self) -> int:
        """How many keys of events are known."""
        return len(self._keys)

    def record(self, text: bytes) -> Any:
        """The fields of an event; None when all rules must see it."""
        try:
            return self._decode(text)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return self._record_of_unknown(text)

    def _record_of_unknown(self, text: bytes) -> Any:
        try:
            found: Mapping[str, Raw] = self._keys_of(text)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        for key in found:
            spelling = self._spelling_by_folded.get(key.lower())
            if spelling is not None and spelling != key:
                return None
        record = self._type()
        for number, spelling in enumerate(self._spellings):
            if spelling in found:
                setattr(record, f"f{number}", found[spelling])
        self._learn(list(found))
        return record

    def _learn(self, keys: list[str]) -> None:
        """Know these keys from now on, in about the order in which events have them: the decoder is fastest that way."""
        if self._rebuilds >= MAX_REBUILDS or len(self._keys) + len(keys) > MAX_KNOWN_KEYS:
            return
        if self._rebuilds == 0:
            self._keys = []
            keys = keys + [spelling for spelling in self._spellings if spelling not in keys]
        place = 0
        for key in keys:
            if key in self._keys:
                place = self._keys.index(key) + 1
            else:
                self._keys.insert(place, key)
                place += 1
        self._rebuilds += 1
        self._build()

    def _build(self) -> None:
        number_of = {spelling: f"f{number}" for number, spelling in enumerate(self._spellings)}
        fields = [
            (number_of.get(key, f"other{number}"), _RawOrUnset, msgspec.field(default=UNSET, name=key))
            for number, key in enumerate(self._keys)
        ]
        self._type = msgspec.defstruct("Record", fields, gc=False, forbid_unknown_fields=True)
        self._decode = msgspec.json.Decoder(self._type).decode
