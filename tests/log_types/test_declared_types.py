"""What holds for every declared log type: its folder is complete, every field says what it means, and no record fits two types.

Recognition is worked out here a second time, straight from the .yml and without the package, so that the two readings check each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from shared_data import shared_data

from panther_dagster.log_types.recognition import Recognizer, without_lone_surrogates
from panther_dagster.log_types.registry import load_registry

NORMALIZED = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "normalized"
FOLDERS = sorted(path for path in NORMALIZED.iterdir() if path.is_dir())
TYPES = {"string", "int", "bigint", "float", "boolean", "timestamp", "object", "array", "map", "json"}
INDICATORS = {
    *("ip", "domain", "hostname", "url", "net_addr", "mac", "email", "username", "actor_id", "trace_id", "md5", "sha1", "sha256"),
    *("aws_arn", "aws_account_id", "aws_instance_id", "aws_tag"),
}


def model(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / f"{folder.name}.yml").read_text())["models"][0]


def meta(folder: Path) -> dict[str, Any]:
    return model(folder)["config"]["meta"]


def records(folder: Path) -> list[dict[str, Any]]:
    """The records of the sample: a line is a record, or an object that wraps records as the log type is delivered."""
    wrapper = meta(folder).get("record_format", {}).get("json_array")
    found: list[dict[str, Any]] = []
    for line in (folder / "sample.jsonl").read_text().splitlines():
        value = json.loads(line)
        values = value if isinstance(value, list) else value[wrapper] if wrapper and set(value) >= {wrapper} else [value]
        found.extend(values)
    return found


def nodes(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A field and all that lies in it, with their paths; an array's element and a map's value are `path[]`."""
    yield path, node
    for field in node.get("fields", ()):
        yield from nodes(field, f"{path}.{field['name']}")
    for inner in ("items", "values"):
        if inner in node:
            yield from nodes(node[inner], f"{path}[]")


