"""What a good record is: one JSON object in UTF-8, neither too large nor too deep. Proves it of many lines at once, or of one value.

json.py finds the texts; what is good becomes Records, what is not has a fault. Knows no window and no place in the object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from panther_dagster.ingest.failures import FailureReason
from panther_dagster.ingest.readers.nesting import MAX_DEPTH, is_any_too_deep, is_too_deep
from panther_dagster.log_types.recognition import without_lone_surrogates

# How a record starts, up to its first value. Records of one log type mostly start alike.
FIRST_KEY = re.compile(rb'\{[ \t\r\n]*"(?:[^"\\]|\\.)*"[ \t\r\n]*:')
_LINE_GAP = re.compile(rb"[ \t\r]*\n[ \t\r\n]*")
_KIND = {b'"': "a string", b"[": "an array", b"n": "null", b"t": "true", b"f": "false"}


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


def prove_records(text: bytes, heads: HeadDecoder, max_record_bytes: int) -> Records | None:
    """The lines of `text` as records, if every line is one good object.

    decode_lines proves that the text is a row of objects. Within an object, a line that ends in `}` is never followed by one that
    starts with `{`; so if all lines start and end like that, each line end separates two objects; and with as many objects as lines,
    each line is one.
    """
    try:
        decoded = heads.decode_lines(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    texts = text.split(b"\n")
    if not texts[-1]:
        texts.pop()  # what follows the last line end
    if len(texts) != len(decoded) or not _are_objects(texts):
        texts = _LINE_GAP.sub(b"\n", text).strip().split(b"\n")
        if len(texts) != len(decoded) or not _are_objects(texts):
            return None
    if heads.has_wrapper(decoded) or not _is_utf8(text):
        return None
    if max(map(len, texts)) > max_record_bytes or is_any_too_deep(texts):
        return None
    return Records(texts, decoded)


def fault_of(record: bytes, max_record_bytes: int) -> tuple[FailureReason, str] | None:
    """Why a JSON value is no good record, and what exactly; None if it is one."""
    if record[:1] != b"{":
        return FailureReason.NOT_AN_OBJECT, _KIND.get(record[:1], "a number") + " where an object belongs"
    if len(record) > max_record_bytes:
        return FailureReason.TOO_LARGE, f"more than {max_record_bytes} bytes"
    if not _is_utf8(record):
        return FailureReason.INVALID_UTF8, _utf8_error(record)
    if is_too_deep(record):
        return FailureReason.TOO_DEEP, f"nested deeper than {MAX_DEPTH}"
    return None


def decode_head(record: bytes, heads: HeadDecoder) -> Any:
    """The head of one record, even if its text has halves of surrogate pairs."""
    try:
        return heads.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return heads.decode(without_lone_surrogates(record))


def _are_objects(texts: list[bytes]) -> bool:
    return {text[:1] for text in texts} == {b"{"} and {text[-1:] for text in texts} == {b"}"}


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
