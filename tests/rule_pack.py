"""The files of the project's own rule pack, read without the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PACK = Path(__file__).resolve().parents[1] / "rules"
QUERY = re.compile(r"\bselect\b[^;]*;", re.IGNORECASE)


@cache
def documents(kind: str) -> dict[Path, dict[str, Any]]:
    """Every item of that AnalysisType, by its file."""
    read = {file: yaml.load(file.read_text(), yaml.CSafeLoader) for file in sorted(PACK.rglob("*.yml"))}
    return {file: document for file, document in read.items() if document["AnalysisType"] == kind}


def rules() -> dict[str, dict[str, Any]]:
    """Metadata of every rule, by its id."""
    return {document["RuleID"]: document for document in documents("rule").values()}


def correlation_rules() -> dict[str, dict[str, Any]]:
    """Metadata of every correlation rule, by its id."""
    return {document["RuleID"]: document for document in documents("correlation_rule").values()}


def queries(rule: Mapping[str, Any]) -> list[str]:
    """SQL statements in its runbook; each ends with a semicolon."""
    return [found.rstrip(";") for found in QUERY.findall(rule["Runbook"])]


def texts(value: Any) -> list[str]:
    """Every string within a value."""
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []
