"""LimitedRules: a rule that misbehaves costs its own results, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from detect.bad_rules import ERROR_TYPE_AND_CODE_BY_NAME
from detect.packs import HOUR, loaded, rows_of, write_rule

from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.detect.runner import DetectionResult, evaluate

LIMITS = RuleLimits(seconds=1.0, memory_bytes=256 << 20)
LONGEST_SECONDS = 20.0  # for two seconds of work, on a busy machine
LOG_TYPE = "Test.Type"
GOOD = "def rule(event):\n    return event['n'] % 2 == 0\ndef title(event):\n    return f\"n {event['n']}\"\n"
EVENTS = [json.dumps({"n": number}) for number in range(6)]


def good_pack(root: Path) -> Path:
    """Rules before and after Test.Bad in the order of ids; one of them fails in the ordinary way on two rows."""
    write_rule(root, "Test.A", GOOD)
    write_rule(root, "Test.C", "def rule(event):\n    return 12 // (event['n'] % 3) == 12\ndef dedup(event):\n    return str(event['n'])\n")
    return root


def plain(result: DetectionResult, *, without: str = "") -> dict[str, list[dict[str, Any]]]:
    """The rows, less CPU times and those of one rule."""
    return {
        name: [{k: v for k, v in row.items() if k != "cpu_seconds"} for row in table.to_pylist() if row["rule_id"] != without]
        for name, table in (("signals", result.signals), ("errors", result.errors), ("runs", result.runs))
    }


def descendants() -> set[int]:
    """Processes below this one, those that have ended and were not waited for included."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    children = defaultdict(list)
    for pid, parent, command in rows:
        if command.strip() != "ps":
            children[int(parent)].append(int(pid))
    found, left = set(), [os.getpid()]
    while left:
        below = children[left.pop()]
        found.update(below)
        left += below
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left_over() -> Iterator[None]:
    before = descendants()
    yield
    assert descendants() <= before


@pytest.mark.parametrize("name", ERROR_TYPE_AND_CODE_BY_NAME)
def test_a_rule_that_misbehaves_costs_its_own_results_only(name: str, tmp_path: Path) -> None:
    error_type, code = ERROR_TYPE_AND_CODE_BY_NAME[name]
    expected = plain(evaluate(rows_of(EVENTS), rules=loaded(good_pack(tmp_path / "good")), log_type=LOG_TYPE))
    write_rule(good_pack(tmp_path / "bad"), "Test.Bad", code)
    began = time.monotonic()

    with LimitedRules([tmp_path / "bad"], limits=LIMITS) as rules:
        assert rules.errors == ()
        result = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE)
        later = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE)

    assert time.monotonic() - began < LONGEST_SECONDS
    for found in (result, later):
        assert {k: v for k, v in plain(found, without="Test.Bad").items() if k != "errors"} == {
            k: v for k, v in expected.items() if k != "errors"
        }
        assert [e["p_row_id"] for e in plain(found, without="Test.Bad")["errors"]] == [e["p_row_id"] for e in expected["errors"]]
        assert "Test.Bad" not in found.signals.column("rule_id").to_pylist()
    (error,) = (row for row in result.errors.to_pylist() if row["rule_id"] == "Test.Bad")
    assert error["error_type"] == error_type
    assert (error["function"], error["log_type"], error["p_batch_id"], error["p_hour"]) == ("rule", LOG_TYPE, "b1", HOUR)
    assert "Test.Bad" not in later.errors.column("rule_id").to_pylist()
    (run,) = (row for row in later.runs.to_pylist() if row["rule_id"] == "Test.Bad")
    assert (run["events"], run["candidates"], run["errors"]) == (6, 0, 0)
