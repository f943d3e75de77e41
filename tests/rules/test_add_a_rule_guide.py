"""The complete example of docs/add-a-rule.md works as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import rule_pack

from panther_dagster.detect.correlation.loading import load_correlation_rules
from panther_dagster.detect.correlation.unit_tests import run_correlation_tests
from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.rule import run_rule
from panther_dagster.detect.unit_tests import run_tests
from panther_dagster.event import PantherEvent
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import PROJECT_ROOT

GUIDE = (PROJECT_ROOT / "docs" / "add-a-rule.md").read_text()


def test_the_example_loads_beside_the_pack_and_its_tests_pass(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    metadata = re.search(r"```yaml\n(AnalysisType: rule\n.*?)```", GUIDE, re.DOTALL)
    assert code
    assert metadata
    for folder in ("global_helpers", "data_models"):
        (tmp_path / folder).symlink_to(rule_pack.PACK / folder)
    rules_folder = tmp_path / "aws_cloudtrail_rules"
    rules_folder.mkdir()
    (rules_folder / "aws_lambda_function_opened.py").write_text(code[1])
    (rules_folder / "aws_lambda_function_opened.yml").write_text(metadata[1])

    rules = load_rules([tmp_path], registry=load_registry(PROJECT_ROOT / "dbt_project"))
    report = next(iter(run_tests(rules, minimum_tests=2)))

    assert (rules.errors, rules.warnings) == ((), ())
    assert [rule.rule_id for rule in rules.rules] == ["AWS.Lambda.FunctionOpenedToPublic"]
    assert report.is_passed


def test_the_example_without_code_loads_and_decides(tmp_path: Path) -> None:
    metadata = next(text for text in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL) if "Detection:" in text)
    (tmp_path / "rule.yml").write_text(metadata)
    rules = load_rules([tmp_path], registry=load_registry(PROJECT_ROOT / "dbt_project"))
    assert (rules.errors, rules.warnings) == ((), ())
    event = {"userIdentity": {"type": "Root"}, "sourceIPAddress": "198.51.100.7", "resources": [{"accountId": "210987654321"}]}

    outcome = run_rule(rules.rules[0], PantherEvent({**event, "recipientAccountId": "210987654321", "readOnly": True}))

    assert (outcome.is_triggered, outcome.outputs["severity"], outcome.outputs["dedup"]) == (True, "LOW", "210987654321")
    assert outcome.outputs["title"] == "Root of 210987654321 came from 198.51.100.7"


def test_the_correlation_example_loads_reads_rules_that_exist_and_passes_its_tests(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(AnalysisType: correlation_rule\n.*?)```", GUIDE, re.DOTALL)
    assert example
    (tmp_path / "correlation_rules").mkdir()
    (tmp_path / "correlation_rules" / "example.yml").write_text(example[1])

    loaded = load_correlation_rules([tmp_path])

    assert loaded.errors == ()
    assert loaded.rules[0].pattern.rule_ids <= rule_pack.rules().keys()
    assert [result.is_passed for result in run_correlation_tests(loaded.rules[0])] == [True, True]


def test_the_guide_names_every_helper_and_only_rules_that_exist() -> None:
    for file in rule_pack.documents("global"):
        assert f"`{file.stem}`" in GUIDE, file.stem
    named = set(re.findall(r"`((?:AWS|Okta|Osquery|Suricata|CrossSource)\.\w+\.\w+)`", GUIDE))

    assert named
    assert named <= set(rule_pack.rules())
