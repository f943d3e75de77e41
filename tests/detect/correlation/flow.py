"""Events -> signals -> signals of correlation rules -> alerts, over a lake, as the assets do it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from detect.packs import HOUR, rows_of

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.alerts.correlated import raise_correlated_alerts
from panther_dagster.detect.correlation.correlating import CorrelationReport, correlate, correlate_due
from panther_dagster.detect.correlation.rule import CorrelationRule
from panther_dagster.detect.detection import detect
from panther_dagster.detect.pack import RuleSet
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import BATCHES, TEXTS, TIME, Table

TEN = datetime(2024, 5, 6, 10)  # a due time of every half hour
NOON = TEN + timedelta(hours=2)
KINDS = ("Login", "Key", "Failed", "Change", "Ticket")
CODE = "def rule(event):\n    return event['kind'] == '{kind}'\ndef alert_context(event):\n    return {{'owner': event.get('owner')}}\n"


class Flow:
    """Batches of events through detection, correlation and alerting."""

    def __init__(self, lake: EmbeddedLake, rules: RuleSet, *correlation_rules: CorrelationRule) -> None:
        self.lake = lake
        self.rules = rules
        self.correlation_rules = correlation_rules

    def land(self, batch_id: str, *events: tuple[float, str, dict[str, Any]]) -> None:
        """Normalized rows: (minute after ten, kind, fields)."""
        texts = [json.dumps({"kind": kind, **fields}) for _, kind, fields in events]
        times = pa.array([TEN + timedelta(minutes=minute) for minute, _, _ in events], TIME)
        row_ids = pa.array([f"{kind}{minute:g}{fields.get('row', '')}" for minute, kind, fields in events], pa.string())
        users = pa.array([fields.get("users") for _, _, fields in events], TEXTS)
        rows = pa.Table.from_batches([rows_of(texts, batch_id=batch_id, p_event_time=times, p_row_id=row_ids, p_any_usernames=users)])
        cut = {"p_batch_id": batch_id, "p_hour": HOUR, "cut_time": HOUR + timedelta(seconds=int(batch_id[1:])), "state": "LANDED"}
        table = Table("panther_logs.test_type", "One row per event.", rows.schema)

        def write(tx: Any) -> None:
            tx.append(table, rows)
            tx.append(BATCHES, pa.Table.from_pylist([cut], BATCHES.columns))

        self.lake.transact(write)

    def run(self, batch_id: str, now_utc: datetime = NOON) -> CorrelationReport:
        """One batch, as the assets do it."""
        unit = UnitOfWork(batch_id=batch_id)
        detect(self.lake, unit, rules=self.rules)
        report = correlate(self.lake, unit, rules=self.correlation_rules, now_utc=now_utc)
        self.alert(now_utc)
        raise_alerts(self.lake, unit, now_utc=now_utc)
        return report

    def run_due(self, now_utc: datetime) -> CorrelationReport:
        """The job for absences."""
        report = correlate_due(self.lake, rules=self.correlation_rules, now_utc=now_utc)
        self.alert(now_utc)
        return report

    def alert(self, now_utc: datetime) -> None:
        """Alerts of signals that have none."""
        raise_correlated_alerts(self.lake, now_utc=now_utc)

    def alerts(self) -> list[tuple[Any, ...]]:
        """Dedup string and number of matches of each alert, by time."""
        return self.rows("select dedup, match_count from panther_alerts.alerts order by first_event_time, dedup")

    def signals(self) -> list[tuple[Any, ...]]:
        """Dedup strings and events of the correlation rules' signals."""
        ids = ", ".join(f"'{rule.rule_id}'" for rule in self.correlation_rules)
        return self.rows(
            f"select dedup, p_row_id from panther_signals.signals where rule_id in ({ids}) order by dedup, p_event_time, p_row_id"
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return [tuple(row.values()) for row in self.lake.query(sql).to_pylist()]

    def everything(self) -> list[list[tuple[Any, ...]]]:
        """All that was written, without CPU times."""
        tables = (
            "panther_signals.signals",
            "panther_alerts.alert_events",
            "panther_alerts.alert_signals",
            "panther_monitor.correlation_runs",
            "panther_monitor.correlated_batches",
        )
        return [self.rows(f"select * from {table} order by all") for table in tables]


def login(minute: float, user: str = "ann", **more: Any) -> tuple[float, str, dict[str, Any]]:
    return minute, "Login", {"user": user, **more}


def key(minute: float, owner: str = "ann", **more: Any) -> tuple[float, str, dict[str, Any]]:
    return minute, "Key", {"owner": owner, **more}
