"""Asset checks of what rules cost, how many alerts they make, and which are in quarantine.

Hourly, over a day: a batch is too short to tell, and must not wait.
"""

# Without `from __future__ import annotations`: Dagster refuses a context whose annotation is a string.
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from panther_dagster.defs.alerts import ALERTS
from panther_dagster.defs.batch_runs import utc_now
from panther_dagster.defs.resources import LakeResource
from panther_dagster.defs.tables import table_key
from panther_dagster.settings import RulesSettings
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import SIGNALS

PERIOD = timedelta(days=1)
MOST_LISTED = 50
SLOW_RULES = dg.AssetCheckSpec(
    "slow_rules",
    asset=table_key(SIGNALS.name),
    description="Warns of rules that took more CPU time for an event than rules.slow_microseconds, over the last day.",
)
NOISY_RULES = dg.AssetCheckSpec(
    "noisy_rules", asset=ALERTS, description="Warns of rules that made more than rules.noisy_alerts_per_day alerts in the last day."
)

QUARANTINED_RULES = dg.AssetCheckSpec(
    "quarantined_rules",
    asset=table_key(SIGNALS.name),
    description="Warns of rules that are not run because limits stopped them rules.quarantine_after times.",
)


def rule_checks() -> dg.AssetChecksDefinition:
    """The three checks."""

    @dg.multi_asset_check(name="rule_checks", specs=[SLOW_RULES, NOISY_RULES, QUARANTINED_RULES], can_subset=True)
    def check_rules(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
        wanted = {key.name for key in context.selected_asset_check_keys}
        results = rule_results(lake.lake, lake.installation.rules, now_utc=utc_now().replace(tzinfo=None))
        yield from (result for result in results if result.check_name in wanted)

    return check_rules


def rule_results(lake: Lake, settings: RulesSettings, *, now_utc: datetime) -> Iterator[dg.AssetCheckResult]:
    """Results over the hours of delivery of the last day, and of quarantine as it is now. One query each. `now_utc`: naive."""
    from panther_dagster.detect.quarantine import Quarantine
    from panther_dagster.detect.rule_numbers import alerts_by_rule, quarantined_rules, rule_costs
    from panther_dagster.detect.rule_report import RuleThresholds, is_noisy, is_slow

    thresholds = RuleThresholds(settings.slow_microseconds, settings.slow_cpu_seconds, settings.noisy_alerts_per_day)
    hours = (now_utc - PERIOD, now_utc)
    slow = {
        rule_id: {
            "microseconds_per_candidate": round(numbers.microseconds_per_candidate or 0.0, 1),
            "candidates": numbers.candidates,
            "cpu_seconds": round(numbers.cpu_seconds, 3),
        }
        for rule_id, numbers in rule_costs(lake, hours).items()
        if is_slow(numbers, thresholds)
    }
    yield _result(SLOW_RULES, slow, "cpu_seconds")
    days = PERIOD / timedelta(days=1)
    noisy = {
        rule_id: {"alerts_per_day": alerts} for rule_id, alerts in alerts_by_rule(lake, hours).items() if is_noisy(alerts, days, thresholds)
    }
    yield _result(NOISY_RULES, noisy, "alerts_per_day")
    quarantine = Quarantine(settings.quarantine_after, timedelta(hours=settings.quarantine_hours), now_utc)
    left_out = {
        rule.rule_id: {"stops": rule.stops, "until": f"{rule.until}Z", "last": rule.last_stop}
        for rule in quarantined_rules(lake, quarantine)
    }
    yield _result(QUARANTINED_RULES, left_out, "stops")


def _result(spec: dg.AssetCheckSpec, numbers_by_rule: Mapping[str, Mapping[str, Any]], size: str) -> dg.AssetCheckResult:
    """Passes without rules; lists those with the largest numbers first."""
    largest = sorted(numbers_by_rule.items(), key=lambda pair: (-pair[1][size], pair[0]))[:MOST_LISTED]
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=not numbers_by_rule,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "rules": len(numbers_by_rule),
            "first": dg.MetadataValue.json([{"rule_id": rule_id, **numbers} for rule_id, numbers in largest]),
        },
    )
