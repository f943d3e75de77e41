"""What a detection's YAML may say: keys, values, and the errors for what it may not, each with the line it stands on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from panther_dagster.detect.documents import place_of
from panther_dagster.detect.rule import SEVERITIES
from panther_dagster.errors import RuleError

DEFAULT_DEDUP_PERIOD_MINUTES: Final = 60
MIN_DEDUP_PERIOD_MINUTES: Final = 5
FORBIDDEN_IN_NAMES: Final = frozenset('<>&"%')
_COMMON_KEYS: Final = (
    *("AnalysisType", "DisplayName", "Enabled", "Severity", "Filename", "Tests", "Description", "Reference", "Runbook", "Tags", "Reports"),
    *("Status", "OutputIds", "SummaryAttributes", "CreatedBy", "BaseVersion", "OnlyUseBaseRiskScore", "Suppressions"),
)
SIMPLE_DETECTION_KEYS: Final = ("Detection", "AlertTitle", "AlertContext", "GroupBy", "DynamicSeverities")
_RULE_KEYS: Final = (
    *("RuleID", "DedupPeriodMinutes", "Threshold", "CreateAlert", "InlineFilters", "BaseDetection"),
    *SIMPLE_DETECTION_KEYS,
)
_POLICY_KEYS: Final = ("PolicyID", "ResourceTypes", "AutoRemediationID", "AutoRemediationParameters", "ActionDelaySeconds")
_NO_CORRELATION_KEYS: Final = ("Filename", "InlineFilters")
KEYS: Final[Mapping[str, frozenset[str]]] = {
    "rule": frozenset((*_COMMON_KEYS, *_RULE_KEYS, "LogTypes")),
    "scheduled_rule": frozenset((*_COMMON_KEYS, *_RULE_KEYS, "ScheduledQueries")),
    "policy": frozenset((*_COMMON_KEYS, *_POLICY_KEYS)),
    "correlation_rule": frozenset((*_COMMON_KEYS, *_RULE_KEYS)).difference(_NO_CORRELATION_KEYS),
}
REQUIRED_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "rule": ("RuleID", "Enabled", "LogTypes", "Severity"),
    "scheduled_rule": ("RuleID", "Enabled", "ScheduledQueries", "Severity"),
    "policy": ("PolicyID", "Enabled", "Severity"),
}
_DISTINCT: Final = ("LogTypes", "OutputIds", "SummaryAttributes", "Suppressions", "Tags", "ScheduledQueries", "ResourceTypes")
_LISTS: Final = (*_DISTINCT, "Tests", "InlineFilters")
_NUMBERS: Final = ("DedupPeriodMinutes", "Threshold")
_BOOLEANS: Final = ("Enabled", "CreateAlert")
_TEXTS: Final = ("RuleID", "PolicyID", "DisplayName", "Filename", "Description", "Reference", "Runbook", "Severity", "Status")


@dataclass
class Findings:
    """Problems of one file. Any error costs the detection; warnings do not."""

    file: Path
    errors: list[RuleError] = field(default_factory=list)
    warnings: list[RuleError] = field(default_factory=list)

    def error(self, text: str, *path: Any) -> None:
        """Note an error at a place in the YAML."""
        self.errors.append(RuleError(text, place_of(self.file, *path)))

    def warn(self, text: str, *path: Any) -> None:
        """Note a warning at a place in the YAML."""
        self.warnings.append(RuleError(text, place_of(self.file, *path)))


def check_metadata(kind: str, metadata: Mapping[str, Any], log_types: Iterable[str] | None, findings: Findings) -> None:
    """Note everything that is wrong with the YAML of a detection.

    Args: kind: its AnalysisType, one of REQUIRED_KEYS. log_types: the declared ones; None leaves them unchecked.
    """
    _check_keys(kind, metadata, findings)
    check_values(metadata, findings)
    _check_names(metadata, findings)
    if log_types is not None:
        _check_log_types(metadata.get("LogTypes"), list(log_types), findings)


def check_values(metadata: Mapping[str, Any], findings: Findings) -> None:
    """Note each value that is not of its key's type."""
    _check_types(metadata, findings)
    check_numbers(metadata, findings)
    severity = metadata.get("Severity")
    if isinstance(severity, str) and severity.upper() not in SEVERITIES:
        findings.error(f"unknown severity '{severity}'; one of Info, Low, Medium, High, Critical", "Severity")


