"""A batch's objects -> panther_raw, classification_failures and the ledger, in one transaction.

Reads sources, splits objects into records, recognizes their log types. Memory is bounded whatever the input: one window of an object
(readers/json.py) and one data file's rows (rows.py). Files are staged while objects are read; the transaction only appends them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from panther_dagster.errors import ObjectGone
from panther_dagster.ingest.failures import Failure, FailureReason
from panther_dagster.ingest.ledger import (
    CUT,
    LANDED,
    LEDGER,
    MISSING,
    Batch,
    LedgerObject,
    find_batch,
    object_rows,
    objects_of,
    write_landed,
)
from panther_dagster.ingest.readers.compression import decompress
from panther_dagster.ingest.readers.json import split_records
from panther_dagster.ingest.readers.records import Records
from panther_dagster.ingest.rows import BatchRows, RowPrefix
from panther_dagster.ingest.sources import Source, SourceObject, open_source
from panther_dagster.log_types.recognition import Recognizer, Verdict
from panther_dagster.log_types.registry import Registry
from panther_dagster.settings import BatchSettings, SourceSettings
from panther_dagster.storage.lake import Lake, StagedRows, Transaction, UnitOfWork
from panther_dagster.storage.tables import CLASSIFICATION_FAILURES, OBJECTS, Table, raw_table


@dataclass(frozen=True)
class LandingReport:
    """What a batch brought. `records` = rows of all log types + failures."""

    batch_id: str
    hour: datetime
    objects: int
    records: int
    failures: int
    raw_bytes: int
    rows_by_log_type: dict[str, int]
    failures_by_reason: dict[str, int]


@dataclass
class _ObjectCount:
    """What was found in one object."""

    item: SourceObject
    prefix: RowPrefix
    state: str = LANDED
    raw_bytes: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        return self.rows.total() + self.failures.total()


def land_batch(
    lake: Lake, batch_id: str, *, source: SourceSettings, registry: Registry, limits: BatchSettings, s3_client: Any = None
) -> LandingReport:
    """Land a batch, again if it was landed before: the same objects give the same rows.

    An object that is gone or rewritten becomes MISSING in the ledger; if an earlier landing has its rows, they stay.

    Args: s3_client: a boto3 client to use instead of a new one.
    Raises: LakeError: no such batch. SourceError: an object cannot be read for now; nothing of the batch is landed.
    """
    with lake.lock(f"batch-{batch_id}"):
        batch = find_batch(lake, batch_id)
        landing = _Landing(lake, batch, source, open_source(source, s3_client=s3_client), registry, limits)
        gone: set[SourceObject] = set()
        while True:
            try:
                counts = landing.read(gone)
            except _GoneLater as error:
                gone.add(error.item)  # rows of it are staged: start again without it
                continue
            landing.commit(counts)
            return _report(batch, counts)


class _GoneLater(Exception):
    """An object that was there when it was opened changed while it was read."""

    def __init__(self, item: SourceObject) -> None:
        super().__init__(item.uri)
        self.item = item


class _Landing:
    def __init__(
        self, lake: Lake, batch: Batch, settings: SourceSettings, source: Source, registry: Registry, limits: BatchSettings
    ) -> None:
        self._lake = lake
        self._batch = batch
        self._settings = settings
        self._source = source
        self._limits = limits
        self._registry = registry
        self._recognizer = Recognizer(registry, settings.log_types)
        self._staged: list[StagedRows] = []
        self._unchanged: list[SourceObject] = []  # gone, with rows of an earlier landing

    def read(self, gone: set[SourceObject]) -> list[_ObjectCount]:
        """Stage the rows of all objects but those that are gone."""
        rows = BatchRows(self._batch, self._settings.source_label)
        counts: list[_ObjectCount] = []
        self._unchanged = []
        try:
            for member in objects_of(self._lake, self._batch.batch_id):
                count = _ObjectCount(member.item, RowPrefix(member.item))
                counts.append(count)
                try:
                    if member.item in gone:
                        raise ObjectGone(member.item.uri)
                    stored = self._source.open(member.item)
                except ObjectGone:
                    self._miss(member, count)
                    continue
                with closing(stored):
                    try:
                        for piece in self._pieces(count, stored):
                            self._take(piece, count, rows)
                            self._stage(rows.full())
                    except ObjectGone as error:
                        raise _GoneLater(member.item) from error
            self._stage(rows.rest())
        except BaseException:
            self._discard()
            raise
        return counts

    def commit(self, counts: list[_ObjectCount]) -> None:
        """Make staged rows and the ledger visible together."""
        batch, unit = self._batch, UnitOfWork(batch_id=self._batch.batch_id)

        def write(tx: Transaction) -> None:
            if batch.state != CUT:
                self._replace_earlier(tx, unit)
            for staged in self._staged:
                tx.append_staged(staged)
            known = {
                row["uri"]: row for row in tx.query(f"select * from {OBJECTS.name} where p_batch_id = ?", [batch.batch_id]).to_pylist()
            }
            write_landed(tx, batch, object_rows([self._ledger_row(count, known[count.item.uri]) for count in counts]))

        try:
            with self._lake.lock(LEDGER):
                self._lake.transact(write)
        except BaseException:
            self._discard()
            raise

    def _pieces(self, count: _ObjectCount, stored: Any) -> Iterator[Records | Failure]:
        def counted() -> Iterator[bytes]:
            for chunk in decompress(stored, max_raw_bytes=self._limits.max_object_raw_bytes):
                count.raw_bytes += len(chunk)
                yield chunk

        return split_records(
            counted(), self._recognizer, wrapper_keys=self._recognizer.wrapper_keys, max_record_bytes=self._limits.max_record_bytes
        )

    def _take(self, piece: Records | Failure, count: _ObjectCount, rows: BatchRows) -> None:
        prefix, first = count.prefix, count.records
        if isinstance(piece, Failure):
            rows.add_failure(prefix, first, piece)
            count.failures[piece.reason.value] += 1
            return
        for verdict, positions in self._recognizer.recognize(piece.texts, piece.heads):
            if verdict.log_type is None:
                for position in positions:
                    failure = _unrecognized(verdict, piece.texts[position])
                    rows.add_failure(prefix, first + position, failure)
                    count.failures[failure.reason.value] += 1
                continue
            count.rows[verdict.log_type] += len(positions)
            if len(positions) == len(piece.texts):
                rows.add(verdict.log_type, prefix, piece.texts, range(first, first + len(piece.texts)))
            else:
                texts = [piece.texts[position] for position in positions]
                rows.add(verdict.log_type, prefix, texts, [first + position for position in positions])

    def _stage(self, full: Iterator[tuple[Table, pa.RecordBatchReader]]) -> None:
        for table, data in full:
            self._staged.append(self._lake.stage(table, data))

    def _discard(self) -> None:
        for staged in self._staged:
            self._lake.discard(staged)
        self._staged.clear()

    def _miss(self, member: LedgerObject, count: _ObjectCount) -> None:
        if member.state != LANDED:
            count.state = MISSING
            return
        self._unchanged.append(member.item)
        where = "p_batch_id = ? and uri = ?"
        (known,) = self._lake.query(f"select * from {OBJECTS.name} where {where}", [self._batch.batch_id, member.item.uri]).to_pylist()
        count.raw_bytes = known["raw_bytes"]
        count.rows.update(json.loads(known["rows_by_log_type"]))
        sql = f"select reason, count(*) as n from {CLASSIFICATION_FAILURES.name} where p_batch_id = ? and p_source_file = ? group by reason"
        failures = self._lake.query(sql, [self._batch.batch_id, member.item.uri])
        count.failures.update({row["reason"]: row["n"] for row in failures.to_pylist()})

    def _ledger_row(self, count: _ObjectCount, known: Mapping[str, Any]) -> dict[str, Any]:
        if count.item in self._unchanged:
            return dict(known)
        return {
            **known,
            "state": count.state,
            "records": count.records,
            "rows_landed": count.rows.total(),
            "failures": count.failures.total(),
            "raw_bytes": count.raw_bytes,
            "rows_by_log_type": json.dumps(dict(sorted(count.rows.items()))),
        }

    def _replace_earlier(self, tx: Transaction, unit: UnitOfWork) -> None:
        """Delete what an earlier landing wrote, but for objects that cannot be read any more."""
        landed = tx.query(f"select uri, rows_by_log_type from {OBJECTS.name} where p_batch_id = ? and state = ?", [unit.batch_id, LANDED])
        log_types = {name for text in landed["rows_by_log_type"].to_pylist() for name in json.loads(text)}
        uris = [item.uri for item in self._unchanged]
        for table in (*(raw_table(name) for name in sorted(log_types)), CLASSIFICATION_FAILURES):
            sql = f"select * from {table.name} where p_batch_id = ? and list_contains(?, p_source_file)"
            old = tx.query(sql, [unit.batch_id, uris]) if uris else None
            tx.delete(table, unit)
            if old is not None and old.num_rows:
                tx.append(table, old)


def _unrecognized(verdict: Verdict, record: bytes) -> Failure:
    reason = FailureReason.AMBIGUOUS_LOG_TYPE if verdict.candidates else FailureReason.NO_LOG_TYPE
    return Failure(reason, verdict.detail, None, record, verdict.candidates)


def _report(batch: Batch, counts: list[_ObjectCount]) -> LandingReport:
    rows: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for count in counts:
        rows.update(count.rows)
        failures.update(count.failures)
    return LandingReport(
        batch.batch_id,
        batch.hour,
        objects=len(counts),
        records=rows.total() + failures.total(),
        failures=failures.total(),
        raw_bytes=sum(count.raw_bytes for count in counts),
        rows_by_log_type=dict(sorted(rows.items())),
        failures_by_reason=dict(sorted(failures.items())),
    )
