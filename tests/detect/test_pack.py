"""Loading packs: which files count, what rules can import, and what is said of bad ones."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from detect.packs import loaded, rows_of, write_data_model, write_helper, write_policy, write_rule

from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.runner import evaluate
from panther_dagster.detect.state import MemoryStore

ALWAYS = "def rule(event):\n    return True\n"


@dataclass(frozen=True)
class _Field:
    name: str


@dataclass(frozen=True)
class _LogType:
    fields: tuple[_Field, ...]


class _Registry:
    by_name = {  # noqa: RUF012
        "Okta.SystemLog": _LogType((_Field("eventType"), _Field("actor"))),
        "Test.Type": _LogType((_Field("eventName"), _Field("user"))),
    }


def problems(root: Path, registry: _Registry | None = None) -> list[str]:
    """Errors, with paths as seen from the pack."""
    return [str(error).replace(f"{root}/", "") for error in load_rules([root], registry=registry).errors]


def test_a_rule_is_its_yaml_and_the_code_beside_it(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS + "from os.path import basename as title\n", Severity="Medium", Tags=["x", "a"])

    (rule,) = loaded(tmp_path).rules

    assert (rule.rule_id, rule.severity, rule.dedup_period_minutes, rule.threshold, rule.tags) == ("Test.Rule", "MEDIUM", 60, 1, ("a", "x"))
    assert sorted(rule.functions) == ["rule", "title"]


def test_only_folders_of_items_count_and_other_kinds_are_counted(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS)
    write_helper(tmp_path, "some_helpers", "")
    for folder in ("templates", ".hidden_rules", "packs", "aws_queries"):
        (tmp_path / folder).mkdir()
    (tmp_path / "templates" / "x.yml").write_text("AnalysisType: rule\n")
    (tmp_path / ".hidden_rules" / "x.yml").write_text("AnalysisType: rule\n")
    (tmp_path / "packs" / "p.yml").write_text("AnalysisType: pack\nPackID: P\n")
    (tmp_path / "aws_queries" / "q.yml").write_text("AnalysisType: saved_query\nQueryName: Q\n")
    (tmp_path / "aws_queries" / "notes.yml").write_text("a: 1\n")

    rules = load_rules([tmp_path])

    assert [rule.rule_id for rule in rules.rules] == ["Test.Rule"]
    assert (rules.errors, rules.skipped) == ((), {"pack": 1, "saved_query": 1})


def test_only_the_chosen_rules_are_loaded_with_what_they_import(tmp_path: Path) -> None:
    write_helper(tmp_path, "some_helpers", "ANSWER = True\n")
    write_rule(tmp_path, "Test.Chosen", "from some_helpers import ANSWER\ndef rule(event):\n    return ANSWER\n")
    write_rule(tmp_path, "Test.Other", "raise RuntimeError('was run')\n")

    rules = load_rules([tmp_path], only=["Test.Chosen", "Test.Unknown"])

    assert [rule.rule_id for rule in rules.rules] == ["Test.Chosen"]
    assert (rules.errors, rules.failed_ids, dict(rules.skipped)) == ((), (), {})


def test_policies_and_scheduled_rules_are_kept_apart_from_the_rules_that_run_on_events(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS)
    write_rule(tmp_path, "Test.Scheduled", ALWAYS, AnalysisType="scheduled_rule", LogTypes=None, ScheduledQueries=["A Query"])
    write_policy(tmp_path, "Test.Policy", "def policy(resource):\n    return True\n")

    rules = loaded(tmp_path)

    assert [rule.rule_id for rule in rules.for_log_type("Test.Type")] == ["Test.Rule"]
    assert rules.log_types == ("Test.Type",)
    assert [(rule.rule_id, rule.scheduled_queries) for rule in rules.scheduled_rules] == [("Test.Scheduled", ("A Query",))]
    assert [(policy.rule_id, policy.resource_types) for policy in rules.policies] == [("Test.Policy", ("Test.Resource",))]
    assert [(found.rule_id, found.kind) for found in rules.detections] == [
        ("Test.Policy", "policy"),
        ("Test.Rule", "rule"),
        ("Test.Scheduled", "scheduled_rule"),
    ]


def test_bad_policies_and_scheduled_rules_are_told_with_their_line(tmp_path: Path) -> None:
    compliant = "def policy(resource):\n    return True\n"
    write_policy(tmp_path, "Test.Good", compliant, ResourceTypes=None)
    write_policy(tmp_path, "Test.Key", compliant, ResourceType=["A"])
    write_policy(tmp_path, "Test.NoCode", compliant, Filename=None, Detection=[])
    write_policy(tmp_path, "Test.NoPolicy", ALWAYS)
    write_policy(tmp_path, "Test.Types", compliant, ResourceTypes=["A", "A"])
    scheduled = {"AnalysisType": "scheduled_rule", "LogTypes": None}
    write_rule(tmp_path, "Test.NoQueries", ALWAYS, **scheduled)
    write_rule(tmp_path, "Test.OneQuery", ALWAYS, **scheduled, ScheduledQueries="A")

    rules = load_rules([tmp_path])

    assert [found.rule_id for found in rules.detections] == ["Test.Good"]
    assert problems(tmp_path) == [
        "test_policies/test_key.yml:9: unknown key 'ResourceType'; did you mean 'ResourceTypes'?",
        "test_policies/test_nocode.yml:1: Filename is missing: it names the .py file with the policy's code, in the same folder",
        "test_policies/test_nopolicy.py:1: the code has no function 'policy'",
        "test_policies/test_types.yml:9: 'A' stands twice in ResourceTypes",
        "test_rules/test_noqueries.yml:1: ScheduledQueries is missing",
        "test_rules/test_onequery.yml:7: ScheduledQueries must be a list, not 'A'",
    ]


def test_a_key_of_another_kind_is_a_warning(tmp_path: Path) -> None:
    write_policy(tmp_path, "Test.Policy", "def policy(resource):\n    return True\n", Threshold=3)
    filters = [{"Key": "a", "Condition": "Exists"}]
    scheduled = {"AnalysisType": "scheduled_rule", "ScheduledQueries": ["Q"]}
    write_rule(tmp_path, "Test.Scheduled", ALWAYS, **scheduled, InlineFilters=filters)
    write_rule(tmp_path, "Test.Silent", ALWAYS, **scheduled, LogTypes=None, InlineFilters=[{"All": []}])

    assert [str(warning).replace(f"{tmp_path}/", "") for warning in load_rules([tmp_path]).warnings] == [
        "test_policies/test_policy.yml:9: Threshold has no effect on a policy",
        "test_rules/test_scheduled.yml:7: LogTypes has no effect on a scheduled rule",
        "test_rules/test_scheduled.yml:11: InlineFilters have no effect on a scheduled rule; say it in the query",
    ]


def test_a_part_of_a_pack_loads_with_the_packs_helpers(tmp_path: Path) -> None:
    write_helper(tmp_path, "some_helpers", "ANSWER = True\n")
    file = write_rule(tmp_path, "Test.Rule", "from some_helpers import ANSWER\ndef rule(event):\n    return ANSWER\n")
    write_rule(tmp_path, "Test.Other", ALWAYS)

    assert [rule.rule_id for rule in load_rules([file]).rules] == ["Test.Rule"]
    assert [rule.rule_id for rule in load_rules([file.parent]).rules] == ["Test.Other", "Test.Rule"]


def test_each_bad_rule_costs_itself_and_is_told_with_its_line(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Good", ALWAYS)
    write_rule(tmp_path, "Test.Key", ALWAYS, Treshold=3)
    write_rule(tmp_path, "Test.Sev", ALWAYS, Severity="Hgh")
    write_rule(tmp_path, "Test.Type", ALWAYS, LogTypes=["Test.Type", "Okta.SytemLog"])
    write_rule(tmp_path, "Test.NoCode", ALWAYS, Filename="absent.py")
    write_rule(tmp_path, "Test.NoName", ALWAYS, Filename=None)
    write_rule(tmp_path, "Test.Import", "import re\nimport no_such_module\n" + ALWAYS)
    write_rule(tmp_path, "Test.Syntax", "\n\ndef rule(event)\n")
    write_rule(tmp_path, "Test.NoRule", "def role(event):\n    return True\n")
    write_rule(tmp_path, "Test.Tags", ALWAYS, Tags=["a", "A"])
    write_rule(tmp_path, "Test.Filter", ALWAYS, InlineFilters=[{"Key": "a", "Condition": "Equal", "Value": 1}])
    (tmp_path / "test_rules" / "test_yaml.yml").write_text("AnalysisType: rule\nRuleID: [\n")
    (tmp_path / "test_rules" / "test_twice.yml").write_text("AnalysisType: rule\nRuleID: A\nRuleID: B\n")
    (tmp_path / "test_rules" / "test_kind.yml").write_text("RuleID: A\nAnalysisType: rul\n")

    assert [rule.rule_id for rule in load_rules([tmp_path]).rules if rule.rule_id != "Test.Type"] == ["Test.Good"]
    assert [text for text in problems(tmp_path, _Registry()) if "test_filter" not in text and "test_yaml" not in text] == [
        "test_rules/test_import.py:2: import failed: ModuleNotFoundError(\"No module named 'no_such_module'\")",
        "test_rules/test_key.yml:9: unknown key 'Treshold'; did you mean 'Threshold'?",
        "test_rules/test_kind.yml:2: unknown AnalysisType 'rul'; did you mean 'rule'?",
        "test_rules/test_nocode.yml:5: Filename: there is no file 'absent.py' beside it",
        "test_rules/test_noname.yml:1: Filename is missing: it names the .py file with the rule's code, in the same folder",
        "test_rules/test_norule.py:1: the code has no function 'rule'",
        "test_rules/test_sev.yml:6: unknown severity 'Hgh'; one of Info, Low, Medium, High, Critical",
        "test_rules/test_syntax.py:3: no Python: expected ':'",
        "test_rules/test_tags.yml:11: 'A' stands twice in Tags",
        "test_rules/test_twice.yml:3: no YAML: key 'RuleID' stands twice in one mapping",
        "test_rules/test_type.yml:9: unknown log type 'Okta.SytemLog'; did you mean 'Okta.SystemLog'?",
    ]


def test_an_id_that_is_taken_names_the_file_that_has_it(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", ALWAYS)
    first = tmp_path / "test_rules" / "test_rule.yml"
    (tmp_path / "test_rules" / "zz.yml").write_text(first.read_text())

    assert problems(tmp_path) == ["test_rules/zz.yml:2: id 'Test.Rule' is taken by test_rules/test_rule.yml:2"]


def test_a_field_that_the_log_type_does_not_declare_is_a_warning_at_its_line(tmp_path: Path) -> None:
    code = "def rule(event):\n    event.get('EVENTNAME'), event['p_any_x']\n    return event.get('evntName') == 'x'\n"
    write_rule(tmp_path, "Test.Rule", code, LogTypes=["Test.Type"])

    rules = load_rules([tmp_path], registry=_Registry())

    assert not rules.errors
    assert [str(warning).replace(f"{tmp_path}/", "") for warning in rules.warnings] == [
        "test_rules/test_rule.py:3: no field 'evntName' in Test.Type; did you mean 'eventName'?"
    ]


def test_helpers_of_two_packs_with_one_name_do_not_meet_and_leave_nothing_in_python(tmp_path: Path) -> None:
    code = "def rule(event):\n    import some_helpers\n    return some_helpers.ANSWER\n"
    for name, answer in (("a", True), ("b", False)):
        write_helper(tmp_path / name, "some_helpers", f"ANSWER = {answer}\n")
        write_rule(tmp_path / name, f"Test.{name.upper()}", code)
    path_before = list(sys.path)

    rules = load_rules([tmp_path / "a", tmp_path / "b"])

    assert evaluate(rows_of(["{}"]), rules=rules, log_type="Test.Type").signals.column("rule_id").to_pylist() == ["Test.A"]
    assert "some_helpers" not in sys.modules
    assert "panther_core" not in sys.modules
    assert sys.path == path_before


def test_helpers_import_each_other_and_may_hold_dataclasses(tmp_path: Path) -> None:
    write_helper(tmp_path, "first_helpers", "import second_helpers\nVALUE = second_helpers.Pair(1, 2).total()\n")
    pair = "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Pair:\n    a: int\n    b: int\n"
    write_helper(tmp_path, "second_helpers", pair + "    def total(self):\n        return self.a + self.b\n")
    write_rule(tmp_path, "Test.Rule", "from first_helpers import VALUE\ndef rule(event):\n    return VALUE == 3\n")

    assert evaluate(rows_of(["{}"]), rules=loaded(tmp_path), log_type="Test.Type").signals.num_rows == 1


def test_rules_import_the_names_of_the_runtime(tmp_path: Path) -> None:
    code = """
