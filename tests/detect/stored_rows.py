"""Normalized rows in a lake, and what is in it afterwards."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.tables import Table


def put_rows(lake: EmbeddedLake, *batches: pa.RecordBatch) -> None:
    """Fill panther_logs.test_type."""
    data = pa.Table.from_batches(batches)
    table = Table("panther_logs.test_type", "One row per event.", data.schema)
    lake.transact(lambda tx: tx.append(table, data))


def rows(lake: EmbeddedLake, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query as tuples."""
    return [tuple(row.values()) for row in lake.query(sql).to_pylist()]
