"""The candidates of a batch: what changes while rules run, bounds of memory, warm-up, and rows that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.packs import loaded, rows_of, write_helper, write_rule
from detect.prefilter.differential import compare

from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.prefilter import fields, index
from panther_dagster.detect.prefilter.fields import FieldDecoder
from panther_dagster.detect.prefilter.prefilter import Prefilter
from panther_dagster.detect.runner import evaluate

LOG_TYPE = "Test.Type"
IS_X = "def rule(event):\n    return event.get('a') == 'x'\n"


def signals(rules: RuleSet, texts: Sequence[str], prefilter: Prefilter | None = None) -> list[tuple[str, str]]:
    """(row, rule) of each match."""
    candidates = prefilter or Prefilter(LOG_TYPE)
    table = evaluate(rows_of(texts), rules=rules, log_type=LOG_TYPE, candidates=candidates).signals
    return list(zip(table.column("p_row_id").to_pylist(), table.column("rule_id").to_pylist(), strict=True))


def test_rows_that_are_no_candidates_are_not_parsed_and_are_counted_as_events(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", IS_X)
    texts = ['{"a":"y"}', '{"a":"x"}', '{"a":"y"}']

    (run,) = evaluate(rows_of(texts), rules=loaded(tmp_path), log_type=LOG_TYPE, candidates=Prefilter(LOG_TYPE)).runs.to_pylist()

    assert (run["events"], run["candidates"], run["matches"]) == (3, 1, 1)


def test_a_constant_that_another_rule_changes_unseen_makes_its_readers_run_from_that_row_on(tmp_path: Path) -> None:
    # Nothing in the code says that WORDS is changed: it goes through another name.
    write_helper(tmp_path, "words", "WORDS = ['x']\n")
    changing = "from words import WORDS\ndef rule(event):\n    if event.get('a') != 'change':\n        return False\n"
    changing += "    alias = WORDS\n    alias.append('y')\n    return True\n"
    write_rule(tmp_path, "Test.A", changing)
    write_rule(tmp_path, "Test.B", "from words import WORDS\ndef rule(event):\n    return event.get('a') in WORDS\n")
    texts = [json.dumps({"a": a}) for a in ("y", "change", "y", "x", "z")]

    assert signals(loaded(tmp_path), texts) == [("r1", "Test.A"), ("r2", "Test.B"), ("r3", "Test.B")]
    compare(loaded(tmp_path), LOG_TYPE, texts, others=loaded(tmp_path))


def test_a_helper_that_is_put_in_place_of_another_is_seen(tmp_path: Path) -> None:
    write_helper(tmp_path, "kinds", "def is_kind(value):\n    return value == 'x'\n")
    write_rule(tmp_path, "Test.Rule", "from kinds import is_kind\ndef rule(event):\n    return is_kind(event.get('a'))\n")
    rules = loaded(tmp_path)
    prefilter = Prefilter(LOG_TYPE)
    assert signals(rules, ['{"a":"x"}', '{"a":"y"}'], prefilter) == [("r0", "Test.Rule")]

    rules.rules[0].module.is_kind = lambda value: value == "y"  # type: ignore[attr-defined]

    assert signals(rules, ['{"a":"x"}', '{"a":"y"}'], prefilter) == [("r1", "Test.Rule")]


def test_a_helpers_code_that_is_exchanged_is_seen(tmp_path: Path) -> None:
    write_rule(
        tmp_path, "Test.Rule", "def is_kind(value):\n    return value == 'x'\n\ndef rule(event):\n    return is_kind(event.get('a'))\n"
    )
    rules = loaded(tmp_path)
    prefilter = Prefilter(LOG_TYPE)
    signals(rules, ['{"a":"x"}'], prefilter)

    def other(value: Any) -> bool:
        return bool(value == "y")

    rules.rules[0].module.is_kind.__code__ = other.__code__  # type: ignore[attr-defined]

    assert signals(rules, ['{"a":"x"}', '{"a":"y"}'], prefilter) == [("r1", "Test.Rule")]


def test_memory_is_bounded_when_every_value_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.Machine.__init__, "__kwdefaults__", {"has_many_values": (), "max_states": 8, "max_memory_bytes": 20_000})
    for n in range(6):
        write_rule(tmp_path, f"Test.R{n}", f"def rule(event):\n    return event.get('a') == 'v{n}' and event.get('b') != '{n}'\n")
    texts = [json.dumps({"a": f"v{n % 9}", "b": f"{n}" * 40}) for n in range(2_000)]
    prefilter = Prefilter(LOG_TYPE)

    compare(loaded(tmp_path), LOG_TYPE, texts, prefilter)

    assert prefilter.machine.memory_bytes <= 20_000
    assert prefilter.machine.state_count <= 9


def test_keys_that_are_new_in_every_event_are_learned_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MAX_KNOWN_KEYS", 10)
    decoder = FieldDecoder(["a"])

    for n in range(30):
        record = decoder.record(b'{"k%d":1,"a":"x"}' % n)
        assert bytes(getattr(record, decoder.attribute_of("a"))) == b'"x"'
    assert decoder.record(b'{"k99":1,"A":"x"}') is None
    assert len(decoder.keys) <= 10


def test_events_that_look_otherwise_from_some_row_on_are_soon_decoded_like_most(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", "def rule(event):\n    return event.deep_get('o', 'a') == 'x' or event.get('n') == 7\n")
    rules = loaded(tmp_path)
    prefilter = Prefilter(LOG_TYPE)
    early = [json.dumps({"o": {"a": "y"}, "n": "text"})] * 200
    late = [json.dumps({"o": {"a": "y", "new": n}, "n": n % 9}) for n in range(200)]
    for texts in (early, late, late):
        compare(rules, LOG_TYPE, texts, prefilter)
    before = prefilter._not_as_most

    compare(rules, LOG_TYPE, late, prefilter)

    assert before <= 1
    assert prefilter._not_as_most == before


def test_the_first_rows_go_to_all_rules_so_that_small_units_are_not_analyzed(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", IS_X)
    rules = loaded(tmp_path).for_log_type(LOG_TYPE)
    prefilter = Prefilter(LOG_TYPE, warm_up_rows=3)
    rows = rows_of(['{"a":"y"}', '{"a":"x"}'])

    assert [[row for row, _ in prefilter(rows, rules)] for _ in range(3)] == [[0, 1], [1], [1]]


def test_rows_without_text_go_to_all_rules(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", IS_X)
    rows = rows_of(["{}", "{}"], p_raw_event=pa.array(["{}", None]))

    assert [row for row, _ in Prefilter(LOG_TYPE)(rows, loaded(tmp_path).for_log_type(LOG_TYPE))] == [1]


def test_text_that_is_no_utf_8_goes_to_all_rules(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", IS_X)
    broken = pa.array([b'{"b":"\xff"}', b"{}"], pa.binary()).view(pa.string())
    rows = rows_of(["{}", "{}"], p_raw_event=broken)

    assert [row for row, _ in Prefilter(LOG_TYPE)(rows, loaded(tmp_path).for_log_type(LOG_TYPE))] == [0, 1]


def test_other_rules_are_analyzed_anew(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", IS_X)
    prefilter = Prefilter(LOG_TYPE)
    assert signals(loaded(tmp_path), ['{"a":"x"}', '{"a":"y"}'], prefilter) == [("r0", "Test.Rule")]
    write_rule(tmp_path, "Test.Rule", IS_X.replace("'x'", "'y'"))

    assert signals(loaded(tmp_path), ['{"a":"x"}', '{"a":"y"}'], prefilter) == [("r1", "Test.Rule")]


ENRICHED = """
def rule(event):
    found = event.deep_get("p_enrichment", "table", "a")
    return event.get("a") == "x" and (not found or found.get("kind") == "bad")
"""


def test_what_lookup_tables_say_is_read_from_the_column(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ENRICHED)
    texts = ['{"a":"x"}', '{"a":"x"}', '{"a":"x"}', '{"a":"y"}', '{"a":"x","p_enrichment":{"table":{"a":{"kind":"good"}}}}']
    found = [None, '{"table":{"a":{"kind":"bad"}}}', '{"table":{"a":{"kind":"good"}}}', None, None]

    assert compare(loaded(tmp_path), LOG_TYPE, texts, p_enrichment=pa.array(found, pa.string())) == 3
    assert compare(loaded(tmp_path), LOG_TYPE, texts) == 3  # without tables an event's own stays
