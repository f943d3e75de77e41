"""YAML files of packs -> the rules that they declare, for listings and reports. Runs no code, so a rule that hangs is listed like others.

Whether a rule's code loads is what `panther test` and the check rules_load tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from panther_dagster.detect.conditions import ConditionError
from panther_dagster.detect.documents import place_of
from panther_dagster.detect.field_reads import PathRead, path_reads
from panther_dagster.detect.items import Item, ItemReader
from panther_dagster.detect.overlays import NO_OVERLAYS, Overlays
from panther_dagster.detect.pack import files_by_root
from panther_dagster.detect.selection import RuleFilter, check_filter_keys
from panther_dagster.detect.simple_detection import compile_simple_detection
from panther_dagster.errors import RuleError

RULE: Final = "rule"
# What a rule reads elsewhere (alert_context, description ...) is decoration: it is often optional.
DECIDING_FUNCTIONS: Final = frozenset(("rule", "title", "severity", "destinations", "dedup", "unique"))
_LOG_TYPE_KEYS: Final[Mapping[str, str | None]] = {RULE: "LogTypes", "scheduled_rule": "ScheduledQueries", "correlation_rule": None}


@dataclass(frozen=True)
class DeclaredRule:
    """A rule of any kind as its YAML and overlay declare it. `log_types`: of a scheduled rule its queries, of a correlation rule none."""

    rule_id: str
    kind: str
    is_enabled: bool
    log_types: tuple[str, ...]
    file: Path
    severity: str = ""
    display_name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    overlay_file: Path | None = None  # that changed the metadata

    @cached_property
    def reads(self) -> tuple[PathRead, ...]:
        """What the rule's own functions read of an event, where that decides something. Of code that is no Python: nothing."""
        try:
            if not self.metadata.get("Filename"):
                uses = compile_simple_detection(self.metadata).fields if self.metadata.get("Detection") else ()
                return tuple(PathRead((use.name,), RULE, place_of(self.file, *use.path).line or 1) for use in uses)
            tree = ast.parse((self.file.parent / str(self.metadata["Filename"])).read_bytes())
        except (ConditionError, OSError, SyntaxError, ValueError):
            return ()
        return tuple(read for read in path_reads(tree) if read.function in DECIDING_FUNCTIONS)


@dataclass(frozen=True)
class DeclaredRules:
    """Rules in order of ids, and what could not be read."""

    rules: tuple[DeclaredRule, ...]
    errors: tuple[RuleError, ...] = ()

    def chosen(self, filters: Sequence[RuleFilter]) -> tuple[DeclaredRule, ...]:
        """The rules that all filters accept. Raises RuleError for a key that no rule has."""
        check_filter_keys(filters, (key for rule in self.rules for key in rule.metadata))
        return tuple(rule for rule in self.rules if all(each.accepts(rule.metadata) for each in filters))


def read_declared_rules(paths: Sequence[Path], overlays: Overlays = NO_OVERLAYS) -> DeclaredRules:
    """Rules, scheduled rules and correlation rules below the paths. One bad file costs itself."""
    errors = list(overlays.errors)
    reader, found = ItemReader(), []
    for file in (file for files in files_by_root(paths, errors).values() for file in files):
        try:
            item = reader.item(file)
            if item is None or item.kind not in _LOG_TYPE_KEYS:
                continue
            reader.claim(item)
            found.append(item)
            item = overlays.applied(item)
            found[-1] = item
        except RuleError as error:
            errors.append(error)
    return DeclaredRules(tuple(sorted(map(_declared, found), key=lambda rule: rule.rule_id)), tuple(errors))


def _declared(item: Item) -> DeclaredRule:
    values, key = item.values, _LOG_TYPE_KEYS[item.kind]
    return DeclaredRule(
        rule_id=item.item_id,
        kind=item.kind,
        is_enabled=values.get("Enabled") is True,
        log_types=_texts(values.get(key)) if key else (),
        file=item.file,
        severity=str(values.get("Severity") or "").upper(),
        display_name=str(values.get("DisplayName") or ""),
        metadata=values,
        overlay_file=item.overlay_file,
    )


def _texts(values: Any) -> tuple[str, ...]:
    names: Iterable[Any] = values if isinstance(values, list) else ()
    return tuple(str(name) for name in names)
