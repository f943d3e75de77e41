"""A correlation rule's YAML -> CorrelationRule, or the errors in it with the lines they stand on. Knows no signals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from panther_dagster.detect.correlation.rule import DEFAULT_LOOKBACK_MINUTES, CorrelationRule, Element, Pattern
from panther_dagster.detect.metadata import FORBIDDEN_IN_NAMES, KEYS, Findings, check_numbers, did_you_mean, reports_of
from panther_dagster.detect.rule import SEVERITIES
from panther_dagster.detect.schedule import Schedule, read_schedule
from panther_dagster.errors import Location

DETECTION_KEYS: Final = frozenset(
    ("Group", "Sequence", "MatchCriteria", "Transitions", "LookbackWindowMinutes", "Schedule", "EventEvaluationOrder")
)
ELEMENT_KEYS: Final = frozenset(("ID", "RuleID", "MinMatchCount", "Absence"))
CRITERION_KEYS: Final = frozenset(("GroupID", "Match"))
TRANSITION_KEYS: Final = frozenset(("ID", "From", "To", "WithinTimeFrameMinutes", "Match"))
MATCH_KEYS: Final = frozenset(("On", "From", "To"))
ORDERS: Final = ("Chronological", "ReverseChronological")
TOP_KEYS: Final = KEYS["correlation_rule"]
_OTHER_KINDS_KEYS: Final = (KEYS["rule"] | KEYS["scheduled_rule"]) - TOP_KEYS
_TEXTS: Final = ("RuleID", "DisplayName", "Description", "Reference", "Runbook", "Severity", "Status")
_LISTS: Final = ("OutputIds", "SummaryAttributes", "Tags", "Tests")
_BOOLEANS: Final = ("Enabled", "CreateAlert")
_DEFAULT_RATE_MINUTES: Final = 60


class _Refused(Exception):
    """What is wrong has been noted; nothing can be built from here."""


def build_correlation_rule(values: Mapping[str, Any], file: Path) -> CorrelationRule:
    """The rule of a YAML file. Raises RuleError for the first thing that is wrong, with file and line."""
    findings = Findings(file)
    rule = parse_correlation_rule(values, findings)
    if rule is None:
        raise findings.errors[0]
    return rule


def parse_correlation_rule(values: Mapping[str, Any], findings: Findings) -> CorrelationRule | None:
    """The rule of a YAML file; None when something is wrong, and then everything that is wrong is noted in `findings`."""
    _check_top(values, findings)
    try:
        pattern, schedule = _detection(values.get("Detection"), findings)
    except _Refused:
        assert findings.errors
        return None
    own = [element.element_id for element in pattern.elements if element.rule_id == values.get("RuleID")]
    if own:
        findings.error(f"element '{own[0]}' is this rule itself", "Detection")
    period = _period(values, pattern, findings)
    if findings.errors:
        return None
    text = json.dumps({key: value for key, value in values.items() if key != "Tests"}, sort_keys=True, default=str)
    return CorrelationRule(
        rule_id=values["RuleID"],
        display_name=values.get("DisplayName") or "",
        severity=values["Severity"].upper(),
        is_enabled=values["Enabled"],
        creates_alert=values.get("CreateAlert", True) is not False,
        tags=tuple(sorted(map(str, values.get("Tags") or ()))),
        reports=reports_of(values),
        description=values.get("Description") or "",
        reference=values.get("Reference") or "",
        runbook=values.get("Runbook") or "",
        output_ids=tuple(map(str, values.get("OutputIds") or ())),
        pattern=pattern,
        schedule=schedule,
        dedup_period_minutes=period,
        threshold=values.get("Threshold") or 1,
        version=hashlib.sha256(text.encode()).hexdigest()[:32],
        location=Location(findings.file, 1),
        metadata=values,
    )


def _check_top(values: Mapping[str, Any], findings: Findings) -> None:
    for key in values:
        if key in _OTHER_KINDS_KEYS:
            findings.error(f"{key} has no meaning in a correlation rule", key)
        elif key not in TOP_KEYS:
            findings.error(f"unknown key '{key}'{did_you_mean(str(key), TOP_KEYS)}", key)
    for key in ("RuleID", "Enabled", "Severity", "Detection"):
        if values.get(key) is None:
            findings.error(f"{key} is missing", key)
    kinds: tuple[tuple[Sequence[str], type, str], ...] = (
        (_TEXTS, str, "text"),
        (_LISTS, list, "a list"),
        (_BOOLEANS, bool, "true or false"),
        (("Reports",), dict, "a mapping of framework to list of ids"),
    )
    for keys, kind, words in kinds:
        for key in keys:
            if values.get(key) is not None and not isinstance(values[key], kind):
                findings.error(f"{key} must be {words}, not {values[key]!r}", key)
    check_numbers(values, findings)
    reports = values.get("Reports")
    for framework, ids in reports.items() if isinstance(reports, dict) else ():
        if ids is not None and not isinstance(ids, list):
            findings.error(f"Reports of {framework} must be a list of ids, not {ids!r}", "Reports", framework)
    severity = values.get("Severity")
    if isinstance(severity, str) and severity.upper() not in SEVERITIES:
        findings.error(f"unknown severity '{severity}'; one of Info, Low, Medium, High, Critical", "Severity")
    for key in ("RuleID", "DisplayName"):
        bad = FORBIDDEN_IN_NAMES.intersection(str(values.get(key) or ""))
        if bad:
            findings.error(f"{key} must not contain {' '.join(sorted(bad))}", key)


def _period(values: Mapping[str, Any], pattern: Pattern, findings: Findings) -> int:
    """Length of a window of alerts. It leaves its end out, the lookback does not: so that a match is one alert, it is longer than that."""
    lookback = int(pattern.lookback.total_seconds()) // 60
    written = values.get("DedupPeriodMinutes") or lookback + 1
    if isinstance(written, int) and written <= lookback:
        text = f"DedupPeriodMinutes must be more than the lookback of {lookback} minutes, so that a match is one alert"
        findings.error(text, "DedupPeriodMinutes")
    return written


def _detection(detection: Any, findings: Findings) -> tuple[Pattern, Schedule]:
    place: tuple[Any, ...] = ("Detection",)
    if not isinstance(detection, list) or len(detection) != 1 or not isinstance(detection[0], Mapping):
        if detection is not None:
            findings.error("Detection must be a list of one Group or Sequence", *place)
        raise _Refused
    values, place = detection[0], ("Detection", 0)
    _check_keys(values, DETECTION_KEYS, findings, place)
    kinds = [kind for kind in ("Group", "Sequence") if kind in values]
    if len(kinds) != 1:
        findings.error("Detection needs either a Group or a Sequence", *place)
        raise _Refused
    (kind,) = kinds
    lookback = _minutes(values, "LookbackWindowMinutes", DEFAULT_LOOKBACK_MINUTES, findings, place)
    order = values.get("EventEvaluationOrder")
    if order is not None and order not in ORDERS:
        findings.error(
            f"unknown EventEvaluationOrder '{order}'{did_you_mean(str(order), ORDERS)}; one of {', '.join(ORDERS)}",
            *place,
            "EventEvaluationOrder",
        )
    schedule = _schedule(values.get("Schedule"), findings, (*place, "Schedule"))
    elements = _elements(values, kind, findings, place)
    other = "Transitions" if kind == "Group" else "MatchCriteria"
    if other in values:
        findings.error(f"{other} belongs to a {'Sequence' if kind == 'Group' else 'Group'}, not to a {kind}", *place, other)
        raise _Refused
    parse = _with_criteria if kind == "Group" else _with_transitions
    return parse(values, elements, lookback, findings, place), schedule


def _elements(values: Mapping[str, Any], kind: str, findings: Findings, place: tuple[Any, ...]) -> list[Element]:
    written = values[kind]
    if not isinstance(written, list) or not written:
        findings.error(f"{kind} must be a list of elements", *place, kind)
        raise _Refused
    elements: list[Element] = []
    for index, value in enumerate(written):
        here = (*place, kind, index)
        if not isinstance(value, Mapping):
            findings.error("an element must be a mapping of ID and RuleID", *here)
            continue
        _check_keys(value, ELEMENT_KEYS, findings, here)
        rule_id = _text(value, "RuleID", findings, here)
        element_id = _text({"ID": rule_id, **value}, "ID", findings, here) if rule_id else None
        count = value.get("MinMatchCount", 1)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            findings.error(f"MinMatchCount must be a whole number from 1 on, not {count!r}", *here, "MinMatchCount")
            continue
        absent = value.get("Absence", False)
        if not isinstance(absent, bool):
            findings.error(f"Absence must be true or false, not {absent!r}", *here, "Absence")
            continue
        if absent and kind == "Sequence":
            findings.error("Absence is only possible in a Group", *here, "Absence")
        if absent and count > 1:
            findings.error("an element with Absence cannot have a MinMatchCount", *here, "MinMatchCount")
        if element_id in {element.element_id for element in elements}:
            findings.error(f"'{element_id}' stands twice in {kind}", *here, "ID")
        if rule_id and element_id:
            elements.append(Element(element_id, rule_id, count, absent))
    if findings.errors:
        raise _Refused
    if all(element.is_absent for element in elements):
        findings.error("a Group needs an element that is no Absence", *place, kind)
        raise _Refused
    if kind == "Sequence" and len(elements) < 2:
        findings.error("a Sequence needs two elements at least", *place, kind)
        raise _Refused
    return elements


def _with_criteria(
    values: Mapping[str, Any], elements: list[Element], lookback: timedelta, findings: Findings, place: tuple[Any, ...]
) -> Pattern:
    criteria = values.get("MatchCriteria") or {}
    place = (*place, "MatchCriteria")
    if not isinstance(criteria, Mapping):
        findings.error("MatchCriteria must be a mapping of a name to a list of GroupID and Match", *place)
        raise _Refused
    known = [element.element_id for element in elements]
    paths: dict[tuple[str, str], str] = {}
    for name, members in criteria.items():
        if not isinstance(members, list) or not members:
            findings.error(f"{name} must be a list of GroupID and Match", *place, name)
            continue
        for index, member in enumerate(members):
            here = (*place, name, index)
            if not isinstance(member, Mapping):
                findings.error("a criterion must be a mapping of GroupID and Match", *here)
                continue
            _check_keys(member, CRITERION_KEYS, findings, here)
            element_id, path = _known_id(member, "GroupID", known, findings, here), _path(member, "Match", findings, here)
            if element_id and path:
                if (str(name), element_id) in paths:
                    findings.error(f"'{element_id}' stands twice in {name}", *here, "GroupID")
                paths[str(name), element_id] = path
    names = tuple(map(str, criteria))
    found = tuple(
        Element(
            element.element_id,
            element.rule_id,
            element.min_match_count,
            element.is_absent,
            tuple(tuple(paths[key] for key in [(name, element.element_id)] if key in paths) for name in names),
        )
        for element in elements
    )
    for position, name in enumerate(names):
        if not findings.errors and not any(element.paths[position] for element in found if not element.is_absent):
            findings.error(f"{name} needs an element that is no Absence", *place, name)
    return Pattern(found, names, lookback)


def _with_transitions(
    values: Mapping[str, Any], elements: list[Element], lookback: timedelta, findings: Findings, place: tuple[Any, ...]
) -> Pattern:
    transitions = values.get("Transitions") or []
    place = (*place, "Transitions")
    if not isinstance(transitions, list):
        findings.error("Transitions must be a list", *place)
        raise _Refused
    known = [element.element_id for element in elements]
    frames = [lookback] * (len(elements) - 1)
    paths: dict[tuple[int, int], list[str]] = {}  # by place of the element, number of the parameter
    seen: set[int] = set()
    parameters = 0
    for index, transition in enumerate(transitions):
        here = (*place, index)
        if not isinstance(transition, Mapping):
            findings.error("a transition must be a mapping of From, To and Match", *here)
            continue
        _check_keys(transition, TRANSITION_KEYS, findings, here)
        start, end = (_known_id(transition, key, known, findings, here) for key in ("From", "To"))
        if start is None or end is None:
            continue
        step = known.index(start)
        if known.index(end) != step + 1:
            findings.error(f"a transition leads from an element to the next one; '{end}' does not come right after '{start}'", *here, "To")
            continue
        if step in seen:
            findings.error(f"a second transition from '{start}' to '{end}'", *here, "From")
        seen.add(step)
        frames[step] = min(
            _minutes(transition, "WithinTimeFrameMinutes", int(lookback.total_seconds()) // 60, findings, here),
            lookback,
        )
        for number, (from_path, to_path) in enumerate(_matches(transition.get("Match"), findings, (*here, "Match"))):
            parameters = max(parameters, number + 1)
            paths.setdefault((step, number), []).append(from_path)
            paths.setdefault((step + 1, number), []).append(to_path)
    found = tuple(
        Element(
            element.element_id,
            element.rule_id,
            element.min_match_count,
            paths=tuple(tuple(dict.fromkeys(paths.get((position, number), ()))) for number in range(parameters)),
        )
        for position, element in enumerate(elements)
    )
    names = tuple("value" if parameters == 1 else f"value {number + 1}" for number in range(parameters))
    return Pattern(found, names, lookback, tuple(frames))


def _matches(written: Any, findings: Findings, place: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    """Pairs of paths: in the earlier and in the later signal."""
    if written is None:
        return
    if not isinstance(written, list):
        findings.error("Match must be a list of On, or of From and To", *place)
        return
    for index, match in enumerate(written):
        here = (*place, index)
        if not isinstance(match, Mapping):
            findings.error("a Match must be a mapping: On, or From and To", *here)
            continue
        _check_keys(match, MATCH_KEYS, findings, here)
        if ("On" in match) is (("From" in match) or ("To" in match)):
            findings.error("a Match has either On, or From and To", *here)
        elif "On" in match:
            path = _path(match, "On", findings, here)
            if path:
                yield path, path
        else:
            start, end = _path(match, "From", findings, here), _path(match, "To", findings, here)
            if start and end:
                yield start, end


def _schedule(written: Any, findings: Findings, place: tuple[Any, ...]) -> Schedule:
    schedule = read_schedule(written, findings, place) if written is not None else None
    return schedule or Schedule(rate=timedelta(minutes=_DEFAULT_RATE_MINUTES))


def _check_keys(values: Mapping[str, Any], known: frozenset[str], findings: Findings, place: tuple[Any, ...]) -> None:
    for key in values:
        if key not in known:
            close = did_you_mean(str(key), known) or f"; known: {', '.join(sorted(known))}"
            findings.error(f"unknown key '{key}'{close}", *place, key)


def _minutes(values: Mapping[str, Any], key: str, default: int, findings: Findings, place: tuple[Any, ...]) -> timedelta:
    value = values.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 366 * 24 * 60:
        findings.error(f"{key} must be a number of minutes from 1 to a year, not {value!r}", *place, key)
        value = default
    return timedelta(minutes=value)


def _text(values: Mapping[str, Any], key: str, findings: Findings, place: tuple[Any, ...]) -> str | None:
    value = values.get(key)
    if value is None:
        findings.error(f"{key} is missing", *place, key)
        return None
    if not isinstance(value, str) or not value:
        findings.error(f"{key} must be text, not {value!r}", *place, key)
        return None
    return value


def _path(values: Mapping[str, Any], key: str, findings: Findings, place: tuple[Any, ...]) -> str | None:
    path = _text(values, key, findings, place)
    if path is not None and not all(path.split(".")):
        findings.error(f"'{path}' is no path; write names with dots between them, as p_alert_context.user", *place, key)
        return None
    return path


def _known_id(values: Mapping[str, Any], key: str, known: Sequence[str], findings: Findings, place: tuple[Any, ...]) -> str | None:
    name = _text(values, key, findings, place)
    if name is not None and name not in known:
        close = did_you_mean(name, known, cutoff=0.6) or f"; the elements are {', '.join(known)}"
        findings.error(f"{key}: there is no element '{name}'{close}", *place, key)
        return None
    return name
