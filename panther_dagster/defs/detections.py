"""Normalized rows -> rule matches: every rule on every event of the unit, then correlation rules on the signals around them."""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.checks import RULE_ERRORS_CHECK, RULES_LOAD, rule_errors_result, rules_load_result
from panther_dagster.defs.lookups import lookup_history
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import Nodes, normalized_nodes, spec_of_table, table_key
from panther_dagster.defs.units import unit_of_run
from panther_dagster.normalize.dbt import relation
from panther_dagster.storage.tables import RULE_ERRORS, SIGNALS

GROUP = "detections"


def rule_matches_assets(nodes: Nodes, hours: dg.PartitionsDefinition, lookups: Sequence[dg.AssetKey] = ()) -> dg.AssetsDefinition:
    """The detection step. `lookups`: tables that explain events to rules."""
    deps = [*(table_key(relation(node)) for node in normalized_nodes(nodes)), *lookups]

    @dg.multi_asset(
        name="rule_matches",
        specs=[spec_of_table(table, group=GROUP, deps=deps) for table in (SIGNALS, RULE_ERRORS)],
        check_specs=[RULE_ERRORS_CHECK, RULES_LOAD],
        partitions_def=hours,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def rule_matches(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        from panther_dagster.detect.correlation.correlating import correlate
        from panther_dagster.detect.detection import detect

        names = {destination.name: destination.name for destination in lake.installation.destinations}
        unit, lookups = unit_of_run(context), lookup_history(context, lake)
        report = detect(
            lake.lake,
            unit,
            rules=lake.rules,
            registry=lake.registry,
            destinations=names or None,
            lookups=lookups,
            quarantine=lake.quarantine(utc_now().replace(tzinfo=None)),
        )
        # Now, and not before detection: it must see what other runs have committed meanwhile.
        correlated = correlate(lake.lake, unit, rules=lake.correlation_rules.rules, now_utc=utc_now().replace(tzinfo=None))
        metadata_by_table: dict[str, dict[str, Any]] = {
            SIGNALS.name: {
                "events": report.events,
                "matches": report.matches,
                "correlated": correlated.signals,
                "rules": report.rules,
                "seconds": round(report.seconds, 3),
                "cpu_seconds": round(report.cpu_seconds, 3),
            },
            RULE_ERRORS.name: {
                "errors": report.errors,
                "quarantined": dg.MetadataValue.json(sorted(lake.rules.quarantined_ids | lake.rules.left_out_ids)),
            },
        }
        for key in sorted(context.selected_asset_keys):
            yield dg.MaterializeResult(asset_key=key, metadata=metadata_by_table[".".join(key.path)])
        wanted = {check.name for check in context.selected_asset_check_keys}
        checks = {
            RULE_ERRORS_CHECK.name: rule_errors_result(report.errors),
            RULES_LOAD.name: rules_load_result(lake.rules, lake.correlation_rules.errors),
        }
        yield from (result for name, result in checks.items() if name in wanted)

    return rule_matches
