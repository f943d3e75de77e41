"""Queries as users of Panther write them, run on DuckDB: what comes back is what Snowflake would say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from panther_dagster.errors import LakeError
from panther_dagster.storage.panther_sql import is_panther_sql, lake_sql, offset_seconds

NOW = datetime(2024, 5, 2, 12)


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("create schema panther_logs")
    connection.execute(
        """
        create table panther_logs.aws_cloudtrail as
        select * from (values
            ('1', timestamp '2024-05-02 11:00:00', timestamp '2024-05-02 11:30:00', 'ConsoleLogin', {'arn': 'arn:1', 'userName': 'ada'},
                '{"roleArn": "r1", "tags": ["a", "b"], "size": 3}'::json),
            ('2', timestamp '2024-05-02 11:59:59.5', timestamp '2024-05-02 11:59:59.6', 'StopLogging', {'arn': 'arn:1', 'userName': 'ada'},
                '{"name": "trail"}'::json),
            ('3', timestamp '2024-05-01 10:00:00', timestamp '2024-05-02 11:59:00', 'ConsoleLogin', {'arn': 'arn:2', 'userName': null},
                null)
        ) as t(p_row_id, p_event_time, p_parse_time, eventName, userIdentity, requestParameters)
        """
    )
    yield connection
    connection.close()


def run(database: duckdb.DuckDBPyConnection, text: str, **options: Any) -> list[tuple[Any, ...]]:
    return database.execute(lake_sql(text, now_utc=NOW, **options)).fetchall()


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("p_occurs_since('1 day')", ["1", "2"]),
        ("P_OCCURS_SINCE( '90 minutes' )", ["1", "2"]),
        ("p_occurs_since(30m)", ["2"]),
        ("p_occurs_since(3600)", ["1", "2"]),
        ("p_occurs_since(3599)", ["2"]),
        ("p_occurs_since('2 d')", ["1", "2", "3"]),
        ("p_occurs_since('1h', , p_parse_time)", ["1", "2", "3"]),
        ("p_occurs_since(5m, t, p_parse_time)", ["2", "3"]),
        ("not p_occurs_since('1 day')", ["3"]),
        ("p_occurs_between('2024-05-01', '2024-05-02')", ["3"]),
        ("p_occurs_between('2024-05-02 11:00:00Z', current_timestamp)", ["1", "2"]),
        ("p_occurs_between(dateadd('hour', -1, p_current_timestamp()), p_current_timestamp(), t)", ["1", "2"]),
        ("p_occurs_around('2024-05-02 11:00:30', '1 min')", ["1"]),
        ("p_occurs_after('2024-05-02 11:00:00')", ["2"]),
        ("p_occurs_before('2024-05-02 11:00:00')", ["3"]),
        ("p_event_time > current_timestamp - interval '1 hour'", ["2"]),
        ("eventName = 'p_occurs_since(1)' -- p_occurs_since(", []),
    ],
)
def test_time_macros_count_from_the_given_time(database: duckdb.DuckDBPyConnection, condition: str, rows: list[str]) -> None:
    found = run(database, f"select p_row_id from panther_logs.public.aws_cloudtrail t where {condition}\norder by 1")

    assert [row[0] for row in found] == rows


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("userIdentity:arn", "arn:1"),
        ("userIdentity:arn::string", "arn:1"),
        ("t.userIdentity:userName", "ada"),
        ("requestParameters:roleArn", "r1"),
        ("requestParameters:size::int + 1", 4),
        ("requestParameters:tags[1]", "b"),
        ("requestParameters:missing.deeper", None),
        ("requestParameters:roleArn = 'r1'", True),
        ("requestParameters:roleArn in ('r0', 'r1')", True),
        ("array_size(requestParameters:tags)", 2),
        ("array_contains('b'::variant, requestParameters:tags)", True),
        ("split_part(userIdentity:arn, ':', -1)", "1"),
        ("iff(eventName = 'ConsoleLogin', 'in', 'out')", "in"),
        ("datediff('minute', p_event_time, p_parse_time)", 30),
        ("time_slice(p_parse_time, 1, 'hour')", datetime(2024, 5, 2, 11)),
        ("panther_logs.public.aws_cloudtrail.eventName", "ConsoleLogin"),
    ],
)
def test_paths_and_functions_of_snowflake_read_objects_arrays_and_json(
    database: duckdb.DuckDBPyConnection, expression: str, value: object
) -> None:
    alias = "" if expression.startswith("panther_logs") else " as t"

    assert run(database, f"select {expression} from panther_logs.public.aws_cloudtrail{alias} where p_row_id = '1'") == [(value,)]


def test_flatten_gives_a_row_for_each_element(database: duckdb.DuckDBPyConnection) -> None:
    events = "panther_logs.public.aws_cloudtrail t"
    inner = f"select p_row_id, f.value::string, f.index from {events}, lateral flatten(input => requestParameters:tags) f"
    outer = f"select p_row_id from {events}, lateral flatten(input => requestParameters:tags, outer => true) f"

    assert sorted(run(database, inner)) == [("1", "a", 0), ("1", "b", 1)]
    assert sorted(run(database, outer)) == [("1",), ("1",), ("2",), ("3",)]


def test_group_by_having_and_qualify_see_paths_and_aliases(database: duckdb.DuckDBPyConnection) -> None:
    grouped = """
        select userIdentity:arn as arn, count(distinct eventName) as names, array_unique_agg(eventName) as all_names
        from panther_logs.public.aws_cloudtrail group by userIdentity:arn having names > 1
    """
    latest = """
        select p_row_id from panther_logs.public.aws_cloudtrail
        qualify row_number() over (partition by userIdentity:arn order by p_event_time desc) = 1
    """

    [(arn, names, all_names)] = run(database, grouped)
    assert (arn, names, sorted(all_names)) == ("arn:1", 2, ["ConsoleLogin", "StopLogging"])
    assert sorted(run(database, latest)) == [("2",), ("3",)]


def test_a_template_imports_macros_of_saved_queries(database: duckdb.DuckDBPyConnection) -> None:
    saved = """-- pragma: template
        {% macro seen(table, name) export %}
        select p_row_id from {{ table }} where eventName = '{{ name }}'
        {% endmacro %}
    """
    template = "-- pragma: template\n{% import 'library' seen %}\n{{ seen('panther_logs.public.aws_cloudtrail', 'StopLogging') }}"

    assert run(database, template, templates={"library": saved}) == [("2",)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("select * from snowflake.account_usage.login_history", "snowflake.account_usage.login_history is a view of a Snowflake account"),
        ("select 1\nwhere p_occurs_since('soon')", "line 2: p_occurs_since: ''soon'' is no offset; write a number and a unit"),
        ("select 1 where p_occurs_since()", "line 1: p_occurs_since takes 1 to 3 arguments, not ()"),
        ("select 1 where p_occurs_between('2024-05-01')", "takes 2 to 4 arguments, not ('2024-05-01')"),
        ("select 1 where p_occurs_since('1 day'", "line 1: a parenthesis is never closed"),
        ("select from where", "the query cannot be read"),
        ("-- pragma: template\n{% import 'nowhere' a %}", "the template imports 'nowhere', and no saved query has that name"),
        ("-- pragma: template\nselect {{ unknown }}", "the template cannot be rendered: 'unknown' is undefined"),
        ("-- pragma: template\n{% for %}", "the template cannot be rendered"),
    ],
)
def test_what_cannot_be_translated_is_named(text: str, error: str) -> None:
    with pytest.raises(LakeError) as raised:
        lake_sql(text, now_utc=NOW)

    assert error in str(raised.value)


def test_a_template_reaches_nothing_of_the_process() -> None:
    with pytest.raises(LakeError, match="cannot be rendered"):
        lake_sql("-- pragma: template\nselect {{ ''.__class__.__mro__[1].__subclasses__() }}", now_utc=NOW)


@pytest.mark.parametrize(
    ("text", "seconds"), [("'1 day'", 86_400), ("90m", 5_400), ("3600", 3_600), ("'2 Weeks'", 1_209_600), ("1 hour", 3_600)]
)
def test_offsets(text: str, seconds: int) -> None:
    assert offset_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "is_panthers"),
    [
        ("select * from panther_logs.public.okta_systemlog", True),
        ("select * from panther_logs.okta_systemlog where p_occurs_since('1 d')", True),
        ("-- pragma: template\nselect 1", True),
        ("select userIdentity.arn from panther_logs.aws_cloudtrail", False),
        ("select 'panther_logs.public' ", False),
    ],
)
def test_a_query_written_for_panther_is_recognized(text: str, is_panthers: bool) -> None:
    assert is_panther_sql(text) is is_panthers


def test_queries_of_panther_analysis_are_translated_or_read_what_only_snowflake_has() -> None:
    """Their columns are not checked here: most log types are not declared yet."""
    checkout = os.environ.get("PANTHER_ANALYSIS")
    if not checkout:
        pytest.skip("PANTHER_ANALYSIS names no checkout of panther-analysis")
    read = [yaml.load(file.read_bytes(), yaml.CSafeLoader) for file in sorted(Path(checkout).glob("queries/**/*.yml"))]
    queries = {item["QueryName"]: item["Query"] for item in read if item["AnalysisType"] in ("scheduled_query", "saved_query")}
    failed = {}
    for name, text in queries.items():
        try:
            lake_sql(text, now_utc=NOW, templates=queries)
        except LakeError as error:
            failed[name] = str(error)

    assert len(queries) > 90
    assert "anomalies" in failed, "a library of macros is no statement"
    assert [text for name, text in failed.items() if name != "anomalies" and "view of a Snowflake account" not in text] == []
    assert len(failed) == 21
