"""LimitedRules: a rule that misbehaves costs its own results, and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import rule_pack
from detect.bad_rules import ERROR_TYPE_AND_CODE_BY_NAME
from detect.packs import HOUR, loaded, rows_of, write_helper, write_rule

from panther_dagster.demo.story import tell_story
from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.detect.pack import load_rules
from panther_dagster.detect.runner import DetectionResult, evaluate
from panther_dagster.detect.watched_worker import WorkerFailed

LIMITS = RuleLimits(seconds=1.0, memory_bytes=256 << 20)
AMPLE_TIME = RuleLimits(seconds=15.0, memory_bytes=LIMITS.memory_bytes)  # where another limit is to be met first, on a busy machine
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


def descendants(of: int | None = None) -> set[int]:
    """Processes below one, by default this one; those that have ended and were not waited for included."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    children = defaultdict(list)
    for pid, parent, command in rows:
        if command.strip() != "ps":
            children[int(parent)].append(int(pid))
    found, left = set(), [os.getpid() if of is None else of]
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

    with LimitedRules([tmp_path / "bad"], limits=LIMITS if error_type == "RuleTimeout" else AMPLE_TIME) as rules:
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


def test_what_a_stopped_rule_did_is_told(tmp_path: Path) -> None:
    code = (
        "def rule(event):\n    return event['n'] == 3\ndef title(event):\n    return spin()\ndef spin():\n    while True:\n        pass\n"
    )
    write_rule(tmp_path, "Test.Bad", code)

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        (error,) = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE).errors.to_pylist()
        assert rules.quarantined_ids == {"Test.Bad"}

    assert error["p_row_id"] == "r3"
    assert error["error_message"] == (
        "RuleTimeout('took longer than 1 s; stopped in title() on row r3, left out for the rest of this detection')"
    )
    assert re.search(r'test_bad\.py", line [67] in spin\n.*test_bad\.py", line 4 in title\n', error["traceback"])


def test_a_process_that_ends_is_told_with_how_it_ended(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Exit", "import os\ndef rule(event):\n    os._exit(3)\n")
    write_rule(tmp_path, "Test.Segfault", "import ctypes\ndef rule(event):\n    ctypes.string_at(0)\n")

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        exited, crashed = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE).errors.to_pylist()

    assert exited["error_message"].startswith("RuleEndedProcess('its process ended with exit code 3; stopped in rule() on row r0")
    assert crashed["error_message"].startswith("RuleEndedProcess('its process ended with SIGSEGV; stopped in rule() on row r0")
    assert 'test_segfault.py", line 3 in rule' in crashed["traceback"]


def test_recursion_and_one_allocation_that_is_too_big_are_ordinary_errors(tmp_path: Path) -> None:
    deep = "def rule(event):\n    return event['n'] == 1 or (event['n'] == 0 and rule(event))\n"
    big = "def rule(event):\n    return event['n'] == 1 or (event['n'] == 0 and bool(b'x' * 10**12))\n"
    write_rule(tmp_path, "Test.Deep", deep)
    write_rule(tmp_path, "Test.Big", big)

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        result = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE)
        assert rules.quarantined_ids == set()

    assert [(e["rule_id"], e["error_type"], e["p_row_id"]) for e in result.errors.to_pylist()] == [
        ("Test.Big", "MemoryError", "r0"),
        ("Test.Deep", "RecursionError", "r0"),
    ]
    assert [(s["rule_id"], s["p_row_id"]) for s in result.signals.to_pylist()] == [("Test.Big", "r1"), ("Test.Deep", "r1")]


def test_memory_that_a_rule_keeps_over_many_rows_costs_nobody_results(tmp_path: Path) -> None:
    write_rule(good_pack(tmp_path), "Test.Bad", "HELD = []\ndef rule(event):\n    HELD.append(b'x' * 30_000_000)\n    return True\n")
    expected = evaluate(rows_of(EVENTS), rules=loaded(tmp_path), log_type=LOG_TYPE)

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        results = [rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE) for _ in range(4)]
        assert rules.quarantined_ids == set()

    assert [plain(result)["signals"] for result in results] == [plain(expected)["signals"]] * 4


