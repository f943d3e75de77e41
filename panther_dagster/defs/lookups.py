"""Sources of lookup tables -> versions of their rows in the lake: loaded on a schedule, each an asset; no part of the flow of a batch."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import OWNERS, table_key
from panther_dagster.settings import Settings

if TYPE_CHECKING:
    from panther_dagster.detect.lookups.declaration import LookupDeclaration
    from panther_dagster.detect.lookups.history import LookupHistory

GROUP = "lookups"
LOOKUPS_JOB = "load_lookups"


def lookup_tables(settings: Settings) -> Sequence["LookupDeclaration"]:
    """The enabled lookup tables that have a source. What is wrong with others is said by the steps that use them."""
    from panther_dagster.detect.lookups.declaration import read_lookup_tables

    catalog = read_lookup_tables(settings.rules.paths, sources=settings.rules.lookup_sources)
    return [table for table in catalog.enabled if table.source is not None]


def lookup_key(table: "LookupDeclaration") -> dg.AssetKey:
    """The asset of a lookup table: panther_lookups/<name>."""
    return table_key(table.view)


def lookups_assets(tables: Sequence["LookupDeclaration"]) -> dg.AssetsDefinition | None:
    """One asset for each lookup table; None without tables. The same rows again are no new version."""
    if not tables:
        return None
    name_by_key = {lookup_key(table): table.name for table in tables}

    @dg.multi_asset(name="lookups", specs=[_spec(table) for table in tables], can_subset=True)
    def load_lookups(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult]:
        from panther_dagster.detect.lookups.history import load_lookup_tables

        lake.dbt.ensure_tables()  # a seed or mart may be a source
        names = [name_by_key[key] for key in sorted(context.selected_asset_keys)]
        reports = {report.name: report for report in load_lookup_tables(lake.lake, lake.lookups, clock=_now, names=names)}
        failed = []
        for key in sorted(context.selected_asset_keys):
            report = reports[name_by_key[key]]
            for problem in report.problems:
                context.log.warning(f"lookup table {report.name}: {problem}")
            if report.valid_from is None:
                failed.append(f"{report.name}: {'; '.join(str(problem) for problem in report.problems)}")
                continue
            metadata: dict[str, str | int] = {
                "state": report.state,
                "rows": report.rows or 0,
                "skipped": report.skipped,
                "valid_from": f"{report.valid_from}Z",
            }
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)
        if failed:
            raise dg.Failure("; ".join(failed))

    return load_lookups


def lookup_history(context: dg.AssetExecutionContext | dg.OpExecutionContext, lake: LakeResource) -> "LookupHistory":
    """Lookup tables for one detection. What is wrong with them is logged: rules run without them."""
    from panther_dagster.detect.lookups.history import LoadReport, LookupHistory

    def note(report: LoadReport) -> None:
        for problem in report.problems:
            context.log.warning(f"lookup table {report.name}: {problem}")

    for problem in lake.lookups.errors:
        context.log.warning(str(problem))
    return LookupHistory(lake.lake, lake.lookups, clock=_now, note=note)


def _spec(table: "LookupDeclaration") -> dg.AssetSpec:
    source = table.source
    deps = [table_key(source.table)] if source is not None and source.table else []
    return dg.AssetSpec(
        lookup_key(table),
        deps=deps,
        description=table.description or f"Lookup table {table.name}.",
        metadata={"dagster/table_name": f"lake.{table.view}", "source": str(source)},
        group_name=GROUP,
        owners=list(OWNERS),
        kinds={"python"},
        tags={"lake/schema": table.view.split(".")[0]},
    )


def _now() -> datetime:
    return utc_now().replace(tzinfo=None)
