"""Files and Arrow rows -> keyed rows as JSON texts."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from panther_dagster.detect.lookups.rows import KeyedRows, key_text, read_batches, read_file
from panther_dagster.errors import Location, LookupTableError

DECLARED = Location(Path("staff.yml"), 1)


def read(folder: Path, name: str, content: str | bytes, key: str = "id") -> KeyedRows:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(file, key, declared_at=DECLARED)


def test_csv_has_text_and_an_empty_cell_is_null(tmp_path: Path) -> None:
    keyed = read(tmp_path, "a.csv", '\ufeffid,team,note\n007,Ops,"a, b\nc"\n8,,x\n')

    assert keyed.keys == ["007", "8"]
    assert keyed.texts == ['{"id":"007","team":"Ops","note":"a, b\\nc"}', '{"id":"8","team":null,"note":"x"}']
    assert keyed.type_by_column == {"id": "text", "team": "text", "note": "text"}
    assert (keyed.rows, keyed.skipped) == (2, 0)


def test_a_csv_with_a_header_only_is_a_table_without_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "id,team\n").rows == 0


def test_a_csv_row_that_cannot_be_used_costs_itself_and_is_named(tmp_path: Path) -> None:
    keyed = read(tmp_path, "a.csv", "id,team\n1,a\n2,b,c\n3\n4,d\n,e\n")

    assert keyed.keys == ["1", "4"]
    assert keyed.skipped == 3
    assert [str(problem).removeprefix(str(tmp_path)) for problem in keyed.problems] == [
        "/a.csv:3: the row has 3 of 2 columns",
        "/a.csv:4: the row has 1 of 2 columns",
        "/a.csv: the row has no key: id is null",
    ]


def test_json_lines_keep_their_types(tmp_path: Path) -> None:
    keyed = read(tmp_path, "a.jsonl", '{"id": 7, "tags": ["x"], "w": 1}\n\n{"id": 8, "w": 1.5, "on": true, "who": null}\n')

    assert keyed.keys == ["7", "8"]
    assert keyed.texts == ['{"id":7,"tags":["x"],"w":1}', '{"id":8,"w":1.5,"on":true,"who":null}']
    assert keyed.type_by_column == {"id": "bigint", "tags": "json", "w": "double", "on": "boolean", "who": "text"}


def test_a_wrong_json_line_costs_itself_and_is_named(tmp_path: Path) -> None:
    keyed = read(tmp_path, "a.jsonl", '{"id": 1}\n{"id": \n[2]\n{"no": 3}\n{"id": {"a": 1}}\n{"id": 4}\n')

    assert keyed.keys == ["1", "4"]
    lines = [(problem.location.line if problem.location else None, problem.text[:18]) for problem in keyed.problems]
    assert lines == [(2, "no JSON: Expecting"), (3, "no JSON object but"), (4, "the row has no key"), (5, "the row has no key")]


def test_numbers_beyond_64_bits_keep_their_digits(tmp_path: Path) -> None:
    keyed = read(tmp_path, "a.jsonl", '{"id": 123456789012345678901234567890}\n')

    assert keyed.keys == ["123456789012345678901234567890"]
    assert keyed.texts == ['{"id": 123456789012345678901234567890}']


def test_gzip_is_read_by_its_name_and_a_torn_one_is_an_error(tmp_path: Path) -> None:
    packed = gzip.compress(b"id\n1\n" * 1000)
    assert read(tmp_path, "a.csv.gz", gzip.compress(b"id\n1\n")).keys == ["1"]
    with pytest.raises(LookupTableError, match=r"b\.csv\.gz: cannot be read: "):
        read(tmp_path, "b.csv.gz", packed[:-20])


def test_parquet_columns_keep_their_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": [1],
            "at": pa.array([datetime(2024, 5, 6, 7, 8, 9, 123)]),
            "on": pa.array([date(2024, 5, 6)]),
            "cost": pa.array([Decimal("1.50")]),
            "raw": pa.array([b"\x00\xff"]),
            "more": pa.array([{"a": [True]}]),
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    keyed = read_file(tmp_path / "a.parquet", "id", declared_at=DECLARED)

    assert keyed.texts == [
        '{"id":1,"at":"2024-05-06 07:08:09.000123","on":"2024-05-06","cost":1.5,"raw":"00ff","more":{"a":[true]},"map":{"k":1}}'
    ]
    assert list(keyed.type_by_column.values()) == ["bigint", "timestamp", "date", "double", "text", "json", "json"]


def test_a_row_with_a_list_as_key_is_found_by_each_element(tmp_path: Path) -> None:
    keyed = read(tmp_path, "a.jsonl", '{"id": ["a", "b", "a", null, ""]}\n')

    assert (keyed.keys, keyed.rows) == (["a", "b"], 1)


def test_lake_rows_come_in_one_order_whatever_order_they_are_read_in() -> None:
    schema = pa.schema([("id", pa.string()), ("n", pa.int64())])
    rows = [{"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": "a", "n": 1}]
    batches = [pa.RecordBatch.from_pylist([row], schema) for row in rows]

    forwards = read_batches(batches, schema, "id", declared_at=DECLARED)
    backwards = read_batches(batches[::-1], schema, "id", declared_at=DECLARED)

    assert forwards.texts == backwards.texts == ['{"id":"a","n":1}', '{"id":"a","n":2}', '{"id":"b","n":1}']
    assert forwards.keys == ["a", "a", "b"]


def test_a_key_column_that_is_not_there_is_an_error_at_the_declaration(tmp_path: Path) -> None:
    with pytest.raises(LookupTableError, match=r"staff\.yml:1: .* no column 'emial', which is the PrimaryKey; did you mean 'email'\?"):
        read(tmp_path, "a.csv", "email,team\nx,y\n", key="emial")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", r"a\.csv:1: the first line must name the columns"),
        ("a.csv", "id,id\n1,2\n", r"a\.csv:1: column 'id' stands twice"),
        ("a.csv", b"id\n\xff\xfe\n", r"a\.csv: cannot be read: "),
        ("a.parquet", b"no parquet", r"a\.parquet: cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(LookupTableError, match=message):
        read(tmp_path, name, content)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Jo", "Jo"), (" Jo", " Jo"), ("", None), (12, "12"), (12.0, "12"), (1.5, "1.5"), (True, "true"), (False, "false"), (None, None),
        (float("nan"), None), (10**50, None), ({"a": 1}, None), ([1], None),
    ],
)  # fmt: skip
def test_how_values_are_compared(value: object, text: str | None) -> None:
    assert key_text(value) == text
