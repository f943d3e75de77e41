"""Rows -> stdout as a table, a JSON array or CSV. Text from events is made harmless for a terminal here and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 controls (escape sequences start with one) and characters that turn or hide the text around them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
NOT_A_TERMINAL_COLUMNS = 120  # width of a table that goes into a pipe or file, where COLUMNS is not set


class Format(StrEnum):
    """How a listing is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="table, json (one array) or csv (with a header).")]


@dataclass(frozen=True)
class Column:
    """A column of a listing: key in the row, heading of the table.

    A flexible one is cut short when the terminal is narrow; a detail is only in JSON and CSV.
    """

    key: str
    heading: str
    align: Literal["left", "right"] = "left"
    is_flexible: bool = False
    is_detail: bool = False


def write_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], format: Format, *, empty: str = "nothing found") -> None:
    """All rows to stdout. JSON and CSV have every column by its key; the table says `empty` (on stderr) when there is no row."""
    match format:
        case Format.JSON:
            write_json([{column.key: row.get(column.key) for column in columns} for row in rows])
        case Format.CSV:
            write_csv([column.key for column in columns], ([row.get(column.key) for column in columns] for row in rows))
        case Format.TABLE if rows:
            _write_table(rows, columns)
        case _:
            typer.echo(empty, err=True)


def write_json(value: Any) -> None:
    """A JSON document of ASCII characters only, so that no byte of it can steer a terminal."""
    text = json.dumps(value, indent=1, default=_json_value)
    sys.stdout.write(text.replace("\x7f", "\\u007f") + "\n")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """RFC 4180 lines with a header. Values are as they are, unless stdout is a terminal."""
    import csv

    clean = terminal_text if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([clean(_plain(value)) for value in row] for row in rows)


def terminal_text(value: Any) -> str:
    """A value on one line, fit for a terminal: what could move the cursor, hide or turn text is shown as \\x1b or \\u202e."""
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode(), _plain(value))


def time_text(time: datetime | None) -> str:
    """A time to the second; all times are UTC."""
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""


def size_text(size_bytes: float) -> str:
    """Bytes for people: 12.3 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def console(*, is_error: bool = False) -> Console:
    """Rich's console on stdout or stderr. It is given texts and tables, never markup made of data."""
    from rich.console import Console

    stream = sys.stderr if is_error else sys.stdout
    width = None if stream.isatty() else shutil.get_terminal_size((NOT_A_TERMINAL_COLUMNS, 40)).columns
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _write_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = [column for column in columns if not column.is_detail]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in shown:
        # Rich narrows only columns that may wrap; a flexible one's texts are then cut, not wrapped.
        table.add_column(column.heading, justify=column.align, no_wrap=not column.is_flexible)
    for row in rows:
        cells = (_cell(row.get(column.key)) for column in shown)
        table.add_row(*(Text(cell, style=_STYLES.get(cell, ""), no_wrap=True, overflow="ellipsis") for cell in cells))
    console().print(table)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return terminal_text(value)


_STYLES = {
    "CRITICAL": "bold red",
    "HIGH": "red",
    "MEDIUM": "yellow",
    "FAILED": "red",
    "DELIVERED": "green",
    "RETRY": "yellow",
    "OPEN": "bold",
}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, default=_json_value, ensure_ascii=False)
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return str(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return _plain(value)


def _iso(time: datetime) -> str:
    return time.isoformat() + ("Z" if time.tzinfo is None else "")
