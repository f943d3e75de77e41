"""How deep brackets nest in a text. Asked of records before they are kept (records.py) and of values that are skipped (recovery.py)."""

from __future__ import annotations

import re

# Deeper than any log, and shallower than what Python's and DuckDB's JSON readers follow (orjson: 1024; Python: 1000 less its stack).
MAX_DEPTH = 750

# From inside a string: up to its quote, a line end, or an escape that the text cuts.
STRING_REST = re.compile(rb'[^"\\\n]*(?:\\.[^"\\\n]*)*', re.DOTALL)
_STRUCTURE = re.compile(rb'["{}\[\]]')


def is_too_deep(record: bytes) -> bool:
    """Whether brackets nest deeper than MAX_DEPTH."""
    has_brackets = bool(_may_be_deep([record])) and record.count(b"[") + record.count(b"{") > MAX_DEPTH
    return has_brackets and measure_depths(record)[0] > MAX_DEPTH


def is_any_too_deep(records: list[bytes]) -> bool:
    """Whether brackets nest deeper than MAX_DEPTH in one of these records; most of them are not even looked through."""
    return any(is_too_deep(record) for record in _may_be_deep(records))


def _may_be_deep(records: list[bytes]) -> list[bytes]:
    """Records that are long enough: a level takes two bytes, or five with a key, and most records have few arrays."""
    return [
        record
        for record in records
        if len(record) > 2 * MAX_DEPTH and (len(record) >= 4 * MAX_DEPTH or record.count(b"[") >= MAX_DEPTH // 4)
    ]


def measure_depths(text: bytes) -> tuple[int, int]:
    """How deep brackets nest in a text, and how many are open at its end."""
    depth = deepest = position = 0
    while found := _STRUCTURE.search(text, position):
        position = found.end()
        if found[0] == b'"':
            rest = STRING_REST.match(text, position)
            position = rest.end() + 1 if rest else position
        else:
            depth += 1 if found[0] in b"{[" else -1
            deepest = max(deepest, depth)
    return deepest, depth


def follow_brackets(text: bytes, position: int, stop: int, depth: int) -> tuple[int, int, bool]:
    """Follow brackets until depth is 0, a string starts or `stop` is reached: (depth, position, whether a string has started)."""
    while found := _STRUCTURE.search(text, position, stop):
        position = found.end()
        if found[0] == b'"':
            return depth, position, True
        depth += 1 if found[0] in b"{[" else -1
        if depth == 0:
            return depth, position, False
    return depth, stop, False
