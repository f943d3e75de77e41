"""The tests in a rule's YAML: run them, say what each function returned. How it is printed is the command line's affair.

A test has Name, ExpectedResult, Log and perhaps Mocks. It passes when rule() returns ExpectedResult, and, where an alert is expected,
no other function of the rule fails.
"""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.rule import Outcome, Rule, UnknownDestinationError, is_of_the_host, run_rule
from panther_dagster.errors import RuleError
from panther_dagster.event import PantherEvent


@dataclass(frozen=True)
class FunctionOutput:
    """What one function of a rule gave: its output as text, or its error."""

    name: str
    output: str | None
    error: str | None
    matched: bool


@dataclass(frozen=True)
class TestResult:
    """One test. `error` is what kept it from running or passing, in words; `functions` in the order they ran."""

    __test__ = False  # for pytest, this is no test class

    rule_id: str
    name: str
    is_passed: bool
    expected: Any
    is_triggered: bool
    functions: tuple[FunctionOutput, ...] = ()
    error: str | None = None
    printed: str = ""  # what the rule wrote to stdout and stderr


@dataclass(frozen=True)
class RuleTestReport:
    """All tests of one rule, and whether it has as many as are asked for."""

    rule: Rule
    results: tuple[TestResult, ...]
    shortfall: str | None = None  # which tests are missing

    @property
    def is_passed(self) -> bool:
        """Whether every test passed and none is missing."""
        return self.shortfall is None and all(result.is_passed for result in self.results)


@dataclass(frozen=True)
class RuleFilter:
    """`KEY=V1,V2` or `KEY!=V1,V2`: rules whose YAML has (or has not) one of the values, without regard to case."""

    key: str
    values: tuple[str, ...]
    is_negated: bool = False

    def accepts(self, rule: Rule) -> bool:
        """Whether the rule stays."""
        written = {str(key).lower(): value for key, value in rule.metadata.items()}.get(self.key.lower())
        values = written if isinstance(written, list) else [written]
        folded = {str(value).lower() for value in values if value is not None}
        return bool(folded.intersection(value.lower() for value in self.values)) is not self.is_negated


def parse_filters(texts: Iterable[str]) -> list[RuleFilter]:
    """Filters as written on a command line. Raises RuleError for what is none."""
    filters = []
    for text in texts:
        key, equals, values = text.partition("=")
        is_negated = key.endswith("!")
        key = key.removesuffix("!").strip()
        if not equals or not key:
            raise RuleError(f"'{text}' is no filter; write KEY=VALUE or KEY!=VALUE, as Severity=High,Critical")
        filters.append(RuleFilter(key, tuple(value.strip() for value in values.split(",")), is_negated))
    return filters


def selected_rules(rules: RuleSet, filters: Iterable[RuleFilter], *, skip_disabled: bool = False) -> list[Rule]:
    """Rules that every filter accepts, in order of ids. Raises RuleError for a key that no rule has."""
    filters = list(filters)
    keys = {str(key) for rule in rules.rules for key in rule.metadata}
    for rule_filter in filters:
        if rules.rules and rule_filter.key.lower() not in {key.lower() for key in keys}:
            raise RuleError(f"no rule has a key '{rule_filter.key}'{did_you_mean(rule_filter.key, keys)}")
    return [rule for rule in rules.rules if (rule.is_enabled or not skip_disabled) and all(f.accepts(rule) for f in filters)]


def run_tests(
    rules: RuleSet,
    *,
    filters: Iterable[RuleFilter] = (),
    skip_disabled: bool = False,
    minimum_tests: int = 0,
    test_names: Iterable[str] = (),
    destinations: Mapping[str, str] | None = None,
) -> Iterator[RuleTestReport]:
    """Run the unit tests of rules, rule by rule.

    Args: minimum_tests: a rule with fewer fails, and with a minimum above 1 it needs one test of each verdict. test_names: only these.
    destinations: id by display name, to check what destinations() returns; None accepts any name.
    """
    wanted = set(test_names)
    for rule in selected_rules(rules, filters, skip_disabled=skip_disabled):
        tests = [test for test in rule.tests if not wanted or (isinstance(test, Mapping) and test.get("Name") in wanted)]
        results = tuple(run_test(rule, test, destinations=destinations) for test in tests)
        yield RuleTestReport(rule, results, _shortfall(rule.tests, minimum_tests))


