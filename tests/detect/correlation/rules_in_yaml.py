"""Writes correlation rules for tests."""

from __future__ import annotations

from pathlib import Path

from panther_dagster.detect.correlation.parsing import build_correlation_rule
from panther_dagster.detect.correlation.rule import CorrelationRule
from panther_dagster.detect.documents import read_document

HEAD = """\
AnalysisType: correlation_rule
RuleID: Test.Correlation
DisplayName: Key after login
Enabled: true
Severity: High
Detection:
"""
GROUP = """\
  - Group:
      - ID: Login
        RuleID: Test.Login
      - ID: Key
        RuleID: Test.Key
    MatchCriteria:
      user:
        - GroupID: Login
          Match: user
        - GroupID: Key
          Match: p_alert_context.owner
    LookbackWindowMinutes: 60
    Schedule:
      RateMinutes: 30
      TimeoutMinutes: 5
"""
SEQUENCE = """\
  - Sequence:
      - ID: Failed
        RuleID: Test.Failed
        MinMatchCount: 2
      - ID: Login
        RuleID: Test.Login
      - ID: Key
        RuleID: Test.Key
    Transitions:
      - ID: Failed FOLLOWED BY Login
        From: Failed
        To: Login
        WithinTimeFrameMinutes: 20
        Match:
          - On: user
      - ID: Login FOLLOWED BY Key
        From: Login
        To: Key
        Match:
          - From: user
            To: owner
    LookbackWindowMinutes: 60
"""
ABSENCE = """\
  - Group:
      - ID: Change
        RuleID: Test.Change
      - ID: Ticket
        RuleID: Test.Ticket
        Absence: true
    MatchCriteria:
      repo:
        - GroupID: Change
          Match: repo
        - GroupID: Ticket
          Match: repo
    LookbackWindowMinutes: 60
    Schedule:
      RateMinutes: 30
"""


def build(folder: Path, detection: str, head: str = HEAD, tail: str = "") -> CorrelationRule:
    """The rule of that YAML. Raises RuleError."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "rule.yml"
    file.write_text(head + detection + tail)
    return build_correlation_rule(read_document(file), file)
