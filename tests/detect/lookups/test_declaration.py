"""A lookup table's YAML: what is read of it, and what is wrong with it, each at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from panther_dagster.detect.lookups.declaration import LookupCatalog, LookupSource, parse_selector, read_lookup_tables
from panther_dagster.errors import LookupTableError

COMPLETE = """\
AnalysisType: lookup_table
LookupName: staff
Enabled: true
Description: Who is who.
Filename: staff.csv
LogTypeMap:
  PrimaryKey: email
  AssociatedLogTypes:
    - LogType: Okta.SystemLog
      Selectors:
        - $.actor.alternateId
        - p_any_emails
    - LogType: AWS.CloudTrail
      Selectors: [recipientAccountId]
"""


def catalog_of(root: Path, *texts: str, **options: object) -> LookupCatalog:
    """The catalog of a pack with these items; t0.yml is the first."""
    folder = root / "lookup_tables"
    folder.mkdir(exist_ok=True)
    (folder / "staff.csv").write_text("email,team\n")
    for number, text in enumerate(texts):
        (folder / f"t{number}.yml").write_text(text)
    return read_lookup_tables([root], **options)  # type: ignore[arg-type]


def test_a_table_has_its_key_its_source_and_the_selectors_of_each_log_type(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, COMPLETE)

    assert (catalog.errors, catalog.warnings) == ((), ())
    (table,) = catalog.enabled
    assert (table.name, table.primary_key, table.key_type, table.description) == ("staff", "email", None, "Who is who.")
    assert table.source == LookupSource(file=tmp_path / "lookup_tables" / "staff.csv")
    assert [(s.label, s.path) for s in table.selectors_by_log_type["Okta.SystemLog"]] == [
        ("actor.alternateId", ("actor", "alternateId")),
        ("p_any_emails", ("p_any_emails",)),
    ]
    assert list(table.selectors_by_log_type) == ["Okta.SystemLog", "AWS.CloudTrail"]
    assert str(table.location).endswith("lookup_tables/t0.yml:1")


def test_a_lake_table_and_a_query_are_sources_too(tmp_path: Path) -> None:
    catalog = catalog_of(
        tmp_path,
        COMPLETE.replace("Filename: staff.csv", "Table: panther_marts.employees"),
        COMPLETE.replace("Filename: staff.csv", "Query: select 1 as email").replace("staff", "other"),
    )

    assert catalog.errors == ()
    assert catalog.by_name["staff"].source == LookupSource(table="panther_marts.employees")
    assert catalog.by_name["other"].source == LookupSource(query="select 1 as email")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("LookupName: staff\n", "", "t0.yml:1: LookupName is missing"),
        ("Enabled: true", "Enabled: yes", "t0.yml:3: Enabled must be true or false, not 'yes'"),
        ("Filename: staff.csv", "Filenam: staff.csv", "t0.yml:5: unknown key 'Filenam'; did you mean 'Filename'?"),
        ("Filename: staff.csv", "Filename: stuff.csv", "t0.yml:5: Filename: there is no file 'stuff.csv' beside it"),
        ("Filename: staff.csv", "Filename: t0.yml", "t0.yml:5: Filename: 't0.yml' is none of .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet"),
        ("Filename: staff.csv", "Table: employees", "t0.yml:5: Table must be a table of the lake with its schema"),
        ("Filename: staff.csv", "Table: a.b; drop table c.d", "t0.yml:5: Table must be a table of the lake with its schema"),
        ("Filename: staff.csv\n", "", "t0.yml:2: the table has no source: Filename, Table or Query"),
        ("Filename: staff.csv", "Filename: staff.csv\nQuery: select 1", "t0.yml:6: a lookup table has one source, not Filename and Query"),
        ("  PrimaryKey: email", "  PrimaryKye: email", "t0.yml:7: unknown key 'PrimaryKye'; did you mean 'PrimaryKey'?"),
        ("  PrimaryKey: email", "  PrimaryKey: email\n  KeyType: network", "t0.yml:8: KeyType must be exact or cidr, not 'network'"),
        ("$.actor.alternateId", "$.target[*].id", "t0.yml:11: '$.target[*].id' is no selector"),
        ("      Selectors: [recipientAccountId]\n", "", "t0.yml:13: each of AssociatedLogTypes needs a LogType and a list of Selectors"),
        ("  AssociatedLogTypes:", "  AssociatedLogTypes: [", "t0.yml:"),
    ],
)
def test_an_error_says_where_it_is_and_costs_its_table_only(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in COMPLETE
    catalog = catalog_of(tmp_path, COMPLETE.replace(old, new, 1), COMPLETE.replace("LookupName: staff", "LookupName: sound"))

    assert [table.name for table in catalog.tables] == ["sound"]
    assert any(message in str(error) for error in catalog.errors), catalog.errors


def test_two_tables_of_one_name_are_an_error_at_the_second(tmp_path: Path) -> None:
    (error,) = catalog_of(tmp_path, COMPLETE, COMPLETE).errors

    assert "t1.yml:2: lookup table 'staff' is declared already: " in str(error)
    assert str(error).endswith("t0.yml:1")


def test_the_view_of_a_table_is_named_after_it_and_is_its_own(tmp_path: Path) -> None:
    catalog = catalog_of(
        tmp_path,
        COMPLETE.replace("LookupName: staff", "LookupName: 1Password Users"),
        COMPLETE.replace("LookupName: staff", "LookupName: 1password_users"),
    )

    assert [table.view for table in catalog.tables] == ["panther_lookups.1password_users"]
    (error,) = catalog.errors
    assert "t1.yml:2: its view panther_lookups.1password_users is that of lookup table '1Password Users' already: " in str(error)


BUCKET = COMPLETE.replace("Filename: staff.csv", "Refresh:\n  ObjectPath: s3://bucket/staff.csv\n  PeriodMinutes: 60\nSchema: Custom.Staff")


def test_rows_in_a_bucket_of_others_are_a_warning_until_the_settings_name_a_source(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, BUCKET)
    assert catalog.by_name["staff"].source is None
    (warning,) = catalog.warnings
    assert "t0.yml:6: Refresh.ObjectPath is not read here" in str(warning)

    source = LookupSource(table="panther_marts.employees")
    catalog = catalog_of(tmp_path, BUCKET, sources={"staff": source})
    assert (catalog.by_name["staff"].source, catalog.warnings, catalog.errors) == (source, (), ())


def test_a_table_that_is_not_enabled_warns_of_nothing(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, BUCKET.replace("Enabled: true", "Enabled: false"))

    assert (catalog.enabled, catalog.warnings) == ((), ())
    assert list(catalog.by_name) == ["staff"]


def test_a_source_in_the_settings_for_a_table_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    (error,) = catalog_of(tmp_path, COMPLETE, sources={"stuff": LookupSource(table="a.b")}).errors

    assert str(error) == "settings: rules.lookup_sources: there is no lookup table 'stuff'; did you mean 'staff'?"


def test_a_misspelt_log_type_is_a_warning_and_a_foreign_one_is_none(tmp_path: Path) -> None:
    text = COMPLETE.replace("LogType: Okta.SystemLog", "LogType: Okta.SytemLog").replace("AWS.CloudTrail", "Vendor.Audit")
    (warning,) = catalog_of(tmp_path, text, log_types={"Okta.SystemLog", "AWS.CloudTrail"}).warnings

    assert "t0.yml:9: unknown log type 'Okta.SytemLog'; did you mean 'Okta.SystemLog'?" in str(warning)


def test_a_path_into_a_pack_uses_the_tables_of_the_whole_pack(tmp_path: Path) -> None:
    (tmp_path / "global_helpers").mkdir()
    (tmp_path / "some_rules").mkdir()
    catalog_of(tmp_path, COMPLETE)

    assert [table.name for table in read_lookup_tables([tmp_path / "some_rules", tmp_path]).tables] == ["staff"]


def test_calls_of_lookup_are_seen_in_rules_and_helpers(tmp_path: Path) -> None:
    assert not catalog_of(tmp_path, COMPLETE).has_calls
    (tmp_path / "global_helpers").mkdir()
    (tmp_path / "global_helpers" / "people.py").write_text("def team(event):\n    return event.lookup('staff', event.get('user'))\n")
    assert catalog_of(tmp_path, COMPLETE).has_calls


def test_a_name_that_no_table_has_gets_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(LookupTableError, match=r"there is no lookup table 'saff'; did you mean 'staff'\?"):
        catalog_of(tmp_path, COMPLETE).table("saff")


@pytest.mark.parametrize("text", ["", "$", "$.", "a..b", ".a", "a.", "$.a[0]", "$..a", "a b", None, 3, ["a"]])
def test_what_is_no_selector(text: object) -> None:
    assert parse_selector(text) is None
