"""What is no JSON, or too deep or too large to be kept: where it ends, and where records begin again.

json.py comes here with a value that it cannot keep; afterwards the window is where it can go on. Holds about as much text as one record may
have.
"""

from __future__ import annotations

import re

from panther_dagster.ingest.failures import MAX_KEPT_BYTES, Failure, FailureReason
from panther_dagster.ingest.readers.nesting import MAX_DEPTH, STRING_REST, follow_brackets, measure_depths
from panther_dagster.ingest.readers.records import FIRST_KEY
from panther_dagster.ingest.readers.window import Ending, Window

# How much of a text is kept while the place is sought where records begin again.
TAIL_BYTES = 4096
# A value that is skipped is looked at in blocks where that is enough: 1 GB/s, against 100 MB/s by patterns and 1 by bracket.
BLOCK_BYTES = 16 * 1024

_LINE_END = re.compile(rb"\n")
_NEXT_OBJECT = re.compile(rb"\}\s*(?=\{)")
_ARRAY_CLOSED = rb"\]\s*\}?\s*\n(?=\s*[\[{])"
_ANY_ELEMENT = re.compile(rb"(,\s*)(?=\{)|" + _ARRAY_CLOSED)


class Recovery:
    """Moves a window over what is broken, and says what it was."""

    def __init__(self, window: Window, max_record_bytes: int) -> None:
        self._window = window
        self._max_record_bytes = max_record_bytes
        self._has_told_broken = False

    def failure(self, reason: FailureReason, detail: str, raw: bytes, place: int) -> Failure:
        """A failure at this place; if the stream broke while it was being read, that is the failure."""
        window = self._window
        broken = window.broken
        if broken and not self._has_told_broken and window.is_final and window.pos >= len(window.text):
            # What was being read when the stream broke is part of the same failure.
            self._has_told_broken = True
            return Failure(broken.reason, broken.detail, place, raw)
        return Failure(reason, detail, place, raw)

    def broken_stream(self) -> Failure | None:
        """The failure of a stream that broke, if no other has told of it."""
        window = self._window
        if window.broken and not self._has_told_broken:
            return self.failure(window.broken.reason, window.broken.detail, b"", window.place)
        return None

    def broken_line(self, indent: bytes) -> Failure:
        """Consume what is no JSON outside of arrays: one line, or the lines up to the next that starts an object at `indent`."""
        window = self._window
        place, first = window.place, window.text[window.pos : window.pos + 1]
        ending, at = window.measure(self._max_record_bytes)
        error = at - window.pos
        line_end = self._find(_LINE_END, 0)
        size = line_end
        if first in b"{[" and (error > line_end or ending is Ending.CUT):
            next_object = self._find(re.compile(rb"\n" + re.escape(indent) + rb"(?=[{\[])"), line_end - 1)
            is_too_far = next_object > self._max_record_bytes
            size = line_end if is_too_far else next_object
        elif first == b"{" and (found := _NEXT_OBJECT.search(window.text, window.pos + error, window.pos + line_end)):
            size = found.end() - window.pos
        raw = window.text[window.pos : window.pos + min(size, MAX_KEPT_BYTES)]
        self._advance(size)
        is_last = window.pos == len(window.text) and window.is_final
        if ending is Ending.CUT and is_last:
            return self.failure(FailureReason.TRUNCATED, "the object ends inside a record", raw, place)
        return self.failure(FailureReason.INVALID_JSON, f"no JSON at byte {place + error}", raw.rstrip(b"\r\n"), place)

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

    def broken_element(self, last: bytes | None) -> tuple[Failure, bool]:
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
        key = FIRST_KEY.match(window.text, window.pos) or (FIRST_KEY.match(last) if last else None)
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
            return self.failure(FailureReason.TRUNCATED, "the object ends inside a record", raw, place), False
        return self.failure(FailureReason.INVALID_JSON, f"no JSON at byte {error}", raw, place), bool(found and found[1])

    def _search(self, pattern: re.Pattern[bytes], start: int) -> re.Match[bytes] | None:
        """The first match at or after this distance from the window's position, in about as much text as a record may have."""
        window = self._window
        while not (found := pattern.search(window.text, window.pos + start)):
            if len(window.text) - window.pos > self._max_record_bytes or not window.fill():
                break
        return found

    def skip_deep(self) -> bytes:
        """Move over a value that is too deep. When its line ends deeper than is allowed, nobody closes it below: it costs its line."""
        window = self._window
        size = self._find(_LINE_END, 0)
        line = window.text[window.pos : window.pos + size]
        open_brackets = measure_depths(line)[1] if b'"' in line else sum(map(line.count, (b"[", b"{"))) - sum(map(line.count, (b"]", b"}")))
        if not line.endswith(b"\n") or open_brackets <= MAX_DEPTH:
            return self.skip_value()
        window.pos += size
        return line[:MAX_KEPT_BYTES]

    def skip_value(self) -> bytes:
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
                found = STRING_REST.match(window.text, position)
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
                depth, position, is_in_string = follow_brackets(window.text, position, position + len(block), depth)
            if depth == 0 and not is_in_string:
                window.pos = position
                return head
