"""evaluate(): what rules see, and what becomes of what they return."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.packs import EVENT_TIME, HOUR, loaded, rows_of, write_data_model, write_rule

from panther_dagster.detect.runner import UNREADABLE_EVENT, DetectionResult, evaluate
from panther_dagster.storage.tables import RULE_ERRORS, RULE_RUNS, SIGNALS

ALWAYS = "def rule(event):\n    return True\n"


def run(root: Path, *events: Any, **columns: Any) -> DetectionResult:
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return evaluate(rows_of(texts, **columns), rules=loaded(root), log_type="Test.Type")


def seen_by_rule(root: Path, expression: str, *events: Any, **columns: Any) -> list[Any]:
    """Value of an expression over `event`, for each event, as the rule's context tells it."""
    write_rule(root, "Test.Seen", ALWAYS + f"def alert_context(event):\n    return {{'v': {expression}}}\n")
    signals = run(root, *events, **columns).signals.to_pylist()
    return [json.loads(signal["alert_context"])["v"] for signal in signals]


def test_tables_have_the_schemas_of_the_lake(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS)

    result = run(tmp_path, {})

    assert result.signals.schema == SIGNALS.columns
    assert result.errors.schema == RULE_ERRORS.columns
    assert result.runs.schema == RULE_RUNS.columns


def test_a_match_carries_yaml_values_where_the_rule_generates_none(tmp_path: Path) -> None:
    write_rule(
        tmp_path,
        "Test.Rule",
        ALWAYS,
        Description="why",
        Runbook="how",
        Reference="https://example.com",
        Tags=["b", "a"],
        Reports={"MITRE ATT&CK": ["TA0002:T1", "TA0001:T2"]},
        DedupPeriodMinutes=2,
        Threshold=3,
        CreateAlert=False,
        OutputIds=["out-1"],
    )

    (signal,) = run(tmp_path, {}).signals.to_pylist()

    assert {key: value for key, value in signal.items() if key not in ("signal_id", "rule_version")} == {
        "rule_id": "Test.Rule",
        "log_type": "Test.Type",
        "p_row_id": "r0",
        "p_event_time": EVENT_TIME,
        "p_batch_id": "b1",
        "p_hour": HOUR,
        "title": "About Test.Rule",
        "dedup": "defaultDedupString:Test.Rule",
        "dedup_period_minutes": 5,
        "threshold": 3,
        "unique_value": None,
        "severity": "HIGH",
        "description": "why",
        "reference": "https://example.com",
        "runbook": "how",
        "destinations": ["out-1"],
        "alert_context": None,
        "tags": ["a", "b"],
        "reports": '{"MITRE ATT&CK": ["TA0001:T2", "TA0002:T1"]}',
        "create_alert": False,
    }
    # printf "Test.Rule\nr0" | sha256sum, the first 32 digits.
    assert signal["signal_id"] == "708ce8b9208cc7ad11adedae1da262cd"


def test_generated_values_win(tmp_path: Path) -> None:
    write_rule(
        tmp_path,
        "Test.Rule",
        ALWAYS
        + "def title(event): return 'T ' + event['a']\n"
        + "def severity(event): return 'low'\n"
        + "def destinations(event): return []\n"
        + "def unique(event): return 'u'\n"
        + "def alert_context(event): return {'e': event}\n",
    )

    (signal,) = run(tmp_path, {"a": "é"}, p_any_ip_addresses=rows_of([""]).column("p_any_usernames")).signals.to_pylist()

    assert (signal["title"], signal["dedup"], signal["severity"], signal["destinations"]) == ("T é", "T é", "LOW", ["SKIP"])
    assert signal["unique_value"] == "u"
    assert signal["alert_context"] == (
        '{"e": {"a": "\\u00e9", "p_log_type": "Test.Type", "p_row_id": "r0", "p_source_id": "s1", "p_source_label": "Source", '
        '"p_source_file": "file:///x", "p_event_time": "2024-05-06 07:08:09.123456000", "p_parse_time": "2024-05-06 07:00:00.000000000"}}'
    )


def test_a_rule_sees_indicators_and_the_events_own_fields_win(tmp_path: Path) -> None:
    expression = "[event.get('p_any_ip_addresses'), 'p_any_usernames' in event, event['p_row_id'], event.event_time_epoch()]"

    assert seen_by_rule(tmp_path, expression, {}, {"p_row_id": "own"}) == [
        [["192.0.2.1"], False, "r0", 1714979289],
        [["192.0.2.1"], False, "own", 1714979289],
    ]


