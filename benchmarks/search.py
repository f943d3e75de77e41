"""One indicator over many hours, against the fastest file there could be: all rows in one Parquet file, sorted by value.

The lake has what a day of batches leaves behind (one file a batch, sorted by value inside); maintenance has not run.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from benchmarks.claim import Claim
from panther_dagster.search.indicators import INDICATOR_TABLE, search_indicators
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.tables import TIME, Table, columns

BATCHES = 48
ROWS_PER_BATCH = 40_000
SEARCHES = 30
HOUR = datetime(2024, 5, 1)
INDICATORS = Table(
    INDICATOR_TABLE,
    "As the dbt model makes it.",
    columns(
        [
            ("indicator", pa.string(), ""),
            ("value", pa.string(), ""),
            ("log_type", pa.string(), ""),
            ("p_hour", TIME, ""),
            ("p_batch_id", pa.string(), ""),
            ("events", pa.int64(), ""),
            ("first_seen", TIME, ""),
            ("last_seen", TIME, ""),
        ]
    ),
)


def run(work: Path, given: Path | None) -> list[Claim]:
    """Searches a second for single addresses over two million indicator rows."""
    del given
    lake = EmbeddedLake(work / "lake", threads=2)
    lake.ensure_tables()
    rng = random.Random(7)
    for number in range(BATCHES):
        rows = _batch(rng, number)
        lake.transact(lambda transaction, rows=rows: transaction.append(INDICATORS, rows))  # type: ignore[misc]
    addresses = [f"10.{n % 200}.{n % 7}.{n % 11}" for n in range(SEARCHES)]
    ours = _rate(lambda value: search_indicators(lake, [value], since=None, until=None), addresses)
    connection = duckdb.connect(config={"threads": 2})
    connection.register("ready", lake.query(f"select * from {INDICATOR_TABLE} order by value"))
    file = work / "sorted.parquet"
    connection.execute(f"copy ready to '{file}' (format parquet, compression zstd, row_group_size 20480)")
    limit = _rate(lambda value: connection.execute(f"select * from '{file}' where value = ?", [value]).fetchall(), addresses)
    lake.close()
    rows_in_all = BATCHES * ROWS_PER_BATCH
    return [Claim(f"search, {rows_in_all:,} indicator rows", ours, limit, "searches/s", "point lookup in one sorted Parquet file")]


def _batch(rng: random.Random, number: int) -> pa.Table:
    values = sorted(f"10.{rng.randrange(200)}.{rng.randrange(250)}.{rng.randrange(250)}" for _ in range(ROWS_PER_BATCH))
    hour = HOUR + timedelta(hours=number)
    count = len(values)
    return pa.table(
        {
            "indicator": ["ip_addresses"] * count,
            "value": values,
            "log_type": ["AWS.CloudTrail"] * count,
            "p_hour": pa.array([hour] * count, TIME),
            "p_batch_id": [f"b{number}"] * count,
            "events": pa.array([1] * count, pa.int64()),
            "first_seen": pa.array([hour] * count, TIME),
            "last_seen": pa.array([hour] * count, TIME),
        }
    )


def _rate(search: Callable[[str], object], values: list[str]) -> float:
    search(values[0])
    start = time.perf_counter()
    for value in values:
        search(value)
    return len(values) / (time.perf_counter() - start)
