"""A source -> batches -> Dagster runs in this process, with a progress bar on stderr; then what they did, read back from the lake."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from panther_dagster.cli.installation import now_utc
from panther_dagster.cli.listing import size_text
from panther_dagster.cli.progress import progress_bar

if TYPE_CHECKING:
    from panther_dagster.defs.run import BatchEvent, BatchOutcome
    from panther_dagster.ingest.batching import Batch
    from panther_dagster.settings import Settings, SourceSettings
    from panther_dagster.storage.lake import Lake

# step key -> (what it does, share of a batch's time that is behind us when it starts)
_STEPS = {
    "land": ("reading", 0.1),
    "dbt": ("normalizing", 0.3),
    "rule_matches": ("running rules", 0.75),
    "panther_alerts__alerts": ("grouping alerts", 0.95),
}


@dataclass(frozen=True)
class BatchResult:
    """What a batch brought, by the ledger and the alert events; `error` is empty when its run succeeded."""

    batch_id: str
    hour: datetime
    objects: int
    size_bytes: int
    records: int
    events: int
    failures: int
    alerts: int
    seconds: float
    run_id: str
    error: str
    events_by_log_type: dict[str, int]


def process_source(settings: Settings, source: SourceSettings) -> list[BatchResult]:
    """Cut the source's new objects into batches and run them, with batches that an earlier run left unfinished. Oldest first."""
    from panther_dagster.ingest.batching import cut_batches, unfinished_batches
    from panther_dagster.storage import open_lake

    lake = open_lake(settings)
    try:
        left = [batch for batch in unfinished_batches(lake) if batch.source_id == source.name]
        cut = cut_batches(lake, source, limits=settings.batches, first_hour=settings.schedule.first_hour, now_utc=now_utc())
        known = {batch.batch_id for batch in left}
        batches = sorted([*left, *(batch for batch in cut if batch.batch_id not in known)], key=lambda batch: (batch.hour, batch.batch_id))
    finally:
        lake.close()  # while Dagster's steps have their own
    if not batches:
        return []
    outcomes = run_with_progress(settings, batches)
    lake = open_lake(settings)
    try:
        return [_result(lake, batch, outcome) for batch, outcome in zip(batches, outcomes, strict=True)]
    finally:
        lake.close()


def run_with_progress(settings: Settings, batches: Sequence[Batch]) -> list[BatchOutcome]:
    """Dagster's runs of these batches, under a bar that counts files, bytes, events and alerts."""
    with _progress(batches) as on_event:
        from panther_dagster.defs.run import run_batches  # Dagster takes seconds to import: the bar is there first

        return run_batches(settings, batches, on_event)


@contextmanager
def _progress(batches: Sequence[Batch]) -> Iterator[Callable[[BatchEvent], None]]:
    batch_by_id = {batch.batch_id: batch for batch in batches}
    total = sum(batch.size_bytes for batch in batches)
    counts: Counter[str] = Counter()
    with progress_bar("starting", total=total or 1) as update:

        def on_event(event: BatchEvent) -> None:
            batch = batch_by_id[event.batch_id]
            done, description = counts["size_bytes"], None
            if event.kind == "table":
                _count(counts, event.table or "", event.metadata)
            elif event.kind in ("finished", "failed"):
                counts["objects"] += batch.objects
                counts["size_bytes"] = done = done + batch.size_bytes
            elif event.step in _STEPS:
                description, share = _STEPS[event.step]
                done += int(batch.size_bytes * share)
            text = (
                f"{counts['objects']:,} of {sum(b.objects for b in batches):,} files  {size_text(counts['size_bytes'])}  "
                f"{counts['events']:,} events  {counts['alerts']:,} alerts"
            )
            update(completed=done, counts=text, description=description)

        yield on_event


def _count(counts: Counter[str], table: str, metadata: Any) -> None:
    if table.startswith("panther_raw."):
        counts["events"] += int(metadata.get("events", 0) or 0)
    elif table == "panther_alerts.alerts":
        counts["alerts"] += int(metadata.get("alerts", 0) or 0)


def _result(lake: Lake, batch: Batch, outcome: BatchOutcome) -> BatchResult:
    objects = lake.query(
        "select records, rows_landed, failures, rows_by_log_type from panther_monitor.objects where p_batch_id = ?", [batch.batch_id]
    ).to_pylist()
    alerts = lake.query(
        "select count(*) as alerts from panther_alerts.alert_events where p_batch_id = ? and event_type = 'CREATED'", [batch.batch_id]
    ).to_pylist()[0]["alerts"]
    by_log_type: Counter[str] = Counter()
    for row in objects:
        by_log_type.update(json.loads(row["rows_by_log_type"] or "{}"))
    return BatchResult(
        batch_id=batch.batch_id,
        hour=batch.hour,
        objects=batch.objects,
        size_bytes=batch.size_bytes,
        records=sum(row["records"] or 0 for row in objects),
        events=sum(row["rows_landed"] or 0 for row in objects),
        failures=sum(row["failures"] or 0 for row in objects),
        alerts=alerts,
        seconds=round(outcome.seconds, 3),
        run_id=outcome.run_id,
        error=outcome.error if outcome.is_success else outcome.error or "the run failed",
        events_by_log_type=dict(sorted(by_log_type.items())),
    )
