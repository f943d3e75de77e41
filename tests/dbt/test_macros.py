"""The expression macros on DuckDB, value by value, hostile ones among them: what is not of its kind becomes null and costs only itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner
from normalized_rows import DBT_PROJECT

from panther_dagster.storage.embedded import EmbeddedLake

# Each is an expression over the column v.
EXPRESSIONS = {
    "rfc3339": "utc_time('try_cast(v as timestamptz)', 'rfc3339')",
    "unix": "utc_time('try_cast(v as double)', 'unix')",
    "unix_ms": "utc_time('try_cast(v as double)', 'unix_ms')",
    "calendar": "utc_time('v', '%a %b %d %H:%M:%S %Y UTC')",
    "trimmed": "trimmed('v')",
    "is_ip": "matches('v', patterns().ip)",
    "is_email": "matches('v', patterns().email)",
    "is_md5": "matches('v', patterns().md5)",
    "is_sha256": "matches('v', patterns().sha256)",
    "is_mac": "matches('v', patterns().mac)",
    "is_account": "matches('v', patterns().aws_account_id)",
    "url_host": "host_of_url('v')",
    "net_addr_host": "host_of_net_addr('v')",
    "open": "find_all('v', patterns().open)",
    "tag_lists": "find_all('v', patterns().tag_lists)",
    "first_tag": "pair_of('v', '^' ~ patterns().tags[0].pattern ~ '$', 1, 3)",
    "sorted_one": "sorted_distinct(['v'], [])",
    "sorted_pair": "sorted_distinct(['v', 'w'], [])",
    "sorted_three": "sorted_distinct(['v', 'w', 'z'], [])",
    "sorted_list": "sorted_distinct(['v'], ['l'])",
    "texts_together": "texts_together(['v', 'w'])",
    "map_pairs": "map_pairs('m')",
    "column": "ident('userAgent')",
    "part": "part_of('a', ['b', 'c'])",
}
Found = Callable[..., Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """`found("trimmed", v=" a ")` is what the expression gives for these columns; texts unless their type is told."""
    expressions = compile_expressions()
    lake = EmbeddedLake(tmp_path_factory.mktemp("macros"), threads=1, memory_limit="300MB")

    def evaluate(name: str, **columns: str | None) -> Any:
        types = {"l": "varchar[]", "m": "map(varchar, varchar)"}
        texts = {"v": None, **columns}
        row = ", ".join(f"cast(? as {types.get(column, 'varchar')}) as {column}" for column in texts)
        return lake.query(f"select {expressions[name]} as found from (select {row})", list(texts.values())).to_pylist()[0]["found"]

    evaluate.expressions = expressions  # type: ignore[attr-defined]
    yield evaluate
    lake.close()


def compile_expressions() -> dict[str, str]:
    """SQL by name, by one dbt command."""
    text = "".join(f"\n@@{name}@@{{{{ {expression} }}}}" for name, expression in EXPRESSIONS.items())
    with tempfile.TemporaryDirectory() as folder:
        outcome = dbtRunner().invoke(
            [
                *("compile", "--inline", text, "--no-introspect", "--no-populate-cache", "--quiet"),
                *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
                *("--target-path", str(Path(folder) / "target"), "--log-path", str(Path(folder) / "logs")),
            ]
        )
    assert outcome.success, outcome.exception
    pieces = outcome.result.results[0].node.compiled_code.split("@@")[1:]
    return dict(zip(pieces[::2], (piece.strip() for piece in pieces[1::2]), strict=True))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("rfc3339", "2024-05-01T12:00:00Z", datetime(2024, 5, 1, 12)),
        ("rfc3339", "2024-05-01T12:00:00.123456+02:00", datetime(2024, 5, 1, 10, 0, 0, 123456)),
        ("rfc3339", "2024-05-01 12:00:00", datetime(2024, 5, 1, 12)),
        ("rfc3339", "2024-05-01T12:00:00.5+0000", datetime(2024, 5, 1, 12, 0, 0, 500000)),
        ("rfc3339", "2024-02-30T12:00:00Z", None),
        ("rfc3339", "yesterday", None),
        ("rfc3339", "", None),
        ("rfc3339", None, None),
        ("unix", "1714564800", datetime(2024, 5, 1, 12)),
        ("unix", "1714564800.25", datetime(2024, 5, 1, 12, 0, 0, 250000)),
        ("unix", "0", datetime(1970, 1, 1)),
        ("unix", "1e300", None),
        ("unix", "nan", None),
        ("unix", "now", None),
        ("unix_ms", "1714564800123", datetime(2024, 5, 1, 12, 0, 0, 123000)),
        ("calendar", "Wed May  1 12:00:00 2024 UTC", datetime(2024, 5, 1, 12)),
        ("calendar", " Wed May 01 12:00:00 2024 UTC ", datetime(2024, 5, 1, 12)),
        ("calendar", "Wed May 41 12:00:00 2024 UTC", None),
    ],
)
def test_a_time_is_in_utc_or_null(found: Found, name: str, value: str | None, expected: datetime | None) -> None:
    assert found(name, v=value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" a b ", "a b"),
        ("a", "a"),
        ("a ", "a"),
        (" a", "a"),
        ("", None),
        ("   ", None),
        (None, None),
        (" é✓", "é✓"),
        ("'; drop table x", "'; drop table x"),
    ],
)
def test_a_text_is_trimmed_or_null(found: Found, value: str | None, expected: str | None) -> None:
    assert found("trimmed", v=value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(
            "0.0.0.0",
            "192.0.2.255",
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:DB8:0:0:0:0:0:1",
            "1:2:3:4:5:6:7:8",
            "1::8",
            "1:2:3:4:5:6:7::",
        ),
        *("::2:3:4:5:6:7:8", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:192.0.2.1", "fe80:0000:0000:0000:b9a3:aa8f:3e8e:fe86"),
    ],
)
def test_an_address(found: Found, value: str) -> None:
    assert found("is_ip", v=value) is True


@pytest.mark.parametrize(
    "value",
    [
        *("256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "1.2.3.4/8", "1.2.3.4:80", "x1.2.3.4", "1.2.3.4\n", "1.2.3.٤"),
        *(
            ":",
            ":::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "12345::",
            "g::1",
            "1:2:3:4:5:6:7:8::",
            "::1%eth0",
            "::ffff:256.0.0.1",
        ),
        *("::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", "", "12:30:59"),
    ],
)
def test_no_address(found: Found, value: str) -> None:
    assert found("is_ip", v=value) is False


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("is_md5", "d41d8cd98f00b204e9800998ecf8427e", True),
        ("is_md5", "D41D8CD98F00B204E9800998ECF8427E", True),
        ("is_md5", "d41d8cd98f00b204e9800998ecf8427", False),
        ("is_md5", "g41d8cd98f00b204e9800998ecf8427e", False),
        ("is_sha256", "a" * 64, True),
        ("is_sha256", "a" * 65, False),
        ("is_email", "ann@example.com", True),
        ("is_email", "ann@localhost", False),
        ("is_email", "ann@@example.com", False),
        ("is_mac", "02:00:5e:10:00:01", True),
        ("is_mac", "02-00-5E-10-00-01", True),
        ("is_mac", "02:00:5e:10:00", False),
        ("is_account", "123456789012", True),
        ("is_account", "1234567890123", False),
        ("is_account", "12345678901x", False),
    ],
)
def test_hashes_and_the_like_are_taken_whole(found: Found, name: str, value: str, expected: bool) -> None:
    assert found(name, v=value) is expected


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("https://www.example.com/a?b=c", "www.example.com"),
        ("https://user:pa:ss@www.example.com:8443/", "www.example.com"),
        ("http://192.0.2.1:8080", "192.0.2.1"),
        ("http://[2001:db8::1]:8080/x", "2001:db8::1"),
        ("//example.com/x", "example.com"),
        ("https://example.com?next=https://evil.example.net/@", "example.com"),
        ("https://example.com#@evil.example.net", "example.com"),
        ("file:///etc/passwd", ""),
        ("/api/v1/authn", ""),
        ("mailto:ann@example.com", ""),
        ("", ""),
    ],
)
def test_the_host_of_a_url(found: Found, value: str, host: str) -> None:
    assert (found("url_host", v=value) or "") == host


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("192.0.2.1:443", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("example.com:443", "example.com"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("example.com:http", "example.com:http"),
        (":443", ""),
        ("", ""),
    ],
)
def test_the_host_of_an_address_with_a_port(found: Found, value: str, host: str) -> None:
    assert (found("net_addr_host", v=value) or "") == host


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a":"192.0.2.1","b":[1.5]}', ["192.0.2.1"]),
        ('{"a":"::1"}', ['"::1']),
        ('{"a":"1.2.3.4.5","b":"10.0.0.0/8"}', ["1.2.3.4.5", "10.0.0.0/8"]),  # whole, so that no address is cut out of them
        ('{"a":"Mozilla/5.0.1.2"}', ["a/5.0.1.2"]),
        ('{"a":"AWS::EC2::Instance"}', ["EC2::Instance"]),  # which is no address
        ('{"a":"arn:aws:s3:::logs/*"}', ["arn:aws:s3:::logs/*"]),
        ("mail ann@example.com or https://x:y@example.net:8/z", ["ann@example.com", "https://x:y@example.net"]),
        ("", []),
    ],
)
def test_candidates_in_an_open_text(found: Found, text: str, words: list[str]) -> None:
    assert found("open", v=text) == words


def test_tags_are_pairs_with_a_colon(found: Found) -> None:
    assert found("tag_lists", v='{"tags":[{"key":"team","value":"a:b"}],"other":[{"key":"x","value":"y"}]}') == [
        '"tags":[{"key":"team","value":"a:b"}'
    ]
    assert found("first_tag", v='{"key":"team","value":"a:b"}') == "team:a:b"
    assert found("first_tag", v='{"key":"team"}') == '{"key":"team"}'
    assert found("map_pairs", m="{team=platform, env=prod}") == ["team:platform", "env:prod"]
    assert found("map_pairs", m=None) is None


def test_values_become_a_sorted_list_without_repetition_or_null(found: Found) -> None:
    assert found("sorted_one", v="a") == ["a"]
    assert found("sorted_one", v=None) is None
    assert found("sorted_pair", v="b", w="a") == ["a", "b"]
    assert found("sorted_pair", v="a", w="a") == ["a"]
    assert found("sorted_pair", v=None, w="a") == ["a"]
    assert found("sorted_pair", v=None, w=None) is None
    assert found("sorted_three", v="c", w=None, z="a") == ["a", "c"]
    assert found("sorted_three", v=None, w=None, z=None) is None
    assert found("sorted_list", v="b", l="[c, a, b, NULL]") == ["a", "b", "c"]
    assert found("sorted_list", v="b", l=None) == ["b"]
    assert found("sorted_list", v=None, l="[]") is None


def test_texts_are_joined_with_a_blank(found: Found) -> None:
    assert found("texts_together", v="a", w="b") == "a b"
    assert (found("texts_together", v=None, w="b") or "").strip() == "b"


def test_names_are_quoted_as_declared(found: Found) -> None:
    assert found.expressions["column"] == '"userAgent"'  # type: ignore[attr-defined]
    assert found.expressions["part"] == 'a."b"."c"'  # type: ignore[attr-defined]