from panther_core import PantherEvent
from panther_core.immutable import ImmutableCaseInsensitiveDict, ImmutableList
import panther_core.enriched_event
from panther_detection_helpers.caching import increment_counter
def rule(event):
    assert isinstance(event, PantherEvent) and panther_core.enriched_event.PantherEvent is PantherEvent
    assert isinstance(event["o"], ImmutableCaseInsensitiveDict) and isinstance(event["l"], ImmutableList)
    return increment_counter("k") == 2
"""
    write_rule(tmp_path, "Test.Rule", code)
    store = MemoryStore()

    result = evaluate(rows_of(['{"o": {}, "l": []}'] * 3), rules=load_rules([tmp_path], store=store), log_type="Test.Type")

    assert (result.errors.to_pylist(), result.signals.column("p_row_id").to_pylist()) == ([], ["r1"])
    entry = store.read("k")
    assert entry is not None
    assert entry.count == 3


def test_a_version_changes_with_code_metadata_helpers_and_data_model_but_not_with_tests(tmp_path: Path) -> None:
    code = "import some_helpers\n" + ALWAYS
    write_helper(tmp_path, "deep_helpers", "A = 1\n")
    write_helper(tmp_path, "some_helpers", "import deep_helpers\n")
    write_rule(tmp_path, "Test.Rule", code)
    versions = [loaded(tmp_path).rules[0].version]
    write_rule(tmp_path, "Test.Rule", code, Tests=[{"Name": "n", "ExpectedResult": True, "Log": {}}])
    assert loaded(tmp_path).rules[0].version == versions[0]

    write_rule(tmp_path, "Test.Rule", code, Severity="Low")
    versions.append(loaded(tmp_path).rules[0].version)
    write_rule(tmp_path, "Test.Rule", code + "# more\n", Severity="Low")
    versions.append(loaded(tmp_path).rules[0].version)
    write_helper(tmp_path, "deep_helpers", "A = 2\n")
    versions.append(loaded(tmp_path).rules[0].version)
    write_data_model(tmp_path, "Test.Model", "Test.Type", "[{Name: a, Path: b}]")
    versions.append(loaded(tmp_path).rules[0].version)

    assert len(set(versions)) == 5


@pytest.mark.parametrize(
    ("mappings", "text"),
    [
        ("[{Name: a}]", "a mapping needs a Name and either a Path or a Method: {'Name': 'a'}"),
        ("[{Name: a, Path: '$['}]", "'$[' is no JSONPath"),
        ("[{Name: a, Method: absent}]", "'a' needs a function 'absent', which the model's code does not have"),
        ("[{Name: a, Path: b}, {Name: a, Path: c}]", "'a' is mapped twice"),
    ],
)
def test_a_bad_data_model_is_an_error_at_its_mappings(tmp_path: Path, mappings: str, text: str) -> None:
    write_data_model(tmp_path, "Test.Model", "Test.Type", mappings)

    (problem,) = problems(tmp_path)

    assert problem.startswith(f"data_models/Test.Model.yml:5: {text}")


def test_a_log_type_has_one_data_model(tmp_path: Path) -> None:
    write_data_model(tmp_path, "Model.A", "Test.Type", "[{Name: a, Path: b}]")
    write_data_model(tmp_path, "Model.B", "Test.Type", "[{Name: a, Path: b}]")

    assert problems(tmp_path) == ["data_models/Model.B.yml:4: log type 'Test.Type' has a data model already: Model.A"]
