"""Uncompressed chunks -> records as delivered, whatever holds them: lines, arrays, `{"Records": [...]}`, one after another, indented.

Two ways lead to the same records. The fast one takes a window of many records, decodes their heads in one call and keeps the text
between line ends; it is used only when the outcome proves that every line is exactly one object. The careful one goes from value to value
and knows what to do with everything that is wrong. No record is decoded here beyond its head, and memory is bounded by
WINDOW_BYTES and `max_record_bytes`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from panther_dagster.ingest.failures import MAX_KEPT_BYTES, Failure, FailureReason
from panther_dagster.ingest.readers.window import WINDOW_BYTES, Ending, Window, measure
from panther_dagster.log_types.recognition import without_lone_surrogates

# Deeper than any log, and shallower than what Python's and DuckDB's JSON readers follow (orjson: 1024; Python: 1000 less its stack).
MAX_DEPTH = 750
# How much of a text is kept while the place is sought where records begin again.
TAIL_BYTES = 4096
# A value that is skipped is looked at in blocks where that is enough: 1 GB/s, against 100 MB/s by patterns and 1 by bracket.
BLOCK_BYTES = 16 * 1024

_BLANK = re.compile(rb"[ \t\r\n]*")
_BLANK_OR_BOM = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*")
_KEY = re.compile(rb'[ \t\r\n]*"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*')
_FIRST_KEY = re.compile(rb'\{[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:')
_LINE_GAP = re.compile(rb"[ \t\r]*\n[ \t\r\n]*")
_LINE_END = re.compile(rb"\n")
_NEXT_OBJECT = re.compile(rb"\}\s*(?=\{)")
_ARRAY_CLOSED = rb"\]\s*\}?\s*\n(?=\s*[\[{])"
_ANY_ELEMENT = re.compile(rb"(,\s*)(?=\{)|" + _ARRAY_CLOSED)
_STRING_REST = re.compile(rb'[^"\\\n]*(?:\\.[^"\\\n]*)*', re.DOTALL)
_STRUCTURE = re.compile(rb'["{}\[\]]')


class HeadDecoder(Protocol):
    """Decodes what recognition asks of a record (log_types/recognition.py)."""

    def decode(self, record: bytes, /) -> Any: ...
    def decode_lines(self, text: bytes, /) -> list[Any]: ...
    def has_wrapper(self, heads: list[Any], /) -> bool:
        """Whether one of the heads holds an array under a wrapper's key: then its record may be no record."""


@dataclass(frozen=True)
class Records:
    """Records that follow one another: their exact texts, and their heads as decoded."""

    texts: list[bytes]
    heads: list[Any]