def test_a_rule_that_starts_threads_and_ends_them_is_left_alone(tmp_path: Path) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\ndef rule(event):\n    with ThreadPoolExecutor(2) as pool:\n"
        "        return sum(pool.map(int, '12')) == 3\n"
    )
    write_rule(tmp_path, "Test.Threads", code)

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        result = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE)

    assert (result.signals.num_rows, result.errors.num_rows) == (6, 0)


def test_a_thread_that_ends_the_process_of_others_is_reported(tmp_path: Path) -> None:
    # Alone it is through before its thread is: only in company does the process end, while Test.Z runs.
    code = (
        "import os, threading\ndef rule(event):\n    if event['n'] == 0:\n"
        "        threading.Timer(0.5, os._exit, [4]).start()\n    return event['n'] == 0\n"
    )
    write_rule(good_pack(tmp_path), "Test.Bad", code)
    write_rule(tmp_path, "Test.Z", "import time\ndef rule(event):\n    time.sleep(0.12)\n    return True\n")

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        result = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE)
        assert rules.quarantined_ids == {"Test.Bad"}

    (error,) = (row for row in result.errors.to_pylist() if row["rule_id"] == "Test.Bad")
    assert error["error_type"] == "RuleStartedThreads"
    signals = [(row["p_row_id"], row["rule_id"]) for row in result.signals.to_pylist() if row["rule_id"] != "Test.C"]
    assert signals == sorted(signals)
    assert len([row for row in signals if row[1] == "Test.Z"]) == 6


def test_a_rule_that_forks_has_one_result(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Forks", "import os\ndef rule(event):\n    os.fork()\n    return True\n")

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        results = [rules.evaluate(rows_of(EVENTS[:2]), log_type=LOG_TYPE) for _ in range(2)]

    assert [result.signals.num_rows for result in results] == [2, 2]


def test_many_bad_rules_are_each_reported_once(tmp_path: Path) -> None:
    good_pack(tmp_path)
    for number in range(5):
        write_rule(tmp_path, f"Test.Bad{number}", f"import os\ndef rule(event):\n    return event['n'] == {number} and os._exit(1)\n")

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        result = rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE)

    assert [row["rule_id"] for row in result.errors.to_pylist() if row["error_type"] == "RuleEndedProcess"] == [
        "Test.Bad0",
        "Test.Bad1",
        "Test.Bad2",
        "Test.Bad3",
        "Test.Bad4",
    ]
    assert {row["rule_id"] for row in result.signals.to_pylist()} == {"Test.A", "Test.C"}


def test_events_that_no_rule_can_read_are_reported_once_when_rules_run_one_by_one(tmp_path: Path) -> None:
    _, code = ERROR_TYPE_AND_CODE_BY_NAME["closes all files"]
    write_rule(good_pack(tmp_path), "Test.Bad", code)

    with LimitedRules([tmp_path], limits=LIMITS) as rules:
        result = rules.evaluate(rows_of([*EVENTS[:2], "no json", EVENTS[2]]), log_type=LOG_TYPE)

    errors = [(row["rule_id"], row["p_row_id"]) for row in result.errors.to_pylist() if row["rule_id"] != "Test.C"]
    assert errors == [("Panther.UnreadableEvent", "r2"), ("Test.Bad", "r3")]
    assert [(row["p_row_id"], row["rule_id"]) for row in result.signals.to_pylist()] == [
        ("r0", "Test.A"),
        ("r1", "Test.C"),
        ("r3", "Test.A"),
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("while True:\n    pass\n", "its import took longer than 1 s"),
        ("import os\nos._exit(5)\n", "its import ended the process with exit code 5"),
        ("held = []\nwhile True:\n    held.append(b'x' * 1_000_000)\n", "its import took more than 256 MiB"),
        ("raise KeyboardInterrupt\n", "raised KeyboardInterrupt()"),
        ("import os\nos.closerange(0, 1024)\n", "its import ended the process with exit code 1"),
    ],
)
@pytest.mark.parametrize("is_helper", [False, True])
def test_an_import_that_misbehaves_costs_what_needs_it_only(code: str, reason: str, is_helper: bool, tmp_path: Path) -> None:
    verdict = "def rule(event):\n    return True\n"
    if is_helper:
        write_helper(tmp_path, "bad_helper", code)
        write_rule(tmp_path, "Test.Bad", "import bad_helper\n" + verdict)
    else:
        write_rule(tmp_path, "Test.Bad", code + verdict)
    write_rule(tmp_path, "Test.Good", verdict)

    with LimitedRules([tmp_path], limits=LIMITS if "longer than" in reason else AMPLE_TIME) as rules:
        (error,) = rules.errors
        assert [rule.rule_id for rule in rules.rules] == ["Test.Good"]
        assert rules.evaluate(rows_of(EVENTS), log_type=LOG_TYPE).signals.num_rows == 6

    assert error.location is not None
    assert error.location.file == tmp_path / "test_rules" / "test_bad.py"
    assert reason in error.text