def declared(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for column in model(folder)["columns"]:
        inside = column.get("config", {}).get("meta", {})
        yield from nodes({**inside, "type": column["data_type"], "description": column.get("description")}, column["name"])


def recognises(rule: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    def value_of(key: str) -> str | None:
        value = record.get(key)
        return value if isinstance(value, str) else None

    return (
        all(key in record for key in rule.get("required", ()))
        and not any(key in record for key in rule.get("absent", ()))
        and all(value_of(key) in values for key, values in rule.get("equals", {}).items())
        and not any(value_of(key) in values for key, values in rule.get("unless", {}).items())
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_log_type_has_its_four_files_and_the_folder_is_named_as_the_table(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert {f"{folder.name}.sql", f"{folder.name}.yml", "sample.jsonl", "expected.jsonl"} <= names
    assert model(folder)["name"] == folder.name
    assert meta(folder)["log_type"].lower().replace(".", "_") == folder.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_field_at_every_level_has_a_known_type_and_says_what_it_means(folder: Path) -> None:
    assert model(folder)["description"].startswith("One row per ")
    for path, node in declared(folder):
        assert node["type"] in TYPES, path
        assert path.endswith("[]") or (node.get("description") or "").strip(), f"{path} has no description"
        assert set(node.get("indicators", ())) <= INDICATORS, path
        assert set(node.get("keys", ())) <= INDICATORS, path
        assert ("fields" in node) == (node["type"] == "object"), path
        assert ("items" in node) == (node["type"] == "array"), path
        assert ("values" in node) == (node["type"] == "map"), path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_time_says_its_zone_or_unit(folder: Path) -> None:
    for path, node in declared(folder):
        if node["type"] == "timestamp":
            assert "UTC" in node["description"], path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_log_type_has_an_event_time_and_a_key_that_is_never_null(folder: Path) -> None:
    columns = model(folder)["columns"]
    assert any(column.get("config", {}).get("meta", {}).get("event_time") for column in columns)
    assert any("not_null" in column.get("data_tests", ()) for column in columns)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_sample_has_at_least_four_records_and_an_expected_row_for_each(folder: Path) -> None:
    assert len(records(folder)) >= 4
    assert len((folder / "expected.jsonl").read_text().splitlines()) == len(records(folder))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_sample_record_fits_its_own_log_type_and_no_other(folder: Path) -> None:
    rules = {meta(each)["log_type"]: meta(each)["recognition"] for each in FOLDERS}
    for record in records(folder):
        fits = [log_type for log_type, rule in rules.items() if recognises(rule, record)]
        assert fits == [meta(folder)["log_type"]], json.dumps(record)[:200]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_ingestion_recognises_every_sample_record_as_its_log_type(folder: Path) -> None:
    texts = [json.dumps(record).encode() for record in records(folder)]
    assert log_types_of(texts) == {meta(folder)["log_type"]: len(texts)}


@pytest.mark.parametrize(
    ("source", "log_types"),
    [
        ("osquery", {"Osquery.Differential": 47, "Osquery.Snapshot": 2, "Osquery.Batch": 1}),
        (
            "suricata",
            {
                "Suricata.Alert": 8476,
                "Suricata.Anomaly": 9066,
                "Suricata.DHCP": 3102,
                "Suricata.DNS": 2760,
                "Suricata.Event": 19552,
                "Suricata.FileInfo": 2124,
                "Suricata.Flow": 4529,
                "Suricata.HTTP": 1963,
                "Suricata.SSH": 39,
                "Suricata.TLS": 185,
            },
        ),
    ],
)
def test_every_real_record_is_of_exactly_one_log_type(source: str, log_types: dict[str, int]) -> None:
    files = sorted(path for path in shared_data(f"raw/{source}").rglob("*") if path.is_file())
    assert log_types_of([line for file in files for line in file.read_bytes().splitlines() if line.strip()]) == log_types


def log_types_of(texts: list[bytes]) -> dict[str | None, int]:
    """How many records ingestion takes for which log type; None: for none, or for several."""
    recognizer = Recognizer(load_registry(NORMALIZED.parents[1]))
    heads = [recognizer.decode(without_lone_surrogates(text)) for text in texts]
    found: dict[str | None, int] = {}
    for verdict, positions in recognizer.recognize(texts, heads):
        found[verdict.log_type] = found.get(verdict.log_type, 0) + len(positions)
    return found


def test_keys_in_equals_are_required_so_that_a_missing_one_is_no_match() -> None:
    for folder in FOLDERS:
        rule = meta(folder)["recognition"]
        assert set(rule.get("equals", {})) | set(rule.get("unless", {})) <= set(rule["required"]), folder.name


@pytest.mark.parametrize(
    ("record", "log_type"),
    [
        ({"name": "q", "action": "added", "columns": {}}, "Osquery.Differential"),
        ({"name": "q", "action": "snapshot", "columns": {}}, "Osquery.Differential"),
        ({"name": "q", "action": "snapshot", "snapshot": []}, "Osquery.Snapshot"),
        ({"name": "q", "diffResults": {"added": []}}, "Osquery.Batch"),
        ({"hostIdentifier": "h", "severity": 0, "filename": "f", "line": 1, "message": "m"}, "Osquery.Status"),
        ({"timestamp": "t", "event_type": "dns", "dns": {}}, "Suricata.DNS"),
        ({"timestamp": "t", "event_type": "netflow"}, "Suricata.Event"),
        ({"timestamp": "t", "event_type": "a type of next year"}, "Suricata.Event"),
        ({"eventID": "i", "eventVersion": "1", "eventSource": "s", "eventName": "n", "eventTime": "t"}, "AWS.CloudTrail"),
        ({"eventID": "i", "eventVersion": "1", "eventType": "AwsCloudTrailInsight", "insightDetails": {}}, "AWS.CloudTrailInsight"),
    ],
)
def test_records_that_look_alike_are_told_apart(record: dict[str, Any], log_type: str) -> None:
    fits = [meta(folder)["log_type"] for folder in FOLDERS if recognises(meta(folder)["recognition"], record)]
    assert fits == [log_type]


@pytest.mark.parametrize(
    "record", [{}, {"name": "q"}, {"name": "q", "columns": {}}, {"event_type": "dns"}, {"message": "m", "severity": 1}]
)
def test_records_without_the_keys_fit_no_log_type(record: dict[str, Any]) -> None:
    assert not [folder.name for folder in FOLDERS if recognises(meta(folder)["recognition"], record)]
