"""Compares the prefilter with running every rule on every row."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from detect.packs import rows_of

from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.prefilter.prefilter import Prefilter
from panther_dagster.detect.runner import DetectionResult, evaluate

# What takes the place of any value of an event.
STRANGE_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 0.5, "", " ", "x", "true", "None", [], ["x"], [None], [{}], {}, {"x": 1}, {"type": "Root"}),
    *([[]], 2**63, 2**64, -(2**70), float("inf"), float("nan"), "\ud800", "İ", "ﬀ", "\u0000", "203.0.113.70", "arn:aws:iam::1:user/x"),
)


def compare(
    rules: RuleSet,
    log_type: str,
    texts: Sequence[str],
    prefilter: Prefilter | None = None,
    *,
    others: RuleSet | None = None,
    **columns: Any,
) -> int:
    """Assert that both ways give the same; returns how many pairs of row and rule the prefilter left.

    Args: others: the same rules, loaded again, for the run without the prefilter, where rules keep state.
    """
    rows = rows_of(texts, p_log_type=pa.array([log_type] * len(texts)), **columns)
    plain = evaluate(rows, rules=others or rules, log_type=log_type)
    chosen = evaluate(rows, rules=rules, log_type=log_type, candidates=prefilter or Prefilter(log_type))
    assert_same(plain, chosen, texts)
    return sum(chosen.runs.column("candidates").to_pylist())


def assert_same(plain: DetectionResult, chosen: DetectionResult, texts: Sequence[str] = ()) -> None:
    """Assert equal signals, errors and runs, but for the candidates and the CPU time. A traceback has the caller's lines too."""
    difference = _difference(plain.signals.to_pylist(), chosen.signals.to_pylist())
    assert not difference, [(row["rule_id"], row["p_row_id"], texts[int(row["p_row_id"][1:])] if texts else "") for row in difference[:3]]
    errors = [table.errors.drop_columns(["traceback"]).to_pylist() for table in (plain, chosen)]
    difference = _difference(*errors)
    assert not difference, [(row["error_message"], texts[int(row["p_row_id"][1:])] if texts else "") for row in difference[:3]]
    runs = [table.runs.drop_columns(["candidates", "cpu_seconds"]).to_pylist() for table in (plain, chosen)]
    assert runs[0] == runs[1]


def _difference(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if repr(left) == repr(right):
        return []
    seen = [set(map(repr, rows)) for rows in (left, right)]
    return [row for row in (*left, *right) if (repr(row) in seen[0]) != (repr(row) in seen[1])] or [*left, *right]


def mutated(events: Sequence[dict[str, Any]], rng: random.Random, count: int) -> Iterator[str]:
    """Texts of events with one to three changes each, and of some that are no JSON that every parser takes."""
    for _ in range(count):
        event = copy.deepcopy(rng.choice(events))
        for _ in range(rng.randint(1, 3)):
            _mutate(event, rng, events)
        text = json.dumps(event, separators=rng.choice([(",", ":"), (", ", ": ")]), ensure_ascii=rng.random() < 0.5)
        if rng.random() < 0.1:
            text = _broken(text, rng)
        # A column holds no lone surrogates as such, only as escapes.
        yield text.encode("utf-8", "backslashreplace").decode()


def _mutate(event: dict[str, Any], rng: random.Random, events: Sequence[dict[str, Any]]) -> None:
    target: Any = event
    while True:
        inner = [value for value in (target.values() if isinstance(target, dict) else target) if isinstance(value, (dict, list)) and value]
        if not inner or rng.random() < 0.5:
            break
        target = rng.choice(inner)
    if isinstance(target, list):
        target[rng.randrange(len(target))] = copy.deepcopy(rng.choice(STRANGE_VALUES))
        return
    if not target:
        return
    key = rng.choice(list(target))
    change = rng.randrange(7)
    if change == 0:
        del target[key]
    elif change in (1, 2):
        target[key] = copy.deepcopy(rng.choice(STRANGE_VALUES))
    elif change == 3:
        target[_other_case(key, rng)] = target.pop(key)
    elif change == 4:
        target[_other_case(key, rng)] = copy.deepcopy(rng.choice((*STRANGE_VALUES, target[key])))
    elif change == 5:
        other = rng.choice(events)
        target[key] = copy.deepcopy(other.get(key, rng.choice(list(other.values()))))
    else:
        target["unknownKey" + str(rng.randrange(3))] = "x"


def _other_case(key: str, rng: random.Random) -> str:
    return rng.choice([key.upper(), key.lower(), key.swapcase(), key.capitalize(), key.replace("k", "\u212a")])


def _broken(text: str, rng: random.Random) -> str:
    change = rng.randrange(8)
    if change == 0:
        return text[: rng.randrange(len(text))]
    if change == 1:
        return text[:-1] + ',"x":1e999}'
    if change == 2:
        return text[:-1] + ',"x":' + "[" * 600 + "]" * 600 + "}"
    if change == 3:
        return f"[{text}]"
    if change == 4:
        # The last of two equal keys counts.
        return text[:-1] + ',"eventName":"CreateAccessKey","eventName":"ConsoleLogin"}'
    if change == 5:
        return text.replace('"eventName"', '"\\u0065ventName"')
    if change == 6:
        return text[:-1] + ',"x":"\\ud800"}'
    return text.replace(":1", ":01", 1)
