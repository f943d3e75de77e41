"""The YAML dialect of detections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.errors import RuleError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("Yes", "Yes"),
        ("TRUE", True),
        ("tRue", "tRue"),
        ("0123", 123),
        ("0x1F", 31),
        ("0o17", 15),
        ("1:30", "1:30"),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("2024-05-06", "2024-05-06"),
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"),
        ("~", None),
        ("", None),
        ("=", "="),
        ('{"a":1,"b":[true,null]}', {"a": 1, "b": [True, None]}),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: Any) -> None:
    file = tmp_path / "x.yml"
    file.write_text(f"v: {text}\n")

    assert repr(read_document(file)) == repr({"v": value})


def test_the_place_of_a_value_is_its_line_or_that_of_its_parent(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_text("a: 1\nlist:\n  - x\n  - k: 2\n")

    assert [place_of(file, *path).line for path in (("a",), ("list", 1), ("list", 1, "k"), ("list", 1, "absent"), ("absent",))] == [
        1,
        4,
        4,
        4,
        1,
    ]


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_text("a: 1\nb: [\n")

    with pytest.raises(RuleError, match=r"x\.yml:3: no YAML"):
        read_document(file)
