"""The rules of this repository, and those of panther-analysis where there is a checkout: the same results with the prefilter as without."""

from __future__ import annotations

import json
import os
import random
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from detect.prefilter.differential import compare, mutated

from panther_dagster.demo.cloudtrail import ordinary_calls
from panther_dagster.demo.company import found_company
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.prefilter.prefilter import Prefilter

OUR_RULES = Path(__file__).parents[3] / "rules"
START = datetime(2024, 5, 1)


@pytest.fixture(scope="module")
def our_rules() -> RuleSet:
    return load_rules([OUR_RULES])


def ordinary_events(count: int) -> list[dict[str, Any]]:
    """CloudTrail events of the demo's company."""
    rng = random.Random(3)
    return [call for _, call in islice(ordinary_calls(rng, found_company(rng), START, START + timedelta(hours=12)), count)]


def test_events(rules: RuleSet, log_type: str) -> list[dict[str, Any]]:
    """Events of the unit tests of the log type's rules: what the rules are about."""
    return [dict(test["Log"]) for rule in rules.for_log_type(log_type) for test in rule.tests if isinstance(test.get("Log"), dict)]


test_events.__test__ = False  # type: ignore[attr-defined]


def test_few_pairs_are_left_of_ordinary_events(our_rules: RuleSet) -> None:
    texts = [json.dumps(event) for event in ordinary_events(1_500)]

    left = compare(our_rules, "AWS.CloudTrail", texts)

    assert left < 0.01 * len(texts) * len(our_rules.for_log_type("AWS.CloudTrail"))


def test_every_log_type_gives_the_same_on_the_events_of_its_unit_tests_and_on_mutated_ones(our_rules: RuleSet) -> None:
    rng = random.Random(11)
    for log_type in our_rules.log_types:
        events = test_events(our_rules, log_type)
        texts = [json.dumps(event) for event in events]
        compare(our_rules, log_type, [*texts, *mutated(events, rng, 300)])


def test_mutated_ordinary_events_give_the_same(our_rules: RuleSet) -> None:
    events = ordinary_events(300) + test_events(our_rules, "AWS.CloudTrail")

    compare(our_rules, "AWS.CloudTrail", list(mutated(events, random.Random(5), 1_500)))


def test_every_rule_of_this_repository_has_events_that_it_is_not_run_on(our_rules: RuleSet) -> None:
    texts = [json.dumps(event) for event in ordinary_events(50)]
    prefilter = Prefilter("AWS.CloudTrail")

    compare(our_rules, "AWS.CloudTrail", texts, prefilter)

    assert [conditions.rule.rule_id for conditions in prefilter.conditions if not conditions.can_skip] == []


def test_rules_of_panther_analysis_give_the_same() -> None:
    checkout = os.environ.get("PANTHER_ANALYSIS")
    if not checkout:
        pytest.skip("no yardstick: PANTHER_ANALYSIS does not name a checkout of panther-analysis")
    rules = load_rules([Path(checkout)])
    log_type = "AWS.CloudTrail"
    events = test_events(rules, log_type) + ordinary_events(200)
    texts = [json.dumps(event, default=str) for event in events]
    rng = random.Random(17)

    compare(rules, log_type, [*texts, *mutated(events, rng, 1_500)], others=load_rules([Path(checkout)]))
