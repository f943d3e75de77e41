"""One item of a pack -> the detection that it declares, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final, Protocol

from panther_dagster.detect.documents import place_of
from panther_dagster.detect.field_reads import field_reads
from panther_dagster.detect.filters import Filter, FilterError, compile_filters
from panther_dagster.detect.items import Item
from panther_dagster.detect.metadata import Findings, check_metadata, dedup_period_minutes, did_you_mean, reports_of
from panther_dagster.detect.pack_code import PackCode
from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS, Detection, Policy, Rule, ScheduledRule
from panther_dagster.errors import Location, RuleError


class DeclaredLogTypes(Protocol):
    """What is asked of the registry of log types (log_types/registry.py)."""

    @property
    def by_name(self) -> Mapping[str, Any]:
        """Declarations, each with `fields` that have a `name`."""


@dataclass
class Loaded:
    """What came of one item."""

    detection: Detection | None = None
    errors: list[RuleError] = field(default_factory=list)
    warnings: list[RuleError] = field(default_factory=list)


def load_item(item: Item, code: PackCode, registry: DeclaredLogTypes | None) -> Loaded:
    """Check an item's metadata and make it ready to run. Its `kind` must be one of LOADERS."""
    declared = registry.by_name if registry is not None else None
    findings = Findings(item.file)
    check_metadata(item.kind, item.values, declared, findings)
    loaded = Loaded(errors=findings.errors, warnings=findings.warnings)
    if findings.errors:
        return loaded
    try:
        detection = LOADERS[item.kind](item, code)
    except RuleError as error:
        loaded.errors.append(error)
        return loaded
    if isinstance(detection, Rule) and declared is not None:
        loaded.warnings.extend(_undeclared_fields(detection, code, declared))
    loaded.detection = detection
    return loaded


def _rule(item: Item, code: PackCode) -> Rule:
    values = item.values
    log_types = tuple(values["LogTypes"])
    return Rule(
        **_common(item, code, "rule", log_types),
        **_alerting(values),
        filter=_filter(item),
        log_types=log_types,
        data_models=code.data_models,
    )


def _scheduled_rule(item: Item, code: PackCode) -> ScheduledRule:
    return ScheduledRule(
        **_common(item, code, "rule", ()), **_alerting(item.values), scheduled_queries=tuple(item.values["ScheduledQueries"])
    )


def _policy(item: Item, code: PackCode) -> Policy:
    values = item.values
    return Policy(
        **_common(item, code, "policy", ()),
        resource_types=tuple(values.get("ResourceTypes") or ()),
        suppressions=tuple(values.get("Suppressions") or ()),
    )


# A kind of detection that is not here yet is counted as skipped; a loader for it (correlation_rule) goes here.
LOADERS: Final[Mapping[str, Callable[[Item, PackCode], Detection]]] = {
    "rule": _rule,
    "scheduled_rule": _scheduled_rule,
    "policy": _policy,
}


def _common(item: Item, code: PackCode, verdict_function: str, log_types: Iterable[str]) -> dict[str, Any]:
    values = item.values
    module = code.run(item)
    file = code.file_of(item)
    return {
        "rule_id": item.item_id,
        "display_name": values.get("DisplayName") or "",
        "severity": values["Severity"].upper(),
        "is_enabled": values["Enabled"],
        "tags": tuple(sorted(map(str, values.get("Tags") or ()))),
        "reports": reports_of(values),
        "description": values.get("Description") or "",
        "reference": values.get("Reference") or "",
        "runbook": values.get("Runbook") or "",
        "output_ids": tuple(map(str, values.get("OutputIds") or ())),
        "version": code.version({key: value for key, value in values.items() if key != "Tests"}, file, log_types),
        "location": Location(item.file, 1),
        "file": file,
        "module": module,
        "functions": _functions(module, verdict_function, file),
        "metadata": values,
    }


def _alerting(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dedup_period_minutes": dedup_period_minutes(values),
        "threshold": values.get("Threshold") or 1,
        "creates_alert": values.get("CreateAlert", True) is not False,
    }


def _functions(module: ModuleType, verdict_function: str, file: Any) -> dict[str, Callable[[Any], Any]]:
    if not hasattr(module, verdict_function):
        raise RuleError(f"the code has no function '{verdict_function}'", Location(file, 1))
    return {name: getattr(module, name) for name in (verdict_function, *AUXILIARY_FUNCTIONS) if hasattr(module, name)}


def _filter(item: Item) -> Filter | None:
    try:
        return compile_filters(item.values.get("InlineFilters") or [])
    except FilterError as error:
        raise RuleError(str(error), place_of(item.file, "InlineFilters")) from error


def _undeclared_fields(rule: Rule, code: PackCode, declared: Mapping[str, Any]) -> Iterable[RuleError]:
    """A warning for each top-level field that none of the rule's log types declares."""
    types = [declared[name] for name in rule.log_types if name in declared]
    if len(types) < len(rule.log_types):
        return
    names = {field.name for log_type in types for field in log_type.fields}
    folded = {name.lower() for name in names}
    seen: set[str] = set()
    for read in field_reads(code.tree(rule.file)):
        if read.name.lower() in folded or read.name.lower().startswith("p_") or read.name in seen:
            continue
        seen.add(read.name)
        similar = did_you_mean(read.name, names)
        yield RuleError(f"no field '{read.name}' in {', '.join(rule.log_types)}{similar}", Location(rule.file, read.line))
