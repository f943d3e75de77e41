"""One detection and what it says of one event or resource. Loaded by pack.py, called by runner.py and unit_tests.py; knows no table.

    Detection
    ├── Rule            on events as they come
    ├── ScheduledRule   on rows of scheduled queries
    └── Policy          on resources

For one event the functions of a rule run in this order: inline filters, rule, title, description, reference, severity, runbook,
destinations, dedup, alert_context, unique. The order can be seen: modules keep state between them.

Two modes. In *batch* mode (production) the auxiliary functions run only when rule() returned True (policy(): False), and a failure of one
is replaced by its fallback, so it never suppresses a match. In *test* mode they run always, and failures are kept.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

from panther_dagster.detect.conditions import Condition
from panther_dagster.detect.data_models import DataModel
from panther_dagster.detect.progress import FUNCTION, Progress
from panther_dagster.errors import Location, PantherError
from panther_dagster.event import ImmutableContainerMixin, json_encoder

SEVERITIES: Final = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")
AUXILIARY_FUNCTIONS: Final = (
    "title",
    "description",
    "reference",
    "severity",
    "runbook",
    "destinations",
    "dedup",
    "alert_context",
    "unique",
)
DEFAULT_DEDUP_PREFIX: Final = "defaultDedupString:"
MAX_TEXT: Final = 1_000
MAX_DESTINATIONS: Final = 10
MAX_CONTEXT: Final = 204_800
TRUNCATED: Final = "... (truncated)"
NO_DELIVERY: Final = ("SKIP",)


class FunctionReturnTypeError(PantherError):
    """A function of a rule returned the wrong type."""


class UnknownDestinationError(PantherError):
    """destinations() names something that is no destination, or names one twice."""

    def __init__(self, text: str, names: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.args = (text, list(names))
        self.names = list(names)


@dataclass(frozen=True, eq=False, kw_only=True)
class Detection:
    """What every kind of detection has: its metadata from YAML and its code, ready to run."""

    kind: ClassVar[str]  # its AnalysisType
    verdict_function: ClassVar[str] = "rule"
    alerting_verdict: ClassVar[bool] = True  # what the verdict function returns when something is wrong

    rule_id: str  # RuleID or PolicyID
    display_name: str
    severity: str | None  # upper case; None only in tests
    is_enabled: bool
    tags: tuple[str, ...]
    reports: Mapping[str, tuple[str, ...]]
    description: str
    reference: str
    runbook: str
    output_ids: tuple[str, ...]
    version: str  # hash of code, metadata and helpers
    location: Location
    file: Path  # of the code; the YAML itself of a simple detection, whose module is empty
    module: ModuleType
    functions: Mapping[str, Callable[[Any], Any]]
    filter: Condition | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)  # the YAML as written, with its overlay
    overlay_file: Path | None = None  # that changed the metadata
    pack_tests: int = 0  # how many of the tests are in the pack's YAML; the rest is in the overlay

    @property
    def tests(self) -> Sequence[Mapping[str, Any]]:
        """Unit tests as written in YAML."""
        tests: Sequence[Mapping[str, Any]] = self.metadata.get("Tests") or ()
        return tests


@dataclass(frozen=True, eq=False, kw_only=True)
class Rule(Detection):
    """A rule on events as they come."""

    kind: ClassVar[str] = "rule"

    log_types: tuple[str, ...]
    dedup_period_minutes: int
    threshold: int
    creates_alert: bool
    data_models: Mapping[str, DataModel] = field(default_factory=dict)  # of its pack, by log type

    @property
    def is_simple(self) -> bool:
        """Whether the YAML says it all (detect/simple_detection.py), without Python."""
        return self.file == self.location.file


@dataclass(frozen=True, eq=False, kw_only=True)
class ScheduledRule(Rule):
    """A rule on the rows of scheduled queries, which have the QueryName for a log type. It has no data model."""

    kind: ClassVar[str] = "scheduled_rule"

    @property
    def scheduled_queries(self) -> tuple[str, ...]:
        """By QueryName."""
        return self.log_types


@dataclass(frozen=True, eq=False, kw_only=True)
class Policy(Detection):
    """What a resource should be like: policy(resource), called with a plain dict, is True where it is so and False where it is not."""

    kind: ClassVar[str] = "policy"
    verdict_function: ClassVar[str] = "policy"
    alerting_verdict: ClassVar[bool] = False

    resource_types: tuple[str, ...]  # none: all types
    suppressions: tuple[str, ...] = ()  # patterns of ids of resources that it does not concern


@dataclass
class Outcome:
    """What a detection said of one event. `outputs` and `errors` by function name; a function that is not defined is in neither."""

    rule: Detection
    output: bool | None = None  # the verdict; None: the function failed
    is_triggered: bool = False
    outputs: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)  # also of the verdict function and filter

    @property
    def error(self) -> BaseException | None:
        """What kept the rule from giving a verdict."""
        return self.errors.get(self.rule.verdict_function) or self.errors.get("filter")


def run_rule(rule: Detection, event: Any, *, is_test: bool = False, destinations: Mapping[str, str] | None = None) -> Outcome:
    """Run all functions of a detection on an event, or a policy's on a resource.

    Args: destinations: id by display name, of those that exist; None leaves the names of destinations() unchecked.
    """
    outcome = Outcome(rule)
    if rule.filter is not None:
        try:
            passes = rule.filter(event)
        except Exception as error:
            outcome.errors["filter"] = error
            return outcome
        if not passes:
            outcome.output = False
            if is_test:
                add_details(outcome, event, is_test=True, destinations=destinations)
            return outcome
    try:
        outcome.output = checked_verdict(rule, rule.functions[rule.verdict_function](event))
    except BaseException as error:
        if is_of_the_host(error):
            raise
        outcome.errors[rule.verdict_function] = error
    outcome.is_triggered = outcome.output is rule.alerting_verdict
    if outcome.is_triggered or is_test:
        add_details(outcome, event, is_test=is_test, destinations=destinations)
    return outcome


def checked_verdict(rule: Detection, output: Any) -> bool:
    """`output` of rule() or policy() if it is a bool. Raises FunctionReturnTypeError otherwise: None or 1 is an error, not a verdict."""
    if output is True or output is False:
        return bool(output)
    raise _wrong_type(rule, rule.verdict_function, output, "bool")


def add_details(
    outcome: Outcome, event: Any, *, is_test: bool, destinations: Mapping[str, str] | None = None, progress: Progress | None = None
) -> None:
    """Run the auxiliary functions and put their outputs, or fallbacks, and errors into the outcome."""
    rule = outcome.rule
    for number, name in enumerate(AUXILIARY_FUNCTIONS, 1):
        function = rule.functions.get(name)
        if function is None:
            if name == "dedup":
                outcome.outputs[name] = _default_dedup(outcome)
            continue
        if progress is not None:
            progress[FUNCTION] = number
        try:
            outcome.outputs[name] = _checked(rule, name, function(event), destinations)
        except BaseException as error:
            if is_of_the_host(error):
                raise
            outcome.errors[name] = error
            if not is_test and isinstance(error, Exception):
                outcome.outputs[name] = _fallback(rule, name, error)
        if name == "dedup" and outcome.outputs.get(name) == "":
            outcome.outputs[name] = f"{DEFAULT_DEDUP_PREFIX}{rule.rule_id}"


def is_of_the_host(error: BaseException) -> bool:
    """Whether an exception is a request to the process (Ctrl-C, a cancelled run, a test's timeout) and not the rule's own failure."""
    if isinstance(error, Exception):
        return False
    module = type(error).__module__
    return isinstance(error, KeyboardInterrupt) or (module != "builtins" and module in sys.modules)


def error_text(error: BaseException) -> str:
    """The message of an error with the place it came from: `'k': x.py, line 2, in rule    return e['k']`."""
    frames = traceback.format_tb(error.__traceback__)
    if not frames:
        return str(error)
    place = frames[-1].strip().replace("\n", "")
    _, quote, rest = place.partition('"')
    file, quote_end, rest = rest.partition('"')
    return f"{error}: {Path(file).name}{rest}" if quote and quote_end else f"{error}: {place}"


def truncated(text: str, size: int = MAX_TEXT) -> str:
    """`text`, cut to `size` characters with a mark at its end when it is longer."""
    return text if len(text) <= size else text[: size - len(TRUNCATED)] + TRUNCATED


def _checked(rule: Detection, name: str, output: Any, destinations: Mapping[str, str] | None) -> Any:
    if name == "severity":
        return _checked_severity(rule, output)
    if name == "destinations":
        return _checked_destinations(rule, output, destinations)
    if name == "alert_context":
        return _context_text(rule, output)
    if not isinstance(output, str):
        raise _wrong_type(rule, name, output, "str")
    return truncated(output)


def _checked_severity(rule: Detection, output: Any) -> str | None:
    if not isinstance(output, str):
        raise _wrong_type(rule, "severity", output, "str")
    severity = output.upper()
    if severity == "DEFAULT":
        return rule.severity
    if severity not in SEVERITIES:
        raise AssertionError(f"Expected severity to be any of the following: [{list(SEVERITIES)}], got [{severity}] instead.")
    return severity


def _checked_destinations(rule: Detection, output: Any, destinations: Mapping[str, str] | None) -> list[str] | None:
    if output is None:
        return None
    if not isinstance(output, list) or not all(isinstance(item, (str, bool)) for item in output):
        raise _wrong_type(rule, "destinations", output, "a list")
    if not output:
        return list(NO_DELIVERY)
    if destinations is None:
        return [str(item) for item in output[:MAX_DESTINATIONS]]
    found: list[str] = []
    unknown = []
    ids = set(destinations.values())
    for item in output:
        known_id = destinations.get(item) or (item if item in ids else None)
        if known_id is None or known_id in found:
            unknown.append(item)
        else:
            found.append(known_id)
    if unknown:
        raise UnknownDestinationError("Invalid Destinations", unknown)
    return found[:MAX_DESTINATIONS]


def _plain(value: Any) -> Any:
    return value._container if isinstance(value, ImmutableContainerMixin) else json_encoder(value)


# Reads a container's data where json_encoder would copy it, and is made once.
_encode = json.JSONEncoder(default=_plain, allow_nan=False).encode


def _context_text(rule: Detection, output: Any) -> str:
    if not isinstance(output, Mapping):
        raise _wrong_type(rule, "alert_context", output, "Mapping")
    text = _encode(output)
    if len(text) > MAX_CONTEXT:
        text = json.dumps({"_error": f"alert_context size is [{len(text)}] characters, bigger than maximum of [{MAX_CONTEXT}] characters"})
    return text


def _fallback(rule: Detection, name: str, error: Exception) -> Any:
    fallbacks: dict[str, Any] = {
        "title": rule.rule_id,
        "severity": rule.severity,
        "dedup": f"{DEFAULT_DEDUP_PREFIX}{rule.rule_id}",
        "destinations": None,
        "unique": None,
    }
    if name == "alert_context":
        return json.dumps({"_error": repr(error)})
    return fallbacks.get(name, "")


def _default_dedup(outcome: Outcome) -> str:
    return outcome.outputs.get("title") or f"{DEFAULT_DEDUP_PREFIX}{outcome.rule.rule_id}"


def _wrong_type(rule: Detection, name: str, output: Any, expected: str) -> FunctionReturnTypeError:
    wanted = expected if expected == "a list" else f"[{expected}]"
    return FunctionReturnTypeError(f"detection [{rule.rule_id}] function [{name}] returned [{type(output).__name__}], expected {wanted}")
