"""The piece of an object's text that is being split, and where a JSON value in it ends.

msgspec finds the ends: decoding a `Raw` from the middle of a text says "trailing characters (byte N)", at C speed and by all of JSON's
grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import msgspec

from panther_dagster.ingest.readers.compression import Unreadable
from panther_dagster.log_types.recognition import without_lone_surrogates

# Stays in the processor's cache through all passes over it: 178 MB a CPU second at 256 KiB, 147 at 1 MiB (on a busy machine).
WINDOW_BYTES = 256 * 1024
SMALL_SPAN_BYTES = 4096
# Errors this close to the end of what has been read may come from the cut: `-`, `\ud83d\ude` and the like.
CUT_BYTES = 12

_RAW = msgspec.json.Decoder(msgspec.Raw)
_BYTE = re.compile(r"\(byte (\d+)\)$")
_WHITESPACE = b" \t\r\n"


class Ending(Enum):
    """How a value ends."""

    WHOLE = "whole"
    CUT = "cut"  # more text is needed
    BAD = "bad"  # no JSON, at the position
    DEEP = "deep"  # deeper than the decoder can follow


def measure(text: bytes, start: int, stop: int) -> tuple[Ending, int]:
    """How the value at `start` ends within text[start:stop], and where: its end, or the position of the error."""
    ending, at = _measure(memoryview(text)[start:stop])
    if ending in (Ending.BAD, Ending.CUT):
        piece = text[start:stop]
        if (tidy := without_lone_surrogates(piece)) is not piece:
            ending, at = _measure(memoryview(tidy))
    return ending, start + at


def _measure(text: memoryview) -> tuple[Ending, int]:
    stop = len(text)
    try:
        _RAW.decode(text)
    except RecursionError:
        return Ending.DEEP, 0
    except msgspec.DecodeError as error:
        reason = str(error)
        found = _BYTE.search(reason)
        if found is None:
            return Ending.CUT, stop
        at = int(found[1])
        if "trailing characters" not in reason:
            return Ending.BAD, at
        stop = at - 1  # msgspec has read the character that it complains of
    end = stop
    while end and text[end - 1] in _WHITESPACE:
        end -= 1
    return Ending.WHOLE, end


class Window:
    """Text from `pos` on, read from chunks as needed. `offset` is the place of text[0] in the object."""

    def __init__(self, chunks: Iterator[bytes], window_bytes: int = WINDOW_BYTES) -> None:
        self._chunks = chunks
        self._window_bytes = window_bytes
        self.text = b""
        self.pos = 0
        self.offset = 0
        self.is_final = False
        self.broken: Unreadable | None = None  # why it is final, when that is no ordinary end
        self._span = self._least_span = min(SMALL_SPAN_BYTES, window_bytes)

    @property
    def place(self) -> int:
        """Offset of `pos` in the object."""
        return self.offset + self.pos

    def fill(self) -> bool:
        """Forget what is before `pos` and read at least as much again as is left. False when the object has ended."""
        if self.is_final:
            return False
        rest = self.text[self.pos :]
        pieces, missing = [rest], max(self._window_bytes, len(rest))
        while missing > 0:
            try:
                chunk = next(self._chunks, None)
            except Unreadable as error:
                self.broken, chunk = error, None
            if chunk is None:
                self.is_final = True
                break
            pieces.append(chunk)
            missing -= len(chunk)
        self.offset += self.pos
        self.text, self.pos = b"".join(pieces), 0
        return len(self.text) > len(rest)

    def measure_here(self) -> tuple[Ending, int]:
        """How the value at `pos` ends within what has been read: CUT means that more has to be read, or that the object ends first."""
        while True:
            stop = min(len(self.text), self.pos + self._span)
            ending, at = measure(self.text, self.pos, stop)
            is_end_known = self.is_final and stop == len(self.text)
            if ending is Ending.WHOLE and at == stop and self.text[at - 1 : at].isalnum() and not is_end_known:
                ending = Ending.CUT  # 12 may become 123
            elif ending is Ending.BAD and at >= stop - CUT_BYTES and not is_end_known:
                ending = Ending.CUT
            if ending is not Ending.CUT:
                self._span = max(self._least_span, 2 * (at - self.pos)) if ending is Ending.WHOLE else self._span
                return ending, at
            if stop == len(self.text):
                return ending, stop
            self._span *= 4

    def measure(self, max_bytes: int) -> tuple[Ending, int]:
        """How the value at `pos` ends, reading on as needed; CUT: the object ends first or it has more than `max_bytes`."""
        while True:
            was_final = self.is_final
            ending, at = self.measure_here()
            if ending is not Ending.CUT or at - self.pos > max_bytes or was_final:
                return ending, at
            self.fill()  # even if nothing comes: knowing that it is the end may decide

    def skip_whitespace(self, blank: re.Pattern[bytes]) -> bytes:
        """Move `pos` over `blank` (a pattern that always matches) and return what was skipped since the last line end."""
        skipped = b""
        while True:
            found = blank.match(self.text, self.pos)
            end = found.end() if found else self.pos
            skipped = (skipped + self.text[self.pos : end])[-SMALL_SPAN_BYTES:]
            self.pos = end
            # Three bytes decide whether a byte order mark follows.
            if len(self.text) - end >= 3 or not self.fill():
                return skipped
