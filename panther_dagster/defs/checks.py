"""Asset checks: what must hold after a step, how fresh each source is, and dbt's tests.

Checks of a step are evaluated in that step (a step of their own costs a tenth of a second and ten events, in every run); those of
sources and tables run on a schedule.
"""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import Nodes, table_key
from panther_dagster.normalize.dbt import relation
from panther_dagster.settings import SourceSettings
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import BATCHES, CLASSIFICATION_FAILURES, OBJECTS, RULE_ERRORS, SIGNALS

if TYPE_CHECKING:
    from panther_dagster.detect.limits import LimitedRules

# A new log type or a broken collector shows as a share, not as a count.
FAILURE_RATE_WARNING = 0.01
# A batch takes seconds; one that is older has failed again and again.
STUCK_AFTER = timedelta(hours=1)

ACCOUNTING = dg.AssetCheckSpec(
    "accounting", asset=table_key(OBJECTS.name), description="For each object: records read = rows landed + classification failures."
)
FAILURE_RATE = dg.AssetCheckSpec(
    "failure_rate",
    asset=table_key(CLASSIFICATION_FAILURES.name),
    description=f"Warns when more than {FAILURE_RATE_WARNING:.0%} of the records could not be classified.",
)
RULE_ERRORS_CHECK = dg.AssetCheckSpec(
    "no_rule_errors", asset=table_key(RULE_ERRORS.name), description="Warns when a rule raised or returned something else than a bool."
)
RULES_LOAD = dg.AssetCheckSpec(
    "rules_load", asset=table_key(SIGNALS.name), description="Every rule file loads; one that does not costs itself."
)


def accounting_result(lake: Lake, unit: UnitOfWork) -> dg.AssetCheckResult:
    """Fails with the objects whose numbers do not add up."""
    from panther_dagster.ingest.accounting import check_accounting

    wrong = check_accounting(lake, unit)
    metadata = {"objects": len(wrong), "first": dg.MetadataValue.json([{k: str(v) for k, v in row.items()} for row in wrong[:20]])}
    return _result(ACCOUNTING, not wrong, dg.AssetCheckSeverity.ERROR, metadata)


def failure_rate_result(records: int, failures: int) -> dg.AssetCheckResult:
    """Warns above the threshold."""
    rate = failures / records if records else 0.0
    return _result(FAILURE_RATE, rate <= FAILURE_RATE_WARNING, dg.AssetCheckSeverity.WARN, {"rate": rate, "failures": failures})


def rule_errors_result(errors: int) -> dg.AssetCheckResult:
    """Warns when there is any; the rows are in panther_signals.rule_errors."""
    return _result(RULE_ERRORS_CHECK, errors == 0, dg.AssetCheckSeverity.WARN, {"errors": errors})


def rules_load_result(rules: "LimitedRules", more_errors: Sequence[Exception] = ()) -> dg.AssetCheckResult:
    """Warns with file and line of the rules that do not load. `more_errors`: of rules of other kinds."""
    texts = list(dict.fromkeys(str(error) for error in (*rules.errors, *more_errors)))
    return _result(
        RULES_LOAD, not texts, dg.AssetCheckSeverity.WARN, {"rules": len(rules.rules), "errors": dg.MetadataValue.json(texts[:50])}
    )


def source_checks(sources: Sequence[SourceSettings]) -> dg.AssetChecksDefinition | None:
    """Two checks for each source: it has delivered lately, and each of its batches has been processed. None without sources."""
    if not sources:
        return None
    specs = [
        spec
        for source in sources
        for spec in (
            dg.AssetCheckSpec(
                "is_fresh", asset=["sources", source.name], description=f"An object within {source.fresh_within_hours:g} hours."
            ),
            dg.AssetCheckSpec("no_batch_is_stuck", asset=["sources", source.name], description="Each batch is processed within an hour."),
        )
    ]

    @dg.multi_asset_check(name="source_checks", specs=specs, can_subset=True)
    def check_sources(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
        results = source_results(lake.lake, sources, now_utc=utc_now().replace(tzinfo=None))
        wanted = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        yield from (result for result in results if (result.asset_key, result.check_name) in wanted)

    return check_sources


def source_results(lake: Lake, sources: Sequence[SourceSettings], *, now_utc: datetime) -> Iterator[dg.AssetCheckResult]:
    """Results for each source. `now_utc`: naive."""
    newest = f"select p_source_id as name, max(modified_time) as time from {OBJECTS.name} group by 1"
    time_by_name = {row["name"]: row["time"] for row in lake.query(newest).to_pylist()}
    stuck = f"select p_source_id as name, p_batch_id from {BATCHES.name} where state <> 'DONE' and cut_time < ? order by cut_time"
    stuck_rows = lake.query(stuck, [now_utc - STUCK_AFTER]).to_pylist()
    for source in sources:
        time = time_by_name.get(source.name)
        is_fresh = time is not None and now_utc - time <= timedelta(hours=source.fresh_within_hours)
        age = {"hours": round((now_utc - time).total_seconds() / 3600, 2)} if time else {}
        yield dg.AssetCheckResult(
            asset_key=["sources", source.name], check_name="is_fresh", passed=is_fresh, severity=dg.AssetCheckSeverity.WARN, metadata=age
        )
        batches = [row["p_batch_id"] for row in stuck_rows if row["name"] == source.name]
        yield dg.AssetCheckResult(
            asset_key=["sources", source.name],
            check_name="no_batch_is_stuck",
            passed=not batches,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"batches": len(batches), "first": dg.MetadataValue.json(batches[:20])},
        )


def dbt_tests(nodes: Nodes) -> dg.AssetChecksDefinition | None:
    """dbt's tests as checks of the tables that they test; they scan whole tables, so they run on a schedule."""
    tests = [node for node in nodes.values() if node["resource_type"] == "test" and node.get("attached_node") in nodes]
    if not tests:
        return None
    table_by_test = {node["unique_id"]: relation(nodes[node["attached_node"]]) for node in tests}
    specs = [
        dg.AssetCheckSpec(node["name"], asset=table_key(table_by_test[node["unique_id"]]), description=node.get("description") or None)
        for node in tests
    ]

    @dg.multi_asset_check(name="dbt_tests", specs=specs, can_subset=True)
    def run_dbt_tests(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
        for result in lake.dbt.test([key.name for key in sorted(context.selected_asset_check_keys)]):
            yield dg.AssetCheckResult(
                asset_key=table_key(table_by_test[result.unique_id]),
                check_name=result.name,
                passed=result.state == "pass",
                severity=dg.AssetCheckSeverity.WARN if result.state == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"failures": result.failures, "seconds": round(result.seconds, 3), "text": result.text},
            )

    return run_dbt_tests


def _result(spec: dg.AssetCheckSpec, passed: bool, severity: dg.AssetCheckSeverity, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=passed, severity=severity, metadata=metadata)
