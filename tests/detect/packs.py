"""Writes packs of rules for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.storage.tables import TEXTS, TIME

HOUR = datetime(2024, 5, 6, 7)
EVENT_TIME = datetime(2024, 5, 6, 7, 8, 9, 123456)


def write_rule(root: Path, rule_id: str, code: str, **metadata: Any) -> Path:
    """A rule's .py and .yml below `root`; returns the .yml. A key set to None is left out."""
    folder = root / "test_rules"
    folder.mkdir(parents=True, exist_ok=True)
    name = rule_id.lower().replace(".", "_")
    (folder / f"{name}.py").write_text(code)
    values: dict[str, Any] = {
        "AnalysisType": "rule",
        "RuleID": rule_id,
        "DisplayName": f"About {rule_id}",
        "Enabled": True,
        "Filename": f"{name}.py",
        "Severity": "High",
        "LogTypes": ["Test.Type"],
        **metadata,
    }
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump({key: value for key, value in values.items() if value is not None}, sort_keys=False))
    return file


def write_policy(root: Path, policy_id: str, code: str, **metadata: Any) -> Path:
    """A policy's .py and .yml below `root`; returns the .yml. A key set to None is left out."""
    folder = root / "test_policies"
    folder.mkdir(parents=True, exist_ok=True)
    name = policy_id.lower().replace(".", "_")
    (folder / f"{name}.py").write_text(code)
    values: dict[str, Any] = {
        "AnalysisType": "policy",
        "PolicyID": policy_id,
        "DisplayName": f"About {policy_id}",
        "Enabled": True,
        "Filename": f"{name}.py",
        "Severity": "High",
        "ResourceTypes": ["Test.Resource"],
        **metadata,
    }
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump({key: value for key, value in values.items() if value is not None}, sort_keys=False))
    return file


def write_helper(root: Path, name: str, code: str) -> None:
    """A global helper."""
    folder = root / "global_helpers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(code)
    (folder / f"{name}.yml").write_text(f"AnalysisType: global\nGlobalID: {name}\nFilename: {name}.py\nDescription: test\n")


def write_data_model(root: Path, model_id: str, log_type: str, mappings: str, code: str | None = None) -> None:
    """A data model; `mappings` is the YAML of its list."""
    folder = root / "data_models"
    folder.mkdir(parents=True, exist_ok=True)
    filename = ""
    if code is not None:
        (folder / f"{model_id}.py").write_text(code)
        filename = f"Filename: {model_id}.py\n"
    (folder / f"{model_id}.yml").write_text(
        f"AnalysisType: datamodel\nDataModelID: {model_id}\nEnabled: true\nLogTypes: [{log_type}]\n{filename}Mappings: {mappings}\n"
    )


def loaded(root: Path) -> RuleSet:
    """The pack's rules; fails when one does not load."""
    rules = load_rules([root])
    assert not rules.errors, rules.errors
    return rules


def rows_of(raw_events: Sequence[str], *, batch_id: str = "b1", first: int = 0, **columns: Any) -> pa.RecordBatch:
    """Normalized rows of raw events; row ids are r0, r1 ... `columns` replaces whole columns."""
    size = len(raw_events)
    values: dict[str, pa.Array] = {
        "p_row_id": pa.array([f"r{first + n}" for n in range(size)]),
        "p_log_type": pa.array(["Test.Type"] * size),
        "p_event_time": pa.array([EVENT_TIME] * size, TIME),
        "p_parse_time": pa.array([HOUR] * size, TIME),
        "p_source_id": pa.array(["s1"] * size),
        "p_source_label": pa.array(["Source"] * size),
        "p_source_file": pa.array(["file:///x"] * size),
        "p_record_index": pa.array(range(size), pa.int64()),
        "p_batch_id": pa.array([batch_id] * size),
        "p_hour": pa.array([HOUR] * size, TIME),
        "p_any_ip_addresses": pa.array([["192.0.2.1"]] * size, TEXTS),
        "p_any_usernames": pa.array([None] * size, TEXTS),
        "p_raw_event": pa.array(raw_events),
        **columns,
    }
    return pa.RecordBatch.from_pydict(values)
