"""The tests in a detection's YAML: run them, say what each function returned. How it is printed is the command line's affair.

A test has Name, ExpectedResult, Log (for a policy: Resource) and perhaps Mocks. It passes when rule() returns ExpectedResult, and, where an
alert is expected (of a policy that is false), no other function fails.
"""

from __future__ import annotations

import contextlib
import copy
import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from panther_dagster.detect.documents import place_of
from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.rule import Detection, Outcome, Policy, Rule, UnknownDestinationError, is_of_the_host, run_rule
from panther_dagster.detect.selection import RuleFilter, check_filter_keys
from panther_dagster.errors import Location
from panther_dagster.event import PantherEvent


@dataclass(frozen=True)
class FunctionOutput:
    """What one function of a detection gave: its output as text, or its error."""

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
    place: Location | None = None  # where a test that failed stands
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class RuleTestReport:
    """All tests of one detection, and whether it has as many as are asked for."""

    rule: Detection
    results: tuple[TestResult, ...]
    shortfall: str | None = None  # which tests are missing

    @property
    def is_passed(self) -> bool:
        """Whether every test passed and none is missing."""
        return self.shortfall is None and all(result.is_passed for result in self.results)


def selected_detections(rules: RuleSet, filters: Iterable[RuleFilter], *, skip_disabled: bool = False) -> list[Detection]:
    """Detections of all kinds that every filter accepts, in order of ids. Raises RuleError for a key that none has."""
    filters = list(filters)
    check_filter_keys(filters, (str(key) for detection in rules.detections for key in detection.metadata))
    enabled = [detection for detection in rules.detections if detection.is_enabled or not skip_disabled]
    return [detection for detection in enabled if all(each.accepts(detection.metadata) for each in filters)]


def run_tests(
    rules: RuleSet,
    *,
    filters: Iterable[RuleFilter] = (),
    skip_disabled: bool = False,
    minimum_tests: int = 0,
    test_names: Iterable[str] = (),
    destinations: Mapping[str, str] | None = None,
) -> Iterator[RuleTestReport]:
    """Run the unit tests of detections, one by one.

    Args: minimum_tests: a detection with fewer fails, and with a minimum above 1 it needs one test of each verdict. test_names: only these.
    destinations: id by display name, to check what destinations() returns; None accepts any name.
    """
    wanted = frozenset(test_names)
    for detection in selected_detections(rules, filters, skip_disabled=skip_disabled):
        yield run_tests_of(detection, minimum_tests=minimum_tests, test_names=wanted, destinations=destinations)


def run_tests_of(
    detection: Detection,
    *,
    minimum_tests: int = 0,
    test_names: Set[str] = frozenset(),
    destinations: Mapping[str, str] | None = None,
    begin: Callable[[int], str | None] = lambda index: None,
) -> RuleTestReport:
    """Run the unit tests of one detection.

    Args: begin: called before each test with its index in the YAML; a text that it returns is why the test fails without being run.
    """
    results = []
    for index, test in enumerate(detection.tests):
        name = str(test.get("Name")) if isinstance(test, Mapping) else ""
        if test_names and name not in test_names:
            continue
        refusal = begin(index)
        began = time.perf_counter()
        if refusal is not None:
            result = TestResult(detection.rule_id, name, False, test.get("ExpectedResult"), False, error=refusal)
        else:
            result = run_test(detection, test, destinations=destinations)
        place = None if result.is_passed else _place(detection, index)
        results.append(replace(result, place=place, seconds=time.perf_counter() - began))
    return RuleTestReport(detection, tuple(results), shortfall_of(detection.tests, minimum_tests))


def run_test(rule: Detection, test: Any, *, destinations: Mapping[str, str] | None = None) -> TestResult:
    """Run one test as it stands in YAML."""
    problem = _malformed(rule, test)
    name = str(test.get("Name", "")) if isinstance(test, Mapping) else str(test)
    expected = test.get("ExpectedResult") if isinstance(test, Mapping) else None
    if problem is not None:
        return TestResult(rule.rule_id, name, False, expected, False, error=problem)
    event = seen_by(rule, copy.deepcopy(dict(test[_input_key(rule)])))
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


