"""What an event holds under a path."""

from __future__ import annotations

from typing import Any

import pytest

from panther_dagster.detect.correlation.values import values_at

EVENT: dict[str, Any] = {
    "user": {"Name": "ann", "id": 7, "isAdmin": True, "tags": ["a", "b", "a", None, ""], "roles": [{"name": "x"}, {"name": "y"}]},
    "a.b": {"c": "dotted"},
    "none": None,
    "empty": "",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("user.Name", ("ann",)),
        ("USER.name", ("ann",)),
        ("user.id", ("7",)),
        ("user.isAdmin", ("true",)),
        ("user.tags", ("a", "b")),
        ("user.roles.name", ("x", "y")),
        ("user", ()),
        ("user.roles", ()),
        ("none", ()),
        ("empty", ()),
        ("user.nothing", ()),
        ("user.Name.more", ()),
        ("a.b", ()),
    ],
)
def test_a_path_leads_to_its_values(path: str, expected: tuple[str, ...]) -> None:
    assert values_at(EVENT, path) == expected


def test_a_name_may_have_a_dot_in_it() -> None:
    assert values_at({"columns": {"process.name": "bash"}}, "columns.process.name") == ("bash",)
