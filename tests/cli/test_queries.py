"""panther queries: what there is, and running one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

QUERY = {"AnalysisType": "scheduled_query", "QueryName": "Numbers", "Query": "select 3 as n", "Schedule": {"RateMinutes": 90}}
RULE = {"AnalysisType": "scheduled_rule", "RuleID": "Test.Odd", "ScheduledQueries": ["Numbers"], "Severity": "Low", "Filename": "odd.py"}


@pytest.fixture
def pack(tmp_path: Path, home: Path) -> Path:
    folder = tmp_path / "pack" / "test_queries"
    folder.mkdir(parents=True)
    (folder / "numbers.yml").write_text(yaml.safe_dump(QUERY))
    (folder / "odd.yml").write_text(yaml.safe_dump({**RULE, "Enabled": True}))
    (folder / "odd.py").write_text("def rule(event):\n    return event['n'] % 2 == 1\n")
    (tmp_path / "panther.yaml").write_text(yaml.safe_dump({"rules": {"paths": [str(tmp_path / "pack")]}}))
    return folder


def test_queries_are_listed_with_their_rules_and_what_is_wrong(panther, pack: Path) -> None:
    assert [(row["name"], row["schedule"], row["rules"]) for row in json.loads(panther("queries", "list", "--format", "json").stdout)] == [
        ("Numbers", "every 90 min", "Test.Odd")
    ]
    (pack / "bad.yml").write_text(yaml.safe_dump({**QUERY, "QueryName": "Bad", "Schedule": {}}))

    assert f"invalid: {pack / 'bad.yml'}:4: Schedule needs either" in panther("queries", "list", exit_code=1).stderr


def test_a_query_runs_with_its_rules_and_alerts_once_for_a_time(panther, pack: Path) -> None:
    run = ("queries", "run", "Numbers", "--at", "2024-05-06T12:00", "--format", "json")

    assert json.loads(panther(*run).stdout) == [{"rows": 1, "rules": 1, "matches": 1, "errors": 0, "alerts": 1}]
    assert json.loads(panther(*run).stdout) == [{"rows": 1, "rules": 1, "matches": 1, "errors": 0, "alerts": 0}]
    assert "did you mean 'Numbers'?" in panther("queries", "run", "Nubmers", exit_code=1).stderr
