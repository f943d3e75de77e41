"""Unit tests of packs in processes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from detect.packs import write_data_model, write_helper, write_policy, write_rule

from panther_dagster.detect.selection import parse_filters
from panther_dagster.detect.unit_test_run import TestOptions, TestRun, run_pack_tests
from panther_dagster.errors import RuleError

ALWAYS = "def rule(event):\n    return True\n"


def a_test(name: str, expected: bool, log: dict[str, Any]) -> dict[str, Any]:
    """A test as in YAML."""
    return {"Name": name, "ExpectedResult": expected, "Log": log}


def ran(root: Path, *filters: str, **options: Any) -> TestRun:
    """The run of a pack."""
    return run_pack_tests([root], TestOptions(filters=tuple(parse_filters(filters)), **options))


def verdicts(run: TestRun) -> list[tuple[str, list[bool]]]:
    """(id, whether each test passed)."""
    return [(report.item.item_id, [result.is_passed for result in report.results]) for report in run.reports if report.item]


def problems(run: TestRun, root: Path) -> list[str]:
    """Errors, with paths as seen from the pack."""
    return [str(error).replace(f"{root}/", "") for error in run.errors]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Six rules and a policy; one rule fails."""
    for name in "edcba":
        tests = [a_test("yes", True, {"n": 1}), a_test("no", name == "c", {"n": 0})]
        write_rule(
            tmp_path, f"Test.{name}", "def rule(event):\n    return event['n'] == 1\n", Tests=tests, Severity="Low", Enabled=name != "e"
        )
    write_policy(
        tmp_path, "Test.Policy", "def policy(r):\n    return True\n", Tests=[{"Name": "t", "ExpectedResult": True, "Resource": {}}]
    )
    return tmp_path


@pytest.mark.parametrize("workers", [1, 3])
def test_results_are_in_order_of_ids_whatever_the_number_of_processes(pack: Path, workers: int) -> None:
    run = ran(pack, workers=workers)

    assert verdicts(run) == [
        ("Test.Policy", [True]),
        ("Test.a", [True, True]),
        ("Test.b", [True, True]),
        ("Test.c", [True, False]),
        ("Test.d", [True, True]),
        ("Test.e", [True, True]),
    ]
    assert not run.is_passed
    failed = run.reports[3].results[1]
    assert (failed.error, failed.place is not None and (failed.place.file.name, failed.place.line)) == (
        "rule returned False, expected True",
        ("test_c.yml", 14),
    )


def test_filters_choose_over_all_kinds_and_code_that_is_not_chosen_is_not_loaded(pack: Path) -> None:
    write_rule(pack, "Test.broken", "import no_such_module\n", Severity="High")

    assert verdicts(ran(pack, "AnalysisType=policy")) == [("Test.Policy", [True])]
    assert ran(pack, "AnalysisType=policy").is_passed
    assert [name for name, _ in verdicts(ran(pack, "Severity!=High", "RuleID=Test.a,Test.b"))] == ["Test.a", "Test.b"]
    run = ran(pack, "Enabled=false", skip_disabled=True)
    assert (run.reports, [item.item_id for item in run.skipped]) == ((), ["Test.e"])
    with pytest.raises(RuleError, match="no rule has a key 'Sevrity'; did you mean 'Severity'"):
        ran(pack, "Sevrity=High")


def test_names_of_tests_choose_and_a_minimum_is_of_all(pack: Path) -> None:
    run = ran(pack, "RuleID=Test.a", test_names=frozenset({"no"}), minimum_tests=3)

    assert verdicts(run) == [("Test.a", [True])]
    assert (run.reports[0].shortfall, run.is_passed) == ("has 2 of 3 tests", False)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_test_that_ends_the_process_costs_itself_only(pack: Path, workers: int) -> None:
    code = """
import os
def rule(event):
    if event["how"] == "exit":
        os._exit(3)
    if event["how"] == "kill":
        os.kill(os.getpid(), 9)
    return True
"""
    tests = [a_test(how, True, {"how": how}) for how in ("before", "exit", "between", "kill", "after")]
    write_rule(pack, "Test.bad", code, Tests=tests)

    run = ran(pack, "Severity=Low,High", workers=workers)

    assert [name for name, _ in verdicts(run)] == ["Test.Policy", "Test.a", "Test.b", "Test.bad", "Test.c", "Test.d", "Test.e"]
    assert [(result.name, result.error) for result in run.reports[3].results] == [
        ("before", None),
        ("exit", "ended the process with exit code 3"),
        ("between", None),
        ("kill", "ended the process by SIGKILL"),
        ("after", None),
    ]
    assert run.errors == ()


