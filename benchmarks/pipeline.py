"""CloudTrail objects -> landed, normalized and indexed rows, against the same work at its physical limit.

The limit of this design: gunzip, one typed parse, and both writes (raw and normalized rows as Parquet), each by the fastest library
there is and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec
from isal import igzip

from benchmarks.claim import Claim, Seconds, peak_rss_bytes
from benchmarks.cloudtrail import write_cloudtrail
from panther_dagster.ingest.batching import cut_batches
from panther_dagster.ingest.landing import land_batch
from panther_dagster.log_types.registry import load_registry
from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import LakeSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.embedded import FILE_FORMAT, EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork

LOG_TYPE = "AWS.CloudTrail"
LIMIT_BYTES = 200_000_000  # uncompressed; the limit is measured on this much of the input
NEEDED_RATIO = 0.33


class _Issuer(msgspec.Struct, gc=False):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None
    accountId: str | None = None
    userName: str | None = None


class _Session(msgspec.Struct, gc=False):
    sessionIssuer: _Issuer | None = None
    attributes: dict[str, str] | None = None


class _Identity(msgspec.Struct, gc=False):
    type: str | None = None
    principalId: str | None = None
    arn: str | None = None
    accountId: str | None = None
    accessKeyId: str | None = None
    userName: str | None = None
    sessionContext: _Session | None = None


class _Record(msgspec.Struct, gc=False):
    """The typed parse of the limit: what the declaration types, with open parts kept as text."""

    eventTime: str
    eventName: str
    eventSource: str
    awsRegion: str | None = None
    eventID: str | None = None
    eventVersion: str | None = None
    userIdentity: _Identity | None = None
    sourceIPAddress: str | None = None
    userAgent: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    requestID: str | None = None
    readOnly: bool | None = None
    eventType: str | None = None
    managementEvent: bool | None = None
    eventCategory: str | None = None
    recipientAccountId: str | None = None
    resources: list[dict[str, str]] | None = None
    tlsDetails: dict[str, str] | None = None
    requestParameters: msgspec.Raw = msgspec.Raw(b"null")
    responseElements: msgspec.Raw = msgspec.Raw(b"null")
    additionalEventData: msgspec.Raw = msgspec.Raw(b"null")


class _Object(msgspec.Struct, gc=False):
    Records: list[_Record]


def run(work: Path, given: Path | None) -> list[Claim]:
    """Land, normalize and index `given` (default: 200 MB of our own), then measure the limit on the same objects."""
    folder = given or write_cloudtrail(work / "objects", raw_bytes=200_000_000)
    settings = Settings(home=work / "home", lake=LakeSettings(threads=1))
    source = SourceSettings(name="bench", uri=str(folder), log_types=(LOG_TYPE,), pattern="**/*.json.gz")
    registry = load_registry(settings.dbt_project)
    lake = open_lake(settings)
    project = DbtProject(settings, lake)
    project.ensure_tables()  # once an installation: parses the project
    now = datetime(2030, 1, 1)
    ours, raw_bytes, records = Seconds(), 0, 0
    with ours.measure("cut"):
        batches = cut_batches(lake, source, limits=settings.batches, first_hour=settings.schedule.first_hour, now_utc=now)
    for batch in batches:
        with ours.measure("land"):
            report = land_batch(lake, batch.batch_id, source=source, registry=registry, limits=settings.batches)
        raw_bytes += report.raw_bytes
        records += report.records
        with ours.measure("normalize and index"):
            project.build(UnitOfWork(batch_id=batch.batch_id), log_types=[LOG_TYPE])
    peak = peak_rss_bytes()
    assert isinstance(lake, EmbeddedLake)
    _check(lake, folder, records)
    limit, limit_bytes = _limit(lake, folder, work)
    lake.close()
    megabytes = raw_bytes / 1e6
    for step, seconds in ours.by_step.items():
        print(f"ours  {step:24} {seconds:7.2f} s  {megabytes / seconds:7.0f} MB/s")
    for step, seconds in limit.by_step.items():
        print(f"limit {step:24} {seconds:7.2f} s  {limit_bytes / 1e6 / seconds:7.0f} MB/s")
    print(f"{records} records, {megabytes:.0f} MB uncompressed, {len(batches)} batches, peak RSS {peak / 2**20:.0f} MiB")
    rate, limit_rate = megabytes / ours.total, limit_bytes / 1e6 / limit.total
    return [Claim("land + normalize + index", rate, limit_rate, "MB/s/core", "gunzip + typed parse + both writes", NEEDED_RATIO)]


def _check(lake: EmbeddedLake, folder: Path, records: int) -> None:
    """Counts, and planted values where the input has a truth.json beside its objects."""
    landed = lake.query("select count(*) as n, count(distinct p_row_id) as ids from panther_logs.aws_cloudtrail").to_pylist()[0]
    assert landed == {"n": records, "ids": records}, (landed, records)
    truth_file = folder / "truth.json"
    if not truth_file.exists():
        return
    truth = json.loads(truth_file.read_text())
    assert records == truth["events"], (records, truth["events"])
    names = lake.query("select eventName as name, count(*) as n from panther_logs.aws_cloudtrail group by 1").to_pylist()
    assert {row["name"]: row["n"] for row in names} == truth["by_event_name"]
    for value, places in truth.get("needles", {}).items():
        found = lake.query("select eventID as id from panther_logs.aws_cloudtrail where contains(p_raw_event, ?)", [value]).to_pylist()
        assert sorted(row["id"] for row in found) == sorted(place["eventID"] for place in places), value
        if value.count(".") == 3:
            seen = lake.query("select sum(events)::bigint as n from panther_indicators.indicators where value = ?", [value]).to_pylist()
            assert seen == [{"n": len(places)}], (value, seen)


def _limit(lake: EmbeddedLake, folder: Path, work: Path) -> tuple[Seconds, int]:
    seconds, size = Seconds(), 0
    decoder = msgspec.json.Decoder(_Object)
    for content in _some(folder):
        with seconds.measure("gunzip"):
            text = igzip.decompress(content)
        with seconds.measure("typed parse"):
            decoder.decode(text)
        size += len(text)
    share = size / max(1, lake.query("select sum(strlen(p_raw_event)) as n from panther_raw.aws_cloudtrail").to_pylist()[0]["n"])
    connection = duckdb.connect(config={"threads": 1, "preserve_insertion_order": False})
    connection.execute("set enable_progress_bar = false")
    for step, table in (("write raw", "panther_raw.aws_cloudtrail"), ("write normalized", "panther_logs.aws_cloudtrail")):
        rows = lake.query(f"select * from {table} using sample {min(100.0, 100 * share):.2f} percent (system)")
        connection.register("ready", rows)
        connection.execute("create or replace temp table stored as from ready")
        with seconds.measure(step):
            connection.execute(f"copy stored to '{work / 'limit.parquet'}' ({FILE_FORMAT})")
    return seconds, size


def _some(folder: Path) -> Iterator[bytes]:
    size = 0
    for file in sorted(folder.rglob("*.json.gz")):
        content = file.read_bytes()
        yield content
        size += len(content) * 7  # about what CloudTrail's gzip saves
        if size > LIMIT_BYTES:
            return
