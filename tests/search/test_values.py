"""Forms in which a searched value may be in the lake."""

from __future__ import annotations

import pytest

from panther_dagster.search.values import searched_values


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        (" 203.0.113.66 ", "203.0.113.66"),
        ("203.0.113.66", "::ffff:203.0.113.66"),
        ("203[.]0[.]113[.]66", "203.0.113.66"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001"),
        ("::ffff:203.0.113.66", "203.0.113.66"),
        ("evil[.]example[.]net", "evil.example.net"),
        ("evil.example.net.", "evil.example.net"),
        ("xn--mnchen-3ya.example.org", "münchen.example.org"),
        ("user[@]example[.]com", "user@example.com"),
        ("hxxps://evil.example.net/x", "https://evil.example.net/x"),
    ],
)
def test_value_is_also_searched_as(asked: str, form: str) -> None:
    (value,) = searched_values([asked])

    assert form in value.forms


def test_value_is_searched_as_written_first() -> None:
    (value,) = searched_values(["2001:DB8::1"])

    assert value.asked == value.forms[0] == "2001:DB8::1"


def test_case_is_folded_only_in_the_folded_forms() -> None:
    (value,) = searched_values(["User@Example.COM"])

    assert value.forms == ("User@Example.COM",)
    assert value.folded_forms == ("user@example.com",)


def test_blank_and_repeated_values_are_dropped() -> None:
    assert [value.asked for value in searched_values(["a", "", "  ", "a ", "b"])] == ["a", "b"]


def test_broken_punycode_is_searched_as_written() -> None:
    (value,) = searched_values(["xn--\u00e4\u00e4.example.org"])

    assert value.forms == ("xn--\u00e4\u00e4.example.org",)


def test_no_case_is_folded_where_it_tells_nothing_apart() -> None:
    address, number, digest = searched_values(["203.0.113.66", "123456789012", "D41D8CD98F00B204E9800998ECF8427E"])

    assert (address.folded_forms, number.folded_forms, digest.folded_forms) == ((), (), ())
    assert digest.forms == ("D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e")
    assert "::ffff:203.0.113.66" in address.forms