def split_records(
    chunks: Iterator[bytes],
    heads: HeadDecoder,
    *,
    wrapper_keys: frozenset[str] = frozenset(),
    max_record_bytes: int,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[Records | Failure]:
    """Every record of an object, and every failure, in the order of the object.

    Args: chunks: may raise Unreadable at its end. wrapper_keys: an object that has one of these keys with an array is no record;
        the array's elements are.
    """
    return _Splitter(Window(chunks, window_bytes), heads, wrapper_keys, max_record_bytes).split()


def is_too_deep(record: bytes) -> bool:
    """Whether brackets nest deeper than MAX_DEPTH."""
    has_brackets = bool(_may_be_deep([record])) and record.count(b"[") + record.count(b"{") > MAX_DEPTH
    return has_brackets and _depths(record)[0] > MAX_DEPTH


def _may_be_deep(records: list[bytes]) -> list[bytes]:
    """Records that are long enough: a level takes two bytes, or five with a key, and most records have few arrays."""
    return [
        record
        for record in records
        if len(record) > 2 * MAX_DEPTH and (len(record) >= 4 * MAX_DEPTH or record.count(b"[") >= MAX_DEPTH // 4)
    ]


def _depths(text: bytes) -> tuple[int, int]:
    """How deep brackets nest in a text, and how many are open at its end."""
    depth = deepest = position = 0
    while found := _STRUCTURE.search(text, position):
        position = found.end()
        if found[0] == b'"':
            rest = _STRING_REST.match(text, position)
            position = rest.end() + 1 if rest else position
        else:
            depth += 1 if found[0] in b"{[" else -1
            deepest = max(deepest, depth)
    return deepest, depth


class _Splitter:
    def __init__(self, window: Window, heads: HeadDecoder, wrapper_keys: frozenset[str], max_record_bytes: int) -> None:
        self._window = window
        self._heads = heads
        self._wrapper_keys = wrapper_keys
        self._max_record_bytes = max_record_bytes
        self._careful_until = 0  # offset up to which the fast way has failed
        self._indent = b""
        self._has_told_broken = False

    def split(self) -> Iterator[Records | Failure]:
        window = self._window
        while (first := self._next_byte(_BLANK_OR_BOM)) >= 0:
            if self._may_be_fast() and (records := self._fast_lines()):
                yield records
                continue
            if first == ord("[") and self._is_array():
                window.pos += 1
                yield from self._array()
                continue
            if first == ord("{") and (inside := self._wrapped_array()):
                window.pos = inside
                is_closed = yield from self._array()
                if is_closed:
                    yield from self._rest_of_wrapper()
            else:
                yield self._value() or self._broken_line()
        if window.broken and not self._has_told_broken:
            yield self._failure(window.broken.reason, window.broken.detail, b"", window.place)

    # ---- the fast way

    def _may_be_fast(self) -> bool:
        return self._window.place >= self._careful_until

    def _fast_lines(self) -> Records | None:
        """The records up to the last line end in the window, if each line is one object; None changes nothing."""
        window = self._window
        cut = len(window.text) if window.is_final else window.text.rfind(b"\n", window.pos) + 1
        if cut <= window.pos:
            return None
        text = window.text if window.pos == 0 and cut == len(window.text) else window.text[window.pos : cut]
        records = self._proven(text)
        if records is None:
            self._careful_until = window.offset + cut
        else:
            window.pos = cut
        return records

    def _fast_elements(self) -> Records | None:
        """The same inside an array: up to the last element in the window that starts with the same key as this one."""
        window = self._window
        start = _FIRST_KEY.match(window.text, window.pos)
        if start is None:
            return None
        for gap in (b"", b" "):
            separator = b"," + gap + start[0]
            cut = window.text.rfind(separator, window.pos)
            if cut > 0:
                break
        else:
            return None
        text = window.text[window.pos : cut]
        records = None if b"\n" in text else self._proven(text.replace(separator, b"\n" + start[0]))
        if records is None:
            self._careful_until = window.offset + cut
        else:
            window.pos = cut + 1
        return records

    def _proven(self, text: bytes) -> Records | None:
        """The lines of `text` as records, if every line is one good object.

        decode_lines proves that the text is a row of objects. Within an object, a line that ends in `}` is never followed by one that
        starts with `{`; so if all lines start and end like that, each line end separates two objects; and with as many objects as lines,
        each line is one.
        """
        try:
            heads = self._heads.decode_lines(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        texts = text.split(b"\n")
        if len(texts) != len(heads) or not _are_objects(texts):
            texts = _LINE_GAP.sub(b"\n", text).strip().split(b"\n")
            if len(texts) != len(heads) or not _are_objects(texts):
                return None
        if self._heads.has_wrapper(heads) or not _is_utf8(text):
            return None
        if max(map(len, texts)) > self._max_record_bytes or any(is_too_deep(text) for text in _may_be_deep(texts)):
            return None
        return Records(texts, heads)

    # ---- the careful way

    def _next_byte(self, blank: re.Pattern[bytes]) -> int:
        """The byte after white space, -1 at the end of the object."""
        window = self._window
        is_start = window.place == 0
        skipped = window.skip_whitespace(blank)
        if b"\n" in skipped or is_start:
            self._indent = skipped.rpartition(b"\n")[2].removeprefix(b"\xef\xbb\xbf")
        elif skipped:
            self._indent = b""
        return window.text[window.pos] if window.pos < len(window.text) else -1

    def _value(self) -> Records | Failure | None:
        """The value at the window's position; None when it is no JSON or ends with the object: nothing has been consumed then."""
        window = self._window
        start, place = window.pos, window.place
        ending, end = window.measure(self._max_record_bytes)
        start = window.pos
        if ending is Ending.WHOLE:
            window.pos = end
            return self._record(window.text[start:end], place)
        if ending is Ending.DEEP:
            head = self._skip_deep()
            return self._failure(FailureReason.TOO_DEEP, f"nested deeper than {MAX_DEPTH}", head, place)
        if ending is Ending.CUT and end - start > self._max_record_bytes:
            head = self._skip_value()
            return self._failure(FailureReason.TOO_LARGE, f"more than {self._max_record_bytes} bytes", head, place)
        return None

    def _record(self, record: bytes, place: int) -> Records | Failure:
        if record[:1] != b"{":
            return self._failure(FailureReason.NOT_AN_OBJECT, _KIND.get(record[:1], "a number") + " where an object belongs", record, place)
        if len(record) > self._max_record_bytes:
            return self._failure(FailureReason.TOO_LARGE, f"more than {self._max_record_bytes} bytes", record, place)
        if not _is_utf8(record):
            return self._failure(FailureReason.INVALID_UTF8, _utf8_error(record), record, place)
        if is_too_deep(record):
            return self._failure(FailureReason.TOO_DEEP, f"nested deeper than {MAX_DEPTH}", record, place)
        return Records([record], [self._head(record)])

    def _head(self, record: bytes) -> Any:
        try:
            return self._heads.decode(record)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._heads.decode(without_lone_surrogates(record))

    def _is_array(self) -> bool:
        """Whether `[` starts an array, and not a line of text such as `[12:00:01] started`."""
        window = self._window
        while True:
            inside = _BLANK.match(window.text, window.pos + 1)
            at = inside.end() if inside else len(window.text)
            if at < len(window.text) or not window.fill():
                break
        if window.text[at : at + 1] == b"{":
            return True
        ending, _ = window.measure(self._max_record_bytes)
        return ending in (Ending.WHOLE, Ending.CUT)

    def _array(self) -> Generator[Records | Failure, None, bool]:
        """Elements up to and including `]`. Returns whether it was closed; if not, the window is where the next line of values starts."""
        window = self._window
        last: bytes | None = None
        while True:
            byte = self._next_byte(_BLANK)
            if byte < 0:
                yield self._failure(FailureReason.TRUNCATED, "the object ends inside an array", b"", window.place)
                return False
            if byte == ord("]"):
                window.pos += 1
                return True
            if byte == ord("{") and self._may_be_fast() and (records := self._fast_elements()):
                last = records.texts[-1]
                yield records
                continue
            piece = self._value()
            if piece is None:
                piece, is_inside = self._broken_element(last)
                yield piece
                if not is_inside:
                    return False
                continue
            last = piece.texts[0] if isinstance(piece, Records) else last
            yield piece
            byte = self._next_byte(_BLANK)
            if byte == ord(","):
                window.pos += 1
            elif byte not in (ord("]"), ord("{"), -1):
                piece, is_inside = self._broken_element(last)
                yield piece
                if not is_inside:
                    return False

    def _wrapped_array(self) -> int:
        """Position after the `[` of a wrapper's array, if the object at the window's position is a wrapper; 0 if it is a record."""
        window = self._window
        first = _KEY.match(window.text, window.pos + 1)
        if first and _unescaped(first[1]) in self._wrapper_keys and window.text[first.end() : first.end() + 1] == b"[":
            return first.end() + 1
        while self._wrapper_keys:
            ending, end = window.measure_here()
            if ending is Ending.WHOLE:
                head = self._head(window.text[window.pos : end])
                return self._scan_keys() if self._heads.has_wrapper([head]) else 0
            if inside := self._scan_keys():
                return inside
            if ending is not Ending.CUT or end - window.pos > self._max_record_bytes or not window.fill():
                break
        return 0

    def _scan_keys(self) -> int:
        window = self._window
        position = window.pos + 1
        while found := _KEY.match(window.text, position):
            position = found.end()
            if _unescaped(found[1]) in self._wrapper_keys and window.text[position : position + 1] == b"[":
                return position + 1
            ending, position = measure(window.text, position, len(window.text))
            after = _BLANK.match(window.text, position)
            position = after.end() if after else position
            if ending is not Ending.WHOLE or window.text[position : position + 1] != b",":
                return 0
            position += 1
        return 0

    def _rest_of_wrapper(self) -> Iterator[Records | Failure]:
        """What follows the array in its wrapper, up to `}`: further arrays of records, and keys that are none."""
        window = self._window
        while (byte := self._next_byte(_BLANK)) >= 0:
            if byte in b"},":
                window.pos += 1
                if byte == ord("}"):
                    return
                continue
            found = _KEY.match(window.text, window.pos)
            while found is None or found.end() == len(window.text):
                if len(window.text) - window.pos > self._max_record_bytes or not window.fill():
                    break
                found = _KEY.match(window.text, window.pos)
            if found is None:
                yield self._broken_line()
                return
            window.pos = found.end()
            if _unescaped(found[1]) in self._wrapper_keys and window.text[window.pos : window.pos + 1] == b"[":
                window.pos += 1
                is_closed = yield from self._array()
                if not is_closed:
                    return
                continue
            ending, end = window.measure(self._max_record_bytes)
            if ending is Ending.WHOLE:
                window.pos = end
            elif ending is Ending.DEEP or (ending is Ending.CUT and end - window.pos > self._max_record_bytes):
                self._skip_value()
            else:
                yield self._broken_line()
                return
        yield self._failure(FailureReason.TRUNCATED, "the object ends before the end of its wrapper", b"", window.place)

    # ---- what is no JSON, and where records begin again

    def _broken_line(self) -> Failure:
        """Consume what is no JSON outside of arrays: one line, or the lines up to the next that starts an object at the same indent."""
        window = self._window
        place, first = window.place, window.text[window.pos : window.pos + 1]
        ending, at = window.measure(self._max_record_bytes)
        error = at - window.pos
        line_end = self._find(_LINE_END, 0)
        size = line_end
        if first in b"{[" and (error > line_end or ending is Ending.CUT):
            next_object = self._find(re.compile(rb"\n" + re.escape(self._indent) + rb"(?=[{\[])"), line_end - 1)
            is_too_far = next_object > self._max_record_bytes
            size = line_end if is_too_far else next_object
        elif first == b"{" and (found := _NEXT_OBJECT.search(window.text, window.pos + error, window.pos + line_end)):
            size = found.end() - window.pos
        raw = window.text[window.pos : window.pos + min(size, MAX_KEPT_BYTES)]
        self._advance(size)
        is_last = window.pos == len(window.text) and window.is_final
        if ending is Ending.CUT and is_last:
            return self._failure(FailureReason.TRUNCATED, "the object ends inside a record", raw, place)
        return self._failure(FailureReason.INVALID_JSON, f"no JSON at byte {place + error}", raw.rstrip(b"\r\n"), place)

    def _find(self, pattern: re.Pattern[bytes], start: int) -> int:
        """Distance from the window's position to the end of the first match at or after `start`.

        Without one: to the end of the object, or the first distance read that is more than a record may have.
        """
        window = self._window
        while True:
            found = pattern.search(window.text, window.pos + start)
            size = len(window.text) - window.pos
            if found:
                return found.end() - window.pos
            if size > self._max_record_bytes or not window.fill():
                return size
            start = max(0, size - TAIL_BYTES, start if start < size else 0)

    def _advance(self, size: int) -> None:
        """Move on by `size`; when that is no line end because the line is longer than a record may be, to the end of the line."""
        window = self._window
        window.pos += size
        if size <= self._max_record_bytes or window.text[window.pos - 1 : window.pos] == b"\n":
            return
        while (end := window.text.find(b"\n", window.pos)) < 0:
            window.pos = len(window.text)
            if not window.fill():
                return
        window.pos = end + 1

    def _broken_element(self, last: bytes | None) -> tuple[Failure, bool]:
        """Consume what is no JSON in an array, up to where an element starts like this one or like `last`, else like any object.

        Returns the failure and whether the window is still in the array.
        """
        window = self._window
        place = window.place
        ending, at = window.measure(self._max_record_bytes)
        error, raw = window.offset + at, window.text[window.pos : window.pos + MAX_KEPT_BYTES]
        # `{"a": {"b": 1}, {"a": ...` is found wrong at the second record's start: its comma is where this element ends.
        before = window.text[window.pos : at].rstrip()
        start = max(1, len(before) - 1 if before.endswith(b",") else at - window.pos)
        key = _FIRST_KEY.match(window.text, window.pos) or (_FIRST_KEY.match(last) if last else None)
        likely = re.compile(rb"(,\s*)(?=" + (re.escape(key[0]) if key else rb"\{") + rb")|" + _ARRAY_CLOSED)
        found = self._search(likely, start) or self._search(_ANY_ELEMENT, start)
        while not found and not window.is_final:
            window.pos = max(window.pos + start, len(window.text) - TAIL_BYTES)
            window.fill()
            start = 0
            found = likely.search(window.text)
        window.pos = found.end() if found else len(window.text)
        if found:
            raw = raw[: max(0, window.offset + found.start() - place)]
        elif ending is Ending.CUT:
            return self._failure(FailureReason.TRUNCATED, "the object ends inside a record", raw, place), False
        return self._failure(FailureReason.INVALID_JSON, f"no JSON at byte {error}", raw, place), bool(found and found[1])

    def _search(self, pattern: re.Pattern[bytes], start: int) -> re.Match[bytes] | None:
        """The first match at or after this distance from the window's position, in about as much text as a record may have."""
        window = self._window
        while not (found := pattern.search(window.text, window.pos + start)):
            if len(window.text) - window.pos > self._max_record_bytes or not window.fill():
                break
        return found

    def _skip_deep(self) -> bytes:
        """Move over a value that is too deep. When its line ends deeper than is allowed, nobody closes it below: it costs its line."""
        window = self._window
        size = self._find(_LINE_END, 0)
        line = window.text[window.pos : window.pos + size]
        open_brackets = _depths(line)[1] if b'"' in line else sum(map(line.count, (b"[", b"{"))) - sum(map(line.count, (b"]", b"}")))
        if not line.endswith(b"\n") or open_brackets <= MAX_DEPTH:
            return self._skip_value()
        window.pos += size
        return line[:MAX_KEPT_BYTES]

    def _skip_value(self) -> bytes:
        """Move over a value that is too deep or too large, without keeping it. Returns its first bytes."""
        window = self._window
        head = window.text[window.pos : window.pos + MAX_KEPT_BYTES]
        if head[:1] not in (b"{", b"[", b'"'):
            self._advance(self._find(re.compile(rb"(?=[,\]\n])"), 0))
            return head
        depth, position, is_in_string = 0, window.pos, False
        while True:
            if position >= len(window.text):
                window.pos = len(window.text)
                if not window.fill():
                    return head
                position = 0
            if is_in_string:
                block = window.text[position : position + BLOCK_BYTES]
                if b'"' not in block and b"\\" not in block and b"\n" not in block:
                    position += len(block)
                    continue
                found = _STRING_REST.match(window.text, position)
                position = found.end() if found else position
                after = window.text[position : position + 1]
                if after == b"\\":  # an escape that the window cuts
                    window.pos = position
                    if not window.fill():
                        window.pos = len(window.text)
                        return head
                    position = 0
                elif after == b'"':
                    position, is_in_string = position + 1, False
                elif after == b"\n":  # no JSON after all: go on with the next line
                    window.pos = position
                    return head
            else:
                block = window.text[position : position + BLOCK_BYTES]
                closing = block.count(b"}") + block.count(b"]")
                if depth > closing and b'"' not in block:
                    depth += block.count(b"{") + block.count(b"[") - closing
                    position += len(block)
                    continue
                depth, position, is_in_string = _walk(window.text, position, position + len(block), depth)
            if depth == 0 and not is_in_string:
                window.pos = position
                return head

    def _failure(self, reason: FailureReason, detail: str, raw: bytes, place: int) -> Failure:
        window = self._window
        broken = window.broken
        if broken and not self._has_told_broken and window.is_final and window.pos >= len(window.text):
            # What was being read when the stream broke is part of the same failure.
            self._has_told_broken = True
            return Failure(broken.reason, broken.detail, place, raw)
        return Failure(reason, detail, place, raw)


_KIND = {b'"': "a string", b"[": "an array", b"n": "null", b"t": "true", b"f": "false"}


def _walk(text: bytes, position: int, stop: int, depth: int) -> tuple[int, int, bool]:
    """Follow brackets until depth is 0, a string starts or `stop` is reached: (depth, position, whether a string has started)."""
    while found := _STRUCTURE.search(text, position, stop):
        position = found.end()
        if found[0] == b'"':
            return depth, position, True
        depth += 1 if found[0] in b"{[" else -1
        if depth == 0:
            return depth, position, False
    return depth, stop, False


def _are_objects(texts: list[bytes]) -> bool:
    return {text[:1] for text in texts} == {b"{"} and {text[-1:] for text in texts} == {b"}"}


def _unescaped(key: bytes) -> str:
    if b"\\" not in key:
        return key.decode("utf-8", "replace")
    try:
        return msgspec.json.decode(b'"' + key + b'"', type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf8_error(record: bytes) -> str:
    try:
        record.decode()
    except UnicodeDecodeError as error:
        return f"{error.reason} at byte {error.start} of the record"
    return ""
