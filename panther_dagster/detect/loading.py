"""One item of a pack -> the detection that it declares, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

from panther_dagster.detect.conditions import Condition, ConditionError
from panther_dagster.detect.documents import place_of
from panther_dagster.detect.field_reads import field_reads
from panther_dagster.detect.filters import compile_filters
from panther_dagster.detect.items import Item
from panther_dagster.detect.metadata import Findings, check_metadata, dedup_period_minutes, did_you_mean, reports_of
from panther_dagster.detect.pack_code import PackCode
from panther_dagster.detect.rule import AUXILIARY_FUNCTIONS, Detection, Policy, Rule, ScheduledRule
from panther_dagster.detect.simple_detection import SimpleDetection, compile_simple_detection
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
    if type(detection) is Rule and declared is not None:
        reads = _reads(item) if detection.is_simple else _code_reads(code, detection.file)
        loaded.warnings.extend(_undeclared_fields(detection, reads, declared))
    loaded.detection = detection
    return loaded


def _rule(item: Item, code: PackCode) -> Rule:
    values = item.values
    log_types = tuple(values["LogTypes"])
    return Rule(
        **(_common(item, code, "rule", log_types) if values.get("Filename") else _simple(item, code, log_types)),
        **_alerting(values),
        filter=_filter(item),
        log_types=log_types,
        data_models=code.data_models,
    )


def _scheduled_rule(item: Item, code: PackCode) -> ScheduledRule:
    return ScheduledRule(**_common(item, code, "rule", ()), **_alerting(item.values), log_types=tuple(item.values["ScheduledQueries"]))


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
    """What all kinds have, of an item with Python code."""
    module = code.run(item)
    file = code.file_of(item)
    version = code.version(_versioned(item), file, log_types)
    return {**_described(item), "version": version, "file": file, "module": module, "functions": _functions(module, verdict_function, file)}


def _simple(item: Item, code: PackCode, log_types: Iterable[str]) -> dict[str, Any]:
    """The same of a simple detection: its code is its YAML."""
    compiled = _compiled(item)
    version = code.version(_versioned(item), None, log_types)
    return {**_described(item), "version": version, "file": item.file, "module": ModuleType(item.item_id), "functions": compiled.functions}


def _compiled(item: Item) -> SimpleDetection:
    try:
        return compile_simple_detection(item.values)
    except ConditionError as error:
        raise RuleError(str(error), place_of(item.file, *error.path)) from error


def _versioned(item: Item) -> dict[str, Any]:
    return {key: value for key, value in item.values.items() if key != "Tests"}


def _described(item: Item) -> dict[str, Any]:
    values = item.values
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
        "location": Location(item.file, 1),
        "metadata": values,
        "overlay_file": item.overlay_file,
        "pack_tests": item.pack_tests,
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


def _filter(item: Item) -> Condition | None:
    try:
        return compile_filters(item.values.get("InlineFilters") or [])
    except ConditionError as error:
        raise RuleError(str(error), place_of(item.file, "InlineFilters")) from error


def _code_reads(code: PackCode, file: Path) -> Iterator[tuple[str, Location]]:
    return ((read.name, Location(file, read.line)) for read in field_reads(code.tree(file)))


def _reads(item: Item) -> Iterator[tuple[str, Location]]:
    return ((use.name, place_of(item.file, *use.path)) for use in _compiled(item).fields)


def _undeclared_fields(rule: Rule, reads: Iterable[tuple[str, Location]], declared: Mapping[str, Any]) -> Iterable[RuleError]:
    """A warning for each top-level field that none of the rule's log types declares."""
    types = [declared[name] for name in rule.log_types if name in declared]
    if len(types) < len(rule.log_types):
        return
    names = {field.name for log_type in types for field in log_type.fields}
    folded = {name.lower() for name in names}
    seen: set[str] = set()
    for name, place in reads:
        if name.lower() in folded or name.lower().startswith("p_") or name in seen:
            continue
        seen.add(name)
        yield RuleError(f"no field '{name}' in {', '.join(rule.log_types)}{did_you_mean(name, names)}", place)
