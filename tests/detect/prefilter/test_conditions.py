"""What the analysis understands of a rule's code, and what it leaves to the rule itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from detect.packs import loaded, write_data_model, write_helper, write_rule
from detect.prefilter.analysis import candidates_in, candidates_of

from panther_dagster.detect.prefilter.conditions import Analyzer
from panther_dagster.detect.prefilter.index import all_conditions
from panther_dagster.detect.prefilter.values import OUTLINE

ONLY_X = [True, False, False, False]
A, B, NONE, NOTHING = {"a": "x"}, {"a": "y"}, {"a": None}, {}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return event.get('a') == 'x'", ONLY_X),
        ("return event.get('a') != 'x'", [False, True, True, True]),
        ("return event['a'] == 'x'", [True, False, False, True]),  # a missing key raises
        ("return event.get('a', 'x') == 'x'", [True, False, False, True]),
        ("return event.deep_get('a', default='x') == 'x'", [True, False, True, True]),
        ("return 'a' not in event", [False, False, False, True]),
        ("return event.get('a') is None", [False, False, True, True]),
        ("return event.get('a').startswith('x')", [True, False, True, True]),
        ("return event.get('a') in ('x', 'z')", ONLY_X),
        ("return event.get('a')", [True, True, True, True]),  # text and None are no bool
        ("return bool(event.get('a'))", [True, True, False, False]),
        ("return not event.get('a')", [False, False, True, True]),
        ("if event.get('a') == 'x':\n        return True", [True, True, True, True]),  # None at the end
        ("return False", [False, False, False, False]),
        ("raise ValueError", [True, True, True, True]),
        ("return len(event.get('a', '')) > 3", [False, False, True, False]),
        ("return f\"{event.get('a')}!\" == 'x!'", ONLY_X),
        ("return any(event.get('a') == v for v in ('x', 'z'))", ONLY_X),
        ("return all([event.get('a') == 'x', event.get('b') is None])", ONLY_X),
        ("return event.get('a') == event.get('b')", [False, False, True, True]),
        ("v = event.get('a') or 'x'\n    return v.upper() == 'X'", [True, False, True, True]),
        ("for v in ('x', 'z'):\n        if event.get('a') == v:\n            return True\n    return False", ONLY_X),
        ("try:\n        return event['a'] == 'x'\n    except KeyError:\n        return False", ONLY_X),
        ("try:\n        return event['a'] == 'x'\n    except KeyError:\n        return True", [True, False, False, True]),
        (
            "try:\n        return event.get('a').lower() == 'x'\n    except AttributeError:\n        return False",
            [True, False, False, False],
        ),
        ("try:\n        return event['a'] == 'x'\n    except:\n        return False", [True, True, True, True]),
        ("return [v for v in [event.get('a')] if v == 'x'] != []", ONLY_X),
        ("return (lambda v: v == 'x')(event.get('a'))", ONLY_X),
        ("match event.get('a'):\n        case 'x':\n            return True\n    return False", [True, True, True, True]),
        ("import random\n    return False", [True, True, True, True]),
        ("print('x')\n    return False", [True, True, True, True]),
        ("while event.get('a') == 'x':\n        return True\n    return False", [True, True, True, True]),
    ],
)
def test_a_rule_is_run_where_it_may_say_more_than_false(tmp_path: Path, body: str, expected: list[bool]) -> None:
    assert candidates_of(tmp_path, f"def rule(event):\n    {body}\n", A, B, NONE, NOTHING) == expected


def test_a_key_in_another_case_sends_the_event_to_all_rules(tmp_path: Path) -> None:
    events = [{"a": "y"}, {"A": "x"}, {"A": "y"}, {"a": "y", "A": "x"}, {"b": 1}, {"a": "z"}]

    assert candidates_of(tmp_path, "def rule(event):\n    return event.get('a') == 'x'\n", *events) == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_names_are_spelled_as_events_spell_them_however_rules_do(tmp_path: Path) -> None:
    code = "def rule(event):\n    return event.get('eventtype') == 'x' and event.deep_get('o', 'callerip') == 'y'\n"
    events = [{"eventType": "x", "o": {"callerIp": ip}} for ip in ("y", "z")]

    assert candidates_of(tmp_path, code, *events) == [True, False]


def test_a_key_in_another_case_within_an_object_that_is_read_makes_every_rule_a_candidate(tmp_path: Path) -> None:
    events = [{"o": {"K": "x"}}, {"o": {"k": "y", "K": "x"}}, {"o": {"k": "y", "Z": "x"}}, {"o": "K"}, {"p": {"K": "x"}}]
    code = "def rule(event):\n    return event.deep_get('o', 'k') == 'x'\n"

    assert candidates_of(tmp_path, code, *events) == [True, True, False, False, False]


def test_two_rules_that_spell_a_field_differently_see_the_same_field(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.One", "def rule(event):\n    return event.get('Name') == 'x'\n")
    write_rule(tmp_path, "Test.Two", "def rule(event):\n    return event.get('name') == 'x'\n")

    assert candidates_in(loaded(tmp_path), {"name": "y"}, {"name": "x"}, {"Name": "x"}).count(True) >= 2


def test_the_last_of_two_equal_keys_counts(tmp_path: Path) -> None:
    texts = ['{"a":"x","a":"y"}', '{"a":"y","a":"x"}', '{"a":"x","\\u0061":"y"}']

    assert candidates_of(tmp_path, "def rule(event):\n    return event.get('a') == 'x'\n", *texts) == [False, True, False]


def test_numbers_are_compared_as_python_compares_them(tmp_path: Path) -> None:
    texts = [f'{{"a":{n}}}' for n in ("1", "1.0", "true", "1e0", '"1"', "2", "-0", "0.0", "false")]

    is_one = [True, True, True, True, False, False, False, False, False]
    assert candidates_of(tmp_path, "def rule(event):\n    return event.get('a') == 1\n", *texts) == is_one
    is_true = [False, False, True, False, False, False, False, False, False]
    assert candidates_of(tmp_path, "def rule(event):\n    return event.get('a') is True\n", *texts) == is_true


def test_long_and_odd_numbers_are_those_of_the_event(tmp_path: Path) -> None:
    texts = [f'{{"a":{n}}}' for n in ("18446744073709551617", "1e999", "18446744073709551616")]

    assert candidates_of(tmp_path, "def rule(event):\n    return event.get('a') == 18446744073709551617\n", *texts) == [True, False, False]
    code = "def rule(event):\n    return event.get('a') == 10 ** 400 or str(event.get('a')) == 'inf'\n"
    assert candidates_of(tmp_path, code, *texts)[1]


def test_what_is_no_object_or_no_plain_json_goes_to_all_rules(tmp_path: Path) -> None:
    texts = ["[]", "{", "", "null", '{"b":NaN}', '{"b":"\\ud800"}', '{"b":1} x', '{"b":1e999}', '{"b":' + "[" * 3000 + "]" * 3000 + "}"]

    chosen = candidates_of(tmp_path, "def rule(event):\n    return event.get('a') == 'x'\n", *texts)

    assert chosen == [True, True, True, True, True, True, True, False, True]


def test_a_walk_through_arrays_is_done_beforehand(tmp_path: Path) -> None:
    code = "def rule(event):\n    return event.deep_walk('l', 'k', default='') == 'x'\n"

    events = [{"l": [{"k": "x"}]}, {"l": [{"k": "y"}]}, {}, {"l": [{"K": "x"}]}, {"l": [{"k": {}}, {"k": "x"}]}]
    assert candidates_of(tmp_path, code, *events) == [True, False, False, False, True]


def test_an_effect_makes_a_candidate_of_every_event_that_comes_to_it(tmp_path: Path) -> None:
    code = "SEEN = []\ndef rule(event):\n    if event.get('a') == 'x':\n        SEEN.append(1)\n    return False\n"

    assert candidates_of(tmp_path, code, A, B) == [True, False]


def test_state_that_a_rule_reads_is_never_taken_for_a_constant(tmp_path: Path) -> None:
    code = "N = 0\ndef rule(event):\n    global N\n    N += 1\n    return N == 2\n"

    assert candidates_of(tmp_path, code, A, A, A) == [True, True, True]


def test_a_global_that_is_set_first_and_whatever_the_event_is_no_effect(tmp_path: Path) -> None:
    code = "M = {}\ndef rule(event):\n    global M\n    M = {}\n    if event.get('a') != 'x':\n        return False\n    M['k'] = 1\n"
    code += "    return True\ndef title(event):\n    return str(M)\n"

    assert candidates_of(tmp_path, code, B, A, B, A) == [False, True, False, True]


def test_a_helper_is_entered(tmp_path: Path) -> None:
    write_helper(tmp_path, "kinds", "KINDS = {'x'}\ndef is_kind(event, *keys, default=None):\n    return event.deep_get(*keys) in KINDS\n")
    code = "from kinds import is_kind\ndef rule(event):\n    return is_kind(event, 'o', 'k')\n"

    assert candidates_of(tmp_path, code, {"o": {"k": "x"}}, {"o": {"k": "y"}}, {}, {"o": {"k": []}}) == [True, False, False, True]


def test_a_pure_helper_is_run_on_the_fields_value(tmp_path: Path) -> None:
    helper = "def has_x(values):\n    found = 0\n    for v in values:\n        if v == 'x':\n            return True\n    return False\n"
    write_helper(tmp_path, "lists", helper)
    code = "from lists import has_x\ndef rule(event):\n    return has_x(event.get('l', []))\n"

    events = [{"l": ["y", "x"]}, {"l": ["y"]}, {}, {"l": None}]
    assert candidates_of(tmp_path, code, *events) == [True, False, False, True]


def test_a_data_model_is_asked(tmp_path: Path) -> None:
    mappings = "[{Name: ip, Path: $.net.ip}, {Name: kind, Method: kind_of}]"
    write_data_model(tmp_path, "Test.Model", "Test.Type", mappings, "def kind_of(event):\n    return event.get('k', 'none')\n")
    code = "def rule(event):\n    return event.udm('ip') == '192.0.2.1' and event.udm('kind') == 'login'\n"

    events = [{"net": {"ip": "192.0.2.1"}, "k": "login"}, {"net": {"ip": "192.0.2.1"}}, {"k": "login"}, {"net": {"IP": "192.0.2.1"}}]
    assert candidates_of(tmp_path, code, *events) == [True, False, False, True]  # another case: for every rule


BRANCHING = """
def kind_of(event):
    try:
        return event["net"]["kind"]
    except (KeyError, TypeError):
        pass
    if event.get("k") == "long":
        return event.get("other", "")
    return event.get("k", "none")
