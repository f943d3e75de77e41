"""The ledger: which objects and batches there are and how far they have come. Reads and writes panther_monitor.objects and .batches.

Rows of the ledger are replaced only under the lock LEDGER: two transactions that delete from one table cannot both commit, and the loser
would have to land its batch again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from panther_dagster.errors import LakeError
from panther_dagster.ingest.sources import SourceObject
from panther_dagster.storage.lake import Lake, Transaction, UnitOfWork
from panther_dagster.storage.tables import BATCHES, OBJECTS

LEDGER = "ledger"

PENDING, LANDED, MISSING = "PENDING", "LANDED", "MISSING"  # of objects
CUT, DONE = "CUT", "DONE"  # of batches, with LANDED between


@dataclass(frozen=True)
class Batch:
    """A set of objects of one source and hour. `objects` is their number, `size_bytes` as stored; times naive UTC."""

    batch_id: str
    source_id: str
    hour: datetime
    cut_time: datetime
    objects: int
    size_bytes: int
    state: str

    def row(self, state: str) -> dict[str, Any]:
        """Its row in panther_monitor.batches, in this state."""
        return {
            "p_batch_id": self.batch_id,
            "p_source_id": self.source_id,
            "p_hour": self.hour,
            "cut_time": self.cut_time,
            "objects": self.objects,
            "size_bytes": self.size_bytes,
            "state": state,
        }


@dataclass(frozen=True)
class LedgerObject:
    """An object of a batch with what the ledger knows of it."""

    item: SourceObject
    state: str


def find_batch(lake: Lake, batch_id: str) -> Batch:
    """The batch of that id. Raises LakeError when there is none."""
    found = _batches(lake, "p_batch_id = ?", [batch_id])
    if not found:
        raise LakeError(f"no batch '{batch_id}' has been cut; `panther sources status` lists them")
    return found[0]


def unfinished_batches(lake: Lake) -> list[Batch]:
    """Batches that have not been processed to their end, oldest first."""
    return _batches(lake, "state <> ?", [DONE])


def finish_batch(lake: Lake, batch_id: str) -> None:
    """Set a batch to DONE: all stages have taken it in."""
    with lake.lock(LEDGER):
        batch = find_batch(lake, batch_id)
        lake.transact(lambda tx: tx.replace(BATCHES, batch_rows([batch.row(DONE)]), UnitOfWork(batch_id=batch_id)))


def objects_of(lake: Lake, batch_id: str) -> list[LedgerObject]:
    """Objects of a batch, in the order in which they are read."""
    sql = f"select uri, etag, size_bytes, modified_time, state from {OBJECTS.name} where p_batch_id = ? order by uri, etag"
    return [LedgerObject(SourceObject(*list(row.values())[:4]), row["state"]) for row in lake.query(sql, [batch_id]).to_pylist()]


def batch_rows(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows for panther_monitor.batches."""
    return pa.Table.from_pylist(list(rows), schema=BATCHES.columns)


def object_rows(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows for panther_monitor.objects; what is not given is null."""
    return pa.Table.from_pylist(list(rows), schema=OBJECTS.columns)


def write_landed(tx: Transaction, batch: Batch, objects: pa.Table) -> None:
    """Replace a batch's rows in the ledger: its objects as given, the batch LANDED."""
    unit = UnitOfWork(batch_id=batch.batch_id)
    tx.replace(OBJECTS, objects, unit)
    tx.replace(BATCHES, batch_rows([batch.row(LANDED)]), unit)


def _batches(lake: Lake, condition: str, parameters: Sequence[Any]) -> list[Batch]:
    sql = f"""
        select p_batch_id, p_source_id, p_hour, cut_time, objects, size_bytes, state
        from {BATCHES.name} where {condition} order by p_hour, cut_time, p_batch_id
    """
    return [Batch(*row.values()) for row in lake.query(sql, parameters).to_pylist()]
