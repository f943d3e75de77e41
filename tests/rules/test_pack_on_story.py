"""The pack on the demo's story: every act of the attack raises an alert, an ordinary day raises none."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
import rule_pack

from panther_dagster.demo.story import StoryEvent, tell_story
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.runner import evaluate

NOON = datetime(2026, 3, 2, 12)
# The last two work on what the attacker's address and domain do anywhere.
ALERTS_BY_ACT = {
    "phished Okta session": {"Okta.SignIn.AnonymisingProxy", "Okta.SignIn.UnfamiliarCountryAndDevice"},
    "second factors reset": {"Okta.MFA.FactorsReset"},
    "administrator role": {"Okta.Admin.RoleGranted"},
    "console login without MFA": {"AWS.Console.SignInWithoutSecondFactor"},
    "access key for another user": {"AWS.IAM.AccessKeyForOtherUser"},
    "logging stopped": {"AWS.CloudTrail.LoggingSwitchedOff"},
    "bucket emptied": {"AWS.S3.BulkDownload"},
    "script fetched": {"Suricata.FileInfo.ProgramDownloaded"},
    "reverse shell": {"Osquery.Process.ReverseShell", "Osquery.Sockets.ShellWithConnection"},
    "command and control": {"Suricata.Alert.HighestSeverity", "Suricata.TLS.UntrustedCertificate", "Suricata.Flow.LargeUpload"},
    "attacker's address": {"CrossSource.Network.ListedAddress"},
    "attacker's domain": {"CrossSource.Network.ListedDomain"},
}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules([rule_pack.PACK])


def signals(rules: RuleSet, events: Iterable[StoryEvent]) -> list[dict[str, Any]]:
    """Matches of rules that create alerts."""
    by_log_type = defaultdict(list)
    for event in events:
        by_log_type[event.log_type].append(json.dumps(event.body))
    found: list[dict[str, Any]] = []
    for log_type, texts in by_log_type.items():
        size = len(texts)
        rows = pa.table(
            {
                "p_row_id": [f"{log_type}-{number}" for number in range(size)],
                "p_log_type": [log_type] * size,
                "p_event_time": pa.array([NOON] * size, pa.timestamp("us")),
                "p_batch_id": ["batch"] * size,
                "p_hour": pa.array([NOON] * size, pa.timestamp("us")),
                "p_raw_event": texts,
            }
        )
        result = evaluate(rows, rules=rules, log_type=log_type)
        assert result.errors.to_pylist() == []
        found += result.signals.to_pylist()
    return [signal for signal in found if signal["create_alert"]]


def alerted(found: list[dict[str, Any]]) -> set[str]:
    """Rules whose threshold is reached within one dedup string; the story is shorter than any dedup period that matters here."""
    matches = defaultdict(set)
    for signal in found:
        matches[signal["rule_id"], signal["dedup"], signal["threshold"]].add(signal["unique_value"] or signal["signal_id"])
    return {rule_id for (rule_id, _, threshold), values in matches.items() if len(values) >= threshold}


def test_every_act_of_the_attack_raises_its_alerts(rules: RuleSet) -> None:
    raised = alerted(signals(rules, tell_story(seed=7, now_utc=NOON, events=0).events))

    for act, rule_ids in ALERTS_BY_ACT.items():
        assert rule_ids <= raised, act


def test_the_story_promises_these_alerts_and_no_rule_beyond_them_alerts(rules: RuleSet) -> None:
    story = tell_story(seed=7, now_utc=NOON, events=0)

    assert set(story.truth.rule_ids) == set().union(*ALERTS_BY_ACT.values())
    assert alerted(signals(rules, story.events)) == set(story.truth.rule_ids)


@pytest.mark.parametrize("seed", [7, 8])
def test_an_ordinary_day_raises_no_alert(rules: RuleSet, seed: int) -> None:
    attack = [event.body for event in tell_story(seed=seed, now_utc=NOON, events=0).events]
    ordinary = [event for event in tell_story(seed=seed, now_utc=NOON, events=3000).events if event.body not in attack]

    assert len(ordinary) == 3000
    assert alerted(signals(rules, ordinary)) == set()
