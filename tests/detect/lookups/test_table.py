"""Rows found by key, exact or by network."""

from __future__ import annotations

import ipaddress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panther_dagster.detect.lookups.table import LookupTable, looks_like_cidr, network_of


def table_of(*keys: str, is_cidr: bool = False) -> LookupTable:
    """A table whose rows say their place."""
    return LookupTable(pa.array(keys, pa.string()), pa.array([f'{{"n": {n}}}' for n in range(len(keys))]), is_cidr=is_cidr)


def places(table: LookupTable, *values: object) -> list[int | None]:
    return [row["n"] if (row := table.find(value)) is not None else None for value in values]


def test_exact_keys_are_compared_as_text_with_regard_to_case() -> None:
    table = table_of("jo", "12", "true")

    assert places(table, "jo", "Jo", "jo ", 12, 12.0, "12", True, None, "", ["jo"], {"a": 1}) == [0, None, None, 1, 1, 1, 2, *[None] * 4]


def test_of_two_rows_with_one_key_the_later_counts() -> None:
    assert places(table_of("a", "b", "a"), "a", "b") == [2, 1]
    assert places(table_of("192.0.2.0/24", "192.0.2.9/24", is_cidr=True), "192.0.2.1") == [1]


def test_the_order_of_rows_is_that_of_their_numbers() -> None:
    keys, rows = pa.array(["a", "b", "a"]), pa.array(['{"n": 2}', '{"n": 1}', '{"n": 0}'])
    networks = pa.array(["192.0.2.0/24", "192.0.2.1", "192.0.2.7/24"])
    numbers = pa.chunked_array([[2, 1], [0]])

    assert places(LookupTable(keys, rows, is_cidr=False, numbers=numbers), "a", "b") == [2, 1]
    assert places(LookupTable(networks, rows, is_cidr=True, numbers=numbers), "192.0.2.9", "192.0.2.1") == [2, 1]


def test_a_found_row_is_the_callers_own() -> None:
    table = table_of("a")
    first = table.find("a")
    assert first is not None
    first["n"] = "changed"

    assert table.find("a") == {"n": 0}


def test_the_smallest_network_that_holds_the_address_counts() -> None:
    table = table_of("0.0.0.0/0", "192.0.2.0/24", "192.0.2.128/25", "192.0.2.200", "2001:db8::/32", "2001:db8:1::/48", is_cidr=True)

    assert places(table, "198.51.100.1", "192.0.2.1", "192.0.2.129", "192.0.2.200", " 192.0.2.200 ") == [0, 1, 2, 3, 3]
    assert places(table, "2001:db8::1", "2001:DB8:1::1", "2001:db9::1") == [4, 5, None]
    assert len(table) == 6


def test_a_mapped_address_is_its_ipv4_address() -> None:
    table = table_of("192.0.2.0/24", "::ffff:198.51.100.0/120", is_cidr=True)

    assert places(table, "::ffff:192.0.2.7", "198.51.100.7", "::ffff:198.51.100.7", "198.51.101.7") == [0, 1, 1, None]


@pytest.mark.parametrize("value", ["ec2.amazonaws.com", "192.0.2", "192.0.2.1.", "0300.0.2.1", "192.0.2.1\x00", "1" * 5000, "::g", 5, None])
def test_what_is_no_address_matches_no_network(value: object) -> None:
    assert table_of("0.0.0.0/0", "::/0", is_cidr=True).find(value) is None


@pytest.mark.parametrize(
    "text", ["", "a", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2.0/x", "::/129", "192.0.2.0/24/25", "192.0.2.0/²"]
)
def test_what_is_no_network(text: str) -> None:
    assert network_of(text) is None


def test_a_table_looks_like_cidr_when_all_its_keys_are_networks_or_addresses() -> None:
    assert looks_like_cidr(["192.0.2.0/24", "198.51.100.7"])
    assert not looks_like_cidr(["192.0.2.7", "198.51.100.7"])
    assert not looks_like_cidr(["192.0.2.0/24", "office"])
    assert not looks_like_cidr([])


ADDRESSES = st.one_of(
    st.ip_addresses(v=4), st.ip_addresses(v=6), st.integers(0, 2**10).map(lambda n: ipaddress.IPv4Address(0xC0000200 + n))
)
LENGTHS = st.integers(0, 128)


@given(st.lists(st.tuples(ADDRESSES, LENGTHS), min_size=1, max_size=12), ADDRESSES)
def test_the_index_finds_what_a_search_through_all_networks_finds(networks: list, address: object) -> None:
    parsed = [ipaddress.ip_network((base, min(length, base.max_prefixlen)), strict=False) for base, length in networks]
    parsed = [n for n in parsed if not (n.version == 6 and n.overlaps(ipaddress.ip_network("::ffff:0:0/96")))]
    if address.version == 6 and address.ipv4_mapped:  # type: ignore[attr-defined]
        return
    best = max((n for n in parsed if address in n), key=lambda n: n.prefixlen, default=None)

    found = places(table_of(*map(str, parsed), is_cidr=True), str(address))[0]

    assert (None if found is None else parsed[found]) == best
