"""Source objects -> landed records: one asset for each log type's landing table, with the ledger and the failures beside them."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from panther_dagster.defs.checks import ACCOUNTING, FAILURE_RATE, accounting_result, failure_rate_result
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import spec_of_table
from panther_dagster.defs.units import unit_of_run
from panther_dagster.errors import LakeError
from panther_dagster.settings import SourceSettings
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import BATCHES, CLASSIFICATION_FAILURES, OBJECTS, raw_table

SOURCE_GROUP = "sources"
GROUP = "raw"


def source_specs(sources: Sequence[SourceSettings]) -> list[dg.AssetSpec]:
    """What Dagster does not make itself: the places that objects come from."""
    return [
        dg.AssetSpec(
            ["sources", source.name],
            description=f"Objects below `{source.uri}`. Log types: {', '.join(source.log_types) or 'recognised by content'}.",
            group_name=SOURCE_GROUP,
            kinds={"s3"} if source.uri.startswith("s3://") else {"file"},
        )
        for source in sources
    ]


def raw_logs_assets(log_types: Sequence[str], sources: Sequence[dg.AssetSpec], hours: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """The landing step. It reads each object of its unit once, whatever part of these assets is wanted."""
    deps = [source.key for source in sources]
    tables = [*(raw_table(log_type) for log_type in log_types), OBJECTS, CLASSIFICATION_FAILURES]

    @dg.multi_asset(
        name="land",
        specs=[spec_of_table(table, group=GROUP, deps=deps) for table in tables],
        check_specs=[ACCOUNTING, FAILURE_RATE],
        partitions_def=hours,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def land(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        unit = unit_of_run(context)
        landed = land_unit(lake, unit)
        for key in sorted(context.selected_asset_keys):
            yield dg.MaterializeResult(asset_key=key, metadata=landed.metadata_of(".".join(key.path)))
        wanted = {check.name for check in context.selected_asset_check_keys}
        checks = {
            ACCOUNTING.name: accounting_result(lake.lake, unit),
            FAILURE_RATE.name: failure_rate_result(landed.records, landed.failures),
        }
        yield from (result for name, result in checks.items() if name in wanted)

    return land


@dataclass(frozen=True)
class Landed:
    """Sums over the batches of a unit. `raw_bytes`: uncompressed."""

    objects: int
    records: int
    failures: int
    raw_bytes: int
    rows_by_table: Mapping[str, int]
    seconds: float

    def metadata_of(self, table: str) -> dict[str, int | float]:
        """What Dagster plots for one of the landing assets."""
        if table == OBJECTS.name:
            return {"objects": self.objects, "events": self.records, "bytes": self.raw_bytes, "seconds": self.seconds}
        if table == CLASSIFICATION_FAILURES.name:
            return {"failures": self.failures}
        return {"events": self.rows_by_table.get(table, 0)}


def land_unit(resource: LakeResource, unit: UnitOfWork) -> Landed:
    """Land every batch of a unit from its source, again if it was landed before: a batch keeps its objects for ever.

    Raises: LakeError: the unit is a batch that was never cut; an hour may have none.
    """
    from panther_dagster.ingest.landing import LandingReport, land_batch

    start = time.perf_counter()
    settings, lake = resource.installation, resource.lake
    sql = f"select p_batch_id, p_source_id from {BATCHES.name} where {unit.predicate} order by cut_time, p_batch_id"
    batches = lake.query(sql, unit.parameters).to_pylist()
    if unit.batch_id and not batches:
        raise LakeError(f"no batch '{unit.batch_id}' has been cut; `panther sources status` lists them")
    reports: list[LandingReport] = []
    for batch in batches:
        source = settings.source(batch["p_source_id"])
        client = resource.s3_client(source)
        report = land_batch(lake, batch["p_batch_id"], source=source, registry=resource.registry, limits=settings.batches, s3_client=client)
        reports.append(report)
    rows: Counter[str] = Counter()
    for report in reports:
        rows.update({raw_table(log_type).name: count for log_type, count in report.rows_by_log_type.items()})
    return Landed(
        objects=sum(report.objects for report in reports),
        records=sum(report.records for report in reports),
        failures=sum(report.failures for report in reports),
        raw_bytes=sum(report.raw_bytes for report in reports),
        rows_by_table=rows,
        seconds=round(time.perf_counter() - start, 3),
    )
