"""Signals and rule errors as detection would write them, for the tests of alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import BATCHES, RULE_ERRORS, SIGNALS

TEN = datetime(2024, 5, 1, 10)
NOW = datetime(2024, 5, 1, 12, 30)


def match(minute: float, **fields: Any) -> dict[str, Any]:
    """A match of Okta.Login on alice, `minute` minutes after ten."""
    row = fields.pop("row", f"row{minute}")
    return {
        "signal_id": f"signal-{row}",
        "rule_id": "Okta.Login",
        "rule_version": "v1",
        "log_type": "Okta.SystemLog",
        "p_row_id": row,
        "p_event_time": TEN + timedelta(minutes=minute),
        "title": f"alice logged in ({row})",
        "dedup": "alice",
        "dedup_period_minutes": 60,
        "threshold": 1,
        "severity": "HIGH",
        "alert_context": '{"ip": "192.0.2.7"}',
        "tags": ["Okta"],
        "create_alert": True,
        **fields,
    }


def error(minute: float, **fields: Any) -> dict[str, Any]:
    """A failure of the rule Okta.Broken."""
    row = fields.pop("row", f"row{minute}")
    return {
        "signal_id": f"error-{row}",
        "rule_id": "Okta.Broken",
        "rule_version": "v1",
        "log_type": "Okta.SystemLog",
        "p_row_id": row,
        "p_event_time": TEN + timedelta(minutes=minute),
        "function": "rule",
        "error_type": "KeyError",
        "error_message": "KeyError('actor')",
        "traceback": "'actor': broken.py, line 3, in rule",
        **fields,
    }


def write_batch(
    lake: Lake,
    batch_id: str,
    matches: list[dict[str, Any]],
    errors: list[dict[str, Any]] | None = None,
    *,
    hour: datetime = TEN,
) -> UnitOfWork:
    """Replace the signals of a batch. Batches b1, b2 ... are cut in that order."""
    unit = UnitOfWork(batch_id=batch_id)
    place = {"p_batch_id": batch_id, "p_hour": hour}
    cut = {
        **place,
        "p_source_id": "okta",
        "cut_time": hour + timedelta(seconds=int("".join(filter(str.isdigit, batch_id)) or 0)),
        "state": "LANDED",
    }

    def write(transaction: Any) -> None:
        transaction.replace(SIGNALS, pa.Table.from_pylist([{**row, **place} for row in matches], schema=SIGNALS.columns), unit)
        transaction.replace(RULE_ERRORS, pa.Table.from_pylist([{**row, **place} for row in errors or []], schema=RULE_ERRORS.columns), unit)
        transaction.replace(BATCHES, pa.Table.from_pylist([cut], schema=BATCHES.columns), unit)

    lake.transact(write)
    return unit