@pytest.mark.parametrize(
    ("text", "repr_of_value"),
    [
        ("18446744073709551616", "18446744073709551616"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("9223372036854775807", "9223372036854775807"),
        ("1.5e3", "1500.0"),
        ("NaN", "nan"),
        ("1e999", "inf"),
        ('"\\ud800"', "'\\ud800'"),
        ("0.1", "0.1"),
        ("[" * 200 + "]" * 200, "ImmutableList((" + "[" * 199 + "]" * 199 + ",))"),
    ],
)
def test_values_arrive_as_python_reads_them(tmp_path: Path, text: str, repr_of_value: str) -> None:
    assert seen_by_rule(tmp_path, "repr(event['v'])", f'{{"v": {text}}}') == [repr_of_value]


def test_a_rule_that_raises_or_returns_no_bool_is_a_row_and_stops_nothing(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.A", "def rule(event):\n    return event['missing']\n")
    write_rule(tmp_path, "Test.B", "def rule(event):\n    return None\n")
    write_rule(tmp_path, "Test.C", "def rule(event):\n    raise SystemExit(3)\n")
    write_rule(tmp_path, "Test.D", "def rule(event):\n    return rule(event)\n")
    write_rule(tmp_path, "Test.E", "def rule(event):\n    raise MemoryError\n")
    write_rule(tmp_path, "Test.F", ALWAYS)

    result = run(tmp_path, {})

    assert [(row["rule_id"], row["function"], row["error_type"], row["error_message"]) for row in result.errors.to_pylist()] == [
        ("Test.A", "rule", "KeyError", "KeyError('missing')"),
        (
            "Test.B",
            "rule",
            "FunctionReturnTypeError",
            "FunctionReturnTypeError('detection [Test.B] function [rule] returned [NoneType], expected [bool]')",
        ),
        ("Test.C", "rule", "SystemExit", "SystemExit(3)"),
        ("Test.D", "rule", "RecursionError", "RecursionError('maximum recursion depth exceeded')"),
        ("Test.E", "rule", "MemoryError", "MemoryError()"),
    ]
    assert "test_a.py" in result.errors.to_pylist()[0]["traceback"]
    assert result.signals.column("rule_id").to_pylist() == ["Test.F"]


def test_ctrl_c_is_not_a_rules_failure(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", "def rule(event):\n    raise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, {})


def test_a_failing_auxiliary_function_never_suppresses_a_match_and_is_told(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS + "def title(event): return 1 / 0\n" + "def alert_context(event): return {'x': {1}}\n")

    result = run(tmp_path, {})

    (signal,) = result.signals.to_pylist()
    assert (signal["title"], signal["dedup"]) == ("Test.Rule", "Test.Rule")
    assert signal["alert_context"] == '{"_error": "TypeError(\\"object of type <class \'set\'> is not JSON serializable\\")"}'
    assert [(row["function"], row["error_type"]) for row in result.errors.to_pylist()] == [
        ("title", "ZeroDivisionError"),
        ("alert_context", "TypeError"),
    ]


def test_an_event_that_is_no_object_costs_itself_only(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS)

    result = run(tmp_path, "[1]", "{", {})

    assert result.signals.column("p_row_id").to_pylist() == ["r2"]
    assert [(row["rule_id"], row["p_row_id"], row["function"]) for row in result.errors.to_pylist()] == [
        (UNREADABLE_EVENT, "r0", "event"),
        (UNREADABLE_EVENT, "r1", "event"),
    ]


def test_functions_of_one_event_run_before_the_rule_sees_the_next(tmp_path: Path) -> None:
    write_rule(
        tmp_path,
        "Test.Rule",
        "SEEN = None\ndef rule(event):\n    global SEEN\n    SEEN = event['n']\n    return True\ndef title(event): return f'n {SEEN}'\n",
    )

    assert run(tmp_path, {"n": 1}, {"n": 2}).signals.column("title").to_pylist() == ["n 1", "n 2"]


def test_disabled_rules_and_rules_of_other_log_types_do_not_run(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Off", ALWAYS, Enabled=False)
    write_rule(tmp_path, "Test.Other", ALWAYS, LogTypes=["Test.Other"])

    result = run(tmp_path, {})

    assert (result.signals.num_rows, result.runs.num_rows) == (0, 0)


def test_an_inline_filter_decides_before_the_rule_and_its_failure_is_an_error(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS, InlineFilters=[{"Key": "n", "Condition": "IsGreaterThan", "Value": 1}])

    result = run(tmp_path, {"n": 1}, {"n": 2}, {"n": "x"}, {})

    assert result.signals.column("p_row_id").to_pylist() == ["r1"]
    assert [(row["p_row_id"], row["function"], row["error_type"]) for row in result.errors.to_pylist()] == [("r2", "filter", "TypeError")]


def test_runs_count_per_batch_and_hour(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", "def rule(event):\n    return event['n'] > 1\n")

    result = run(tmp_path, {"n": 1}, {"n": 2}, {"n": 3}, {}, p_batch_id=pa.array(["b1", "b1", "b2", "b2"]))

    counts = [(r["p_batch_id"], r["events"], r["candidates"], r["matches"], r["errors"]) for r in result.runs.to_pylist()]
    assert counts == [("b1", 2, 2, 1, 0), ("b2", 2, 2, 1, 1)]
    assert all(r["cpu_seconds"] > 0 for r in result.runs.to_pylist())


def test_udm_uses_the_data_model_of_the_log_type(tmp_path: Path) -> None:
    mappings = "[{Name: source_ip, Path: $.net.ip}, {Name: actor, Method: actor_of}]"
    write_data_model(tmp_path, "Test.Model", "Test.Type", mappings, "def actor_of(event):\n    return event.deep_get('NET', 'user')\n")

    assert seen_by_rule(tmp_path, "[event.udm('source_ip'), event.udm('actor')]", {"net": {"ip": "192.0.2.9", "user": "amy"}}, {}) == [
        ["192.0.2.9", "amy"],
        [None, None],
    ]


def test_lone_surrogates_in_a_title_are_escaped_not_fatal(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS + "def title(event): return event['v']\n")

    assert run(tmp_path, '{"v": "a\\ud800"}').signals.column("title").to_pylist() == ["a\\ud800"]


def test_destinations_are_checked_when_they_are_known(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS + "def destinations(event): return event['d'].as_list()\n")
    texts = [json.dumps({"d": names}) for names in (["Slack"], ["id-2"], ["Slack", "none"], ["Slack", "id-1"])]

    result = evaluate(rows_of(texts), rules=loaded(tmp_path), log_type="Test.Type", destinations={"Slack": "id-1", "Pager": "id-2"})

    assert result.signals.column("destinations").to_pylist() == [["id-1"], ["id-2"], None, None]
