"""Rule ids that a user typed -> items of the packs, or why they cannot be run. Reads YAML, runs no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from panther_dagster.detect.items import Item, ItemReader
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
