"""Tables, JSON and CSV; text that would steer a terminal does not."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import pytest

from panther_dagster.cli.listing import Column, Format, size_text, terminal_text, write_rows

COLUMNS = (
    Column("name", "name"),
    Column("text", "text", is_flexible=True),
    Column("count", "count", "right"),
    Column("at", "at (UTC)"),
    Column("more", "more", is_detail=True),
)
AT = datetime(2024, 5, 1, 10, 33, 0, 5)


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


def row(name: str = "a", text: str = "b", count: int = 1) -> dict[str, object]:
    return {"name": name, "text": text, "count": count, "at": AT, "more": ["x"]}


def test_table_is_aligned_and_fits_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([row(), row("long-name", "word " * 40, 1234567)], COLUMNS, Format.TABLE)

    lines = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in lines] == [
        "name       text                   count  at (UTC)",
        "────────────────────────────────────────────────────────────",
        "a          b                          1  2024-05-01 10:33:00",
        "long-name  word word word w…  1,234,567  2024-05-01 10:33:00",
    ]


def test_json_is_one_array_with_details_and_whole_times(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([row()], COLUMNS, Format.JSON)

    assert json.loads(capsys.readouterr().out) == [
        {"name": "a", "text": "b", "count": 1, "at": "2024-05-01T10:33:00.000005Z", "more": ["x"]}
    ]


def test_csv_has_a_header_and_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([row(text='say "no",\nplease')], COLUMNS, Format.CSV)

    out = capsys.readouterr().out
    assert out.startswith("name,text,count,at,more\n")
    assert next(iter(csv.DictReader(io.StringIO(out)))) == {
        "name": "a",
        "text": 'say "no",\nplease',
        "count": "1",
        "at": "2024-05-01T10:33:00.000005Z",
        "more": '["x"]',
    }


def test_no_rows_are_an_empty_array_a_header_or_a_word_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    for format, out, err in ((Format.JSON, "[]\n", ""), (Format.CSV, "name,text,count,at,more\n", ""), (Format.TABLE, "", "none\n")):
        write_rows([], COLUMNS, format, empty="none")
        assert capsys.readouterr() == (out, err)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", "\\x1b[2J\\x1b[31mred"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
        ("Zürich 東京", "Zürich 東京"),
        ("\ud800", "\\ud800"),
    ],
)
def test_text_is_made_harmless(text: str, shown: str) -> None:
    assert terminal_text(text) == shown


def test_table_shows_markup_as_text_and_no_escape_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([row("[red]x[/red]", "\x1b]0;title\x07")], COLUMNS, Format.TABLE)

    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "\x1b" not in out
    assert "\\x1b]0;" in out


def test_json_holds_no_byte_that_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([row(text="\x1b[31m\x7f\x9b\u202e")], COLUMNS, Format.JSON)

    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert json.loads(out)[0]["text"] == "\x1b[31m\x7f\x9b\u202e"


def test_sizes_are_for_people() -> None:
    assert [size_text(size) for size in (0, 999, 1_000, 12_345_678, 5 * 10**12)] == ["0 B", "999 B", "1.0 kB", "12.3 MB", "5.0 TB"]
