"""Raw rows -> the keys of the few fields that rules ask for, without parsing the rest.

A key stands for a field's value in one event; equal keys are equal values. It is text, true, false or null itself; of a number, an array
or an object the text in the event's JSON (bytes), so that 1 and 1.0 are two; of an indicator column a tuple. Of a path that the event has
not, it says where the way ends: at an object without that name (Missing), or at a value that is no object (a tuple of Missing and key).

The decoder checks the syntax of the whole event and reports any name that it does not know; such a name is looked at once and then known
too. That is how a name that differs from a field's in case only is found: such an event, like one that is no object, is for all rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
import pyarrow as pa
from msgspec import UNSET, Raw, UnsetType

from panther_dagster.detect.events import AddedFields, UnreadableEvent, parsed_json
from panther_dagster.detect.lookups.enrichment import FIELD as ENRICHMENT_FIELD
from panther_dagster.detect.prefilter.values import MAX_DEPTH_OF_PATH, OUTLINE, Field
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN

MAX_KNOWN_KEYS: Final = 400
MAX_REBUILDS: Final = 100

Key = Any
Reader = Callable[[Any, int], Key]
_RawOrUnset = Raw | UnsetType
_text_of = msgspec.json.Decoder(str).decode
_WORDS: Final = {b"null": None, b"true": True, b"false": False}


class Missing:
    """The way to a field ends after so many objects, the event among them."""

    def __init__(self, depth: int) -> None:
        self.depth = depth


MISSING: Final = tuple(map(Missing, range(MAX_DEPTH_OF_PATH + 1)))


class EventFields:
    """Reads fields of the events of one log type.

    Args: fields: as events spell them.
    """

    def __init__(self, log_type: str, fields: Iterable[Field]) -> None:
        self._log_type = log_type
        names: dict[Field, dict[str, None]] = {(): {}}
        for field in fields:
            for depth, name in enumerate(field):
                if name != OUTLINE:
                    names.setdefault(field[:depth], {})[name] = None
        self.decoder = FieldDecoder(names.pop(()))
        self.record = self.decoder.record  # the fields of an event's text; None when all rules must see it
        self._objects: dict[Field, _Object] = {}
        for path, inner in sorted(names.items()):
            self._objects[path] = _Object(self._value_reader(path), len(path), FieldDecoder(inner))

    def use(self, rows: pa.RecordBatch) -> None:
        """Read the rows of this batch from now on. Their texts must be UTF-8."""
        self.texts: list[bytes | None] = rows.column(RAW_EVENT_COLUMN).cast(pa.large_binary()).to_pylist()
        self._row: tuple[int, Any] = (-1, None)
        self._added = AddedFields(rows, self._log_type)
        has_found = ENRICHMENT_FIELD in rows.schema.names
        self._found: list[str | None] | None = rows.column(ENRICHMENT_FIELD).to_pylist() if has_found else None

    def record_of_row(self, index: int) -> Any:
        """The record of a row. Raises UnreadableEvent when all rules must see it."""
        if self._row[0] != index:
            text = self.texts[index]
            self._row = (index, None if text is None else self.record(text))
        if self._row[1] is None:
            raise UnreadableEvent("no object, or a name in another case")
        return self._row[1]

    def reader(self, field: Field) -> Reader:
        """What finds a field's key in a record and its row. It raises UnreadableEvent when all rules must see the event."""
        if field[-1] != OUTLINE:
            return self._value_reader(field)
        read = self._value_reader(field[:-1])

        def read_outline(record: Any, index: int) -> Key:
            return outline(read(record, index))

        return read_outline

    def decoder_of(self, path: Field) -> FieldDecoder:
        """What knows the names of the objects at a path; of the event at ()."""
        return self._objects[path].decoder if path else self.decoder

    def has_inner(self, path: Field) -> bool:
        """Whether fields below a path are read."""
        return path in self._objects

    def inner_reader(self, field: Field, read_around: Reader) -> Reader:
        """A reader of a field below another, by a reader of that one."""
        return self._inner_reader(field[-1], _Object(read_around, len(field) - 1, self.decoder_of(field[:-1])))

    def with_columns(self, name: str, read_own: Reader) -> Reader:
        """A reader of a top-level field, by a reader of what the event itself has."""

        def read_added(record: Any, index: int) -> Key:
            own = read_own(record, index)
            if own.__class__ is not Missing:
                return own
            added = self._added.value(name, index)
            return MISSING[0] if not added else tuple(added) if name in INDICATOR_COLUMNS else added

        def read_found(record: Any, index: int) -> Key:
            if self._found is None:
                return read_own(record, index)
            found = self._found[index]
            return MISSING[0] if found is None else found.encode()

        if not has_column(name):
            return read_own
        return read_found if name == ENRICHMENT_FIELD else read_added

    def _value_reader(self, field: Field) -> Reader:
        if len(field) > 1:
            return self._inner_reader(field[-1], self._objects[field[:-1]])
        read = attrgetter(self.decoder.attribute_of(field[0]))

        def read_own(record: Any, index: int) -> Key:
            raw = read(record)
            return MISSING[0] if raw is UNSET else key_of(raw)

        return self.with_columns(field[0], read_own)

    @staticmethod
    def _inner_reader(name: str, around: _Object) -> Reader:
        read, missing = attrgetter(around.decoder.attribute_of(name)), MISSING[around.depth]

        def read_inner(record: Any, index: int) -> Key:
            found = around.value(record, index)
            if not around.is_object:
                return found
            raw = read(found)
            return missing if raw is UNSET else key_of(raw)

        return read_inner


