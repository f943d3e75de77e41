"""Raw rows -> keys of fields, faster, for events that look like most: their objects become typed structs in one pass.

What a field's key is, fields.py says; both ways give the same. An event with a name or a type that the sample did not have is left to the
other way, which learns its names; when that happens often, the types are made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec import UNSET

from panther_dagster.detect.prefilter.fields import MISSING, EventFields, FieldDecoder, Key, Missing, Reader, has_column, key_of, outline
from panther_dagster.detect.prefilter.index import Group
from panther_dagster.detect.prefilter.values import OUTLINE, Field

# An object with more names than this has others in the next event.
MAX_NAMES: Final = 60
NOT_AS_MOST: Final = (msgspec.MsgspecError, RecursionError, ValueError, TypeError)  # the last for null, which is no text
_Leaf = str | bool | None
_LEAVES: Final = (str, bool, type(None))


class Struct:
    """The struct of an object: `inner` has those of its members that are structs too, `leaves` the names of plain values."""

    def __init__(self, depth: int, decoder: FieldDecoder, values: Sequence[Any], inner: Mapping[str, Struct]) -> None:
        self.depth = depth
        self.inner = inner
        self.attribute = {name: f"f{number}" for number, name in enumerate(decoder.names)}
        self.leaves = {name for name in self.attribute if name not in inner and all(type(value.get(name)) in _LEAVES for value in values)}
        fields: list[tuple[str, Any, Any]] = []
        for number, key in enumerate(decoder.keys):
            kind: Any = msgspec.Raw | msgspec.UnsetType
            default: Any = UNSET
            if key in inner:
                kind, default = inner[key].struct | None, MISSING[depth]
            elif key in self.leaves:
                kind, default = _Leaf, MISSING[depth]
            fields.append((self.attribute.get(key, f"other{number}"), kind, msgspec.field(default=default, name=key)))
        self.struct: Any = msgspec.defstruct("Record", fields, gc=False, forbid_unknown_fields=True)


class Records:
    """Decodes events, and reads fields of what it has decoded.

    Args: fields: the other way, on the same batch. often: the fields that are read of most events. samples: events as most are.
    """

    def __init__(self, fields: EventFields, often: Iterable[Field], samples: Sequence[Any]) -> None:
        self._fields = fields
        self._often = set(map(_path, often))
        values = [sample for sample in samples if type(sample) is dict]
        self.root = self._object((), values)
        self.decode: Callable[[bytes], Any] = msgspec.json.Decoder(self.root.struct).decode
        self._readers: dict[Field, Reader] = {}

    def _object(self, path: Field, values: Sequence[Mapping[str, Any]]) -> Struct:
        decoder = self._fields.decoder_of(path)
        inner = {}
        for name in decoder.names:
            within = (*path, name)
            found = [value[name] for value in values if value.get(name) is not None]
            if (
                not (len(within) == 1 and has_column(name))
                and within not in self._often
                and self._fields.has_inner(within)
                and found
                and all(type(value) is dict for value in found)
                and len(self._fields.decoder_of(within).keys) <= MAX_NAMES
            ):
                inner[name] = self._object(within, found)
        return Struct(len(path), decoder, values, inner)

    def reader(self, field: Field) -> Reader:
        """What finds a field's key in a decoded event and its row. It raises UnreadableEvent when all rules must see the event."""
        known = self._readers.get(field)
        if known is None:
            known = self._readers[field] = self._reader(field)
        return known

    def _reader(self, field: Field) -> Reader:
        if field[-1] == OUTLINE:
            read = self.reader(field[:-1])

            def read_outline(record: Any, index: int) -> Key:
                return outline(read(record, index))

            return read_outline
        found = self.way(field)
        if found is None:  # below an object that is no struct
            return self._fields.inner_reader(field, self.reader(field[:-1]))
        path, around = found
        name = field[-1]
        if name in around.inner:
            read_whole = self._fields.reader(field)
            return lambda record, index: read_whole(self._fields.record_of_row(index), index)
        get = attrgetter(around.attribute[name])
        is_leaf, missing = name in around.leaves, MISSING[around.depth]

        def read_own(record: Any, index: int) -> Key:
            value = get(record)
            return value if is_leaf else missing if value is UNSET else key_of(value)

        if len(field) == 1:
            return self._fields.with_columns(name, read_own)
        steps = [(attrgetter(inner.attribute[step]), inner.inner[step].struct, MISSING[inner.depth + 1]) for inner, step in path]

        def read_inner(record: Any, index: int) -> Key:
            for get_step, kind, below in steps:
                record = get_step(record)
                if record.__class__ is not kind:
                    return record if record.__class__ is Missing else (below, record)
            return read_own(record, index)

        return read_inner

    def way(self, field: Field) -> tuple[list[tuple[Struct, str]], Struct] | None:
        """The structs around a field, and the one that has it."""
        path, around = [], self.root
        for name in field[:-1]:
            if name not in around.inner:
                return None
            path.append((around, name))
            around = around.inner[name]
        return path, around


