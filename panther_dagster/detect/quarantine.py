"""Rules that were stopped again and again are not run: panther_monitor.rule_stops -> which, and until when.

A limit stops a rule in one detection (limits.py), after it has cost its full time. Each stop is written down with the results of that
detection. A version of a rule that has `after` stops within `period` is in quarantine: detections leave it out and say so, with one row in
panther_signals.rule_errors for each batch. It ends when enough of the stops are older than that, when the version changes, or by a release.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from panther_dagster.errors import PantherError
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import RULE_STOPS

STOPPED: Final = "STOPPED"
RELEASED: Final = "RELEASED"
RuleVersion = tuple[str, str]  # rule id, version


class RuleQuarantined(PantherError):
    """A rule was not run because it had been stopped too often."""


@dataclass(frozen=True)
class QuarantinedRule:
    """A version of a rule that is not run. Times are naive UTC; `until`: when it is tried again, if it is not released before."""

    rule_id: str
    version: str
    stops: int
    since: datetime
    until: datetime
    last_stop: str

    def __str__(self) -> str:
        return f"stopped {self.stops} times, not run until {self.until:%Y-%m-%d %H:%M} UTC; last: {self.last_stop}"


@dataclass(frozen=True)
class Quarantine:
    """When a rule is in quarantine, as of a time. `after` 0: never."""

    after: int
    period: timedelta
    now_utc: datetime  # naive

    def rules(self, lake: Lake) -> dict[RuleVersion, QuarantinedRule]:
        """All that are in quarantine."""
        if not self.after:
            return {}
        sql = f"""
            select rule_id, rule_version, event_type, event_time, error_message
            from {RULE_STOPS.name}
            where event_time > ?
            order by event_time
        """
        stops: dict[RuleVersion, list[dict[str, Any]]] = {}
        for row in lake.query(sql, [self.now_utc - self.period]).to_pylist():
            if row["event_type"] == RELEASED:
                stops = {key: rows for key, rows in stops.items() if key[0] != row["rule_id"]}
            else:
                stops.setdefault((row["rule_id"], row["rule_version"]), []).append(row)
        return {key: self._rule(key, rows) for key, rows in sorted(stops.items()) if len(rows) >= self.after}

    def _rule(self, key: RuleVersion, rows: list[dict[str, Any]]) -> QuarantinedRule:
        last, times = rows[-1], [row["event_time"] for row in rows]
        since, until = times[self.after - 1], times[-self.after] + self.period
        return QuarantinedRule(*key, len(rows), since, until, last["error_message"] or "")

    def stops(self, errors: pa.Table, stopped_ids: Collection[str], error_types: Collection[str]) -> pa.Table:
        """Rows of RULE_STOPS for the rules that were stopped in a detection, from its rule errors."""
        rows = [
            {**row, "event_type": STOPPED, "event_time": self.now_utc}
            for row in errors.to_pylist()
            if row["rule_id"] in stopped_ids and row["error_type"] in error_types
        ]
        names = RULE_STOPS.columns.names
        return pa.Table.from_pylist([{name: row[name] for name in names} for row in rows], RULE_STOPS.columns)


def release(lake: Lake, rule_id: str, *, now_utc: datetime) -> None:
    """Run the rule again from the next detection on: its stops so far do not count any more."""
    row = {"rule_id": rule_id, "event_type": RELEASED, "event_time": now_utc}
    lake.transact(lambda tx: tx.append(RULE_STOPS, pa.Table.from_pylist([row], RULE_STOPS.columns)))
