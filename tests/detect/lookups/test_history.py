"""Versions of lookup tables in an embedded lake."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.packs import HOUR, loaded, rows_of, write_rule
from detect.stored_rows import put_rows

from panther_dagster.detect.detection import detect
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.lookups.declaration import LookupCatalog, read_lookup_tables
from panther_dagster.detect.lookups.history import (
    LoadReport,
    LookupHistory,
    load_lookup_tables,
    read_table,
    read_versions,
    version_at,
)
from panther_dagster.detect.runner import evaluate
from panther_dagster.detect.scheduled import ScheduledQuery, run_query
from panther_dagster.errors import Location, LookupTableError
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import Table

MAY = datetime(2024, 5, 1)
JUNE = datetime(2024, 6, 1)
JULY = datetime(2024, 7, 1)


def declare(root: Path, name: str, source: str, *, key: str = "email", rest: str = "", selector: str = "user") -> None:
    """Write a table's YAML; `source` is its line."""
    folder = root / "lookup_tables"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yml").write_text(
        f"AnalysisType: lookup_table\nLookupName: {name}\nEnabled: true\n{source}\nLogTypeMap:\n  PrimaryKey: {key}\n{rest}"
        f"  AssociatedLogTypes: [{{LogType: Test.Type, Selectors: [{selector}]}}]\n"
    )


