"""Whatever landed can be normalized: DuckDB's JSON reader does not fall over what the readers let through."""

from __future__ import annotations

import json
from pathlib import Path

from ingest.place import NOW, OKTA, Place, okta, okta_with
from installations import copy_home, installation

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import UnitOfWork

DEEP = b"[" * 10_000 + b"]" * 10_000


def test_whatever_landed_can_be_normalized(ensured_home: Path, tmp_path: Path) -> None:
    settings = installation(copy_home(ensured_home, tmp_path / "home"))
    lake = open_lake(settings)
    place = Place(lake, tmp_path / "source")
    odd = {
        "depth": b"[" * 700 + b"]" * 700,
        "objects": b'{"a":' * 700 + b"1" + b"}" * 700,
        "twice": b'{"debugData":{"url":"/a"},"debugData":{"url":"/b"}}',
        "surrogate": b'{"debugData":{"x":"\\ud83d"}}',
        "nul": b'{"debugData":{"x":"a\\u0000b","a\\u0000b":1}}',
        "large": b"1e400",
        "long": b'{"debugData":' + b"9" * 400 + b"}",
        "string": b'"x"',
        "array": b"[1,[2]]",
        "empty key": b'{"":{"":1}}',
        "tricky key": b'{"a.b[0]\\"$":"192.0.2.9"}',
        "emoji": '{"debugData":{"x":"\U0001f600 \u202e"}}'.encode(),
    }
    wrong_types = okta(0).replace(b'{"id":"00u1"}', b"7").replace(b'"2024-05-01T12:00:00.000Z"', b"[1]")
    good = okta("good", client={"ipAddress": "192.0.2.1"})
    doubled = okta("doubled")[:-1] + b',"uuid":"udoubled"}'
    bad = [okta_with(DEEP), b"\0", okta_with(b'"\xff"'), b"{"]
    lines = [good, wrong_types, doubled, *bad, *(okta_with(text, name) for name, text in odd.items())]
    report = place.ingest_one(lines)
    assert (report.records, report.failures) == (len(lines), len(bad))

    results = DbtProject(settings, lake).build(UnitOfWork(batch_id=report.batch_id), log_types=[OKTA])

    assert {result.table: result.rows for result in results}["panther_logs.okta_systemlog"] == len(lines) - len(bad)
    rows = lake.query("select uuid, p_event_time, p_any_ip_addresses as ips, p_raw_event from panther_logs.okta_systemlog").to_pylist()
    by_number = {row["uuid"]: row for row in rows}
    assert set(by_number) == {"ugood", "u0", "udoubled", *(f"u{name}" for name in odd)}
    assert by_number["ugood"]["ips"] == ["192.0.2.1"]
    assert by_number["u0"]["p_event_time"] == NOW
    assert {json.loads(row["p_raw_event"])["uuid"] for row in rows} == set(by_number)
    lake.close()
