"""A file or Arrow rows of the lake -> the rows of a lookup table as JSON texts, each with the text of its key.

A row that cannot be used costs itself and is named with its line. CSV has only text: an empty cell is null. JSON lines keep their types,
Parquet and lake tables those of their columns: times become `2024-05-06 07:08:09.123456`, bytes hexadecimal digits.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.errors import Location, LookupTableError

ROWS_PER_BATCH: Final = 10_000
MAX_PROBLEMS: Final = 20  # that are kept; all are counted
_LONG_NUMBER: Final = re.compile("[0-9]{19}")
_LONG_NUMBER_BYTES: Final = re.compile(b"[0-9]{19}")


@dataclass
class KeyedRows:
    """Rows as JSON texts with their keys, in order. A row with a list as key stands here once for each of its elements."""

    keys: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    type_by_column: dict[str, str] = field(default_factory=dict)  # text, bigint, double, boolean, timestamp, date or json
    rows: int = 0
    skipped: int = 0
    problems: list[LookupTableError] = field(default_factory=list)

    def skip(self, text: str, location: Location | None) -> None:
        """Count a row that is left out."""
        self.skipped += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(LookupTableError(text, location))


def read_file(file: Path, primary_key: str, *, declared_at: Location) -> KeyedRows:
    """The rows of a CSV, JSON lines or Parquet file, the first two perhaps gzipped.

    Raises: LookupTableError: the file cannot be read, or has no column of that name.
    """
    name = file.name.lower().removesuffix(".gz")
    try:
        if name.endswith(".csv"):
            keyed = _read_csv(file, primary_key)
        elif name.endswith(".jsonl"):
            with _opened(file) as stream:
                keyed = _read_json_lines(stream, file, primary_key)
        elif not name.endswith(".parquet"):
            raise LookupTableError("is no .csv, .jsonl or .parquet", Location(file))
        else:
            keyed = KeyedRows()
            parquet = pq.ParquetFile(file)
            _add_batches(keyed, parquet.iter_batches(ROWS_PER_BATCH), parquet.schema_arrow, primary_key, Location(file))
    except (OSError, EOFError, pa.ArrowException) as error:
        raise LookupTableError(f"cannot be read: {error}", Location(file)) from error
    _check_key(keyed, primary_key, declared_at)
    return keyed


def read_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema, primary_key: str, *, declared_at: Location) -> KeyedRows:
    """The rows of a lake table. It has no order of its own, so they come in order of their texts. Raises LookupTableError."""
    keyed = KeyedRows()
    _add_batches(keyed, batches, schema, primary_key, declared_at)
    _check_key(keyed, primary_key, declared_at)
    order = sorted(zip(keyed.texts, keyed.keys, strict=True))
    keyed.texts, keyed.keys = [text for text, _ in order], [key for _, key in order]
    return keyed


def key_text(value: Any) -> str | None:
    """How a key or an event's value is compared: text as it is, 12 and 12.0 as `12`, true as `true`. None for what matches nothing."""
    kind = type(value)
    if kind is str:
        return value or None
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value) if -(10**40) < value < 10**40 else None
    if kind is float:
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return None


