"""Findings of two versions of the same rules over the same events -> what changed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from panther_dagster.backtest.alerting import BacktestAlert

Match = tuple[str, str]  # rule id and p_row_id


@dataclass(frozen=True)
class Difference:
    """From the base version to the present one. Alerts are the same when rule id, dedup string, type and first event time are equal.

    `changed` has alerts of both, before and after, whose title or severity differs. Matches are counted by rule.
    """

    added: tuple[BacktestAlert, ...]
    lost: tuple[BacktestAlert, ...]
    changed: tuple[tuple[BacktestAlert, BacktestAlert], ...]
    matches_added: Counter[str]
    matches_lost: Counter[str]

    @property
    def is_change(self) -> bool:
        """Whether any match or alert differs."""
        return bool(self.added or self.lost or self.changed or self.matches_added or self.matches_lost)


def difference(
    before: Sequence[BacktestAlert],
    after: Sequence[BacktestAlert],
    *,
    matches_before: Iterable[Match],
    matches_after: Iterable[Match],
) -> Difference:
    """What the second version does otherwise than the first; alerts stay in their order."""
    matches = set(matches_before), set(matches_after)
    before_by_key: dict[tuple[str, str, str, datetime], BacktestAlert] = {alert.key: alert for alert in before}
    after_keys = {alert.key for alert in after}
    common = ((before_by_key[alert.key], alert) for alert in after if alert.key in before_by_key)
    return Difference(
        added=tuple(alert for alert in after if alert.key not in before_by_key),
        lost=tuple(alert for alert in before if alert.key not in after_keys),
        changed=tuple((old, new) for old, new in common if (old.title, old.severity) != (new.title, new.severity)),
        matches_added=Counter(rule_id for rule_id, _ in matches[1] - matches[0]),
        matches_lost=Counter(rule_id for rule_id, _ in matches[0] - matches[1]),
    )
