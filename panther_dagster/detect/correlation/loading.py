"""Folders in panther-analysis layout, and overlays -> correlation rules. Reads no other kind of item; pack.py does that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from panther_dagster.detect.correlation.parsing import parse_correlation_rule
from panther_dagster.detect.correlation.rule import CorrelationRule
from panther_dagster.detect.documents import place_of, read_document
from panther_dagster.detect.items import Item, item_files, pack_root
from panther_dagster.detect.metadata import Findings
from panther_dagster.detect.overlays import Overlays, read_overlays
from panther_dagster.errors import Location, RuleError

KIND = "correlation_rule"


class CorrelationCycle(RuleError):
    """Correlation rules that read each other's signals; none of them can run first."""

    def __init__(self, rule_ids: Sequence[str], location: Location) -> None:
        super().__init__(f"correlation rules wait for each other: {' -> '.join(rule_ids)}", location)
        self.rule_ids = tuple(rule_ids)


@dataclass(frozen=True)
class CorrelationRules:
    """Rules by id, and the errors of those that could not be loaded."""

    rules: tuple[CorrelationRule, ...]
    errors: tuple[RuleError, ...] = ()


@dataclass(frozen=True)
class LoadedCorrelationRule:
    """What one item gave: itself with its overlay, the rule, and what is wrong. With a bad overlay there are errors and a rule."""

    item: Item
    rule: CorrelationRule | None
    errors: tuple[RuleError, ...] = ()


def load_correlation_rule(item: Item, overlays: Overlays) -> LoadedCorrelationRule:
    """The rule of an item; a bad overlay changes nothing."""
    findings = Findings(item.file)
    rule = parse_correlation_rule(item.values, findings)
    if rule is None:
        return LoadedCorrelationRule(item, None, tuple(findings.errors))
    try:
        changed = overlays.applied(item)
    except RuleError as error:
        return LoadedCorrelationRule(item, rule, (error,))
    if changed.overlay_file is None:
        return LoadedCorrelationRule(item, rule)
    findings = Findings(changed.overlay_file)  # without the overlay all was well
    tuned = parse_correlation_rule(changed.values, findings)
    if tuned is None:
        return LoadedCorrelationRule(item, rule, tuple(findings.errors))
    return LoadedCorrelationRule(changed, replace(tuned, location=rule.location))


def load_correlation_rules(paths: Sequence[Path], *, overlays: Sequence[Path] = ()) -> CorrelationRules:
    """Every correlation rule below the paths, with the changes of the overlays.

    One bad file costs itself. Files of other kinds are left to pack.py, with their errors; so are overlays that cannot be read or that
    no rule has the id of.
    """
    changes = read_overlays(overlays)
    rules: dict[str, CorrelationRule] = {}
    errors: list[RuleError] = []
    for path in paths:
        path = path.resolve()
        if not path.exists():
            errors.append(RuleError("no such folder of rules", Location(path)))
            continue
        for file in item_files(pack_root(path), below=path):
            if KIND.encode() not in file.read_bytes():
                continue
            try:
                values = read_document(file)
            except RuleError as error:
                errors.append(error)
                continue
            if not isinstance(values, Mapping) or values.get("AnalysisType") != KIND:
                continue
            loaded = load_correlation_rule(Item(KIND, str(values.get("RuleID")), file, values), changes)
            errors += loaded.errors
            rule = loaded.rule
            if rule is None:
                continue
            owner = rules.setdefault(rule.rule_id, rule)
            if owner.location.file != file:
                errors.append(
                    RuleError(f"id '{rule.rule_id}' is taken by {place_of(owner.location.file, 'RuleID')}", place_of(file, "RuleID"))
                )
    while True:
        try:
            in_order(rules.values())
        except CorrelationCycle as cycle:
            errors.append(cycle)
            for rule_id in cycle.rule_ids:
                rules.pop(rule_id, None)
        else:
            return CorrelationRules(tuple(rules[rule_id] for rule_id in sorted(rules)), tuple(errors))


def in_order(rules: Iterable[CorrelationRule]) -> list[CorrelationRule]:
    """Each rule after the correlation rules whose signals it reads. Raises CorrelationCycle."""
    by_id = {rule.rule_id: rule for rule in rules}
    graph = {rule.rule_id: sorted(rule.pattern.rule_ids & by_id.keys()) for rule in by_id.values()}
    try:
        return [by_id[rule_id] for rule_id in TopologicalSorter(dict(sorted(graph.items()))).static_order()]
    except CycleError as error:
        ids = error.args[1]
        raise CorrelationCycle(ids, by_id[ids[0]].location) from error
