"""Landing of gzipped CloudTrail, beside its floor: gunzip, split by msgspec and nothing else."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
from isal import igzip

from benchmarks.claim import Claim, Seconds, peak_rss_bytes
from benchmarks.cloudtrail import write_cloudtrail
from panther_dagster.ingest.batching import cut_batches
from panther_dagster.ingest.landing import land_batch
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import LakeSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake

RAW_BYTES = 200_000_000


class _Wrapper(msgspec.Struct):
    Records: list[msgspec.Raw]


def run(work: Path, given: Path | None) -> list[Claim]:
    """Land `given` (default: 200 MB of our own), and run the floor on the same objects, with and without writing Parquet."""
    folder = given or write_cloudtrail(work / "objects", raw_bytes=RAW_BYTES)
    settings = Settings(home=work / "home", lake=LakeSettings(threads=1))
    source = SourceSettings(name="bench", uri=str(folder), log_types=("AWS.CloudTrail",), pattern="**/*.json.gz")
    registry, lake = load_registry(settings.dbt_project), open_lake(settings)
    ours, raw_bytes, records = Seconds(), 0, 0
    first_hour = settings.schedule.first_hour
    for batch in cut_batches(lake, source, limits=settings.batches, first_hour=first_hour, now_utc=datetime(2030, 1, 1)):
        with ours.measure("land"):
            report = land_batch(lake, batch.batch_id, source=source, registry=registry, limits=settings.batches)
        assert report.failures == 0, report.failures_by_reason
        raw_bytes, records = raw_bytes + report.raw_bytes, records + report.records
    lake.close()
    peak = peak_rss_bytes()
    floor = _floor(folder, work, records)
    megabytes = raw_bytes / 1e6
    for step, seconds in floor.by_step.items():
        print(f"floor {step:24} {seconds:7.2f} s  {megabytes / seconds:7.0f} MB/s")
    print(f"{records} records, {megabytes:.0f} MB uncompressed, peak RSS {peak / 2**20:.0f} MiB")
    reading = megabytes / (floor.by_step["gunzip"] + floor.by_step["split"])
    rate = megabytes / ours.total
    return [
        Claim("land", rate, reading, "MB/s/core", "gunzip + split"),
        Claim("land", rate, megabytes / floor.total, "MB/s/core", "gunzip + split + text as Parquet"),
    ]


def _floor(folder: Path, work: Path, records: int) -> Seconds:
    seconds, found = Seconds(), 0
    decoder = msgspec.json.Decoder(_Wrapper)
    connection = duckdb.connect(config={"threads": 1, "preserve_insertion_order": False})
    for file in sorted(folder.rglob("*.json.gz")):
        content = file.read_bytes()
        with seconds.measure("gunzip"):
            text = igzip.decompress(content)
        with seconds.measure("split"):
            events = decoder.decode(text).Records
        found += len(events)
        with seconds.measure("write"):
            table = pa.table({"p_raw_event": pa.array(map(bytes, events), pa.binary()).cast(pa.string())})
            connection.register("events", table)
            connection.execute(f"copy events to '{work / 'floor.parquet'}' (format parquet, compression zstd, compression_level 1)")
    assert found == records, (found, records)
    return seconds
