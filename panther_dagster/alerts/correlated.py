"""Signals of correlation rules -> alerts. They stand in the batches of their events, which may have been grouped long ago."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from panther_dagster.alerts.alerting import AlertReport, raise_alerts
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import ALERT_SIGNALS, SIGNALS


def raise_correlated_alerts(lake: Lake, rule_ids: Iterable[str], *, now_utc: datetime) -> AlertReport:
    """Group every batch anew that holds a signal of these rules without an alert window, the earliest event first.

    It finds what an earlier run has left undone, too.

    Args: now_utc: naive UTC, as for raise_alerts.
    """
    wanted = sorted(rule_ids)
    if not wanted:
        return AlertReport()
    sql = f"""
        select signals.p_batch_id
        from {SIGNALS.name} as signals
        left join {ALERT_SIGNALS.name} as members
            on members.signal_id = signals.signal_id and members.rule_id = signals.rule_id and members.alert_type = 'RULE'
        where
            signals.rule_id in ({", ".join("?" * len(wanted))})
            and coalesce(signals.create_alert, true)
            and members.signal_id is null
        group by signals.p_batch_id
        order by min(signals.p_event_time), signals.p_batch_id
    """
    batch_ids = lake.query(sql, wanted).column("p_batch_id").to_pylist()
    reports = [raise_alerts(lake, UnitOfWork(batch_id=batch_id), now_utc=now_utc) for batch_id in batch_ids]
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
