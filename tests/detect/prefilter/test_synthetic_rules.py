"""Laws: whatever the rules and the events are, the prefilter changes no result."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import hypothesis.strategies as st
from detect.packs import write_data_model, write_rule
from detect.prefilter.differential import compare
from detect.prefilter.synthetic import events, rule_codes
from hypothesis import HealthCheck, given, settings

from panther_dagster.detect.pack import load_rules

MAPPINGS = "[{Name: path, Path: a}, {Name: deep, Path: $.net.x}, {Name: method, Method: method}]"
METHOD = "def method(event):\n    return event.get('b') or event.get('a', 'p')\n"


@settings(max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(rule_codes(), min_size=1, max_size=8), st.lists(events(), min_size=20, max_size=60))
def test_random_rules_give_the_same_on_random_events(codes: list[str], texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        for number, code in enumerate(codes):
            write_rule(Path(folder), f"Test.R{number}", code)
        write_data_model(Path(folder), "Test.Model", "Test.Type", MAPPINGS, METHOD)
        rules, others = (load_rules([Path(folder)]) for _ in range(2))

        compare(rules, "Test.Type", texts, others=others)
