"""Folders as sources."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from panther_dagster.errors import ObjectGone, SourceError
from panther_dagster.ingest.sources import LocalFolder, Source, open_source
from panther_dagster.settings import SourceSettings


def source_of(folder: Path, **more: str) -> Source:
    return open_source(SourceSettings(name="files", uri=str(folder), **more))  # type: ignore[arg-type]


def names(source: Source, folder: Path) -> list[str]:
    return [item.uri.removeprefix(folder.as_uri() + "/") for item in source.list_objects()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three objects, two of them below others."""
    for name in ("b.json", "a/c.json.gz", "a/deep/d.json"):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    return tmp_path / "logs"


def test_files_are_listed_sorted_with_size_and_time(folder: Path) -> None:
    os.utime(folder / "b.json", ns=(0, 1_714_564_800_123_456_789))
    assert names(source_of(folder), folder) == ["a/c.json.gz", "a/deep/d.json", "b.json"]
    last = list(source_of(folder).list_objects())[-1]
    assert (last.size_bytes, last.modified_time) == (2, datetime(2024, 5, 1, 12, 0, 0, 123456))


def test_hidden_and_unfinished_files_are_left_out(folder: Path) -> None:
    for name in (".hidden.json", "x.json.tmp", "y.json.part", "z.json~", ".git/config.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"{}")
    assert names(source_of(folder), folder) == ["a/c.json.gz", "a/deep/d.json", "b.json"]


def test_links_are_followed_but_never_in_circles(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "o.json").write_bytes(b"{}")
    (folder / "link").symlink_to(outside)
    (folder / "a" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "nowhere").symlink_to(tmp_path / "missing")
    assert names(source_of(folder), folder) == ["a/c.json.gz", "a/deep/d.json", "b.json", "link/o.json"]


def test_pipes_are_no_objects(folder: Path) -> None:
    os.mkfifo(folder / "pipe.json")
    assert names(source_of(folder), folder) == ["a/c.json.gz", "a/deep/d.json", "b.json"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("**/*", ["a/c.json.gz", "a/deep/d.json", "b.json"]),
        ("*.json", ["b.json"]),
        ("**/*.json", ["a/deep/d.json", "b.json"]),
        ("a/**", ["a/c.json.gz", "a/deep/d.json"]),
        ("?.json", ["b.json"]),
    ],
)
def test_a_pattern_chooses_files(folder: Path, pattern: str, expected: list[str]) -> None:
    assert names(source_of(folder, pattern=pattern), folder) == expected


def test_one_file_or_a_file_uri_can_be_a_source(folder: Path) -> None:
    assert [item.uri for item in source_of(folder / "b.json").list_objects()] == [(folder / "b.json").as_uri()]
    assert names(open_source(SourceSettings(name="files", uri=folder.as_uri())), folder) == ["a/c.json.gz", "a/deep/d.json", "b.json"]


def test_awkward_names_open_by_their_uri(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20#?"
    folder.mkdir()
    for name in ("ü☃ +&.json", "new\nline.json"):
        (folder / name).write_bytes(name.encode())
    source = source_of(folder)
    texts = []
    for item in source.list_objects():
        stream = source.open(item)
        texts.append(stream.read())
        stream.close()
    assert sorted(texts) == sorted([b"new\nline.json", "ü☃ +&.json".encode()])


def test_a_missing_folder_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere: No such file"):
        source_of(tmp_path / "nowhere").list_objects()


def test_a_file_that_was_deleted_or_rewritten_is_gone(folder: Path) -> None:
    source = LocalFolder(SourceSettings(name="files", uri=str(folder)))
    first, second, third = source.list_objects()
    Path(folder / "a" / "c.json.gz").unlink()
    (folder / "a" / "deep" / "d.json").write_bytes(b'{"longer":1}')
    for item in (first, second):
        with pytest.raises(ObjectGone):
            source.open(item)
    source.open(third).close()


def test_a_file_that_grows_while_it_is_read_is_gone_at_its_end(folder: Path) -> None:
    source = source_of(folder)
    *_, item = source.list_objects()
    stream = source.open(item)
    assert stream.read(1) == b"{"
    with (folder / "b.json").open("ab") as file:
        file.write(b'\n{"more":1}')
    assert stream.read() == b'}\n{"more":1}'
    with pytest.raises(ObjectGone):
        stream.read()
