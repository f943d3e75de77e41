"""Signals of correlation rules -> alerts. They stand in the batches of their events, which may have been grouped long ago.

Which batches these are is written with the signals (panther_monitor.correlated_batches), so nothing has to look for them.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from panther_dagster.alerts.alerting import AlertReport, raise_alerts
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.tables import CORRELATED_BATCHES

# A run raises the alerts of what it found within seconds to minutes; what is older was left by one that did not end.
LEFT_AFTER: Final = timedelta(minutes=15)


def raise_correlated_alerts(lake: Lake, *, now_utc: datetime) -> AlertReport:
    """Group every batch anew that got signals of correlation rules since it was last grouped, the earliest event first.

    It also does what runs have left undone that did not end. A batch that gets more signals meanwhile is done again next time.

    Args: now_utc: naive UTC, as for raise_alerts.
    """
    waiting = lake.query(f"select correlated_batch_id, first_event_time, p_batch_id from {CORRELATED_BATCHES.name}").to_pylist()
    if not waiting:
        return AlertReport()
    first_times: dict[str, datetime] = {}
    for row in waiting:
        batch_id, time = row["correlated_batch_id"], row["first_event_time"]
        first_times[batch_id] = min(first_times.get(batch_id, time), time)
    batch_ids = sorted(first_times, key=lambda batch_id: (first_times[batch_id], batch_id))
    reports = [raise_alerts(lake, UnitOfWork(batch_id=batch_id), now_utc=now_utc) for batch_id in batch_ids]

    def remove(transaction: Transaction) -> None:
        for writing in sorted({row["p_batch_id"] for row in waiting}):
            transaction.delete(CORRELATED_BATCHES, UnitOfWork(batch_id=writing))

    lake.transact(remove)
    by_severity: Counter[str] = Counter()
    for report in reports:
        by_severity.update(report.created_by_severity)
    return AlertReport(
        signals=sum(report.signals for report in reports),
        created=sum(report.created for report in reports),
        joined=sum(report.joined for report in reports),
        created_by_severity=dict(by_severity),
        alert_ids=tuple(alert_id for report in reports for alert_id in report.alert_ids),
    )


def is_left(lake: Lake, *, now_utc: datetime) -> bool:
    """Whether a run found signals a quarter of an hour ago or longer, and nobody has raised their alerts."""
    rows = lake.query(f"select min(found_time) as time from {CORRELATED_BATCHES.name}").to_pylist()
    return rows[0]["time"] is not None and rows[0]["time"] <= now_utc - LEFT_AFTER