def _judged(rule: Detection, test: Mapping[str, Any], outcome: Outcome, printed: str, destinations: Mapping[str, str] | None) -> TestResult:
    expected = test["ExpectedResult"]
    expects_alert = expected is rule.alerting_verdict
    failures = {
        name: error for name, error in outcome.errors.items() if destinations is not None or not isinstance(error, UnknownDestinationError)
    }
    is_passed = outcome.output is expected and not ({rule.verdict_function, "filter"} & failures.keys())
    error = None
    if not is_passed:
        error = (
            repr(outcome.error) if outcome.error is not None else f"{rule.verdict_function} returned {outcome.output}, expected {expected}"
        )
    elif expects_alert and failures:
        is_passed = False
        error = "; ".join(f"{name}: {failure!r}" for name, failure in failures.items())
    if is_passed and expects_alert and "ExpectedDestinations" in test:
        wanted, found = sorted(test["ExpectedDestinations"] or ["SKIP"]), sorted(outcome.outputs.get("destinations") or [])
        if wanted != found:
            is_passed, error = False, f"destinations are {found}, expected {wanted}"
    functions = [FunctionOutput(rule.verdict_function, str(outcome.output), _text(outcome.error), outcome.output is expected)]
    if expects_alert:
        functions += [
            FunctionOutput(name, _output_text(outcome.outputs.get(name)), _text(failures.get(name)), name not in failures)
            for name in rule.functions
            if name != rule.verdict_function
        ]
    return TestResult(rule.rule_id, test["Name"], is_passed, expected, outcome.is_triggered, tuple(functions), error, printed)


def seen_by(detection: Detection, values: dict[str, Any]) -> Any:
    """What a detection is called with: for a policy the dict itself, else an event, with a rule's data model for its p_log_type."""
    if isinstance(detection, Policy):
        return values
    model = detection.data_models.get(values.get("p_log_type", "")) if isinstance(detection, Rule) else None
    return PantherEvent.sharing(values, model)


@contextlib.contextmanager
def mocked_names(rule: Detection, mocks: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Names in the detection's module replaced by mocks that return what the test says; of two for one name the last counts."""
    replacements = {mocked["objectName"]: mock.MagicMock(return_value=mocked.get("returnValue")) for mocked in mocks}
    if not replacements:
        yield
        return
    with mock.patch.multiple(rule.module, **replacements):
        yield


def place_of_test(index: int, file: Path, overlay_file: Path | None, pack_tests: int) -> Location:
    """Where a detection's test stands: the first `pack_tests` in its own file, the others in its overlay."""
    if overlay_file is not None and index >= pack_tests:
        return place_of(overlay_file, "Tests", index - pack_tests)
    return place_of(file, "Tests", index)


def _place(detection: Detection, index: int) -> Location:
    return place_of_test(index, detection.location.file, detection.overlay_file, detection.pack_tests)


def _input_key(rule: Detection) -> str:
    return "Resource" if isinstance(rule, Policy) else "Log"


def _malformed(rule: Detection, test: Any) -> str | None:
    key = _input_key(rule)
    if not isinstance(test, Mapping):
        return f"a test must be a mapping of Name, ExpectedResult and {key}"
    missing = [name for name in ("Name", "ExpectedResult", key) if name not in test]
    if missing:
        return f"the test has no {', '.join(missing)}"
    if not isinstance(test["ExpectedResult"], bool):
        return f"ExpectedResult must be true or false, not {test['ExpectedResult']!r}"
    if not isinstance(test[key], Mapping):
        return f"{key} must be an object"
    if any(not isinstance(mocked, Mapping) or "objectName" not in mocked for mocked in test.get("Mocks") or ()):
        return "each of Mocks needs an objectName and a returnValue"
    return None


def shortfall_of(tests: Sequence[Any], minimum: int) -> str | None:
    """Which tests are missing, in words; None when there are enough."""
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
