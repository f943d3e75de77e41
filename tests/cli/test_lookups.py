"""panther lookups over a pack of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import LOOKUP_VERSIONS

YAML = """AnalysisType: lookup_table
LookupName: {name}
Enabled: true
{source}
LogTypeMap:
  PrimaryKey: {key}
  AssociatedLogTypes:
    - LogType: Okta.SystemLog
      Selectors: [$.actor.alternateId]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """`staff` from a CSV beside it and `tor` from a bucket that is out of reach; panther.yaml names the pack."""
    folder = tmp_path / "pack" / "lookup_tables"
    folder.mkdir(parents=True)
    (folder / "staff.yml").write_text(YAML.format(name="staff", key="email", source="Filename: staff.csv"))
    (folder / "staff.csv").write_text("email,team\njo@example.com,Ops\n,nobody\n")
    (folder / "tor.yml").write_text(YAML.format(name="tor", key="ip", source="Refresh: {ObjectPath: 's3://bucket/tor.csv'}"))
    (tmp_path / "panther.yaml").write_text("rules: {paths: [pack]}\n")
    return folder


def test_load_writes_versions_and_list_shows_them(panther, pack: Path) -> None:
    loaded = panther("lookups", "load", "--format", "json")

    rows = json.loads(loaded.stdout)
    assert [(row["name"], row["state"], row["rows"], row["skipped"]) for row in rows] == [
        ("staff", "LOADED", 1, 1),
        ("tor", "UNREACHABLE", None, 0),
    ]
    assert "staff.csv: the row has no key: email is null" in loaded.stderr
    assert [row["state"] for row in json.loads(panther("lookups", "load", "staff", "--format", "json").stdout)] == ["UNCHANGED"]

    listed = panther("lookups", "list", "--format", "json")
    staff, tor = json.loads(listed.stdout)
    assert (staff["name"], staff["is_enabled"], staff["matching"], staff["rows"], staff["versions"]) == ("staff", True, "exact", 1, 1)
    assert (staff["log_types"], staff["view"]) == (["Okta.SystemLog"], "panther_lookups.staff")
    assert (tor["rows"], tor["source"]) == (None, None)
    assert "tor.yml:4: Refresh.ObjectPath is not read here" in listed.stderr
    assert "Okta.SystemLog" in panther("lookups", "list").stdout


def test_show_gives_the_row_of_a_value_as_of_a_time(panther, pack: Path) -> None:
    panther("lookups", "load")
    (pack / "staff.csv").write_text("email,team\njo@example.com,Sales\n")
    first = json.loads(panther("lookups", "list", "--format", "json").stdout)[0]["valid_from"]
    panther("lookups", "load")

    assert json.loads(panther("lookups", "show", "staff", "jo@example.com", "--format", "json").stdout) == {
        "email": "jo@example.com",
        "team": "Sales",
    }
    assert "Ops" in panther("lookups", "show", "staff", "jo@example.com", "--at", first).stdout
    assert panther("lookups", "show", "staff", "nobody", exit_code=1).stderr == "no row matches\n"
    assert "was never loaded" in panther("lookups", "show", "tor", "192.0.2.1", exit_code=1).stderr
    assert "did you mean 'staff'?" in panther("lookups", "show", "stuff", "x", exit_code=1).stderr


def test_the_rows_of_today_are_a_table_in_sql(panther, pack: Path) -> None:
    panther("lookups", "load")

    answer = panther("sql", "select email, team from panther_lookups.staff", "--format", "csv")

    assert answer.stdout == "email,team\njo@example.com,Ops\n"


def test_a_source_of_the_settings_takes_the_place_of_the_one_in_the_pack(panther, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "nodes.jsonl").write_text('{"ip": "192.0.2.66"}\n')
    (tmp_path / "panther.yaml").write_text("rules: {paths: [pack], lookup_sources: {tor: {file: nodes.jsonl}}}\n")
    panther("lookups", "load", "tor")

    assert json.loads(panther("lookups", "show", "tor", "192.0.2.66", "--format", "json").stdout) == {"ip": "192.0.2.66"}
    assert panther("lookups", "list").stderr == ""


def test_a_table_that_fails_or_is_declared_wrongly_is_exit_code_1(panther, pack: Path) -> None:
    (pack / "staff.csv").write_text("mail\nx\n")
    assert "has no column 'email'" in panther("lookups", "load", exit_code=1).stderr
    (pack / "staff.yml").write_text(YAML.format(name="staff", key="email", source="Filename: no.csv"))
    assert "staff.yml:4: Filename: there is no file 'no.csv' beside it" in panther("lookups", "list", exit_code=1).stderr


def test_a_name_of_a_version_from_a_table_that_is_gone_is_not_listed(panther, pack: Path, home_lake: Lake) -> None:
    row = {"lookup_name": "gone", "content_id": "x", "rows": 1}
    home_lake.transact(lambda tx: tx.append(LOOKUP_VERSIONS, pa.Table.from_pylist([row], LOOKUP_VERSIONS.columns)))

    assert "gone" not in panther("lookups", "list").stdout
