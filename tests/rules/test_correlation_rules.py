"""The pack's correlation rules: their own tests, and the demo's story."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pytest
import rule_pack

from panther_dagster.demo.story import StoryEvent, tell_story
from panther_dagster.detect.correlation.evaluation import Match, Signal, matches_at_any_time
from panther_dagster.detect.correlation.loading import load_correlation_rules
from panther_dagster.detect.correlation.rule import CorrelationRule
from panther_dagster.detect.correlation.unit_tests import run_correlation_tests
from panther_dagster.detect.correlation.values import values_at
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.runner import evaluate

NOON = datetime(2026, 3, 2, 12)
LOADED = load_correlation_rules([rule_pack.PACK])
BY_ID = {rule.rule_id: rule for rule in LOADED.rules}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules([rule_pack.PACK])


def matches(rules: RuleSet, events: Iterable[StoryEvent]) -> dict[str, list[Match]]:
    """Matches of each correlation rule on the signals of these events; all of the pack's paths lead into alert contexts."""
    by_log_type = defaultdict(list)
    for event in events:
        by_log_type[event.log_type].append(event)
    signals = []
    for log_type, found in by_log_type.items():
        size = len(found)
        columns = {
            "p_row_id": [f"{log_type}-{number}" for number in range(size)],
            "p_log_type": [log_type] * size,
            "p_event_time": pa.array([event.time_utc for event in found], pa.timestamp("us")),
            "p_batch_id": ["batch"] * size,
            "p_hour": pa.array([NOON] * size, pa.timestamp("us")),
            "p_raw_event": [json.dumps(event.body) for event in found],
        }
        signals += evaluate(pa.table(columns), rules=rules, log_type=log_type).signals.to_pylist()
    paths = {path for rule in LOADED.rules for path in rule.pattern.paths}
    read = []
    for row in signals:
        context = {"p_alert_context": json.loads(row["alert_context"] or "{}")}
        values = {path: values_at(context, path) for path in paths}
        read.append(Signal(row["signal_id"], row["rule_id"], row["p_event_time"], values))
    return {rule.rule_id: matches_at_any_time(rule.pattern, read) for rule in LOADED.rules}


def test_all_of_them_load() -> None:
    assert LOADED.errors == ()
    assert (
        set(BY_ID)
        == set(rule_pack.correlation_rules())
        == {
            "AWS.CloudTrail.LoggingOffAndBulkDownload",
            "CrossSource.Identity.OktaTakeoverToAWS",
        }
    )


@pytest.mark.parametrize("rule", LOADED.rules, ids=BY_ID)
def test_its_unit_tests_pass_and_know_both_verdicts(rule: CorrelationRule) -> None:
    results = run_correlation_tests(rule)

    assert [(result.name, result.error) for result in results if not result.is_passed] == []
    assert {result.expected for result in results} == {True, False}


@pytest.mark.parametrize("rule", LOADED.rules, ids=BY_ID)
def test_it_reads_enabled_rules_and_says_what_to_do(rule: CorrelationRule) -> None:
    enabled = {rule_id for rule_id, metadata in rule_pack.rules().items() if metadata["Enabled"]}

    assert rule.pattern.rule_ids <= enabled
    assert all(path.startswith("p_alert_context.") for path in rule.pattern.paths)
    assert len(rule.description) >= 60
    assert len(rule.runbook.splitlines()) >= 5
    assert rule.reference.startswith("https://")
    assert all(re.fullmatch(r"TA00\d\d:T\d{4}(\.\d{3})?", technique) for technique in rule.reports["MITRE ATT&CK"])


def test_the_attack_of_the_story_is_found_on_the_attackers_address(rules: RuleSet) -> None:
    story = tell_story(seed=7, now_utc=NOON, events=0)
    found = matches(rules, story.events)

    assert {rule_id: [match.values for match in of_rule] for rule_id, of_rule in found.items()} == {
        "AWS.CloudTrail.LoggingOffAndBulkDownload": [(story.truth.attacker_address,)],
        "CrossSource.Identity.OktaTakeoverToAWS": [(story.truth.attacker_address,)],
    }
    assert [len(match.signals) for of_rule in found.values() for match in of_rule] == [151, 3]


def test_an_ordinary_day_is_not_found(rules: RuleSet) -> None:
    attack = [event.body for event in tell_story(seed=7, now_utc=NOON, events=0).events]
    ordinary = [event for event in tell_story(seed=7, now_utc=NOON, events=3000).events if event.body not in attack]

    assert all(found == [] for found in matches(rules, ordinary).values())
