"""Addresses against Python's own reading of them, in open text too; lists of indicators as sets. (test_macros.py holds the rest.)"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from normalized_rows import expanded

from panther_dagster.storage.embedded import EmbeddedLake

Evaluate = Callable[[str, Sequence[str | None]], list[Any]]


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluate]:
    """Values of a macro expression over `x`, for each text."""
    lake = EmbeddedLake(tmp_path_factory.mktemp("expressions"), threads=1, memory_limit="500MB")
    lake.ensure_tables()
    sql_by_expression: dict[str, str] = {}

    def values(expression: str, texts: Sequence[str | None]) -> list[Any]:
        if expression not in sql_by_expression:
            sql_by_expression[expression] = expanded(lake, "{{ " + expression + " }}")
        sql = sql_by_expression[expression]
        found = lake.query(
            f"select {sql} as found from (select unnest(?::varchar[]) as x, generate_subscripts(?, 1) as i) order by i", [texts, texts]
        )
        return list(found.column("found").to_pylist())

    yield values
    lake.close()


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # no zone: fe80::1%eth0 means something on its own host only


ADDRESS_LIKE = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded.upper()),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{address}"),
    st.text(alphabet="0123456789abcdefABCDEF:.", max_size=45),
    st.lists(st.sampled_from(["0", "1", "ff", "ffff", "12345", "", "g", "192.0.2.1", "256.0.2.1", "01.0.2.1"]), max_size=10).map(":".join),
    st.lists(st.integers(0, 300).map(str), min_size=3, max_size=5).map(".".join),
)


@settings(max_examples=20)
@given(st.lists(ADDRESS_LIKE, min_size=50, max_size=200))
@example(
    [
        "999.1.1.1",
        "1.2.3.4.5",
        "1.2.3",
        "::",
        "::1",
        "1::",
        "1:2:3:4:5:6:7::",
        "1:2:3:4:5:6:7:8:9",
        ":1",
        "1:",
        ":::",
        "1::2::3",
        "fe80::1%eth0",
    ]
)
@example(
    [
        "1:2:3:4:5:6:192.0.2.1",
        "1:2:3:4:5:6:7:192.0.2.1",
        "::192.0.2.1",
        "1:2:3:4:5::192.0.2.1",
        "1:2:3:4:5:6::192.0.2.1",
        "64:ff9b::192.0.2.33",
    ]
)
def test_an_address_is_what_python_takes_for_one(evaluate: Evaluate, texts: list[str]) -> None:
    found = evaluate("matches('x', patterns().ip)", texts)
    assert found == [is_address(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from 192.0.2.1:443 to 198.51.100.2.", ["192.0.2.1", "198.51.100.2"]),
        ("999.1.1.1 1.2.3.4.5 v1.2.3.4 app/1.2.3.4 10.0.0.0/8 ::/0 12:34:56 aa:bb:cc:dd:ee:ff", []),
        ("AWS::EC2::Instance AWS::CE::CostCategory Foo::Bar std::dec", []),
        ('{"a":"::1","b":"[2001:db8::5]:80","c":"fe80::1"}', ["::1", "2001:db8::5", "fe80::1"]),
        ("293ba626-3be5-4a26-ab1b-0f4c54f49959", []),
    ],
)
def test_addresses_in_open_text_are_whole_words(evaluate: Evaluate, text: str, found: list[str]) -> None:
    words = "list_map(find_all('x', patterns().open), without_mark('x'))"
    addresses = evaluate(f"list_where({words}, matches('x', patterns().ip))", [text])[0]
    assert addresses == found


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ("sorted_distinct(['x', \"'b'\"], [])", ["b", "x"]),
        ("sorted_distinct(['x', \"'x'\"], [])", ["x"]),
        ("sorted_distinct(['null', 'x'], [])", ["x"]),
        ("sorted_distinct(['null', 'null'], [])", None),
        ("sorted_distinct(['null::varchar', 'null::varchar', 'null::varchar'], [])", None),
        ("sorted_distinct(['x', \"'b'\", \"'a'\", \"'b'\"], [])", ["a", "b", "x"]),
        ("sorted_distinct(['x', 'null', \"'x'\"], [])", ["x"]),
        ("sorted_distinct([], [\"['é', 'b', 'Z', 'b', null]\"])", ["Z", "b", "é"]),
        ("sorted_distinct([], ['[]::varchar[]'])", None),
        ("sorted_distinct([], ['[null]::varchar[]'])", None),
        ("sorted_distinct(['x'], [\"['b']\", 'null::varchar[]'])", ["b", "x"]),
        ("sorted_distinct(['x'], ['null::varchar[]'])", ["x"]),
        ("sorted_distinct(['x'], [\"['x', 'a']\"], often=true)", ["a", "x"]),
    ],
)
def test_indicators_are_sorted_distinct_and_null_when_there_is_none(evaluate: Evaluate, lists: str, found: list[str] | None) -> None:
    assert evaluate(lists, ["x"]) == [found]