def test_rules_that_behave_give_what_they_give_in_this_process() -> None:
    by_log_type = defaultdict(list)
    for event in tell_story(seed=7, now_utc=datetime(2026, 3, 2, 12), events=500).events:
        by_log_type[event.log_type].append(json.dumps(event.body))
    in_process = load_rules([rule_pack.PACK])
    seen = 0

    with LimitedRules([rule_pack.PACK]) as rules:
        assert rules.log_types == in_process.log_types
        assert {rule.rule_id: rule.version for rule in rules.rules} == {
            rule.rule_id: rule.version for rule in in_process.rule_by_id.values()
        }
        for log_type, texts in by_log_type.items():
            rows = rows_of([*texts, "no json"], p_log_type=pa.array([log_type] * (len(texts) + 1)))
            expected = evaluate(rows, rules=in_process, log_type=log_type, destinations={"SOC": "soc"})
            result = rules.evaluate(rows, log_type=log_type, destinations={"SOC": "soc"})
            assert plain(result) == plain(expected)
            seen += result.signals.num_rows

    assert seen > 20


def test_a_process_that_is_killed_leaves_none_behind(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Bad", ERROR_TYPE_AND_CODE_BY_NAME["hangs in C"][1])
    script = (
        "import sys\nsys.path[:0] = sys.argv[2:]\nfrom pathlib import Path\nfrom detect.packs import rows_of\n"
        "from panther_dagster.detect.limits import LimitedRules\nrules = LimitedRules([Path(sys.argv[1])])\nrules.rules\n"
        "print('runs', flush=True)\nrules.evaluate(rows_of(['{}']), log_type='Test.Type')\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), *sys.path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as detection:
        assert detection.stdout is not None
        assert detection.stdout.readline() == "runs\n"
        time.sleep(0.5)
        below = descendants(detection.pid)
        assert len(below) >= 2  # the process that holds the rules, and the one that is stuck
        detection.kill()
    until = time.monotonic() + LONGEST_SECONDS
    while any(is_running(pid) for pid in below) and time.monotonic() < until:
        time.sleep(0.05)

    assert [pid for pid in below if is_running(pid)] == []


def is_running(pid: int) -> bool:
    """Whether the process exists and has not ended."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()
    return bool(listed) and not listed.startswith("Z")


def test_memory_that_big_events_take_is_no_rules(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Big", "def rule(event):\n    return len(event['text']) > 1_000_000\n")
    text = json.dumps({"text": "x" * 3_000_000 + chr(0x1F600)}, ensure_ascii=False)

    with LimitedRules([tmp_path], limits=RuleLimits(seconds=10.0, memory_bytes=64 << 20)) as rules:
        result = rules.evaluate(rows_of([text] * 40), log_type=LOG_TYPE)
        again = rules.evaluate(rows_of(EVENTS[:1]), log_type=LOG_TYPE)

    assert (result.signals.num_rows, result.errors.num_rows) == (40, 0)
    assert [row["error_type"] for row in again.errors.to_pylist()] == ["KeyError"]


def test_a_failure_of_the_engine_is_not_put_down_to_rules(tmp_path: Path) -> None:
    with LimitedRules([good_pack(tmp_path)], limits=LIMITS) as rules, pytest.raises(WorkerFailed, match="p_hour"):
        rules.evaluate(rows_of(EVENTS).drop_columns(["p_hour"]), log_type=LOG_TYPE)
