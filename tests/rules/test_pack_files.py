"""What holds for every rule of the pack before any of them runs."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter

import pytest
import rule_pack
from rule_pack import PACK, documents

from panther_dagster.detect.documents import read_document
from panther_dagster.detect.lookups.declaration import read_lookup_tables
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import PROJECT_ROOT

RULES = rule_pack.rules()
DOCUMENTATION_NETWORKS = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
# The metadata services of the clouds, which rules look for.
WELL_KNOWN = {"169.254.169.254", "0.0.0.0", "127.0.0.1"}


def test_each_source_has_enough_rules() -> None:
    count = Counter(file.parent.name for file in documents("rule"))

    assert count["aws_cloudtrail_rules"] >= 16
    assert count["okta_rules"] >= 9
    assert count["osquery_rules"] >= 7
    assert count["suricata_rules"] >= 6
    assert count["cross_source_rules"] >= 4


def test_rules_of_the_cross_source_folder_read_several_sources() -> None:
    for file, rule in documents("rule").items():
        if file.parent.name == "cross_source_rules":
            assert len(rule["LogTypes"]) > 1, rule["RuleID"]


def test_ids_are_unique_over_all_kinds() -> None:
    keys = {"rule": "RuleID", "scheduled_rule": "RuleID", "correlation_rule": "RuleID", "lookup_table": "LookupName"}
    keys |= {"global": "GlobalID", "datamodel": "DataModelID", "scheduled_query": "QueryName"}
    ids = [document[key] for kind, key in keys.items() for document in documents(kind).values()]

    assert [item for item, count in Counter(ids).items() if count > 1] == []


def test_lookup_tables_load_without_errors_or_warnings() -> None:
    catalog = read_lookup_tables([PACK], log_types=load_registry(PROJECT_ROOT / "dbt_project").by_name)

    assert (catalog.errors, catalog.warnings) == ((), ())
    assert set(catalog.by_name) == {document["LookupName"] for document in documents("lookup_table").values()}


def test_display_names_are_unique() -> None:
    names = Counter(rule["DisplayName"] for rule in RULES.values())

    assert [name for name, count in names.items() if count > 1] == []


def test_every_python_file_belongs_to_a_yaml_file_of_the_same_name() -> None:
    named = {
        file.parent / document["Filename"]
        for kind in ("rule", "scheduled_rule", "global", "datamodel")
        for file, document in documents(kind).items()
        if "Filename" in document
    }

    assert named == set(PACK.rglob("*.py"))
    assert all(file.with_suffix(".yml").exists() for file in named)


def test_each_log_type_has_one_data_model_at_most() -> None:
    modelled = Counter(log_type for model in documents("datamodel").values() for log_type in model["LogTypes"])

    assert set(modelled.values()) == {1}


def test_every_file_reads_alike_by_the_engine_and_by_plain_yaml() -> None:
    # Not correlation rules: their `On:` is true to plain YAML.
    for kind in ("rule", "scheduled_rule", "scheduled_query", "global", "datamodel", "lookup_table"):
        for file, document in documents(kind).items():
            assert read_document(file) == document, file.name


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_says_what_it_sees_and_what_to_do(rule: dict) -> None:
    assert len(rule["Description"]) >= 60
    assert len(rule["Runbook"].splitlines()) >= 5
    assert rule["Reference"].startswith("https://")
    assert rule["Severity"] in ("Info", "Low", "Medium", "High", "Critical")
    assert rule["DedupPeriodMinutes"] >= 5
    assert rule["SummaryAttributes"]
    assert len(rule["Tags"]) == len({tag.lower() for tag in rule["Tags"]}) >= 2
    assert not re.search(r"[<>&\"%]", rule["RuleID"] + rule["DisplayName"])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_names_tactic_and_technique_of_attack(rule: dict) -> None:
    techniques = rule["Reports"]["MITRE ATT&CK"]

    assert techniques
    assert all(re.fullmatch(r"TA00\d\d:T\d{4}(\.\d{3})?", technique) for technique in techniques)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_has_a_test_that_matches_and_one_that_does_not(rule: dict) -> None:
    names = [test["Name"] for test in rule["Tests"]]

    assert {test["ExpectedResult"] for test in rule["Tests"]} == {True, False}
    assert len(set(names)) == len(names)
    assert all(test["Log"]["p_log_type"] in rule["LogTypes"] for test in rule["Tests"])


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if len(rule["LogTypes"]) > 1], ids=lambda rule: rule["RuleID"])
def test_rule_over_several_sources_is_tested_on_more_than_one_log_type(rule: dict) -> None:
    assert len({test["Log"]["p_log_type"] for test in rule["Tests"]}) > 1


def test_addresses_in_tests_are_of_documentation_or_private_networks() -> None:
    for rule_id, rule in RULES.items():
        for text in rule_pack.texts([test["Log"] for test in rule["Tests"]]):
            for found in re.findall(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", text):
                if found in WELL_KNOWN or re.search(rf"(?:Chrome|Firefox|Safari|rv)[/:]{re.escape(found)}", text):
                    continue
                address = ipaddress.ip_address(found)
                is_private = address in ipaddress.ip_network("10.0.0.0/8")
                assert is_private or any(address in network for network in DOCUMENTATION_NETWORKS if network.version == 4), (rule_id, found)
