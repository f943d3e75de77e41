"""Rules, scheduled rules and policies run here and by panther-core 0.16.3.

The same output of every function, in both modes, with the same errors and texts.

panther-core is a yardstick only, in an environment of its own: PANTHER_CORE_PYTHON names the python that has it (with boto3,
policyuniverse, pycountry and panther-detection-helpers for the second test). PANTHER_ANALYSIS names a checkout of panther-analysis.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from detect.packs import loaded, write_policy, write_rule

from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS, Detection, Outcome, error_text, run_rule
from panther_dagster.detect.unit_tests import mocked_names, seen_by

DESTINATIONS = {"Slack": "id-1", "Pager": "id-2"}
# Outputs that differ from one process to the next: orders of sets, the clock, addresses in texts.
VARYING = {
    "Okta.Anonymizing.VPN.Login",
    "Okta.PotentiallyStolenSession",
    "AWS.SSM.DecryptSSMParams",
    "AWS.SSM.DistributedCommand",
    "Proofpoint.MultipleThreats",
    "Proofpoint.ThreatCampaign",
    "Crowdstrike.AdminRoleAssigned",
    "Crowdstrike.Detection.passthrough",
}
ALWAYS = "def rule(event): return True\n"
CODES = {
    "severity": "def severity(event): return event['v']",
    "destinations": "def destinations(event): return event['v'] if not hasattr(event['v'], 'as_list') else event['v'].as_list()",
    "title": "def title(event): return event['v']",
    "title_and_dedup": "def title(event): return 'T'\ndef dedup(event): return event['v']",
    "title_raises": "def title(event): raise ValueError(event['v'])",
    "title_exits": "def title(event): raise SystemExit(3)",
    "description": "def description(event): return event['v']",
    "reference_and_runbook": "def reference(event): return event['v']\ndef runbook(event): return event['v']",
    "unique": "def unique(event): return event['v']",
    "context": "def alert_context(event): return {'v': event['v'], 1: event}",
    "context_type": "def alert_context(event): return event['v']",
    "context_set": "def alert_context(event): return {'v': {1}}",
    "context_key": "def alert_context(event): return {(1, 2): 3}",
    "context_nan": "def alert_context(event): return {'v': float('nan')}",
    "context_long": "def alert_context(event): return {'v': 'x' * 204_800}",
    "long_texts": "def title(event): return 'x' * 1_005\ndef runbook(event): return 'y' * 1_000",
    "no_function": "title = 'text'",
}
VALUES = ["", "high", " high", "default", "word", "Slack", None, 1, True, [], ["Slack"], ["Slack", "id-2"], ["Slack", "id-1"]]
VALUES += [["id-1", "id-1", "x"], [None], [True], ["Slack"] * 12, {"a": {"b": [1]}}, {}, 0.5, "é"]
VERDICTS = {
    "false": "def rule(event): return False",
    "value": "def rule(event): return event['v']",
    "raises": "def helper(x):\n    return x['k']\ndef rule(event):\n    return helper({})",
    "exits": "def rule(event): raise SystemExit(3)",
    "recurses": "def rule(event): return rule(event)",
    "asserts": "def rule(event):\n    assert event['v'] == 'never', 'text'\n    return True",
}


def peer_answers(job: Mapping[str, Any]) -> list[Any]:
    """What panther-core says."""
    python = os.environ.get("PANTHER_CORE_PYTHON")
    if not python:
        pytest.skip("no yardstick: PANTHER_CORE_PYTHON does not name a python that has panther-core 0.16.3")
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONHASHSEED": "0"}
    script = str(Path(__file__).with_name("peer_rules.py"))
    done = subprocess.run(
        [python, script], input=json.dumps(job), capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def our_answer(rule: Detection, test: Mapping[str, Any], *, is_test: bool) -> dict[str, Any]:
    """What we say, in the peer's words."""
    event = seen_by(rule, copy.deepcopy(dict(test["log"])))
    with mocked_names(rule, test["mocks"]), contextlib.redirect_stdout(io.StringIO()):
        outcome = run_rule(rule, event, is_test=is_test, destinations=DESTINATIONS)
    return _plain(outcome, is_test)


def _plain(outcome: Outcome, is_test: bool) -> dict[str, Any]:
    error = outcome.errors.get(outcome.rule.verdict_function)
    plain: dict[str, Any] = {"output": outcome.output, "is_triggered": outcome.is_triggered, "rule_error": repr(error) if error else None}
    for name in AUXILIARY_FUNCTIONS:
        plain[name] = outcome.outputs.get(name)
        failure = outcome.errors.get(name)
        # In batch mode panther-core forgets the failures that have a fallback; we keep them.
        plain[f"{name}_error"] = repr(failure) if failure is not None and (is_test or not isinstance(failure, Exception)) else None
    if error is not None and type(error).__name__ != "FunctionReturnTypeError":
        plain["message"] = error_text(error)
    return plain


