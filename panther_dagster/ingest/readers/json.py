"""Uncompressed chunks -> records as delivered, whatever holds them: lines, arrays, `{"Records": [...]}`, one after another, indented.

Two ways lead to the same records. The fast one takes a window of many records, decodes their heads in one call and keeps the text
between line ends; it is used only when the outcome proves that every line is exactly one object (records.py). The careful one goes from
value to value, and recovery.py knows what to do with everything that is wrong. No record is decoded here beyond its head, and memory is
bounded by WINDOW_BYTES and `max_record_bytes`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

import msgspec

from panther_dagster.ingest.failures import Failure, FailureReason
from panther_dagster.ingest.readers.nesting import MAX_DEPTH
from panther_dagster.ingest.readers.records import FIRST_KEY, HeadDecoder, Records, decode_head, fault_of, prove_records
from panther_dagster.ingest.readers.recovery import Recovery
from panther_dagster.ingest.readers.window import WINDOW_BYTES, Ending, Window, measure

_BLANK = re.compile(rb"[ \t\r\n]*")
_BLANK_OR_BOM = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*")
_KEY = re.compile(rb'[ \t\r\n]*"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*')


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


class _Splitter:
    def __init__(self, window: Window, heads: HeadDecoder, wrapper_keys: frozenset[str], max_record_bytes: int) -> None:
        self._window = window
        self._heads = heads
        self._wrapper_keys = wrapper_keys
        self._max_record_bytes = max_record_bytes
        self._recovery = Recovery(window, max_record_bytes)
        self._careful_until = 0  # offset up to which the fast way has failed
        self._indent = b""

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
                yield self._value() or self._recovery.broken_line(self._indent)
        if failure := self._recovery.broken_stream():
            yield failure

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
        records = prove_records(text, self._heads, self._max_record_bytes)
        if records is None:
            self._careful_until = window.offset + cut
        else:
            window.pos = cut
        return records

    def _fast_elements(self) -> Records | None:
        """The same inside an array: up to the last element in the window that starts with the same key as this one."""
        window = self._window
        start = FIRST_KEY.match(window.text, window.pos)
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
        records = None if b"\n" in text else prove_records(text.replace(separator, b"\n" + start[0]), self._heads, self._max_record_bytes)
        if records is None:
            self._careful_until = window.offset + cut
        else:
            window.pos = cut + 1
        return records

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
            head = self._recovery.skip_deep()
            return self._recovery.failure(FailureReason.TOO_DEEP, f"nested deeper than {MAX_DEPTH}", head, place)
        if ending is Ending.CUT and end - start > self._max_record_bytes:
            head = self._recovery.skip_value()
            return self._recovery.failure(FailureReason.TOO_LARGE, f"more than {self._max_record_bytes} bytes", head, place)
        return None

    def _record(self, record: bytes, place: int) -> Records | Failure:
        if fault := fault_of(record, self._max_record_bytes):
            return self._recovery.failure(*fault, record, place)
        return Records([record], [decode_head(record, self._heads)])

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
                yield self._recovery.failure(FailureReason.TRUNCATED, "the object ends inside an array", b"", window.place)
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
                piece, is_inside = self._recovery.broken_element(last)
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
                piece, is_inside = self._recovery.broken_element(last)
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
                head = decode_head(window.text[window.pos : end], self._heads)
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
                yield self._recovery.broken_line(self._indent)
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
                self._recovery.skip_value()
            else:
                yield self._recovery.broken_line(self._indent)
                return
        yield self._recovery.failure(FailureReason.TRUNCATED, "the object ends before the end of its wrapper", b"", window.place)


def _unescaped(key: bytes) -> str:
    if b"\\" not in key:
        return key.decode("utf-8", "replace")
    try:
        return msgspec.json.decode(b'"' + key + b'"', type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
