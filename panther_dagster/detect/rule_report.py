"""What rules saw, said and cost in a period -> a row for each, with findings. Pure: numbers in, rows out; knows no lake.

quarantined     a limit stopped it: it took too long, too much memory, or its process down; or it was not run because of that
fails           it raised, or returned something of the wrong type
slow            its CPU time for each candidate is over a threshold
noisy           its alerts per day are over a threshold
absent_field    it reads a field that no event of its log types had
never_matched   it ran on events and matched none
never_ran       it is enabled and ran on no event
not_declared    it left rows in the lake, and no file declares it any more
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from panther_dagster.detect.declared_rules import RULE, DeclaredRule
from panther_dagster.detect.field_reads import PathRead

Path = tuple[str, ...]
# Over fewer events every optional field is absent now and then.
FEW_EVENTS: Final = 100


@dataclass(frozen=True)
class RuleThresholds:
    """From when on a rule is slow or noisy."""

    slow_microseconds: float = 1_000  # CPU time for each event that it ran on
    slow_cpu_seconds: float = 1  # and in all; less is not worth a word
    noisy_alerts_per_day: float = 50


@dataclass(frozen=True)
class RuleNumbers:
    """What one rule did in a period. `errors` are rows of panther_signals.rule_errors; `stopped` are those of limits.py, `not_run` those of
    quarantine.py: one for each batch."""

    events: int = 0
    candidates: int = 0
    matches: int = 0
    alerts: int = 0
    errors: int = 0
    stopped: int = 0
    not_run: int = 0
    cpu_seconds: float = 0.0
    last_match: datetime | None = None  # event time, naive UTC
    last_error: str | None = None
    last_stop: str | None = None

    @property
    def microseconds_per_candidate(self) -> float | None:
        """CPU time for each event that it ran on; None when it ran on none."""
        return 1e6 * self.cpu_seconds / self.candidates if self.candidates else None


@dataclass(frozen=True)
class Absence:
    """A path that no event of a log type had in a period.

    `path` is as far as it is declared; `last_hour` when it last arrived before (None: not in the days that were looked at); `sampled`: how
    many events were read as text. A path that is not declared was looked for in these only.
    """

    path: Path
    is_declared: bool
    sampled: int
    last_hour: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """Something to look at. `label` fits into a table; `text` has the numbers."""

    kind: str
    label: str
    text: str


@dataclass(frozen=True)
class RuleRow:
    """A rule with its numbers and findings. `rule` is None for one that no file declares any more."""

    rule_id: str
    rule: DeclaredRule | None
    numbers: RuleNumbers
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Period:
    """What happened in it. `log_types` had events for some rule; `days` is its length, from the first hour in which a rule ran."""

    days: float
    numbers_by_rule: Mapping[str, RuleNumbers]
    log_types: frozenset[str] = frozenset()
    absences: Mapping[str, Mapping[Path, Absence]] = field(default_factory=dict)  # by log type and path as the rule reads it


def report_rules(
    rules: Iterable[DeclaredRule], period: Period, thresholds: RuleThresholds, *, with_undeclared: bool = True
) -> list[RuleRow]:
    """A row for each rule, by id; `with_undeclared` adds those that the period knows and `rules` does not."""
    rows = []
    declared = {rule.rule_id: rule for rule in rules}
    others = period.numbers_by_rule.keys() - declared.keys() if with_undeclared else set()
    for rule_id in sorted({*declared, *others}):
        rule, numbers = declared.get(rule_id), period.numbers_by_rule.get(rule_id, RuleNumbers())
        findings = [*_of_numbers(numbers, period.days, thresholds)]
        if rule is None:
            findings.append(Finding("not_declared", "not declared", "no file declares it, or its id is another now"))
        elif rule.is_enabled:
            findings += [*_absent_fields(rule, period), *_idle(rule, numbers, period)]
        rows.append(RuleRow(rule_id, rule, numbers, tuple(findings)))
    return rows


def read_paths(rules: Iterable[DeclaredRule], log_types: Container[str]) -> dict[str, set[Path]]:
    """What enabled rules on events read, by those of their log types that are in `log_types`."""
    paths: defaultdict[str, set[Path]] = defaultdict(set)
    for rule in rules:
        if rule.is_enabled and rule.kind == RULE:
            for log_type in rule.log_types:
                if log_type in log_types:
                    paths[log_type].update(read.path for read in rule.reads)
    return dict(paths)


def is_slow(numbers: RuleNumbers, thresholds: RuleThresholds) -> bool:
    """Whether a rule costs more than both thresholds allow."""
    each = numbers.microseconds_per_candidate
    return each is not None and each > thresholds.slow_microseconds and numbers.cpu_seconds >= thresholds.slow_cpu_seconds


def alerts_per_day(alerts: int, days: float) -> float:
    """The rate; a period shorter than a day counts as one."""
    return alerts / max(days, 1.0)


def is_noisy(alerts: int, days: float, thresholds: RuleThresholds) -> bool:
    """Whether so many alerts are too many."""
    return alerts_per_day(alerts, days) > thresholds.noisy_alerts_per_day


def _of_numbers(numbers: RuleNumbers, days: float, thresholds: RuleThresholds) -> Iterable[Finding]:
    if numbers.stopped or numbers.not_run:
        stops = [f"stops: {numbers.stopped:,}; last: {numbers.last_stop}"] if numbers.stopped else []
        left_out = [f"batches on which it was not run: {numbers.not_run:,} (panther rules quarantined)"] if numbers.not_run else []
        yield Finding("quarantined", "quarantined", "; ".join([*stops, *left_out]))
    failures = numbers.errors - numbers.stopped - numbers.not_run
    if failures > 0:
        yield Finding("fails", "fails", f"failures: {failures:,}; last: {numbers.last_error}")
    each = numbers.microseconds_per_candidate
    if each is not None and is_slow(numbers, thresholds):
        text = f"{each:,.0f} µs for each of {numbers.candidates:,} candidates, {numbers.cpu_seconds:,.1f} s in all"
        yield Finding("slow", "slow", text)
    if is_noisy(numbers.alerts, days, thresholds):
        yield Finding("noisy", "noisy", f"{alerts_per_day(numbers.alerts, days):,.1f} alerts a day")


def _idle(rule: DeclaredRule, numbers: RuleNumbers, period: Period) -> Iterable[Finding]:
    if not rule.log_types or numbers.stopped or numbers.not_run or numbers.matches:
        return
    if numbers.events:
        text = f"{numbers.events:,} events, of which it ran on {numbers.candidates:,}, and none matched"
        yield Finding("never_matched", "never matched", text)
        return
    came = [log_type for log_type in rule.log_types if log_type in period.log_types]
    if came:
        text = f"{', '.join(came)} had events: the rule is newer than they are, or does not load (panther test)"
    else:
        text = f"no event of {', '.join(rule.log_types)} came"
    yield Finding("never_ran", "never ran", text)


def _absent_fields(rule: DeclaredRule, period: Period) -> Iterable[Finding]:
    """Paths that are absent in all of the rule's log types. One log type of which nothing is known is enough to say nothing."""
    if rule.kind != RULE or not rule.log_types or any(log_type not in period.absences for log_type in rule.log_types):
        return
    seen: set[Path] = set()
    for read in rule.reads:
        found = [period.absences[log_type].get(read.path) for log_type in rule.log_types]
        absences = [absence for absence in found if absence is not None]
        if len(absences) < len(found):
            continue
        path = min((absence.path for absence in absences), key=len)
        if path not in seen:
            seen.add(path)
            yield _absent(rule, read, path, absences)


def _absent(rule: DeclaredRule, read: PathRead, path: Path, absences: Sequence[Absence]) -> Finding:
    name, where = ".".join(path), f"{read.function}() reads {'.'.join(path)} (line {read.line})"
    hours = [absence.last_hour for absence in absences if absence.last_hour is not None]
    sampled = sum(absence.sampled for absence in absences)
    if hours:
        label, how = f"gone: {name}", f"which last arrived in the hour {max(hours):%Y-%m-%dT%H:%M}"
    elif all(absence.is_declared for absence in absences):
        label, how = f"absent: {name}", f"which no event of {', '.join(rule.log_types)} had, nor in the days before"
    else:
        label, how = f"absent: {name}", f"which is no column and in none of {sampled:,} events of {', '.join(rule.log_types)}"
    return Finding("absent_field", label, f"{where}, {how}")