def test_a_test_that_hangs_is_ended_after_its_time(tmp_path: Path) -> None:
    code = "import time\ndef rule(event):\n    time.sleep(event['seconds'])\n    return True\n"
    write_rule(tmp_path, "Test.slow", code, Tests=[a_test("long", True, {"seconds": 600}), a_test("short", True, {"seconds": 0})])

    (report,) = ran(tmp_path, timeout_seconds=1).reports

    assert [(result.is_passed, result.error) for result in report.results] == [(False, "took longer than 1 seconds"), (True, None)]


def test_a_thread_that_a_rule_began_does_not_keep_the_run(tmp_path: Path) -> None:
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=[600]).start()\n" + ALWAYS
    write_rule(tmp_path, "Test.thread", code, Tests=[a_test("t", True, {})])

    assert ran(tmp_path).is_passed


def test_an_import_that_ends_the_process_is_an_error_of_its_rule(pack: Path) -> None:
    write_rule(pack, "Test.bad", "import os\nos._exit(0)\n")

    run = ran(pack, workers=2)

    assert problems(run, pack) == ["test_rules/test_bad.py: import ended the process with exit code 0"]
    assert ([item.item_id for item in run.invalid], len(run.reports)) == (["Test.bad"], 6)


def test_a_data_model_that_ends_the_process_is_told_once_and_ends_the_run(pack: Path) -> None:
    write_data_model(pack, "Test.Model", "Test.Type", "[{Name: a, Method: a}]", "import os\nos._exit(4)\n")

    run = ran(pack, workers=3)

    assert problems(run, pack) == [
        f"{pack}: a helper or data model ended the process with exit code 4 when it was loaded; nothing of the pack can run"
    ]
    assert run.reports == ()


def test_what_a_rule_remembers_is_gone_for_the_next(tmp_path: Path) -> None:
    code = "from panther_detection_helpers.caching import increment_counter\ndef rule(event):\n    return increment_counter('k') == 1\n"
    for name in ("a", "b"):
        write_rule(tmp_path, f"Test.{name}", code, Tests=[a_test("first", True, {}), a_test("second", False, {})])

    assert verdicts(ran(tmp_path)) == [("Test.a", [True, True]), ("Test.b", [True, True])]


@pytest.mark.parametrize("workers", [1, 4])
def test_an_id_that_is_taken_is_the_later_files_error(pack: Path, workers: int) -> None:
    write_helper(pack, "some_helpers", "")
    first = (pack / "test_rules" / "test_a.yml").read_text()
    (pack / "test_rules" / "zz.yml").write_text(first)
    (pack / "test_rules" / "zzz.yml").write_text(first.replace("Test.a", "some_helpers"))

    run = ran(pack, workers=workers)

    assert problems(run, pack) == [
        "test_rules/zz.yml:2: id 'Test.a' is taken by test_rules/test_a.yml:2",
        "test_rules/zzz.yml:2: id 'some_helpers' is taken by global_helpers/some_helpers.yml:2",
    ]
    assert len(run.reports) == 6


def test_packs_may_list_only_ids_that_exist(pack: Path) -> None:
    (pack / "packs").mkdir()
    file = pack / "packs" / "p.yml"
    file.write_text("AnalysisType: pack\nPackID: P\nPackDefinition:\n  IDs:\n    - Test.a\n    - Test.Polcy\n    - Test.Policy\n")
    (pack / "packs" / "q.yml").write_text("AnalysisType: pack\nPackID: Q\n")
    write_helper(pack, "some_helpers", "")  # makes it a pack, so that a part of it knows the rest

    for path in (pack, pack / "packs"):
        run = run_pack_tests([path], TestOptions())
        assert problems(run, pack) == [
            "packs/p.yml:6: no item has the id 'Test.Polcy'; did you mean 'Test.Policy'?",
            "packs/q.yml:1: PackDefinition must have IDs, a list of ids of items",
        ]


def test_paths_that_do_not_exist_and_broken_data_models_are_errors(pack: Path) -> None:
    write_data_model(pack, "Test.Model", "Test.Type", "[{Name: a}]")

    assert problems(ran(pack), pack) == [
        "data_models/Test.Model.yml:5: a mapping needs a Name and either a Path or a Method: {'Name': 'a'}"
    ]
    assert problems(ran(pack / "absent"), pack) == ["absent: no such folder of rules"]
