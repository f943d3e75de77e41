"""How the text of an object is split into records."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from panther_dagster.ingest.failures import Failure
from panther_dagster.ingest.readers.compression import decompress
from panther_dagster.ingest.readers.json import split_records
from panther_dagster.ingest.readers.nesting import MAX_DEPTH, is_too_deep
from panther_dagster.ingest.readers.records import Records
from panther_dagster.ingest.readers.window import WINDOW_BYTES
from panther_dagster.log_types.declaration import LogType, Recognition
from panther_dagster.log_types.recognition import Recognizer
from panther_dagster.log_types.registry import Registry

LIMIT = 1024 * 1024
RECOGNIZER = Recognizer(Registry({"Any.Record": LogType("Any.Record", Path("x.yml"), "", "Records", Recognition(required=("a",)), ())}))


def split(text: bytes, chunk_bytes: int | None = None, max_record_bytes: int = LIMIT) -> list[bytes | tuple[str, int | None]]:
    """Texts of records, and (reason, offset) of failures."""

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(text), chunk_bytes or len(text) or 1):
            yield text[start : start + (chunk_bytes or len(text))]

    pieces: list[bytes | tuple[str, int | None]] = []
    options = {"max_record_bytes": max_record_bytes, "window_bytes": chunk_bytes or WINDOW_BYTES}
    for piece in split_records(chunks(), RECOGNIZER, wrapper_keys=RECOGNIZER.wrapper_keys, **options):
        if isinstance(piece, Records):
            assert len(piece.texts) == len(piece.heads)
            pieces += piece.texts
        else:
            pieces.append((piece.reason.value, piece.byte_offset))
    return pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b" \n\t\r\n", [], id="blank"),
        pytest.param(b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}'], id="lines"),
        pytest.param(b'{"a":1}\n{"a":2}', [b'{"a":1}', b'{"a":2}'], id="no last line end"),
        pytest.param(b'{"a":1}\r\n\r\n {"a":2} \r\n', [b'{"a":1}', b'{"a":2}'], id="CRLF, blank lines, spaces"),
        pytest.param(b'\xef\xbb\xbf{"a":1}\n{"a":2}', [b'{"a":1}', b'{"a":2}'], id="byte order mark"),
        pytest.param(b'{"a":1}{"a":2} {"a":3}\n{"a":4}', [b'{"a":1}', b'{"a":2}', b'{"a":3}', b'{"a":4}'], id="one after another"),
        pytest.param(b'[{"a":1},{"a":2}]', [b'{"a":1}', b'{"a":2}'], id="array"),
        pytest.param(b'[{"a":1}, {"a":2}, {"a":3}]', [b'{"a":1}', b'{"a":2}', b'{"a":3}'], id="array with spaces"),
        pytest.param(b'[{"a":1},{"b":2},{"a":3}]', [b'{"a":1}', b'{"b":2}', b'{"a":3}'], id="array whose first keys differ"),
        pytest.param(b'[\n  {"a":1},\n  {"a":2}\n]\n', [b'{"a":1}', b'{"a":2}'], id="array over lines"),
        pytest.param(b'[{"a":1}]\n[{"a":2}]', [b'{"a":1}', b'{"a":2}'], id="arrays on lines"),
        pytest.param(b"[]", [], id="empty array"),
        pytest.param(b'{"Records":[]}', [], id="empty wrapper"),
        pytest.param(b'{"Records":[{"a":1},{"a":2}]}', [b'{"a":1}', b'{"a":2}'], id="wrapper"),
        pytest.param(
            b'{"v":{"Records":[1]},"Records":[{"a":1},{"a":2}],"w":[3]}', [b'{"a":1}', b'{"a":2}'], id="wrapper with keys around it"
        ),
        pytest.param(b'{"\\u0052ecords":[{"a":1}]}', [b'{"a":1}'], id="wrapper with an escaped key"),
        pytest.param(b'{"Records":[{"a":1}],"Records":[{"a":2}]}', [b'{"a":1}', b'{"a":2}'], id="wrapper with its key twice"),
        pytest.param(
            b'{"Records":[{"a":1}]}\n{"a":2}\n{"Records":[{"a":3}]}', [b'{"a":1}', b'{"a":2}', b'{"a":3}'], id="wrappers on lines"
        ),
        pytest.param(
            b'{"Records":null}\n{"Records":{"a":[1]}}', [b'{"Records":null}', b'{"Records":{"a":[1]}}'], id="no wrapper: no array"
        ),
        pytest.param(b'{"a":{"Records":[{"a":1}]}}', [b'{"a":{"Records":[{"a":1}]}}'], id="no wrapper: not at the top"),
        pytest.param(b'{\n "a": {\n  "b": [\n{}\n]}\n}\n{\n"a":2}', [b'{\n "a": {\n  "b": [\n{}\n]}\n}', b'{\n"a":2}'], id="indented"),
        pytest.param(b'{"a":[{}\n,{}]}\n{"a":"}\\n{"}', [b'{"a":[{}\n,{}]}', b'{"a":"}\\n{"}'], id="lines that look like records"),
        pytest.param(b'{"a":[{"a":1},{"a":2}]}\n{"a":1}', [b'{"a":[{"a":1},{"a":2}]}', b'{"a":1}'], id="inner objects with the same key"),
        pytest.param(b'[{"a":[{"a":1},{"a":2}]},{"a":3}]', [b'{"a":[{"a":1},{"a":2}]}', b'{"a":3}'], id="the same in an array"),
        pytest.param(
            b'{"a":"\\ud800"}\n{"a":"\\udc00\\ud83d\\ude00"}', [b'{"a":"\\ud800"}', b'{"a":"\\udc00\\ud83d\\ude00"}'], id="lone surrogates"
        ),
        pytest.param(b'{"a":1,"a":2}', [b'{"a":1,"a":2}'], id="a key twice"),
        pytest.param(b'{"a":-}\n{"a":1}', [("INVALID_JSON", 0), b'{"a":1}'], id="a bad line"),
        pytest.param(
            b'{"a":1}\nhello\nworld\n{"a":2}', [b'{"a":1}', ("INVALID_JSON", 8), ("INVALID_JSON", 14), b'{"a":2}'], id="two bad lines"
        ),
        pytest.param(b'{"a":1\n{"a":2}\n', [("INVALID_JSON", 0), b'{"a":2}'], id="a line that is cut"),
        pytest.param(b'{"a":"x\n{"a":2}\n', [("INVALID_JSON", 0), b'{"a":2}'], id="a line that is cut in a string"),
        pytest.param(b'{"a":[\n{"a":2}\n{"a":3}\n', [("INVALID_JSON", 0), b'{"a":2}', b'{"a":3}'], id="a line that is cut after a bracket"),
        pytest.param(b'{"a":1}\n{"a":2', [b'{"a":1}', ("TRUNCATED", 8)], id="the last line is cut"),
        pytest.param(b'{"a":1}{bad}{"a":3}', [b'{"a":1}', ("INVALID_JSON", 7), b'{"a":3}'], id="bad between others on one line"),
        pytest.param(b'{\n "a": oops,\n "b": 1\n}\n{\n "a": 2\n}', [("INVALID_JSON", 0), b'{\n "a": 2\n}'], id="a bad indented record"),
        pytest.param(b'[{"a":1},{"a":bad},{"a":3}]', [b'{"a":1}', ("INVALID_JSON", 9), b'{"a":3}'], id="a bad element"),
        pytest.param(b'[{"a":1},{"a":{"b":2},{"a":3}]', [b'{"a":1}', ("INVALID_JSON", 9), b'{"a":3}'], id="an element that is cut"),
        pytest.param(b'[{"a":1},{"a":2', [b'{"a":1}', ("TRUNCATED", 9)], id="the array is cut"),
        pytest.param(b'{"Records":[{"a":1}', [b'{"a":1}', ("TRUNCATED", 19)], id="the wrapper is cut"),
        pytest.param(b'{"Records":[{"a":1}],"x":', [b'{"a":1}', ("TRUNCATED", 25)], id="the wrapper is cut behind its array"),
        pytest.param(b'[12:00:01] started\n{"a":1}', [("INVALID_JSON", 0), b'{"a":1}'], id="text in brackets"),
        pytest.param(
            b'3\n"x"\nnull\ntrue\n[1,[]]\n{"a":1}',
            [*(("NOT_AN_OBJECT", offset) for offset in (0, 2, 6, 11, 17, 19)), b'{"a":1}'],
            id="values that are no objects",
        ),
        pytest.param(b'{"a":"\xff"}\n{"a":1}', [("INVALID_UTF8", 0), b'{"a":1}'], id="bad UTF-8 in a value"),
        pytest.param(b'{"\xff":1}\n{"a":1}', [("INVALID_UTF8", 0), b'{"a":1}'], id="bad UTF-8 in a key"),
        pytest.param(b'{"a":"\0"}\n{"a":1}', [("INVALID_JSON", 0), b'{"a":1}'], id="NUL in a string"),
        pytest.param(b'{"a":1}\n\0\0\n{"a":1}', [b'{"a":1}', ("INVALID_JSON", 8), b'{"a":1}'], id="NULs between lines"),
    ],
)
def test_splitting(text: bytes, expected: list[bytes | tuple[str, int]]) -> None:
    assert split(text) == expected
    for chunk_bytes in (1, 2, 3, 7):
        assert split(text, chunk_bytes) == expected


def test_deep_nesting_costs_its_own_record() -> None:
    deep = b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    unclosed = b'{"a":' + b'{"b":' * 10_000
    assert split(b'{"a":1}\n' + deep + b'\n{"a":2}') == [b'{"a":1}', ("TOO_DEEP", 8), b'{"a":2}']
    assert split(b'[{"a":1},' + deep + b',{"a":2}]') == [b'{"a":1}', ("TOO_DEEP", 9), b'{"a":2}']
    assert split(b'{"a":1}\n' + unclosed) == [b'{"a":1}', ("TOO_DEEP", 8)]
    assert split(b'{"a":1}\n' + unclosed + b'\n{"a":2}') == [b'{"a":1}', ("TOO_DEEP", 8), b'{"a":2}']


def test_the_depth_limit_is_exact() -> None:
    def nested(depth: int) -> bytes:
        return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    assert [is_too_deep(nested(depth)) for depth in (1, MAX_DEPTH, MAX_DEPTH + 1)] == [False, False, True]
    assert not is_too_deep(b'{"a":[' + b",".join([b"[]"] * 5000) + b"]}")
    assert not is_too_deep(b'{"a":"' + b"[" * 5000 + b'"}')
    assert split(nested(MAX_DEPTH)) == [nested(MAX_DEPTH)]
    assert split(nested(MAX_DEPTH + 1)) == [("TOO_DEEP", 0)]


def test_a_record_that_is_too_large_is_skipped() -> None:
    large = b'{"a":"' + b'x\\"}' * 500 + b'","b":[{"c":' + b"9" * 500 + b"}]}"
    for chunk_bytes in (None, 3, 100):
        assert split(b'{"a":1}\n' + large + b'\n{"a":2}', chunk_bytes, 1000) == [b'{"a":1}', ("TOO_LARGE", 8), b'{"a":2}']
        assert split(b'[{"a":1},' + large + b',{"a":2}]', chunk_bytes, 1000) == [b'{"a":1}', ("TOO_LARGE", 9), b'{"a":2}']
        assert split(b'{"a":1}' + large + b'{"a":2}', chunk_bytes, 1000) == [b'{"a":1}', ("TOO_LARGE", 7), b'{"a":2}']
        assert split(b'{"a":1}\n' + b"x" * 3000 + b'\n{"a":2}', chunk_bytes, 1000) == [b'{"a":1}', ("INVALID_JSON", 8), b'{"a":2}']


def test_the_raw_text_of_a_failure_is_kept_and_capped() -> None:
    pieces = list(split_records(iter([b'{"a":"\xff"}\n{"a":"\xff' + b"x" * 9000 + b'"}']), RECOGNIZER, max_record_bytes=LIMIT))
    failures = [piece for piece in pieces if isinstance(piece, Failure)]
    assert failures[0].kept_text == '{"a":"\\xff"}'
    assert failures[1].kept_text == '{"a":"\\xff' + "x" * (4096 - 7)


# Laws: whatever holds the records and wherever the chunks are cut, the records come out as they went in.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
records = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "Record", "x\n", 'q"']), json_values, min_size=1, max_size=4).map(
        lambda value: json.dumps(value, ensure_ascii=bool(len(value) % 2)).encode("utf-8", "surrogatepass")
    ),
    max_size=12,
).filter(lambda texts: all(is_clean(text) for text in texts))


def is_clean(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def indented(texts: list[bytes]) -> list[bytes]:
    return [json.dumps(json.loads(text), indent=2).encode() for text in texts]


WRAPPINGS = {
    "lines": lambda texts: b"".join(text + b"\n" for text in texts),
    "crlf": lambda texts: b"\r\n\r\n".join(texts),
    "array": lambda texts: b"[" + b",".join(texts) + b"]",
    "spaced array": lambda texts: b"[ " + b" ,\n ".join(texts) + b" ]",
    "wrapper": lambda texts: b'{"Records":[' + b",".join(texts) + b"]}",
    "wrapper among keys": lambda texts: b'{"b": {"Records": [3]}, "Records": [' + b", ".join(texts) + b'], "z": null}',
    "concatenated": b"".join,
}


@settings(max_examples=200)
@given(texts=records, wrapping=st.sampled_from(sorted(WRAPPINGS)), chunk_bytes=st.integers(1, 60), is_indented=st.booleans())
def test_records_survive_any_wrapping_and_any_chunks(texts: list[bytes], wrapping: str, chunk_bytes: int, is_indented: bool) -> None:
    texts = indented(texts) if is_indented else texts
    assert split(WRAPPINGS[wrapping](texts), chunk_bytes) == texts


@settings(max_examples=200)
@given(
    texts=records,
    wrapping=st.sampled_from(sorted(WRAPPINGS)),
    damage=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), min_size=1, max_size=3),
    chunk_bytes=st.integers(1, 60),
)
def test_damage_gives_the_same_pieces_in_any_chunks(
    texts: list[bytes], wrapping: str, damage: list[tuple[int, bytes]], chunk_bytes: int
) -> None:
    text = WRAPPINGS[wrapping](texts)
    for place, junk in damage:
        place %= len(text) + 1
        text = text[:place] + junk + text[place + 1 :]
    assert split(text, chunk_bytes) == split(text)


COMPRESSIONS = {
    "plain": lambda text: text,
    "gzip": gzip.compress,
    "gzip members": lambda text: gzip.compress(text[:50]) + gzip.compress(text[50:]) + b"\0" * 7,
    "zstd": zstandard.compress,
    "zstd frames": lambda text: zstandard.compress(text[:50]) + zstandard.compress(text[50:]),
}


@settings(max_examples=50)
@given(texts=records.filter(bool), compression=st.sampled_from(sorted(COMPRESSIONS)))
def test_records_survive_any_compression(texts: list[bytes], compression: str) -> None:
    stored = COMPRESSIONS[compression](WRAPPINGS["lines"](texts))
    assert split(b"".join(decompress(io.BytesIO(stored), max_raw_bytes=10**9))) == texts


def test_a_large_wrapper_is_split_in_windows() -> None:
    texts = [f'{{"a":{number},"b":[{{"a":1}},{{"a":2}}],"c":"{"x" * (number % 700)}"}}'.encode() for number in range(20_000)]
    assert split(WRAPPINGS["wrapper"](texts), 100_000) == texts
    assert split(WRAPPINGS["spaced array"](texts), 100_000) == texts


def test_plain_lines_take_the_fast_way_only(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [b'{"a":%d}' % number for number in range(1000)]
    monkeypatch.setattr("panther_dagster.ingest.readers.records._LINE_GAP", None)  # the second look, seven times slower

    for text in (b"\n".join(lines), b"\n".join(lines) + b"\n"):
        assert split(text) == lines