"""


def test_a_method_of_few_fields_is_one_value_whatever_its_branches(tmp_path: Path) -> None:
    write_data_model(tmp_path, "Test.Model", "Test.Type", "[{Name: kind, Method: kind_of}]", BRANCHING)
    code = "def rule(event):\n    return event.udm('kind') == 'login' or event.udm('kind') == 'token'\n"
    events = [
        {"k": "login"},
        {"k": "long", "other": "token"},
        {"net": {"kind": "token"}, "k": "x"},
        {"net": {"kind": "x"}, "k": "login"},
        {"net": "text", "k": "login"},
        {"k": "long"},
        {},
        {"net": {"kind": ["login"]}},
    ]

    assert candidates_of(tmp_path, code, *events) == [True, True, True, False, True, False, False, False]
    conditions = Analyzer("Test.Type").conditions_of(loaded(tmp_path).rule_by_id["Test.Rule"])
    assert {condition.value.fields for condition in all_conditions([conditions.tree])} == {
        (("k",), ("net", OUTLINE), ("net", "kind"), ("other",))
    }


def test_a_method_of_many_fields_is_entered(tmp_path: Path) -> None:
    method = "def kind_of(event):\n    for name in ('a', 'b', 'c', 'd'):\n        if event.get(name):\n            return event.get(name)\n"
    write_data_model(tmp_path, "Test.Model", "Test.Type", "[{Name: kind, Method: kind_of}]", method)
    code = "def rule(event):\n    return event.udm('kind') == 'login'\n"

    events = [{"a": "login"}, {"a": "x", "d": "login"}, {"d": "login"}, {}]
    assert candidates_of(tmp_path, code, *events) == [True, False, True, False]


def test_a_method_that_sets_a_global_is_no_value(tmp_path: Path) -> None:
    method = "LAST = None\ndef kind_of(event):\n    global LAST\n    LAST = event.get('k')\n    return LAST\n"
    write_data_model(tmp_path, "Test.Model", "Test.Type", "[{Name: kind, Method: kind_of}]", method)
    code = "def rule(event):\n    return event.udm('kind') == 'login'\n"

    assert candidates_of(tmp_path, code, {"k": "login"}, {}) == [True, True]


def test_an_inline_filter_comes_before_the_code(tmp_path: Path) -> None:
    filters = [{"KeyPath": "o.k", "Condition": "IsGreaterThan", "Value": 1}]
    events = [{"o": {"k": 2}}, {"o": {"k": 1}}, {}, {"o": {"k": "text"}}]

    code = "def rule(event):\n    return True\n"
    assert candidates_of(tmp_path, code, *events, InlineFilters=filters) == [True, False, False, True]


def test_p_fields_come_from_the_columns_unless_the_event_has_them(tmp_path: Path) -> None:
    code = "def rule(event):\n    return '192.0.2.1' in event.get('p_any_ip_addresses', []) and event.get('p_source_label') == 'Source'\n"

    events = [{}, {"p_source_label": "Other"}, {"p_any_ip_addresses": []}, {"p_any_ip_addresses": None}, {"P_Source_Label": "x"}]
    assert candidates_of(tmp_path, code, *events) == [True, False, False, True, True]


def test_a_clock_is_not_read_beforehand(tmp_path: Path) -> None:
    code = "import time\ndef rule(event):\n    if event.get('a') != 'x':\n        return False\n    return time.time() < 0\n"

    assert candidates_of(tmp_path, code, A, B) == [True, False]


def test_a_name_that_means_two_things_is_left_alone(tmp_path: Path) -> None:
    code = "v = 'x'\ndef rule(event):\n    return any(v == w for w in ['y'] for v in [event.get('a')]) or v == 'y'\n"

    assert candidates_of(tmp_path, code, A, B) == [True, True]


def test_a_generator_function_returns_no_bool(tmp_path: Path) -> None:
    assert candidates_of(tmp_path, "def rule(event):\n    return False\n    yield\n", A) == [True]


def test_a_file_that_was_edited_after_loading_is_not_believed(tmp_path: Path) -> None:
    file = write_rule(tmp_path, "Test.Rule", "def rule(event):\n    return event.get('a') == 'x'\n")
    rules = loaded(tmp_path)
    file.with_suffix(".py").write_text("def rule(event):\n    return event.get('a') == 'y'\n")

    assert candidates_in(rules, A, B) == [True, True]


def test_analysis_ends_after_so_many_runs_of_all_rules_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("panther_dagster.detect.prefilter.conditions.MAX_RUNS_OF_ALL", 9)
    for name in ("A", "B", "C"):
        write_rule(tmp_path, f"Test.{name}", "def rule(event):\n    return event.get('a') == 1 and event.get('b') == 2\n")
    analyzer = Analyzer("Test.Type")
    rules = loaded(tmp_path).rules
    for rule in rules:
        analyzer.read(rule)

    gaps = [analyzer.conditions_of(rule).gaps for rule in rules]

    assert gaps[0] == ()
    assert gaps[-1] == ("too many conditions",)