def check_numbers(metadata: Mapping[str, Any], findings: Findings) -> None:
    """Note a period or threshold that is no whole number."""
    for key in _NUMBERS:
        value = metadata.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            findings.error(f"{key} must be a whole number, not {value!r}", key)


def dedup_period_minutes(metadata: Mapping[str, Any]) -> int:
    """Minutes in which matches of one dedup string share an alert: 60 unless set, and never below 5."""
    minutes = metadata.get("DedupPeriodMinutes") or DEFAULT_DEDUP_PERIOD_MINUTES
    return max(int(minutes), MIN_DEDUP_PERIOD_MINUTES)


def reports_of(metadata: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Ids by framework, sorted."""
    reports = metadata.get("Reports") or {}
    return {str(framework): tuple(sorted(map(str, ids or ()))) for framework, ids in reports.items()}


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.75) -> str:
    """`; did you mean 'X'?` for the closest known name, or nothing."""
    return _similar(name.lower(), tuple(known), cutoff)


@lru_cache(maxsize=1024)  # the same log types that are not declared here come again in a hundred rules of a pack
def _similar(name: str, known: tuple[str, ...], cutoff: float) -> str:
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name, by_lower, n=1, cutoff=cutoff)
    return f"; did you mean '{by_lower[close[0]]}'?" if close else ""


def _check_keys(kind: str, metadata: Mapping[str, Any], findings: Findings) -> None:
    words = kind.replace("_", " ")
    for key in metadata:
        if key in KEYS[kind]:
            continue
        if any(key in keys for keys in KEYS.values()):
            findings.warn(f"{key} has no effect on a {words}", key)
            continue
        similar = did_you_mean(str(key), KEYS[kind])
        note = findings.error if similar else findings.warn
        note(f"unknown key '{key}'{similar}", key)
    for key in REQUIRED_KEYS[kind]:
        if metadata.get(key) is None:
            findings.error(f"{key} is missing", key)
    if metadata.get("Filename") is None and not (kind == "rule" and "Detection" in metadata):
        findings.error(f"Filename is missing: it names the .py file with the {words}'s code, in the same folder", "Filename")
    filters = metadata.get("InlineFilters")
    if kind == "scheduled_rule" and isinstance(filters, list) and any(condition != {"All": []} for condition in filters):
        findings.warn("InlineFilters have no effect on a scheduled rule; say it in the query", "InlineFilters")


def _check_types(metadata: Mapping[str, Any], findings: Findings) -> None:
    kinds: tuple[tuple[tuple[str, ...], type, str], ...] = (
        (_LISTS, list, "a list"),
        (_BOOLEANS, bool, "true or false"),
        (_TEXTS, str, "text"),
        (("Reports",), dict, "a mapping of framework to list of ids"),
    )
    for keys, kind, words in kinds:
        for key in keys:
            value = metadata.get(key)
            if value is not None and not isinstance(value, kind):
                findings.error(f"{key} must be {words}, not {value!r}", key)
    reports = metadata.get("Reports")
    for framework, ids in reports.items() if isinstance(reports, dict) else ():
        if ids is not None and not isinstance(ids, list):
            findings.error(f"Reports of {framework} must be a list of ids, not {ids!r}", "Reports", framework)


def _check_names(metadata: Mapping[str, Any], findings: Findings) -> None:
    for key in ("RuleID", "PolicyID", "DisplayName"):
        bad = FORBIDDEN_IN_NAMES.intersection(str(metadata.get(key) or ""))
        if bad:
            findings.error(f"{key} must not contain {' '.join(sorted(bad))}", key)
    for key in _DISTINCT:
        values = metadata.get(key)
        seen: set[str] = set()
        for index, value in enumerate(values if isinstance(values, list) else ()):
            folded = str(value).lower() if key == "Tags" else str(value)
            if folded in seen:
                findings.error(f"'{value}' stands twice in {key}", key, index)
            seen.add(folded)


def _check_log_types(used: Any, known: list[str], findings: Findings) -> None:
    for index, name in enumerate(used if isinstance(used, list) else ()):
        if name in known:
            continue
        similar = did_you_mean(str(name), known, cutoff=0.8)
        if similar:
            findings.error(f"unknown log type '{name}'{similar}", "LogTypes", index)
        else:
            findings.warn(f"log type '{name}' is not declared here, so no event of it will come", "LogTypes", index)
