"""YAML -> correlation rules, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from detect.correlation.rules_in_yaml import ABSENCE, GROUP, HEAD, SEQUENCE, build

from panther_dagster.detect.correlation.parsing import parse_correlation_rule
from panther_dagster.detect.documents import read_document
from panther_dagster.detect.metadata import Findings
from panther_dagster.errors import RuleError


def test_a_group_joins_elements_on_the_paths_of_its_criteria(tmp_path: Path) -> None:
    rule = build(tmp_path, GROUP)

    assert (rule.rule_id, rule.severity, rule.is_enabled, rule.creates_alert) == ("Test.Correlation", "HIGH", True, True)
    assert [(e.element_id, e.rule_id, e.min_match_count, e.is_absent, e.paths) for e in rule.pattern.elements] == [
        ("Login", "Test.Login", 1, False, (("user",),)),
        ("Key", "Test.Key", 1, False, (("p_alert_context.owner",),)),
    ]
    assert (rule.pattern.parameters, rule.pattern.lookback, rule.pattern.frames) == (("user",), timedelta(minutes=60), None)
    assert (rule.schedule.rate, rule.schedule.timeout) == (timedelta(minutes=30), timedelta(minutes=5))
    assert rule.pattern.reads_events


def test_a_sequence_has_a_frame_and_paths_for_each_transition(tmp_path: Path) -> None:
    pattern = build(tmp_path, SEQUENCE).pattern

    assert [(e.element_id, e.min_match_count, e.paths) for e in pattern.elements] == [
        ("Failed", 2, (("user",),)),
        ("Login", 1, (("user",),)),
        ("Key", 1, (("owner",),)),
    ]
    assert pattern.frames == (timedelta(minutes=20), timedelta(minutes=60))


def test_an_element_between_two_paths_must_hold_the_value_in_both(tmp_path: Path) -> None:
    pattern = build(tmp_path, SEQUENCE.replace("From: user\n", "From: account\n")).pattern

    assert pattern.elements[1].paths == (("user", "account"),)


def test_absence_counts_and_defaults_are_read(tmp_path: Path) -> None:
    rule = build(tmp_path, ABSENCE.replace("    LookbackWindowMinutes: 60\n", ""))

    assert [element.is_absent for element in rule.pattern.elements] == [False, True]
    assert rule.pattern.lookback == timedelta(minutes=15)


def test_without_criteria_signals_are_only_counted(tmp_path: Path) -> None:
    pattern = build(tmp_path, GROUP.split("    MatchCriteria")[0]).pattern

    assert (pattern.parameters, pattern.elements[0].paths, pattern.reads_events) == ((), (), False)


def test_tests_do_not_change_the_version_and_the_pattern_does(tmp_path: Path) -> None:
    version = build(tmp_path, GROUP).version

    assert build(tmp_path, GROUP, tail="Tests: []\n").version == version
    assert build(tmp_path, GROUP.replace("60", "61")).version != version


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("MatchCriteria", "MatchCriterias", 12, "unknown key 'MatchCriterias'; did you mean 'MatchCriteria'?"),
        ("LookbackWindowMinutes: 60", "LookBackWindowMinute: 60", 18, "did you mean 'LookbackWindowMinutes'?"),
        ("LookbackWindowMinutes: 60", "LookbackWindowMinutes: an hour", 18, "LookbackWindowMinutes must be a number of minutes"),
        ("LookbackWindowMinutes: 60", "LookbackWindowMinutes: 0", 18, "LookbackWindowMinutes must be a number of minutes"),
        ("GroupID: Key", "GroupID: Kye", 16, "GroupID: there is no element 'Kye'; did you mean 'Key'?"),
        ("RuleID: Test.Key", "RuleId: Test.Key", 11, "unknown key 'RuleId'; did you mean 'RuleID'?"),
        ("ID: Key\n", "ID: Login\n", 10, "'Login' stands twice in Group"),
        ("RuleID: Test.Key", "RuleID: Test.Correlation", 6, "element 'Key' is this rule itself"),
        ("RateMinutes: 30", "RateMinutes: 3", 21, "TimeoutMinutes must not be more than RateMinutes"),
        ("RateMinutes: 30", "CronExpression: 5 25 * * *", 20, "hour '25' must be within 0-23"),
        ("RateMinutes: 30", "CronExpression: hourly", 20, "a cron expression has 5 fields"),
        ("      RateMinutes: 30\n", "", 19, "Schedule needs either RateMinutes or CronExpression"),
        ("Match: user", "Match: user..name", 15, "'user..name' is no path"),
        ("Match: user", "Match: 7", 15, "Match must be text, not 7"),
        ("RuleID: Test.Key", "RuleID: Test.Key\n        MinMatchCount: 0", 12, "MinMatchCount must be a whole number from 1 on, not 0"),
        (
            "RuleID: Test.Key",
            "RuleID: Test.Key\n        MaxMatchCount: 3",
            12,
            "unknown key 'MaxMatchCount'; did you mean 'MinMatchCount'?",
        ),
        ("RuleID: Test.Key", "RuleID: Test.Key\n        Absence: no", 12, "Absence must be true or false, not 'no'"),
        ("  - Group", "  - Groups", 7, "unknown key 'Groups'; did you mean 'Group'?"),
        ("    LookbackWindowMinutes: 60", "    Transitions: []", 18, "Transitions belongs to a Sequence, not to a Group"),
        ("    LookbackWindowMinutes: 60", "    EventEvaluationOrder: Chronologic", 18, "did you mean 'Chronological'?"),
    ],
)
def test_a_mistake_in_a_group_is_shown_where_it_stands(tmp_path: Path, old: str, new: str, line: int, text: str) -> None:
    assert old in GROUP
    with pytest.raises(RuleError) as raised:
        build(tmp_path, GROUP.replace(old, new, 1))

    assert text in raised.value.text
    assert raised.value.location is not None
    assert (raised.value.location.file.name, raised.value.location.line) == ("rule.yml", line)


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("From: Failed", "From: Faild", 17, "From: there is no element 'Faild'; did you mean 'Failed'?"),
        ("To: Login", "To: Key", 18, "'Key' does not come right after 'Failed'"),
        ("From: Login\n        To: Key", "From: Failed\n        To: Login", 23, "a second transition from 'Failed' to 'Login'"),
        ("- On: user", "- On: user\n            To: user", 21, "a Match has either On, or From and To"),
        ("- From: user\n", "- Form: user\n", 26, "unknown key 'Form'; did you mean 'From'?"),
        ("WithinTimeFrameMinutes: 20", "WithinTimeFrameMinutes: -1", 19, "WithinTimeFrameMinutes must be a number of minutes"),
        ("MinMatchCount: 2", "Absence: true", 10, "Absence is only possible in a Group"),
        ("    LookbackWindowMinutes: 60", "    MatchCriteria: {}", 28, "MatchCriteria belongs to a Group, not to a Sequence"),
    ],
)
def test_a_mistake_in_a_sequence_is_shown_where_it_stands(tmp_path: Path, old: str, new: str, line: int, text: str) -> None:
    assert old in SEQUENCE
    with pytest.raises(RuleError) as raised:
        build(tmp_path, SEQUENCE.replace(old, new, 1))

    assert text in raised.value.text
    assert raised.value.location is not None
    assert raised.value.location.line == line


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("Severity: High\n", "", 1, "Severity is missing"),
        ("Severity: High", "Severity: Urgent", 5, "unknown severity 'Urgent'"),
        ("Severity: High", "Severty: High", 5, "unknown key 'Severty'; did you mean 'Severity'?"),
        ("Enabled: true", "Enabled: yes", 4, "Enabled must be true or false, not 'yes'"),
        ("Enabled: true", "Enabled: true\nLogTypes: [AWS.CloudTrail]", 5, "LogTypes has no meaning in a correlation rule"),
        ("RuleID: Test.Correlation", "RuleID: 'a<b'", 2, "RuleID must not contain <"),
        ("Key after login", "5", 3, "DisplayName must be text, not 5"),
    ],
)
def test_a_mistake_in_the_head_is_shown_where_it_stands(tmp_path: Path, old: str, new: str, line: int, text: str) -> None:
    with pytest.raises(RuleError) as raised:
        build(tmp_path, GROUP, head=HEAD.replace(old, new))

    assert text in raised.value.text
    assert raised.value.location is not None
    assert raised.value.location.line == line


@pytest.mark.parametrize(
    "detection", ["  - 5\n", "  []\n", "  - Group: []\n", "  - Group: [x]\n", "  - {}\n", GROUP + SEQUENCE, "  Group: 1\n"]
)
def test_a_detection_that_is_none_is_an_error(tmp_path: Path, detection: str) -> None:
    with pytest.raises(RuleError):
        build(tmp_path, detection)


def test_a_group_of_absences_only_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="needs an element that is no Absence"):
        build(tmp_path, ABSENCE.replace("RuleID: Test.Change", "RuleID: Test.Change\n        Absence: true"))


def test_everything_that_is_wrong_is_noted_at_once(tmp_path: Path) -> None:
    file = tmp_path / "rule.yml"
    file.write_text(HEAD.replace("Severity: High", "Severty: High") + GROUP.replace("RateMinutes: 30", "RateMinutes: soon"))
    findings = Findings(file)

    assert parse_correlation_rule(read_document(file), findings) is None
    assert [(error.location.line, error.text.partition(";")[0]) for error in findings.errors if error.location] == [
        (5, "unknown key 'Severty'"),
        (1, "Severity is missing"),
        (20, "RateMinutes must be a number of minutes from 1 to a year, not 'soon'"),
    ]
