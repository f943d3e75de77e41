"""A backtest from its rules to its report: each row is read once and given to one or two versions of the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from panther_dagster.backtest.alerting import BacktestAlert, alerts_of
from panther_dagster.backtest.comparison import Difference, difference
from panther_dagster.detect.backtest import Findings, RuleFindings, TimeRange, read_rows, stored_rows
from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.lookups.history import LookupHistory
from panther_dagster.errors import BacktestError, RuleError
from panther_dagster.storage.lake import Lake


@dataclass(frozen=True)
class RuleVersion:
    """One version of the rules: loaded with `only`, and the lookup tables that explain events to them."""

    rules: LimitedRules
    lookups: LookupHistory | None = None


@dataclass(frozen=True)
class VersionReport:
    """What one version of the rules found. A rule that is not in `by_rule` does not exist in it, or does not load (`errors`)."""

    by_rule: Mapping[str, RuleFindings]
    alerts: tuple[BacktestAlert, ...]
    errors: tuple[RuleError, ...]
    unreadable_events: int

    def alerts_of(self, rule_id: str, alert_type: str = "RULE") -> list[BacktestAlert]:
        """The rule's alerts of a type."""
        return [alert for alert in self.alerts if (alert.rule_id, alert.alert_type) == (rule_id, alert_type)]


@dataclass(frozen=True)
class BacktestReport:
    """What the rules as they are found, and with a base what that version found and what differs."""

    times: TimeRange
    events_by_log_type: Mapping[str, int]
    present: VersionReport
    base: VersionReport | None = None
    difference: Difference | None = None


def run_backtest(
    lake: Lake,
    present: RuleVersion,
    base: RuleVersion | None = None,
    *,
    times: TimeRange,
    destinations: Mapping[str, str] | None = None,
    on_rows: Callable[[int, int], None] = lambda done, total: None,
    needs_events: bool = True,
) -> BacktestReport:
    """Run the versions' rules over the events of the range. The lake is only read.

    Memory holds one batch of rows, and of each match what its alert needs. What rules keep in globals lasts for the whole range.

    Args: destinations: id by display name, as for detection.detect. on_rows: is told how many rows are done, and how many there are.
    needs_events: False reports nothing where there is nothing, instead of raising.
    Raises: BacktestError: the range has no event of the rules' log types. RuleError: no rule loads.
    """
    versions = [present] if base is None else [present, base]
    log_types = {log_type for version in versions for log_type in version.rules.log_types}
    if not log_types and needs_events:
        errors = present.rules.errors
        raise errors[0] if errors else RuleError("none of the rules can be loaded")
    stored = stored_rows(lake, log_types, times)
    if not stored and needs_events:
        raise BacktestError(f"the lake has no event of {', '.join(sorted(log_types))} with an event time in {times}")
    findings = [Findings(version.rules, lookups=version.lookups, destinations=destinations) for version in versions]
    done, total = 0, sum(one.rows for one in stored)
    on_rows(done, total)
    for one in stored:
        for rows in read_rows(lake, one, times):
            for found in findings:
                found.take(rows, one.log_type)
            done += rows.num_rows
            on_rows(done, total)
    cut_times = _cut_times(lake)
    reports = [_report(version, found, cut_times) for version, found in zip(versions, findings, strict=True)]
    changes = None
    if base is not None:
        after, before = findings
        changes = difference(reports[1].alerts, reports[0].alerts, matches_before=_matches(before), matches_after=_matches(after))
    return BacktestReport(times, {one.log_type: one.rows for one in stored}, reports[0], reports[1] if base else None, changes)


def _report(version: RuleVersion, found: Findings, cut_times: Mapping[str, datetime]) -> VersionReport:
    alerts = alerts_of(found.signals, found.errors, cut_time_by_batch=cut_times)
    return VersionReport(found.by_rule, tuple(alerts), version.rules.errors, found.unreadable_events)


def _matches(found: Findings) -> Sequence[tuple[str, str]]:
    signals = found.signals
    return list(zip(signals.column("rule_id").to_pylist(), signals.column("p_row_id").to_pylist(), strict=True))


def _cut_times(lake: Lake) -> dict[str, datetime]:
    """When each batch came in."""
    rows = lake.query("select p_batch_id, min(cut_time) as cut_time from panther_monitor.batches group by 1").to_pylist()
    return {row["p_batch_id"]: row["cut_time"] for row in rows}
