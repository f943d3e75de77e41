"""Scheduled queries: what their YAML may say, when they are due, and what a run leaves in the lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from detect.packs import write_rule

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.alerts.views import ensure_views
from panther_dagster.detect.correlation.correlating import correlate
from panther_dagster.detect.correlation.parsing import build_correlation_rule
from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.schedule import Schedule
from panther_dagster.detect.scheduled import QuerySet, load_queries, run_query
from panther_dagster.errors import LakeError
from panther_dagster.settings import PROJECT_ROOT
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.tables import TIME, Table

NOON = datetime(2024, 5, 6, 12)
FAILURES = """
    select client:ipAddress::string as ip, count(distinct actor:alternateId) as users, max(p_event_time) as p_event_time
    from panther_logs.public.okta_systemlog
    where p_occurs_since('1 hour') and outcome:result = 'FAILURE'
    group by 1 having users > 1
"""
RULE = """
def rule(event):
    return event["users"] > 2

def title(event):
    return event["ip"]

def dedup(event):
    return event["ip"]
"""


def write_query(root: Path, name: str, sql: str = "select 1 as n", **values: Any) -> Path:
    """A scheduled query below `root`; a key set to None is left out."""
    folder = root / "test_queries"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name.lower().replace(' ', '_')}.yml"
    schedule = {"RateMinutes": 60, "TimeoutMinutes": 1}
    item = {"AnalysisType": "scheduled_query", "QueryName": name, "Enabled": True, "Query": sql, "Schedule": schedule, **values}
    file.write_text(yaml.safe_dump({key: value for key, value in item.items() if value is not None}, sort_keys=False))
    return file


def write_scheduled_rule(root: Path, rule_id: str, query: str, code: str = RULE, **values: Any) -> None:
    write_rule(root, rule_id, code, AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=[query], **values)


def put_failures(lake: EmbeddedLake, *failures: tuple[str, str, datetime]) -> None:
    """Failed sign-ins: address, user, time."""
    text = pa.string()
    schema = pa.schema(
        [
            ("p_event_time", TIME),
            ("actor", pa.struct([("alternateId", text)])),
            ("client", pa.struct([("ipAddress", text)])),
            ("outcome", pa.struct([("result", text)])),
        ]
    )
    rows = [
        {"p_event_time": at, "actor": {"alternateId": user}, "client": {"ipAddress": address}, "outcome": {"result": "FAILURE"}}
        for address, user, at in failures
    ]
    table = Table("panther_logs.okta_systemlog", "One row per event.", schema)
    lake.transact(lambda tx: tx.append(table, pa.Table.from_pylist(rows, schema)))


def sprayed(lake: EmbeddedLake) -> None:
    """Three users fail at .1 and two at .2 in the hour before noon, four at .3 before that."""
    put_failures(
        lake,
        *(("192.0.2.1", f"user{n}@example.com", NOON - timedelta(minutes=10 + n)) for n in range(3)),
        *(("192.0.2.2", f"user{n}@example.com", NOON - timedelta(minutes=20)) for n in range(2)),
        *(("192.0.2.3", f"user{n}@example.com", NOON - timedelta(hours=2)) for n in range(4)),
    )


def rows(lake: EmbeddedLake, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in lake.query(sql).to_pylist()]


def run(lake: EmbeddedLake, root: Path, name: str, at: datetime = NOON) -> tuple[int, int, int]:
    """(rows, matches, new alerts) of a run."""
    queries: QuerySet = load_queries([root])
    report = run_query(lake, queries.scheduled[name], rules=load_rules([root]), time_utc=at, templates=queries.templates)
    return report.rows, report.matches, raise_alerts(lake, report.unit, now_utc=at).created


def test_rows_of_a_query_are_the_events_of_its_rules_and_raise_alerts(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_query(tmp_path, "Refused", FAILURES)
    write_scheduled_rule(tmp_path, "Test.Sprayed", "Refused")
    write_scheduled_rule(tmp_path, "Test.Disabled", "Refused", Enabled=False)
    write_scheduled_rule(tmp_path, "Test.OfAnother", "Another")
    sprayed(lake)

    assert run(lake, tmp_path, "Refused") == (2, 1, 1)
    assert rows(lake, "select rule_id, title, log_type, p_event_time, p_hour from panther_signals.signals") == [
        ("Test.Sprayed", "192.0.2.1", "Refused", NOON - timedelta(minutes=10), NOON)
    ]
    assert rows(lake, "select p_raw_event from panther_signals.query_results order by 1") == [
        ('{"ip":"192.0.2.1","users":3,"p_event_time":"2024-05-06 11:50:00"}',),
        ('{"ip":"192.0.2.2","users":2,"p_event_time":"2024-05-06 11:40:00"}',),
    ]
    assert rows(lake, "select rule_id, events, matches from panther_monitor.rule_runs") == [("Test.Sprayed", 2, 1)]


def test_the_events_of_an_alert_are_found_by_sql(lake: EmbeddedLake, tmp_path: Path) -> None:
    class NoLogTypes:
        names = ()

    write_query(tmp_path, "Refused", FAILURES)
    write_scheduled_rule(tmp_path, "Test.Sprayed", "Refused")
    sprayed(lake)
    run(lake, tmp_path, "Refused")
    ensure_views(lake, NoLogTypes())

    found = rows(lake, "select p_raw_event, p_rule_id, p_alert_id is not null from panther_rule_matches.scheduled_queries")

    assert found == [('{"ip":"192.0.2.1","users":3,"p_event_time":"2024-05-06 11:50:00"}', "Test.Sprayed", True)]


def test_a_time_that_is_run_again_changes_nothing_and_a_later_one_joins_the_alert(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_query(tmp_path, "Refused", FAILURES)
    write_scheduled_rule(tmp_path, "Test.Sprayed", "Refused")
    sprayed(lake)
    run(lake, tmp_path, "Refused")
    tables = ("panther_signals.signals", "panther_signals.query_results", "panther_alerts.alert_signals", "panther_alerts.alert_events")
    before = [rows(lake, f"select * from {table} order by all") for table in tables]

    assert run(lake, tmp_path, "Refused") == (2, 1, 0)
    assert [rows(lake, f"select * from {table} order by all") for table in tables] == before
    assert run(lake, tmp_path, "Refused", NOON + timedelta(minutes=30)) == (2, 1, 0)
    assert rows(lake, "select match_count from panther_alerts.alerts") == [(2,)]


def test_a_correlation_rule_reads_the_rows_of_queries(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_query(tmp_path, "Refused", FAILURES)
    write_query(tmp_path, "Named", "select '192.0.2.1' as address")
    write_scheduled_rule(tmp_path, "Test.Sprayed", "Refused")
    write_scheduled_rule(tmp_path, "Test.Named", "Named", "def rule(event):\n    return True\n")
    group = [{"ID": "Spray", "RuleID": "Test.Sprayed"}, {"ID": "Name", "RuleID": "Test.Named"}]
    criteria = {"address": [{"GroupID": "Spray", "Match": "ip"}, {"GroupID": "Name", "Match": "address"}]}
    rule = build_correlation_rule(
        {
            "AnalysisType": "correlation_rule",
            "RuleID": "Test.Both",
            "Enabled": True,
            "Severity": "High",
            "Detection": [{"Group": group, "MatchCriteria": criteria, "LookbackWindowMinutes": 60}],
        },
        tmp_path / "both.yml",
    )
    sprayed(lake)
    for name in ("Refused", "Named"):
        run(lake, tmp_path, name)

    correlate(lake, load_queries([tmp_path]).scheduled["Named"].unit(NOON), rules=[rule], now_utc=NOON)

    found = rows(lake, "select dedup, log_type from panther_signals.signals where rule_id = 'Test.Both' order by log_type")
    assert found == [("192.0.2.1", "Named"), ("192.0.2.1", "Refused")]


def test_what_a_query_reads_is_as_of_its_time(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_query(tmp_path, "Refused", FAILURES)
    write_scheduled_rule(tmp_path, "Test.Sprayed", "Refused")
    sprayed(lake)

    assert run(lake, tmp_path, "Refused", NOON + timedelta(hours=3)) == (0, 0, 0)
    assert run(lake, tmp_path, "Refused", NOON - timedelta(minutes=90)) == (3, 2, 2)


def test_json_and_objects_reach_rules_as_objects_and_equal_rows_stay_apart(lake: EmbeddedLake, tmp_path: Path) -> None:
    sql = "select {'a': [1, 2]} as o, parse_json('{\"b\": {\"c\": 3}}') as j, null as n from range(2)"
    lake_rows = "def rule(event):\n    return event.deep_get('j', 'b', 'c') == 3 and event['o']['a'][1] == 2 and event['n'] is None\n"
    write_query(tmp_path, "Objects", sql.replace("{'a': [1, 2]}", "object_construct('a', array_construct(1, 2))"))
    write_scheduled_rule(tmp_path, "Test.Objects", "Objects", lake_rows)

    assert run(lake, tmp_path, "Objects")[:2] == (2, 2)
    assert rows(lake, "select count(distinct p_row_id), min(p_event_time) from panther_signals.query_results") == [(2, NOON)]


def test_a_query_that_fails_writes_nothing(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_query(tmp_path, "Broken", "select * from panther_logs.public.nowhere")

    with pytest.raises(LakeError, match="nowhere"):
        run(lake, tmp_path, "Broken")
    assert rows(lake, "select count(*) from panther_signals.query_results") == [(0,)]


@pytest.mark.timeout(300)
def test_a_query_that_takes_too_long_is_stopped_and_writes_nothing(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_query(tmp_path, "Endless", "select count(*) as n from range(1000000000000) a, range(1000) b")
    query = replace(load_queries([tmp_path]).scheduled["Endless"], schedule=Schedule(timeout=timedelta(0)))

    with pytest.raises(LakeError, match="stopped after 0 s"):
        run_query(lake, query, rules=load_rules([tmp_path]), time_utc=NOON, templates={})
    assert rows(lake, "select count(*) from panther_signals.query_results") == [(0,)]


@pytest.mark.parametrize(
    ("values", "line", "error"),
    [
        ({"Schedule": None}, 1, "Schedule must be a mapping of RateMinutes or CronExpression"),
        ({"Schedule": {"RateMinutes": 5, "CronExpression": "* * * * *"}}, 5, "needs either RateMinutes or CronExpression"),
        ({"Schedule": {"RateMinutes": 0, "TimeoutMinutes": 1}}, 6, "RateMinutes must be a number of minutes from 1 to a year, not 0"),
        ({"Schedule": {"RateMinutes": 5, "TimeoutMinutes": 10}}, 7, "TimeoutMinutes must not be more than RateMinutes"),
        ({"Schedule": {"RateMinutes": 5, "TimeoutMinutes": "x"}}, 7, "TimeoutMinutes must be a number of minutes"),
        ({"Schedule": {"CronExpression": "@daily"}}, 6, "a cron expression has 5 fields"),
        ({"Query": None}, 2, "Query is missing: the SQL to run"),
        ({"QueryName": None}, 1, "QueryName is missing"),
        ({"Quary": "select 1"}, 8, "unknown key 'Quary'; did you mean 'Query'?"),
    ],
)
def test_what_is_wrong_with_a_query_is_said_with_its_line(tmp_path: Path, values: dict[str, Any], line: int, error: str) -> None:
    write_query(tmp_path, "Good")
    file = write_query(tmp_path, "Bad", **values)

    queries = load_queries([tmp_path])

    assert list(queries.scheduled) == ["Good"]
    assert [str(found) for found in queries.errors if f"{file}:{line}: " in str(found) and error in str(found)] == [
        str(found) for found in queries.errors
    ]
    assert len(queries.errors) == 1


def test_a_name_that_two_files_have_is_an_error(tmp_path: Path) -> None:
    write_query(tmp_path, "Same")
    other = write_query(tmp_path / "more", "Same")

    queries = load_queries([tmp_path])

    assert [str(error) for error in queries.errors] == [f"{tmp_path / 'test_queries' / 'same.yml'}:2: query 'Same' is in {other} too"]


def test_every_query_of_our_packs_is_read_and_its_rules_exist() -> None:
    queries = load_queries([PROJECT_ROOT / "rules"])
    rules = load_rules([PROJECT_ROOT / "rules"])

    assert queries.errors == ()
    assert {name for rule in rules.scheduled_rules for name in rule.scheduled_queries} == set(queries.scheduled)
