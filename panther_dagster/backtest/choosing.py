"""Which rules a backtest runs: those that a user named, or those that differ between two versions. Reads YAML, runs no code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from panther_dagster.detect.items import Item, ItemReader
from panther_dagster.detect.limits import LoadedRule
from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.detect.pack import files_by_root
from panther_dagster.errors import BacktestError, RuleError

RULE: Final = "rule"  # the only kind whose events are stored by log type
# Why the others cannot be run over events of the lake.
_REFUSED: Final[Mapping[str, str]] = {
    "scheduled_rule": "is a scheduled rule: it runs on rows of a query; `panther queries run NAME --at TIME` runs it as of a time",
    "policy": "is a policy: it runs on resources, and the lake holds events",
    "correlation_rule": "is a correlation rule: it runs on the matches of other rules",
}


@dataclass(frozen=True)
class PackItems:
    """The items of some paths by id; a file that cannot be read is in the errors."""

    by_id: Mapping[str, Item]
    errors: tuple[RuleError, ...] = ()

    def has_rule(self, rule_id: str) -> bool:
        """Whether it is a rule on events."""
        item = self.by_id.get(rule_id)
        return item is not None and item.kind == RULE

    def check(self, rule_ids: Sequence[str]) -> None:
        """Raises BacktestError: an id is unknown, or not that of a rule on events."""
        for rule_id in rule_ids:
            item = self.by_id.get(rule_id)
            if item is None:
                rules = [known.item_id for known in self.by_id.values() if known.kind == RULE]
                raise BacktestError(f"no rule has the id '{rule_id}'{did_you_mean(rule_id, rules)}")
            if item.kind != RULE:
                refusal = _REFUSED.get(item.kind, f"is no rule: its AnalysisType is {item.kind}")
                raise BacktestError(f"'{rule_id}' {refusal}; a backtest is for rules (AnalysisType rule)", item.id_place)


def read_items(paths: Sequence[Path]) -> PackItems:
    """All items below the paths. Of two with one id the first counts, as in loading."""
    errors: list[RuleError] = []
    reader = ItemReader()
    by_id: dict[str, Item] = {}
    for files in files_by_root(paths, errors).values():
        for file in files:
            try:
                item = reader.item(file)
            except RuleError as error:
                errors.append(error)
                continue
            if item is not None:
                by_id.setdefault(item.item_id, item)
    return PackItems(by_id, tuple(errors))


@dataclass(frozen=True)
class ChosenRules:
    """What runs. `rule_ids`: all of the report, in its order; `present`, `base`: those to run in each version.

    `disabled`, `base_disabled`: those that are there and off in that version. `not_run`: ids of detections that differ and cannot be run
    over events.
    """

    rule_ids: tuple[str, ...]
    present: tuple[str, ...]
    base: tuple[str, ...] = ()
    disabled: frozenset[str] = frozenset()
    base_disabled: frozenset[str] = frozenset()
    not_run: tuple[str, ...] = ()


def named_rules(rule_ids: Sequence[str], items: PackItems, base_items: PackItems) -> ChosenRules:
    """Rules that a user named; they run where they are, enabled or not."""
    present, base = (tuple(rule_id for rule_id in rule_ids if rule_id in version.by_id) for version in (items, base_items))
    return ChosenRules(tuple(rule_ids), present, base)


def changed_rules(rules: Iterable[LoadedRule], base_rules: Iterable[LoadedRule], items: PackItems, base_items: PackItems) -> ChosenRules:
    """Rules on events that are new, are gone, or have another version, with all that goes into it: helpers, data models, overlays.

    Each runs in the version in which it is enabled, so that switching it on or off shows; one that is off in both is left out. One that
    loads in one version only has changed. Args: rules, base_rules: all rules of each version that load.
    """
    after, before = ({rule.rule_id: rule for rule in version} for version in (rules, base_rules))  # scheduled rules too
    ids = sorted(
        rule_id
        for rule_id in {*_ids(items, RULE), *_ids(base_items, RULE)}
        if _version(after, rule_id) != _version(before, rule_id) or items.has_rule(rule_id) != base_items.has_rule(rule_id)
    )
    disabled, base_disabled = (
        frozenset(rule_id for rule_id in ids if rule_id in loaded and not loaded[rule_id].is_enabled) for loaded in (after, before)
    )
    runs = [rule_id for rule_id in ids if not (_is_idle(rule_id, items, disabled) and _is_idle(rule_id, base_items, base_disabled))]
    return ChosenRules(
        rule_ids=tuple(runs),
        present=tuple(rule_id for rule_id in runs if not _is_idle(rule_id, items, disabled)),
        base=tuple(rule_id for rule_id in runs if not _is_idle(rule_id, base_items, base_disabled)),
        disabled=disabled,
        base_disabled=base_disabled,
        not_run=tuple(
            item_id
            for item_id in sorted({*_ids(items, *_REFUSED), *_ids(base_items, *_REFUSED)})
            if _text(items.by_id.get(item_id)) != _text(base_items.by_id.get(item_id))
            or _version(after, item_id) != _version(before, item_id)
        ),
    )


def _ids(items: PackItems, *kinds: str) -> list[str]:
    return [item.item_id for item in items.by_id.values() if item.kind in kinds]


def _version(loaded: Mapping[str, LoadedRule], rule_id: str) -> str | None:
    return loaded[rule_id].version if rule_id in loaded else None


def _is_idle(rule_id: str, items: PackItems, disabled: frozenset[str]) -> bool:
    return rule_id in disabled or not items.has_rule(rule_id)


def _text(item: Item | None) -> object:
    """What a detection of another kind says: its YAML without the tests, and its code."""
    if item is None:
        return None
    code = item.file.parent / str(item.values.get("Filename") or "")
    values = {key: value for key, value in item.values.items() if key != "Tests"}
    return values, code.read_bytes() if code.is_file() else b""
