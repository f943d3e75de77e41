"""The rows of one version of a lookup table, found by key. Pure; built once, read from any thread.

Rows stay Arrow text and are parsed when they are found, so a million rows cost their text and one dictionary of keys.
"""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.detect.lookups.rows import key_text, parse_row

_MAPPED = b"\0" * 10 + b"\xff\xff"  # an IPv4 address as IPv6: ::ffff:192.0.2.1


@dataclass(frozen=True)
class SortedRows:
    """Distinct keys and their rows, in the order of the keys' `key_hash`. Keys of a CIDR table are those of `address_keys`."""

    hashes: pa.UInt32Array
    keys: pa.LargeStringArray
    rows: pa.LargeStringArray
    shifts: Mapping[int, Sequence[int]] | None = (
        None  # of a CIDR table: for each family the lengths of its networks, smallest network first
    )


class LookupTable:
    """Rows by key. Of two rows with one key the later counts.

    Exact: keys and values are compared as text, with regard to case. CIDR: keys are networks or addresses, values addresses of either
    family; of the networks that hold an address the smallest counts.
    """

    def __init__(
        self, keys: pa.Array | pa.ChunkedArray, rows: pa.Array | pa.ChunkedArray, *, is_cidr: bool, numbers: pa.ChunkedArray | None = None
    ) -> None:
        """Args: numbers: the rows' order, where they do not come in it. (Of a million rows the lake's own sort takes 190 MB more.)"""
        self.is_cidr = is_cidr
        texts_of_rows = rows.cast(pa.large_string())  # first: together they may be more than 2 GB
        self._rows = texts_of_rows.combine_chunks() if isinstance(texts_of_rows, pa.ChunkedArray) else texts_of_rows
        texts: list[str] = keys.to_pylist()
        places: Sequence[int] = range(len(texts)) if numbers is None else pc.sort_indices(numbers).to_pylist()
        self._place_by_key: dict[str, int] = {}
        self._networks: dict[int, list[tuple[int, dict[int, int]]]] = {}
        if is_cidr:
            self._networks = _networks(texts, places)
        else:
            self._place_by_key = {texts[place]: place for place in places}

    def __len__(self) -> int:
        """Number of distinct keys."""
        return len(self._place_by_key) + sum(len(places) for levels in self._networks.values() for _, places in levels)

    def find(self, value: Any) -> dict[str, Any] | None:
        """The row of an event's value, as plain data of its own; None when there is none."""
        if self.is_cidr:
            place = self._place_of_address(value)
        else:
            text = key_text(value)
            place = None if text is None else self._place_by_key.get(text)
        if place is None:
            return None
        row: dict[str, Any] = parse_row(self._rows[place].as_py())
        return row

    def sorted_rows(self) -> SortedRows:
        """All that can be found, for shared.py. Of a million rows it takes a second or two."""
        place_by_key, shifts = self._place_by_key, None
        if self.is_cidr:
            shifts = {family: [shift for shift, _ in levels] for family, levels in self._networks.items()}
            place_by_key = {
                _network_key(family, shift, prefix): place
                for family, levels in self._networks.items()
                for shift, places in levels
                for prefix, place in places.items()
            }
        keys, places = pa.array(place_by_key.keys(), pa.large_string()), pa.array(place_by_key.values(), pa.int64())
        hashes = pa.array(map(key_hash, place_by_key), pa.uint32())
        order = pc.sort_indices(hashes)
        return SortedRows(hashes.take(order), keys.take(order), self._rows.take(places.take(order)), shifts)

    def _place_of_address(self, value: Any) -> int | None:
        address = _packed(value.strip()) if type(value) is str else None
        if address is None:
            return None
        number = int.from_bytes(address, "big")
        for shift, places in self._networks.get(len(address), ()):
            place = places.get(number >> shift)
            if place is not None:
                return place
        return None


def key_hash(key: str) -> int:
    """The same in every process, of 32 bits."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))


def address_keys(value: Any, shifts: Mapping[int, Sequence[int]]) -> Iterator[str]:
    """The keys in a SortedRows of the networks that hold an event's value, the smallest first."""
    address = _packed(value.strip()) if type(value) is str else None
    if address is not None:
        number = int.from_bytes(address, "big")
        for shift in shifts.get(len(address), ()):
            yield _network_key(len(address), shift, number >> shift)


def network_of(text: str) -> tuple[int, int, int] | None:
    """(bytes of the family, prefix shifted down, shift) of a network or address as text; None for what is neither.

    Host bits are ignored: 192.0.2.7/24 is 192.0.2.0/24.
    """
    address_text, slash, length_text = text.strip().partition("/")
    address = _packed(address_text)
    if address is None:
        return None
    bits = len(address) * 8
    length = bits
    if slash:
        if not (length_text.isascii() and length_text.isdigit() and len(length_text) <= 3):
            return None
        # A prefix over a mapped address counts the 96 bits before it.
        length = int(length_text) - (96 if ":" in address_text and bits == 32 else 0)
        if not 0 <= length <= bits:
            return None
    shift = bits - length
    return len(address), int.from_bytes(address, "big") >> shift, shift


def looks_like_cidr(keys: Sequence[str]) -> bool:
    """Whether every key is a network or an address, and one at least a network: then a table without a KeyType is matched by CIDR."""
    return any("/" in key for key in keys) and all(network_of(key) is not None for key in keys)


def _networks(texts: Sequence[str], places: Iterable[int]) -> dict[int, list[tuple[int, dict[int, int]]]]:
    by_family: dict[int, dict[int, dict[int, int]]] = {4: {}, 16: {}}
    for place in places:
        network = network_of(texts[place])
        if network is not None:
            family, prefix, shift = network
            by_family[family].setdefault(shift, {})[prefix] = place
    return {family: sorted(by_shift.items(), key=lambda level: level[0]) for family, by_shift in by_family.items()}


def _network_key(family: int, shift: int, prefix: int) -> str:
    return f"{family}/{shift}/{prefix:x}"


def _packed(text: str) -> bytes | None:
    """An address as 4 or 16 bytes; None for anything else."""
    try:
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        address = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):  # ValueError: a NUL in the text
        return None
    return address[12:] if address.startswith(_MAPPED) else address
