"""Why a record, or the rest of an object, could not be landed. Every failure is one row of classification_failures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Enough to see what it was; the object itself stays where it is, and uri, index and offset name the place.
MAX_KEPT_BYTES = 4096


class FailureReason(StrEnum):
    """What was wrong. The first four cost an object its rest, the others one record each."""

    TRUNCATED = "TRUNCATED"  # the object ends inside a record, an array or a compressed stream
    CORRUPT = "CORRUPT"  # the compressed stream is damaged
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"  # no text at all: an image, an executable, UTF-16
    OBJECT_TOO_LARGE = "OBJECT_TOO_LARGE"  # more uncompressed bytes than batches.max_object_raw_bytes
    INVALID_JSON = "INVALID_JSON"
    INVALID_UTF8 = "INVALID_UTF8"
    NOT_AN_OBJECT = "NOT_AN_OBJECT"  # a number, a string, null, an array
    TOO_DEEP = "TOO_DEEP"
    TOO_LARGE = "TOO_LARGE"  # a record of more bytes than batches.max_record_bytes
    NO_LOG_TYPE = "NO_LOG_TYPE"
    AMBIGUOUS_LOG_TYPE = "AMBIGUOUS_LOG_TYPE"


@dataclass(frozen=True)
class Failure:
    """One failure: reason, what exactly, where (bytes into the uncompressed object), and what was there."""

    reason: FailureReason
    detail: str
    byte_offset: int | None = None
    raw: bytes = b""
    candidates: tuple[str, ...] = ()

    @property
    def kept_text(self) -> str:
        r"""The first bytes of what was there, as text; bytes that are no UTF-8 are written \xNN."""
        return self.raw[:MAX_KEPT_BYTES].decode("utf-8", "backslashreplace")