def write(root: Path, name: str, text: str) -> None:
    (root / "lookup_tables" / name).write_text(text)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with the table `staff` over staff.csv."""
    root = tmp_path / "pack"
    root.mkdir()
    (root / "lookup_tables").mkdir()
    write(root, "staff.csv", "email,team\njo,Ops\nal,IT\n")
    declare(root, "staff", "Filename: staff.csv")
    return root


def catalog(root: Path) -> LookupCatalog:
    found = read_lookup_tables([root])
    assert not found.errors, found.errors
    return found


def load(lake: EmbeddedLake, root: Path, now: datetime, **options: Any) -> LoadReport:
    (report,) = load_lookup_tables(lake, catalog(root), clock=lambda: now, **options)
    return report


def test_changed_rows_are_a_new_version_and_the_same_rows_are_none(lake: EmbeddedLake, pack: Path) -> None:
    assert load(lake, pack, MAY) == LoadReport("staff", "LOADED", 2, 0, MAY)
    assert load(lake, pack, JUNE) == LoadReport("staff", "UNCHANGED", 2, 0, MAY)
    write(pack, "staff.csv", "email,team\njo,Sales\n")
    assert load(lake, pack, JULY) == LoadReport("staff", "LOADED", 1, 0, JULY)

    versions = read_versions(lake, ["staff"])["staff"]
    assert [(version.valid_from, version.rows) for version in versions] == [(MAY, 2), (JULY, 1)]
    assert lake.query("select count(*) as n from panther_enrichment.lookup_rows").to_pylist() == [{"n": 3}]


def test_a_change_that_is_taken_back_is_a_version_over_the_rows_that_are_there(lake: EmbeddedLake, pack: Path) -> None:
    first = (pack / "lookup_tables" / "staff.csv").read_text()
    load(lake, pack, MAY)
    write(pack, "staff.csv", "email,team\njo,Sales\n")
    load(lake, pack, JUNE)
    write(pack, "staff.csv", first)
    assert load(lake, pack, JULY).state == "LOADED"

    versions = read_versions(lake, ["staff"])["staff"]
    assert versions[0].content_id == versions[2].content_id != versions[1].content_id
    assert read_table(lake, versions[2]).find("al") == {"email": "al", "team": "IT"}
    assert lake.query("select count(*) as n from panther_enrichment.lookup_rows").to_pylist() == [{"n": 3}]
    assert lake.query("select email, team from panther_lookups.staff order by 1").to_pylist() == [
        {"email": "al", "team": "IT"},
        {"email": "jo", "team": "Ops"},
    ]


def test_a_clock_that_was_set_back_does_not_turn_the_order_of_versions(lake: EmbeddedLake, pack: Path) -> None:
    load(lake, pack, JUNE)
    write(pack, "staff.csv", "email,team\njo,Sales\n")

    assert load(lake, pack, MAY).valid_from == JUNE + timedelta(microseconds=1)


def test_a_version_counts_from_its_commit_on_not_from_when_its_rows_were_read(lake: EmbeddedLake, pack: Path) -> None:
    asked: list[int] = []

    def clock() -> datetime:
        asked.append(lake.query("select count(*) as n from panther_enrichment.lookup_rows")["n"][0].as_py())
        return MAY

    load_lookup_tables(lake, catalog(pack), clock=clock)

    assert asked == [2]  # the rows were written, in a transaction that is still open


def test_the_version_of_a_moment_is_the_latest_before_it_and_the_first_for_all_before(lake: EmbeddedLake, pack: Path) -> None:
    load(lake, pack, MAY)
    write(pack, "staff.csv", "email,team\njo,Sales\n")
    load(lake, pack, JULY)
    versions = read_versions(lake, ["staff"])["staff"]

    moments = [datetime(2020, 1, 1), MAY, JUNE, JULY, datetime(2030, 1, 1), None]
    assert [versions.index(version_at(versions, moment)) for moment in moments] == [0, 0, 0, 1, 1, 1]


def test_rows_are_enriched_with_the_version_of_the_time_they_were_taken_in(lake: EmbeddedLake, pack: Path) -> None:
    load(lake, pack, MAY)
    write(pack, "staff.csv", "email,team\njo,Sales\n")
    load(lake, pack, JULY)
    rows = rows_of(["{}"] * 3, p_parse_time=pa.array([JUNE, JULY, None], pa.timestamp("us")))

    enrichment = LookupHistory(lake, catalog(pack)).enrichment("Test.Type", rows)

    assert enrichment is not None
    teams = []
    for moment in (JUNE, JULY, None):
        event: dict[str, Any] = {"user": "jo"}
        enrichment.at(moment).add_to(event)
        teams.append(event["p_enrichment"]["staff"]["user"]["team"])
    assert teams == ["Ops", "Sales", "Sales"]


def test_log_types_without_tables_and_tables_without_versions_enrich_nothing(lake: EmbeddedLake, pack: Path) -> None:
    assert LookupHistory(lake, catalog(pack)).enrichment("Test.Type", rows_of(["{}"])) is None
    load(lake, pack, MAY)
    history = LookupHistory(lake, catalog(pack))
    assert history.enrichment("Other.Type", rows_of(["{}"])) is None
    assert history.enrichment("Test.Type", rows_of(["{}"])) is not None


def test_with_a_clock_a_table_that_was_never_loaded_is_loaded_when_rows_first_need_it(lake: EmbeddedLake, pack: Path) -> None:
    declare(pack, "bad", "Table: panther_marts.no_such", key="x")
    told: list[LoadReport] = []
    history = LookupHistory(lake, catalog(pack), clock=lambda: MAY, note=told.append)

    assert history.enrichment("Other.Type", rows_of(["{}"])) is None
    assert told == []
    enrichment = history.enrichment("Test.Type", rows_of(["{}"]))
    assert enrichment is not None
    assert enrichment.at(None).lookup("staff", "al") == {"email": "al", "team": "IT"}
    assert [(report.name, report.state) for report in told] == [("bad", "FAILED"), ("staff", "LOADED")]


def test_where_code_calls_lookup_every_table_is_loaded_for_every_log_type(lake: EmbeddedLake, pack: Path) -> None:
    load(lake, pack, MAY)
    (pack / "some_rules").mkdir()
    (pack / "some_rules" / "r.py").write_text("def rule(event):\n    return event.lookup('staff', 'jo')['team'] == 'Ops'\n")

    enrichment = LookupHistory(lake, catalog(pack)).enrichment("Other.Type", rows_of(["{}"]))

    assert enrichment is not None
    assert enrichment.at(HOUR).lookup("staff", "al") == {"email": "al", "team": "IT"}


def test_where_code_asks_and_nothing_is_loaded_an_event_cannot_bring_the_rows_itself(lake: EmbeddedLake, pack: Path) -> None:
    write_rule(pack, "Test.Own", "def rule(event):\n    return event.lookup('staff', 'jo') is None\n")
    rows = rows_of(['{"_mocked_lookup_data_": {"staff": {"jo": {"n": 1}}}}'])
    enrichment = LookupHistory(lake, catalog(pack)).enrichment("Test.Type", rows)

    with LimitedRules([pack]) as rules:
        assert rules.evaluate(rows, log_type="Test.Type", enrichment=enrichment).signals.num_rows == 1
    assert evaluate(rows, rules=loaded(pack), log_type="Test.Type", enrichment=enrichment).signals.num_rows == 1


def test_detection_and_scheduled_queries_answer_lookups_as_of_their_time(lake: EmbeddedLake, pack: Path) -> None:
    code = "def rule(event):\n    return event.lookup('staff', event['user']) is not None\n"
    title = "def title(event):\n    return event.lookup('staff', event['user'])['team']\n"
    write_rule(pack, "Test.Asks", code + title)
    write_rule(pack, "Test.AsksToo", code + title, AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=["Users"])
    load(lake, pack, MAY)
    write(pack, "staff.csv", "email,team\njo,Sales\n")
    load(lake, pack, JUNE + timedelta(days=1))
    moments = pa.array([JUNE, JULY, JULY], pa.timestamp("us"))
    put_rows(lake, rows_of(['{"user": "jo"}', '{"user": "jo"}', '{"user": "nobody"}'], p_parse_time=moments))
    query = ScheduledQuery("Users", "select 'jo' as user", True, Location(pack / "q.yml", 1))

    with LimitedRules([pack]) as rules:
        assert rules.errors == ()
        lookups = LookupHistory(lake, catalog(pack))
        detect(lake, UnitOfWork(batch_id="b1"), rules=rules, lookups=lookups)
        for time in (JUNE, JULY):
            run_query(lake, query, rules=rules, time_utc=time, templates={}, lookups=lookups)

    found = "select rule_id, p_row_id, title from panther_signals.signals where rule_id = 'Test.Asks' order by 2"
    assert [tuple(row.values()) for row in lake.query(found).to_pylist()] == [("Test.Asks", "r0", "Ops"), ("Test.Asks", "r1", "Sales")]
    found = "select p_hour, title from panther_signals.signals where rule_id = 'Test.AsksToo' order by 1"
    assert [tuple(row.values()) for row in lake.query(found).to_pylist()] == [(JUNE, "Ops"), (JULY, "Sales")]


def test_a_source_that_fails_keeps_the_last_version_and_the_other_tables_load(lake: EmbeddedLake, pack: Path) -> None:
    load(lake, pack, MAY)
    declare(pack, "hosts", "Table: panther_marts.no_such", key="host")
    write(pack, "staff.csv", "mail,team\njo,Ops\n")
    declare(pack, "rooms", "Query: select 'a' as room, 1 as floor union all select 'b', 2", key="room")

    reports = load_lookup_tables(lake, catalog(pack), clock=lambda: JUNE)

    assert [(report.name, report.state, report.rows) for report in reports] == [
        ("hosts", "FAILED", None),
        ("rooms", "LOADED", 2),
        ("staff", "FAILED", None),
    ]
    texts = [str(problem) for report in reports for problem in report.problems]
    assert "hosts.yml:1: its source cannot be read: " in texts[0]
    assert "staff.yml:1: the source has no column 'email', which is the PrimaryKey; did you mean 'mail'?" in texts[1]
    assert len(read_versions(lake, ["staff"])["staff"]) == 1


def test_a_query_that_writes_is_refused(lake: EmbeddedLake, pack: Path) -> None:
    declare(pack, "bad", "Query: delete from panther_monitor.objects", key="x")

    (report,) = load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, names=["bad"])

    assert report.state == "FAILED"
    assert "one statement that reads is allowed" in str(report.problems[0])


def test_a_table_whose_source_is_out_of_reach_says_so(lake: EmbeddedLake, pack: Path) -> None:
    declare(pack, "tor", "Refresh: {ObjectPath: 's3://bucket/tor.csv'}", key="ip")

    (report,) = load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, names=["tor"])

    assert (report.state, report.rows) == ("UNREACHABLE", None)
    assert "rules.lookup_sources" in str(report.problems[0])
    assert [r.name for r in load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, is_only_missing=True)] == ["staff"]
    assert load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, is_only_missing=True) == []
    with pytest.raises(LookupTableError, match="there is no lookup table 'tro'"):
        load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, names=["tro"])


def test_keys_that_are_all_networks_make_a_cidr_table_unless_it_says_otherwise(lake: EmbeddedLake, pack: Path) -> None:
    write(pack, "nets.csv", "cidr,place\n192.0.2.0/24,office\n198.51.100.0/24,lab\n")
    declare(pack, "nets", "Filename: nets.csv", key="cidr")
    declare(pack, "texts", "Filename: nets.csv", key="cidr", rest="  KeyType: exact\n")
    load_lookup_tables(lake, catalog(pack), clock=lambda: MAY)
    nets, texts = (read_table(lake, read_versions(lake, [name])[name][0]) for name in ("nets", "texts"))

    assert nets.find("192.0.2.77") == {"cidr": "192.0.2.0/24", "place": "office"}
    assert (texts.find("192.0.2.77"), texts.find("192.0.2.0/24")) == (None, {"cidr": "192.0.2.0/24", "place": "office"})


def test_in_a_table_that_says_cidr_a_key_that_is_no_network_costs_its_row(lake: EmbeddedLake, pack: Path) -> None:
    write(pack, "nets.csv", "cidr,place\n192.0.2.0/24,office\nlab,lab\n")
    declare(pack, "nets", "Filename: nets.csv", key="cidr", rest="  KeyType: cidr\n")

    (report,) = load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, names=["nets"])

    assert (report.state, report.rows, report.skipped) == ("LOADED", 1, 1)
    assert "'lab' is no network, as 192.0.2.0/24, and no address" in str(report.problems[0])


def test_a_lake_table_is_a_source_and_keeps_its_types_in_the_view(lake: EmbeddedLake, pack: Path) -> None:
    data = pa.table({"login": ["jo", "al"], "since": pa.array([MAY, None], pa.timestamp("us")), "admin": [True, False], "n": [1, 2]})
    lake.transact(lambda tx: tx.append(Table("panther_marts.people", "One row per person.", data.schema), data))
    declare(pack, "people", "Table: panther_marts.people", key="login")

    (report,) = load_lookup_tables(lake, catalog(pack), clock=lambda: JUNE, names=["people"])
    assert report.state == "LOADED"
    (again,) = load_lookup_tables(lake, catalog(pack), clock=lambda: JULY, names=["people"])
    assert again.state == "UNCHANGED"
    assert lake.query("select * from panther_lookups.people order by n").to_pylist() == [
        {"login": "jo", "since": MAY, "admin": True, "n": 1, "p_valid_from": JUNE},
        {"login": "al", "since": None, "admin": False, "n": 2, "p_valid_from": JUNE},
    ]


def test_many_rows_are_written_ahead_and_all_found(lake: EmbeddedLake, pack: Path) -> None:
    write(pack, "staff.csv", "email,team\n" + "".join(f"u{n},t{n % 7}\n" for n in range(5_000)))

    assert load(lake, pack, MAY).rows == 5_000
    table = read_table(lake, read_versions(lake, ["staff"])["staff"][0])
    assert (len(table), table.find("u4999")) == (5_000, {"email": "u4999", "team": "t1"})


def test_versions_outlive_maintenance(lake: EmbeddedLake, pack: Path) -> None:
    load(lake, pack, MAY)
    write(pack, "staff.csv", "email,team\njo,Sales\n")
    load(lake, pack, JUNE)
    lake.maintain(now_utc=datetime(2030, 1, 1))

    versions = read_versions(lake, ["staff"])["staff"]
    assert [read_table(lake, version).find("jo") for version in versions] == [
        {"email": "jo", "team": "Ops"},
        {"email": "jo", "team": "Sales"},
    ]


def test_odd_names_of_tables_and_columns_can_be_queried(lake: EmbeddedLake, pack: Path) -> None:
    write(pack, "odd.jsonl", '{"a/b~c": "it\'s", "say \\"x\\"": {"deep": 1}}\n')
    declare(pack, "odd", "Filename: odd.jsonl", key="a/b~c")
    text = (pack / "lookup_tables" / "odd.yml").read_text()
    (pack / "lookup_tables" / "odd.yml").write_text(text.replace("LookupName: odd", "LookupName: it's 1"))

    (report,) = load_lookup_tables(lake, catalog(pack), clock=lambda: MAY, names=["it's 1"])

    assert report.state == "LOADED"
    rows = lake.query('select * from panther_lookups."it_s_1"').to_pylist()
    assert rows == [{"a/b~c": "it's", 'say "x"': '{"deep":1}', "p_valid_from": MAY}]
