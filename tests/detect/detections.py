"""What a detection gave, in a form that two of them can be compared in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from panther_dagster.detect.runner import DetectionResult

LOG_TYPE = "Test.Type"
Rows = dict[str, list[dict[str, Any]]]


def pieces_of(rows: pa.RecordBatch, size: int) -> list[tuple[str, pa.RecordBatch, None]]:
    """Rows of LOG_TYPE, which no table explains, as a detection reads them."""
    return [(LOG_TYPE, rows.slice(start, size), None) for start in range(0, rows.num_rows, size)]


def told(results: Iterable[DetectionResult]) -> Rows:
    """All rows, sorted, with what they say but for CPU times; numbers of runs are summed."""
    results = list(results)
    signals, errors, runs = (
        [row for result in results for row in getattr(result, name).to_pylist()] for name in ("signals", "errors", "runs")
    )
    numbers: dict[tuple[Any, ...], dict[str, Any]] = {}
    for run in runs:
        key = tuple(run[name] for name in ("rule_id", "rule_version", "log_type", "p_batch_id", "p_hour"))
        total = numbers.setdefault(key, {"key": key, "events": 0, "candidates": 0, "matches": 0, "errors": 0})
        for name in ("events", "candidates", "matches", "errors"):
            total[name] += run[name]
    found = {"signals": signals, "errors": errors, "runs": list(numbers.values())}
    return {name: sorted(rows, key=repr) for name, rows in found.items()}
