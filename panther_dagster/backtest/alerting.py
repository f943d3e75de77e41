"""Matches and errors of a backtest -> the alerts that they would have raised. Pure: grouping is that of alerts/grouping.py.

The lake's alerts start from SQL over stored signals (alerts/alerting.py); a backtest has its signals in memory. Windows that were open
before the range are not known here, so an alert at its start may be one that began earlier in the lake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from panther_dagster.alerts.alerting import DEFAULT_PERIOD_MINUTES, ERROR_SEVERITY, FALLBACK_FUNCTIONS
from panther_dagster.alerts.grouping import AlertType, Signal, group_signals
from panther_dagster.detect.rule import DEFAULT_DEDUP_PREFIX


@dataclass(frozen=True, slots=True)
class BacktestAlert:
    """An alert that would have been raised. Title and severity are those of the match that gives them to it."""

    rule_id: str
    dedup: str
    alert_type: AlertType
    first_event_time: datetime
    last_event_time: datetime
    matches: int
    title: str
    severity: str

    @property
    def key(self) -> tuple[str, str, str, datetime]:
        """What makes it the same alert in two versions of a rule."""
        return self.rule_id, self.dedup, self.alert_type, self.first_event_time


def alerts_of(signals: pa.Table, errors: pa.Table, *, cut_time_by_batch: Mapping[str, datetime]) -> list[BacktestAlert]:
    """The alerts, by first event time and rule.

    Args: signals, errors: as detect.backtest.Findings has them. cut_time_by_batch: batches are grouped in this order, as they were when
    they came in; batches that are not in it count as cut at their hour.
    """
    by_batch: dict[str, list[Signal]] = {}
    for signal in (*_matches(signals), *_failures(errors)):
        by_batch.setdefault(signal.batch_id, []).append(signal)
    order = sorted(by_batch, key=lambda batch_id: (cut_time_by_batch.get(batch_id) or by_batch[batch_id][0].hour, batch_id))
    creations = group_signals(by_batch[batch_id] for batch_id in order).creations
    wanted = {creation.first_signal_id for creation in creations}
    texts = dict(_texts(signals, wanted, "title", "severity"))
    failure_texts = dict(_texts(errors, wanted, "error_message", "error_type"))
    found = []
    for creation in creations:
        window = creation.window
        assert window.first is not None  # it has a signal
        assert window.last_event_time is not None
        if window.alert_type == "RULE":
            title, severity = texts[creation.first_signal_id]
            title, severity = title or window.rule_id, severity or "INFO"
        else:
            message, error_type = failure_texts[creation.first_signal_id]
            title, severity = message or error_type or window.rule_id, ERROR_SEVERITY
        alert_type: AlertType = "RULE" if window.alert_type == "RULE" else "RULE_ERROR"
        times = window.first[0], window.last_event_time
        found.append(BacktestAlert(window.rule_id, window.dedup, alert_type, *times, window.match_count, title, severity))
    return sorted(found, key=lambda alert: (alert.first_event_time, alert.rule_id, alert.dedup, alert.alert_type))


def _matches(signals: pa.Table) -> Iterator[Signal]:
    for row in _rows(signals, ()):
        if row["create_alert"] is False:
            continue
        yield Signal(
            signal_id=row["signal_id"],
            rule_id=row["rule_id"],
            dedup=row["dedup"] if row["dedup"] is not None else f"{DEFAULT_DEDUP_PREFIX}{row['rule_id']}",
            alert_type="RULE",
            dedup_period_minutes=row["dedup_period_minutes"] or DEFAULT_PERIOD_MINUTES,
            threshold=row["threshold"] if row["threshold"] is not None else 1,
            unique_value=row["unique_value"],
            log_type=row["log_type"],
            p_row_id=row["p_row_id"],
            event_time=row["p_event_time"],
            batch_id=row["p_batch_id"],
            hour=row["p_hour"],
        )


def _failures(errors: pa.Table) -> Iterator[Signal]:
    """Rule errors that are worth an alert, once for each rule, event and kind of error."""
    found: dict[Signal, None] = {}
    for row in _rows(errors, ()):
        if (row["function"] or "rule") in FALLBACK_FUNCTIONS:
            continue
        signal = Signal(
            signal_id=row["signal_id"],
            rule_id=row["rule_id"],
            dedup=row["error_type"] or "Exception",
            alert_type="RULE_ERROR",
            dedup_period_minutes=DEFAULT_PERIOD_MINUTES,
            threshold=1,
            unique_value=None,
            log_type=row["log_type"],
            p_row_id=row["p_row_id"],
            event_time=row["p_event_time"],
            batch_id=row["p_batch_id"],
            hour=row["p_hour"],
        )
        found[signal] = None
    yield from found


def _texts(rows: pa.Table, wanted: set[str], *names: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    first, second = names
    for row in _rows(rows, ("signal_id", *names)):
        if row["signal_id"] in wanted:
            yield row["signal_id"], (row[first], row[second])


def _rows(table: pa.Table, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for batch in (table.select(list(names)) if names else table).to_batches(max_chunksize=5_000):
        yield from batch.to_pylist()
