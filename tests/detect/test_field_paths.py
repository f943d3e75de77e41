"""Paths of simple detections."""

from __future__ import annotations

from typing import Any

import pytest

from panther_dagster.detect.field_paths import ABSENT, Several, enriched_values, parse_path, value_at

EVENT = {
    "user": {"name": "amy", "Name": "first of all keys that are equal in lower case", "roles": [{"id": 1}, {"id": 2}, {"other": 3}]},
    "a.b": {"c d": 4},
    "null": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("user.name", "amy"),
        ("USER.NAME", "amy"),
        ("user.roles[1].id", 2),
        ("user.roles[-1].other", 3),
        ("user.roles[9].id", ABSENT),
        ("user.roles[*].id", [1, 2]),
        ("user.roles.id", ABSENT),
        ("user[0]", ABSENT),
        ("user[*]", []),
        ('["a.b"].c d', 4),
        ("null", None),
        ("null.x", ABSENT),
        ("absent", ABSENT),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, value: Any) -> None:
    assert value_at(EVENT, parse_path(path)) == value


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a[", "a[x]", "a]"])
def test_a_path_that_cannot_be_read_is_told(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path(path)


def test_an_enrichment_is_one_row_or_several() -> None:
    event = {"p_enrichment": {"hosts": {"ip": {"owner": "amy"}, "p_any_ip_addresses": [{"owner": "amy"}, {"owner": "bo"}, {}]}}}

    assert enriched_values(event, "hosts", "$.ip", ("owner",)) == "amy"
    assert enriched_values(event, "hosts", "p_any_ip_addresses", ("owner",)) == Several(["amy", "bo"])
    assert enriched_values(event, "others", "ip", ("owner",)) is ABSENT
    assert enriched_values({}, "hosts", "ip", ("owner",)) is ABSENT
