"""The tests in a correlation rule's YAML: run them, say what was found.

A test has Name, ExpectedResult and RuleOutputs: for elements by their ID the values that their signals hold, and when.

    - ID: Login
      Matches:
        p_alert_context.user:
          ann: [0, 5]

Times are minutes or RFC 3339. What stands at one time under several paths, or as several values, is one signal; the same time twice is
two. The rule looks once, at the time of the latest signal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from panther_dagster.detect.correlation.evaluation import Match, Signal, matches_at
from panther_dagster.detect.correlation.rule import CorrelationRule, Pattern
from panther_dagster.detect.correlation.values import text_of
from panther_dagster.detect.metadata import did_you_mean

_MINUTE_ZERO: Final = datetime(2000, 1, 1)
_KEYS: Final = ("Name", "ExpectedResult", "RuleOutputs")


@dataclass(frozen=True)
class CorrelationTestResult:
    """One test. `error` is what kept it from running or passing, in words."""

    rule_id: str
    name: str
    is_passed: bool
    expected: Any
    is_triggered: bool
    matches: tuple[Match, ...] = ()
    error: str | None = None


class _Malformed(Exception):
    """A test that cannot be run, with the reason."""


def run_correlation_tests(rule: CorrelationRule, *, test_names: Iterable[str] = ()) -> list[CorrelationTestResult]:
    """Results of a rule's tests, in the order of the YAML; of those with these names only, if there are any."""
    wanted = set(test_names)
    return [run_correlation_test(rule, test) for test in rule.tests if not wanted or _name(test) in wanted]


def run_correlation_test(rule: CorrelationRule, test: Any) -> CorrelationTestResult:
    """Run one test as it stands in YAML."""
    expected = test.get("ExpectedResult") if isinstance(test, Mapping) else None
    try:
        signals = _signals(rule.pattern, test)
    except _Malformed as malformed:
        return CorrelationTestResult(rule.rule_id, _name(test), False, expected, False, error=str(malformed))
    latest = max((signal.time for signal in signals), default=_MINUTE_ZERO)
    matches = tuple(matches_at(rule.pattern, signals, latest))
    is_passed = bool(matches) is expected
    error = None if is_passed else f"the rule found {_words(matches)}, expected {'a match' if expected else 'none'}"
    return CorrelationTestResult(rule.rule_id, _name(test), is_passed, expected, bool(matches), matches, error)


def _words(matches: tuple[Match, ...]) -> str:
    found = [", ".join(map(str, match.values)) for match in matches]
    return f"a match on {'; '.join(found)}" if any(found) else "a match" if found else "no match"


def _name(test: Any) -> str:
    return str(test.get("Name", "")) if isinstance(test, Mapping) else str(test)


def _signals(pattern: Pattern, test: Any) -> list[Signal]:
    if not isinstance(test, Mapping):
        raise _Malformed("a test must be a mapping of Name, ExpectedResult and RuleOutputs")
    for key in test:
        if key not in _KEYS:
            raise _Malformed(f"unknown key '{key}'{did_you_mean(str(key), _KEYS)}")
    missing = [key for key in _KEYS if key not in test]
    if missing:
        raise _Malformed(f"the test has no {', '.join(missing)}")
    if not isinstance(test["ExpectedResult"], bool):
        raise _Malformed(f"ExpectedResult must be true or false, not {test['ExpectedResult']!r}")
    outputs = test["RuleOutputs"]
    if not isinstance(outputs, list) or not all(isinstance(output, Mapping) for output in outputs):
        raise _Malformed("RuleOutputs must be a list of ID and Matches")
    return [signal for number, output in enumerate(outputs) for signal in _signals_of_output(pattern, output, number)]


def _signals_of_output(pattern: Pattern, output: Mapping[str, Any], number: int) -> Iterator[Signal]:
    for key in output:
        if key not in ("ID", "Matches"):
            raise _Malformed(f"RuleOutputs: unknown key '{key}'{did_you_mean(str(key), ('ID', 'Matches'))}")
    by_id = {element.element_id: element for element in pattern.elements}
    element = by_id.get(str(output.get("ID")))
    if element is None:
        raise _Malformed(f"RuleOutputs: there is no element '{output.get('ID')}'{did_you_mean(str(output.get('ID')), by_id)}")
    read = {path for paths in element.paths for path in paths}
    values: dict[tuple[datetime, int], dict[str, list[str]]] = {}
    for path, value, time, count in _written(element.element_id, output.get("Matches")):
        if read and path not in read:
            raise _Malformed(
                f"{element.element_id} does not read '{path}'{did_you_mean(path, read) or '; it reads ' + ', '.join(sorted(read))}"
            )
        values.setdefault((time, count), {}).setdefault(path, []).append(value)
    for (time, count), found in values.items():
        yield Signal(f"{number}/{element.element_id}/{time.isoformat()}/{count}", element.rule_id, time, found)


def _written(element_id: str, matches: Any) -> Iterator[tuple[str, str, datetime, int]]:
    """Path, value and time of everything that stands in Matches, and how often the value stood there at that time before."""
    if not isinstance(matches, Mapping):
        raise _Malformed(f"Matches of {element_id} must be a mapping of path to values")
    for path, times_by_value in matches.items():
        if not isinstance(times_by_value, Mapping):
            raise _Malformed(f"{path} of {element_id} must be a mapping of value to times")
        for value, times in times_by_value.items():
            text = text_of(value)
            if text is None:
                raise _Malformed(f"{path} of {element_id}: {value!r} is no value to match on")
            seen: dict[datetime, int] = {}
            for written in times if isinstance(times, list) else [times]:
                time = _time(written)
                yield str(path), text, time, seen.setdefault(time, 0)
                seen[time] += 1


def _time(written: Any) -> datetime:
    if isinstance(written, (int, float)) and not isinstance(written, bool):
        return _MINUTE_ZERO + timedelta(minutes=written)
    try:
        time = datetime.fromisoformat(written)
    except (TypeError, ValueError) as error:
        raise _Malformed(f"{written!r} is no time; write minutes, as 5, or RFC 3339, as 2024-05-01T10:00:00Z") from error
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
