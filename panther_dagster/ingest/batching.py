"""Objects of a source -> batches: what the ledger does not know yet, by hour of delivery, bounded in bytes and number.

What is new is the whole listing minus the ledger, so it does not matter in which order keys sort, nor whether some came late, were
deleted or were rewritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.ingest.ledger import (
    CUT,
    MISSING,
    PENDING,
    Batch,
    batch_rows,
    finish_batch,
    object_rows,
    unfinished_batches,
)
from panther_dagster.ingest.sources import SourceObject, open_source
from panther_dagster.settings import BatchSettings, SourceSettings
from panther_dagster.storage.lake import Lake, Transaction
from panther_dagster.storage.tables import BATCHES, OBJECTS, TIME

__all__ = ["Batch", "cut_batches", "finish_batch", "unfinished_batches"]

LISTED = pa.schema(
    [("uri", pa.string()), ("etag", pa.string()), ("size_bytes", pa.int64()), ("modified_time", TIME), ("times_missed", pa.int64())]
)


def cut_batches(
    lake: Lake,
    source: SourceSettings,
    *,
    limits: BatchSettings,
    first_hour: datetime,
    now_utc: datetime,
    objects: Iterable[SourceObject] | None = None,
) -> list[Batch]:
    """Cut a source's new objects into batches and enter both into the ledger, in one transaction. Oldest hour first.

    An object is new when its (uri, etag) is not in the ledger, or only as MISSING. Its hour is that of its modification; before
    `first_hour` or after `now_utc` it is the hour of `now_utc`. An id depends on nothing but the batch's objects and hour.

    Args: now_utc: is the batches' cut time. objects: the listing, when the caller has it.
    Raises: SourceError: the source cannot be listed.
    """
    now = now_utc.astimezone(UTC).replace(tzinfo=None) if now_utc.tzinfo else now_utc
    place = open_source(source) if objects is None else None
    listed = _listing(place.list_objects() if place else objects or ())
    if not listed.num_rows:
        return []
    with lake.lock("cut"):
        new = _new_objects(lake, listed, place.uri_prefix if place else "")
        if not new.num_rows:
            return []
        batches: list[Batch] = []
        rows: list[dict[str, Any]] = []
        for hour, members in _groups(new, limits, first_hour, now):
            size = sum(row["size_bytes"] for row in members)
            batch = Batch(_batch_id(hour, members), source.name, hour, now, len(members), size, CUT)
            batches.append(batch)
            for row in members:
                del row["times_missed"]
                rows.append({**row, "p_source_id": source.name, "p_hour": hour, "p_batch_id": batch.batch_id, "state": PENDING})

        def write(tx: Transaction) -> None:
            tx.append(OBJECTS, object_rows(rows))
            tx.append(BATCHES, batch_rows([batch.row(CUT) for batch in batches]))

        lake.transact(write)
    return sorted(batches, key=lambda batch: (batch.hour, batch.batch_id))  # as `unfinished_batches` lists them


def _listing(objects: Iterable[SourceObject]) -> pa.Table:
    columns = list(zip(*((item.uri, item.etag, item.size_bytes, item.modified_time, 0) for item in objects), strict=True))
    return pa.table(columns, schema=LISTED) if columns else LISTED.empty_table()


def _new_objects(lake: Lake, listed: pa.Table, uri_prefix: str) -> pa.Table:
    """Listed objects that the ledger does not have, or has only as MISSING: how often is `times_missed`."""
    sql = f"""
        select uri, etag, count(*) filter (where state = ?) as times_missed, count(*) filter (where state <> ?) as times_known
        from {OBJECTS.name} where starts_with(uri, ?) group by uri, etag
    """
    ledger = lake.query(sql, [MISSING, MISSING, uri_prefix])
    known = ledger.filter(pc.field("times_known") > 0).select(["uri", "etag"])
    new = listed.join(known, keys=["uri", "etag"], join_type="left anti")
    missed = ledger.filter(pc.field("times_known") == 0).select(["uri", "etag", "times_missed"])
    if not missed.num_rows:
        return new
    counted = new.drop_columns(["times_missed"]).join(missed, keys=["uri", "etag"])
    return counted.set_column(
        counted.schema.get_field_index("times_missed"), LISTED.field("times_missed"), counted["times_missed"].fill_null(0)
    )


def _groups(new: pa.Table, limits: BatchSettings, first_hour: datetime, now: datetime) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    this_hour = _hour(now)
    by_hour: dict[datetime, list[dict[str, Any]]] = {}
    for row in new.sort_by([("modified_time", "ascending"), ("uri", "ascending")]).select(LISTED.names).to_pylist():
        hour = _hour(row["modified_time"])
        by_hour.setdefault(hour if first_hour <= hour <= this_hour else this_hour, []).append(row)
    for hour in sorted(by_hour):
        members: list[dict[str, Any]] = []
        size = 0
        for row in by_hour[hour]:
            if members and (size + row["size_bytes"] > limits.max_bytes or len(members) >= limits.max_objects):
                yield hour, members
                members, size = [], 0
            members.append(row)
            size += row["size_bytes"]
        yield hour, members


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def _batch_id(hour: datetime, members: list[dict[str, Any]]) -> str:
    # An object that was missed and is back must not get the id of the batch that missed it.
    lines = sorted(f"{row['uri']}\n{row['etag']}\n{row['times_missed']}" for row in members)
    return f"{hour:%Y%m%dT%H}-{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"
