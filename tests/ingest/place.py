"""A source folder and a lake for tests of ingestion: write objects, ingest them, look at what landed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from panther_dagster.ingest.accounting import check_accounting
from panther_dagster.ingest.batching import cut_batches, unfinished_batches
from panther_dagster.ingest.landing import LandingReport, land_batch
from panther_dagster.ingest.ledger import CUT, Batch
from panther_dagster.log_types.registry import Registry, load_registry
from panther_dagster.settings import PROJECT_ROOT, BatchSettings, SourceSettings
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import BATCHES, CLASSIFICATION_FAILURES, OBJECTS, raw_table

FIRST_HOUR = datetime(2024, 1, 1)
HOUR = datetime(2024, 5, 1, 12)
NOW = datetime(2024, 5, 1, 12, 30)
OKTA = "Okta.SystemLog"


@cache
def registry() -> Registry:
    """The project's own log types."""
    return load_registry(PROJECT_ROOT / "dbt_project")


def okta(number: int | str, **more: Any) -> bytes:
    """An Okta event that can be told from others."""
    event = {"uuid": f"u{number}", "published": "2024-05-01T12:00:00.000Z", "eventType": "user.session.start", "actor": {"id": "00u1"}}
    return json.dumps({**event, **more}, separators=(",", ":")).encode()


def okta_with(text: bytes, number: int | str = 0) -> bytes:
    """An Okta event whose `debugContext` is this text, good JSON or not."""
    return okta(number)[:-1] + b',"debugContext":' + text + b"}"


class Place:
    """A folder that is a source, and a lake."""

    def __init__(self, lake: Lake, folder: Path, *, log_types: tuple[str, ...] = ()) -> None:
        self.lake = lake
        self.folder = folder
        self.source = SourceSettings(name="test", uri=str(folder), label="Test", log_types=log_types)
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, data: bytes | Iterable[bytes], *, modified: datetime = HOUR) -> Path:
        """Put an object into the source, as delivered at `modified` (UTC)."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else b"\n".join(data) + b"\n")
        time = modified.replace(tzinfo=UTC).timestamp()
        os.utime(path, (time, time))
        return path

    def cut(self, now: datetime = NOW, **limits: int) -> list[Batch]:
        """Cut batches of what is new."""
        return cut_batches(self.lake, self.source, limits=BatchSettings(**limits), first_hour=FIRST_HOUR, now_utc=now)

    def land(self, batch_id: str, **limits: int) -> LandingReport:
        """Land one batch; what is in the lake then must add up."""
        report = land_batch(self.lake, batch_id, source=self.source, registry=registry(), limits=BatchSettings(**limits))
        assert check_accounting(self.lake, UnitOfWork(batch_id=batch_id)) == []
        return report

    def ingest(self, now: datetime = NOW, **limits: int) -> list[LandingReport]:
        """Cut what is new, and land every batch that is not."""
        self.cut(now, **limits)
        return [self.land(batch.batch_id, **limits) for batch in unfinished_batches(self.lake) if batch.state == CUT]

    def ingest_one(self, data: bytes | Iterable[bytes], name: str = "o.json", **limits: int) -> LandingReport:
        """Ingest one object."""
        self.write(name, data)
        (report,) = self.ingest(**limits)
        return report

    def texts(self, log_type: str = OKTA) -> list[str]:
        """Landed texts by object and index."""
        if not self.lake.has_table(raw_table(log_type).name):
            return []
        sql = f"select p_raw_event from {raw_table(log_type).name} order by p_source_file, p_record_index"
        return self.lake.query(sql)["p_raw_event"].to_pylist()

    def numbers(self) -> list[str]:
        """Of the Okta events that landed, by object and index."""
        return [json.loads(text)["uuid"] for text in self.texts()]

    def failures(self) -> list[tuple[str, int, str]]:
        """(object's name, record index, reason) of each failure."""
        sql = f"select p_source_file as uri, p_record_index as i, reason from {CLASSIFICATION_FAILURES.name} order by uri, i"
        return [(self.name_of(row["uri"]), row["i"], row["reason"]) for row in self.lake.query(sql).to_pylist()]

    def failure(self) -> dict[str, Any]:
        """The only failure."""
        (row,) = self.lake.query(f"select * from {CLASSIFICATION_FAILURES.name}").to_pylist()
        return row

    def ledger(self) -> dict[str, str]:
        """State by object; the name has `#2` and so on for further versions."""
        states: dict[str, str] = {}
        for row in self.lake.query(f"select uri, state from {OBJECTS.name} order by uri, modified_time, p_batch_id").to_pylist():
            name, version = self.name_of(row["uri"]), 1
            while (key := name if version == 1 else f"{name}#{version}") in states:
                version += 1
            states[key] = row["state"]
        return states

    def name_of(self, uri: str) -> str:
        """Path of an object below the source."""
        return unquote(uri.removeprefix(self.folder.as_uri() + "/"))


def fingerprint(lake: Lake) -> dict[str, str]:
    """A hash of each table's rows that does not depend on their order."""
    tables = [raw_table(name) for name in registry().names if lake.has_table(raw_table(name).name)]
    hashes = {}
    for table in (*tables, OBJECTS, BATCHES, CLASSIFICATION_FAILURES):
        rows = sorted(json.dumps(row, default=str, sort_keys=True) for row in lake.query(f"select * from {table.name}").to_pylist())
        hashes[table.name] = f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()}"
    return hashes