def _read_csv(file: Path, primary_key: str) -> KeyedRows:
    keyed = KeyedRows()

    def leave_out(row: pacsv.InvalidRow) -> str:
        keyed.skip(f"the row has {row.actual_columns} of {row.expected_columns} columns", Location(file, row.number))
        return "skip"

    names = _header(file)
    with _opened(file) as stream:
        reader = pacsv.open_csv(
            stream,
            # One thread: only then does a wrong row know its number.
            read_options=pacsv.ReadOptions(use_threads=False),
            parse_options=pacsv.ParseOptions(invalid_row_handler=leave_out, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        _add_batches(keyed, reader, reader.schema, primary_key, Location(file))
    return keyed


def _header(file: Path) -> list[str]:
    with _opened(file) as stream:
        names = next(csv.reader(io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="")), [])
    if not names:
        raise LookupTableError("the first line must name the columns", Location(file, 1))
    for name in names:
        if names.count(name) > 1:
            raise LookupTableError(f"column '{name}' stands twice", Location(file, 1))
    return names


def _read_json_lines(stream: BinaryIO, file: Path, primary_key: str) -> KeyedRows:
    keyed = KeyedRows()
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            row = parse_row(line)
        except (ValueError, RecursionError) as error:
            keyed.skip(f"no JSON: {error}", Location(file, number))
            continue
        if type(row) is not dict:
            keyed.skip(f"no JSON object but {type(row).__name__}", Location(file, number))
            continue
        for name, value in row.items():
            if value is not None:
                _note_type(keyed.type_by_column, name, _TYPE_BY_CLASS.get(type(value), "json"))
            else:
                keyed.type_by_column.setdefault(name, "")
        _add(keyed, row, primary_key, Location(file, number))
    keyed.type_by_column = {name: kind or "text" for name, kind in keyed.type_by_column.items()}
    return keyed


_TYPE_BY_CLASS: Final[Mapping[type, str]] = {str: "text", bool: "boolean", int: "bigint", float: "double"}


def _note_type(types: dict[str, str], name: str, kind: str) -> None:
    known = types.get(name)
    if not known:
        types[name] = kind
    elif known != kind:
        types[name] = "double" if {known, kind} == {"bigint", "double"} else "json" if "json" in (known, kind) else "text"


def _add_batches(keyed: KeyedRows, batches: Iterable[pa.RecordBatch], schema: pa.Schema, primary_key: str, location: Location) -> None:
    keyed.type_by_column = {column.name: _column_type(column.type) for column in schema}
    for batch in batches:
        for row in batch.to_pylist(maps_as_pydicts="lossy"):
            _add(keyed, row, primary_key, location)


def _add(keyed: KeyedRows, row: Mapping[str, Any], primary_key: str, location: Location) -> None:
    value = row.get(primary_key)
    keys = [key_text(_plain(element)) for element in (value if isinstance(value, list) else [value])]
    usable = [key for key in dict.fromkeys(keys) if key is not None]
    if not usable:
        keyed.skip(f"the row has no key: {primary_key} is {json.dumps(value, default=str)[:80]}", location)
        return
    text = row_text(row)
    keyed.rows += 1
    keyed.keys += usable
    keyed.texts += [text] * len(usable)


def _check_key(keyed: KeyedRows, primary_key: str, declared_at: Location) -> None:
    if primary_key not in keyed.type_by_column and keyed.type_by_column:
        names = keyed.type_by_column
        hint = did_you_mean(primary_key, names) or f"; its columns: {', '.join(names)}"
        raise LookupTableError(f"the source has no column '{primary_key}', which is the PrimaryKey{hint}", declared_at)


def _column_type(kind: pa.DataType) -> str:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind) or pa.types.is_null(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "bigint"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "double"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_dictionary(kind):
        return _column_type(kind.value_type)
    return "json"


def parse_row(text: str | bytes) -> Any:
    """The value of a JSON text. Integers keep all their digits; NaN is taken. Raises ValueError or RecursionError."""
    # orjson makes a float of an integer beyond 64 bits.
    if not (_LONG_NUMBER if isinstance(text, str) else _LONG_NUMBER_BYTES).search(text):  # type: ignore[arg-type]
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    return json.loads(text)


def row_text(row: Mapping[str, Any]) -> str:
    """A row as JSON; parse_row gives it back."""
    try:
        return orjson.dumps(row, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    except (TypeError, ValueError):  # integers beyond 64 bits, lone surrogates
        return json.dumps(row, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds") if value.tzinfo is None else _utc(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, date | time | timedelta):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None | list | dict) else str(value)


def _utc(value: datetime) -> str:
    return (value - (value.utcoffset() or timedelta())).replace(tzinfo=None).isoformat(" ", "microseconds")


def _opened(file: Path) -> Any:
    return gzip.open(file, "rb") if file.name.lower().endswith(".gz") else open(file, "rb")


def batches_of(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """A table in bounded pieces."""
    yield from table.to_batches(ROWS_PER_BATCH)