def run_test(rule: Rule, test: Any, *, destinations: Mapping[str, str] | None = None) -> TestResult:
    """Run one test as it stands in YAML."""
    problem = _malformed(test)
    name = str(test.get("Name", "")) if isinstance(test, Mapping) else str(test)
    expected = test.get("ExpectedResult") if isinstance(test, Mapping) else None
    if problem is not None:
        return TestResult(rule.rule_id, name, False, expected, False, error=problem)
    log = copy.deepcopy(dict(test["Log"]))
    event = PantherEvent.sharing(log, rule.data_models.get(log.get("p_log_type", "")))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), mocked_names(rule, test.get("Mocks") or ()):
            # Without destinations, every name that destinations() returns is unknown; that error is then ignored below.
            outcome = run_rule(rule, event, is_test=True, destinations=destinations or {})
    except BaseException as error:
        if is_of_the_host(error):
            raise
        return TestResult(rule.rule_id, name, False, expected, False, error=repr(error), printed=printed.getvalue())
    return _judged(rule, test, outcome, printed.getvalue(), destinations)


def _judged(rule: Rule, test: Mapping[str, Any], outcome: Outcome, printed: str, destinations: Mapping[str, str] | None) -> TestResult:
    expected = test["ExpectedResult"]
    failures = {
        name: error for name, error in outcome.errors.items() if destinations is not None or not isinstance(error, UnknownDestinationError)
    }
    is_passed = outcome.output is expected and not ({"rule", "filter"} & failures.keys())
    error = None
    if not is_passed:
        error = repr(outcome.error) if outcome.error is not None else f"rule returned {outcome.output}, expected {expected}"
    elif expected and failures:
        is_passed = False
        error = "; ".join(f"{name}: {failure!r}" for name, failure in failures.items())
    if is_passed and expected and "ExpectedDestinations" in test:
        wanted, found = sorted(test["ExpectedDestinations"] or ["SKIP"]), sorted(outcome.outputs.get("destinations") or [])
        if wanted != found:
            is_passed, error = False, f"destinations are {found}, expected {wanted}"
    functions = [FunctionOutput("rule", str(outcome.output), _text(outcome.error), outcome.output is expected)]
    if expected:
        functions += [
            FunctionOutput(name, _output_text(outcome.outputs.get(name)), _text(failures.get(name)), name not in failures)
            for name in rule.functions
            if name != "rule"
        ]
    return TestResult(rule.rule_id, test["Name"], is_passed, expected, outcome.is_triggered, tuple(functions), error, printed)


@contextlib.contextmanager
def mocked_names(rule: Rule, mocks: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Names in the rule's module replaced by mocks that return what the test says; of two for one name the last counts."""
    replacements = {mocked["objectName"]: mock.MagicMock(return_value=mocked.get("returnValue")) for mocked in mocks}
    if not replacements:
        yield
        return
    with mock.patch.multiple(rule.module, **replacements):
        yield


def _malformed(test: Any) -> str | None:
    if not isinstance(test, Mapping):
        return "a test must be a mapping of Name, ExpectedResult and Log"
    missing = [key for key in ("Name", "ExpectedResult", "Log") if key not in test]
    if missing:
        return f"the test has no {', '.join(missing)}"
    if not isinstance(test["ExpectedResult"], bool):
        return f"ExpectedResult must be true or false, not {test['ExpectedResult']!r}"
    if not isinstance(test["Log"], Mapping):
        return "Log must be an object"
    if any(not isinstance(mocked, Mapping) or "objectName" not in mocked for mocked in test.get("Mocks") or ()):
        return "each of Mocks needs an objectName and a returnValue"
    return None


def _shortfall(tests: Sequence[Any], minimum: int) -> str | None:
    if minimum <= 0:
        return None
    if len(tests) < minimum:
        return f"has {len(tests)} of {minimum} tests"
    verdicts = {test.get("ExpectedResult") for test in tests if isinstance(test, Mapping)}
    if minimum > 1 and not verdicts >= {True, False}:
        return "needs a test that expects an alert and one that expects none"
    return None


def _text(error: BaseException | None) -> str | None:
    return None if error is None else repr(error)


def _output_text(output: Any) -> str | None:
    return None if output is None else str(output)
