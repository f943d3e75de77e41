"""Paths of data models, plain ones and JSONPath."""

from __future__ import annotations

from typing import Any

import pytest

from panther_dagster.detect.data_models import path_finder

EVENT = {"a": {"b": None, "c-d": 5}, "list": [{"v": 1}, {"v": 2}], "one": [{"v": 7}], "plain": 0}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("plain", (0, "plain")),
        ("$.a.b", (None, "a.b")),
        ("a.b", (None, "a.b")),
        ("A.b", None),
        ("a.b.c", None),
        ("list.v", None),
        ("$.list[1].v", (2, "list.[1].v")),
        ("one[*].v", (7, "one.[0].v")),
        ("$.a['c-d']", (5, "a.c-d")),
        ("list[?(@.v > 1)].v", (2, "list.[1].v")),
    ],
)
def test_a_path_gives_value_and_full_path(path: str, found: tuple[Any, str] | None) -> None:
    assert path_finder(path, "Test.Model")(EVENT) == found


def test_a_path_with_several_matches_is_an_error_of_the_rule() -> None:
    with pytest.raises(Exception, match=r"JSONPath \[list\.\*\.v\] in DataModel \[Test\.Model\], matched multiple fields\."):
        path_finder("list[*].v", "Test.Model")(EVENT)


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(ValueError, match="is no JSONPath"):
        path_finder("a[", "Test.Model")