def has_column(name: str) -> bool:
    """Whether a top-level field may come from a column of the row."""
    return name == ENRICHMENT_FIELD or AddedFields.may_have(name)


class _Object:
    """The object at a path of the event, decoded once for all who read from it one after the other."""

    def __init__(self, read: Reader, depth: int, decoder: FieldDecoder) -> None:
        self._read = read
        self.depth = depth
        self.decoder = decoder
        self._record: Any = None
        self._value: Any = None
        self.is_object = False

    def value(self, record: Any, index: int) -> Any:
        """Its record, or the key of what is there instead: `is_object` says which."""
        if record is not self._record:
            key = self._read(record, index)
            self.is_object = key.__class__ is bytes and key[:1] == b"{"
            if self.is_object:
                key = self.decoder.record(key)
                if key is None:
                    self._record = None
                    raise UnreadableEvent("a name in another case")
            elif key.__class__ is not Missing and not (key.__class__ is tuple and key[0].__class__ is Missing):
                key = (MISSING[self.depth], key)
            self._record, self._value = record, key
        return self._value


def key_of(raw: Any) -> Key:
    """The key of a value that is at hand as msgspec.Raw."""
    text = bytes(raw)
    if text[:1] == b'"':
        try:
            return _text_of(text)
        except (msgspec.MsgspecError, ValueError):  # a lone surrogate
            return text
    return _WORDS.get(text, text)


def outline(key: Key) -> Key:
    """The key of a value's OUTLINE."""
    if key.__class__ is str:
        return "x" if key else ""
    if key.__class__ is bytes:
        first = key[:1]
        if first in (b"{", b"[", b'"'):
            is_empty = not key[1:-1].strip()
            return _OUTLINES[first][not is_empty]
    return key


_OUTLINES: Final = {b"{": (b"{}", b'{"\\u0000":0}'), b"[": (b"[]", b"[0]"), b'"': ("", "x")}


def add_field(event: dict[str, Any], field: Field, key: Key) -> None:
    """Give an event the field that has this key, and the objects around it. Raises UnreadableEvent when the key's text is no JSON."""
    path = field[:-1] if field[-1] == OUTLINE else field
    end = len(path)
    is_ended = key.__class__ is tuple and len(path) > 1
    if is_ended:
        missing, key = key
        end = missing.depth
    if key.__class__ is Missing:
        for name in path[: key.depth]:
            event = event.setdefault(name, {})
        return
    for name in path[: end - 1]:
        event = event.setdefault(name, {})
    value = parsed_json(key) if key.__class__ is bytes else list(key) if key.__class__ is tuple else key
    name = path[end - 1]
    if type(value) is dict and type(event.get(name)) is dict:
        event[name].update(value)
    else:
        event[name] = value


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
    def names(self) -> tuple[str, ...]:
        """The fields that are read."""
        return self._spellings

    @property
    def keys(self) -> Sequence[str]:
        """The names in events that are known, in about their order."""
        return self._keys

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