def differences(rules: RuleSet, tests_by_rule: Mapping[str, list[dict[str, Any]]], job: Mapping[str, Any]) -> list[Any]:
    """(rule, mode, function, ours, theirs) wherever the two differ."""
    theirs = iter(peer_answers(job))
    by_id = {detection.rule_id: detection for detection in rules.detections}
    found = []
    for rule_id, tests in tests_by_rule.items():
        for test in tests:
            their_id, their_batch, their_test = next(theirs)
            assert their_id == rule_id
            for is_test, their_answer in ((False, their_batch), (True, their_test)):
                ours = json.loads(json.dumps(our_answer(by_id[rule_id], test, is_test=is_test)))
                if "RecursionError" in str(their_answer["rule_error"]):
                    # Says how many frames were left, which is each caller's own.
                    their_answer.pop("message")
                found += [(rule_id, is_test, key, ours.get(key), value) for key, value in their_answer.items() if ours.get(key) != value]
    return found


def _job(rules: Iterable[Detection], tests_by_rule: Mapping[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    specs = [
        {"id": rule.rule_id, "kind": rule.kind, "file": str(rule.file), "severity": rule.severity, "tests": tests_by_rule[rule.rule_id]}
        for rule in rules
        if rule.rule_id in tests_by_rule
    ]
    return {"helpers": [], "models": {}, "destinations": DESTINATIONS, "rules": specs, **more}


def test_every_kind_of_return_value_and_failure_gives_the_same(tmp_path: Path) -> None:
    tests_by_rule = {}
    for name, code in {**{name: ALWAYS + code for name, code in CODES.items()}, **VERDICTS}.items():
        write_rule(tmp_path, f"Test.{name}", code)
        tests_by_rule[f"Test.{name}"] = [{"log": {"v": value}, "mocks": []} for value in VALUES]
    rules = loaded(tmp_path)
    ordered = {rule.rule_id: tests_by_rule[rule.rule_id] for rule in rules.rules}

    assert differences(rules, ordered, _job(rules.rules, ordered)) == []


def test_every_kind_of_return_value_and_failure_gives_the_same_in_policies_and_scheduled_rules(tmp_path: Path) -> None:
    tests_by_id = {}
    for name, code in {**{name: ALWAYS + code for name, code in CODES.items()}, **VERDICTS}.items():
        write_rule(tmp_path, f"Test.{name}", code, AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=["Q"])
        code = code.replace("def rule(event): return True", "def policy(event): return False").replace("def rule(", "def policy(")
        code = code.replace("hasattr(event['v'], 'as_list')", "False").replace("return rule(event)", "return policy(event)")
        write_policy(tmp_path, f"Test.Policy.{name}", code)
        for detection_id in (f"Test.{name}", f"Test.Policy.{name}"):
            tests_by_id[detection_id] = [{"log": {"v": value}, "mocks": []} for value in VALUES]
    rules = loaded(tmp_path)
    assert (len(rules.rules), len(rules.scheduled_rules), len(rules.policies)) == (0, len(CODES | VERDICTS), len(CODES | VERDICTS))
    ordered = {detection.rule_id: tests_by_id[detection.rule_id] for detection in rules.detections}

    assert differences(rules, ordered, _job(rules.detections, ordered)) == []


def test_every_test_of_panther_analysis_gives_the_same() -> None:
    checkout = os.environ.get("PANTHER_ANALYSIS")
    if not checkout or not os.environ.get("PANTHER_CORE_PYTHON"):
        pytest.skip("no yardstick: PANTHER_ANALYSIS (a checkout) and PANTHER_CORE_PYTHON are not both set")
    root = Path(checkout)
    rules = load_rules([root])
    tests_by_rule = {
        rule.rule_id: [
            {"log": test["Resource" if rule.kind == "policy" else "Log"], "mocks": test.get("Mocks") or []} for test in rule.tests
        ]
        for rule in rules.detections
        if rule.rule_id not in VARYING and not getattr(rule, "is_simple", False)  # panther-core runs Python only
    }
    assert min(len(rules.rules), len(rules.scheduled_rules), len(rules.policies)) > 50
    models = {}
    for log_type, (model_id, mappings, code) in _models(root).items():
        body = {"body": code} if code else {}
        models[log_type] = {"id": model_id, "versionId": "1", "mappings": mappings, **body}
    job = _job(rules.detections, tests_by_rule, helpers=[str(root / "global_helpers")], models=models)

    assert differences(rules, tests_by_rule, job) == []


def _models(root: Path) -> dict[str, tuple[str, list[Any], str | None]]:
    from panther_dagster.detect.documents import read_document

    found = {}
    for file in sorted((root / "data_models").rglob("*.yml")):
        values = read_document(file)
        code = (file.parent / values["Filename"]).read_text() if values.get("Filename") else None
        mappings = [{key.lower(): value for key, value in mapping.items()} for mapping in values["Mappings"]]
        for log_type in values["LogTypes"]:
            found[log_type] = (values["DataModelID"], mappings, code)
    return found