class Together:
    """Code that reads several groups of fields of a decoded event at once: `classes(record, index)` gives their classes.

    Args: spelled: how events spell the fields. class_of: the class of a key that a group does not remember.
    """

    def __init__(
        self, records: Records, groups: Sequence[Group], spelled: Mapping[Field, Field], class_of: Callable[[Group, Key], int]
    ) -> None:
        self._records = records
        self._names: dict[str, Any] = {"class_of": class_of, "Missing": Missing}
        self._variables: dict[Field, str] = {}
        plain = sorted({path for group in groups for field in group.fields if self._is_plain(path := _path(spelled[field]))})
        for number, path in enumerate(plain):
            self._variables[path] = f"value{number}"
        lines = list(self._read_object("record", (), records.root, "    "))
        for number, group in enumerate(groups):
            self._names |= {f"group{number}": group, f"known{number}": group.classes.get}
            keys = [self._key(spelled[field]) for field in group.fields]
            lines += [
                f"    key = ({', '.join(keys)})",
                f"    class{number} = known{number}(key)",
                f"    if class{number} is None:",
                f"        class{number} = class_of(group{number}, key)",
            ]
        found = "".join(f"class{number}, " for number in range(len(groups)))
        code = "\n".join(["def classes(record, index):", *lines, f"    return ({found})"])
        exec(compile(code, "<fields read together>", "exec"), self._names)
        self.classes: Callable[[Any, int], tuple[int, ...]] = self._names["classes"]

    def _is_plain(self, path: Field) -> bool:
        way = self._records.way(path)
        return way is not None and path[-1] in way[1].leaves and not (len(path) == 1 and has_column(path[0]))

    def _read_object(self, variable: str, path: Field, around: Struct, indent: str) -> Iterator[str]:
        here = [other for other in self._variables if other[:-1] == path]
        for leaf in here:
            yield f"{indent}{self._variables[leaf]} = {variable}.{around.attribute[leaf[-1]]}"
        for name, inner in around.inner.items():
            within = (*path, name)
            below = [self._variables[other] for other in self._variables if other[: len(within)] == within]
            if below:
                part = f"{variable}_{around.attribute[name]}"
                self._names |= {f"Type_{part}": inner.struct, f"missing{inner.depth}": MISSING[inner.depth]}
                yield f"{indent}{part} = {variable}.{around.attribute[name]}"
                yield f"{indent}if {part}.__class__ is Type_{part}:"
                yield from self._read_object(part, within, inner, indent + "    ")
                yield f"{indent}else:"
                yield f"{indent}    {' = '.join(below)} = {part} if {part}.__class__ is Missing else (missing{inner.depth}, {part})"

    def _key(self, field: Field) -> str:
        variable = self._variables.get(_path(field))
        if variable is None:
            name = f"read{len(self._names)}"
            self._names[name] = self._records.reader(field)
            return f"{name}(record, index)"
        return f"(('x' if {variable} else '') if {variable}.__class__ is str else {variable})" if field[-1] == OUTLINE else variable


def _path(field: Field) -> Field:
    return field[:-1] if field[-1] == OUTLINE else field
