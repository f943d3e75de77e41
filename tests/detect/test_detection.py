"""detect(): a unit of work from normalized rows to signals, errors and runs in the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.packs import EVENT_TIME, HOUR, loaded, rows_of, write_rule
from detect.stored_rows import put_rows, rows

from panther_dagster.detect.detection import detect
from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork

CODE = "def rule(event):\n    return event['n'] % 2 == 0\ndef title(event):\n    return f\"n {event['n']}\"\n"
NEXT_HOUR = HOUR.replace(hour=8)


def everything(lake: EmbeddedLake) -> list[list[tuple[Any, ...]]]:
    """What detection wrote, without CPU times."""
    return [
        rows(lake, "select * from panther_signals.signals order by all"),
        rows(lake, "select * from panther_signals.rule_errors order by all"),
        rows(lake, "select * exclude cpu_seconds from panther_monitor.rule_runs order by all"),
    ]


def test_matches_errors_and_runs_of_a_batch_are_written(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", CODE)
    put_rows(lake, rows_of(['{"n": 1}', '{"n": 2}', "{}"]), rows_of(['{"n": 4}'], batch_id="b2", first=3))

    report = detect(lake, UnitOfWork(batch_id="b1"), rules=loaded(tmp_path))

    assert (report.events, report.matches, report.errors, report.rules) == (3, 1, 1, 1)
    assert report.matches_by_rule == {"Test.Even": 1}
    assert rows(lake, "select rule_id, p_row_id, title, p_event_time, p_hour from panther_signals.signals") == [
        ("Test.Even", "r1", "n 2", EVENT_TIME, HOUR)
    ]
    assert rows(lake, "select p_row_id, error_message from panther_signals.rule_errors") == [("r2", "KeyError('n')")]
    assert rows(lake, "select p_batch_id, events, candidates, matches, errors from panther_monitor.rule_runs") == [("b1", 3, 3, 1, 1)]


def test_running_a_batch_again_changes_nothing(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", CODE)
    put_rows(lake, rows_of(['{"n": 1}', '{"n": 2}', "{}"]))
    unit = UnitOfWork(batch_id="b1")

    detect(lake, unit, rules=loaded(tmp_path))
    once = everything(lake)
    detect(lake, unit, rules=loaded(tmp_path))

    assert everything(lake) == once
    assert len(once[0]) == 1


def test_an_hour_gives_what_its_batches_give_one_by_one(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", CODE)
    later = pa.array([NEXT_HOUR], pa.timestamp("us"))
    put_rows(
        lake,
        rows_of(['{"n": 2}', "{}"]),
        rows_of(['{"n": 4}', '{"n": 6}'], batch_id="b2", first=2),
        rows_of(['{"n": 8}'], batch_id="b3", first=4, p_hour=later),
    )
    rules = loaded(tmp_path)
    for batch_id in ("b1", "b2", "b3"):
        detect(lake, UnitOfWork(batch_id=batch_id), rules=rules)
    one_by_one = everything(lake)

    report = detect(lake, UnitOfWork(hours=(HOUR, NEXT_HOUR.replace(hour=9))), rules=rules)

    assert report.matches == 4
    assert everything(lake) == one_by_one


def test_a_table_without_rows_of_the_unit_is_not_read(lake: EmbeddedLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rule(tmp_path, "Test.Even", CODE)
    put_rows(lake, rows_of(['{"n": 2}']))
    read: list[str] = []
    stream = lake.stream

    def recorded(sql: str, *rest: Any, **named: Any) -> Any:
        read.append(sql)
        return stream(sql, *rest, **named)

    monkeypatch.setattr(lake, "stream", recorded)

    assert detect(lake, UnitOfWork(batch_id="b2"), rules=loaded(tmp_path)).events == 0
    assert read == []
    assert detect(lake, UnitOfWork(batch_id="b1"), rules=loaded(tmp_path)).events == 1
    assert len(read) == 1


def test_a_rule_that_was_removed_takes_its_signals_along(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path / "old", "Test.Even", CODE)
    write_rule(tmp_path / "new", "Test.Other", CODE, Enabled=False)
    put_rows(lake, rows_of(['{"n": 2}']))
    unit = UnitOfWork(batch_id="b1")

    detect(lake, unit, rules=loaded(tmp_path / "old"))
    detect(lake, unit, rules=loaded(tmp_path / "new"))

    assert everything(lake) == [[], [], []]


def test_log_types_without_a_table_are_passed_over(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Rule", CODE, LogTypes=["Never.Seen"])

    report = detect(lake, UnitOfWork(batch_id="b1"), rules=loaded(tmp_path))

    assert (report.events, report.matches) == (0, 0)


def test_many_rows_come_out_in_one_order(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", "COUNT = 0\ndef rule(event):\n    global COUNT\n    COUNT += 1\n    return COUNT % 100 == 0\n")
    ids = pa.array([f"{n:06d}" for n in range(12_000)])
    put_rows(lake, rows_of(['{"n": 1}'] * 12_000, p_row_id=ids))

    detect(lake, UnitOfWork(batch_id="b1"), rules=loaded(tmp_path))

    assert rows(lake, "select min(p_row_id), max(p_row_id), count(*) from panther_signals.signals") == [("000099", "011999", 120)]


def test_a_rule_that_ends_its_process_costs_neither_the_rows_before_nor_other_rules(lake: EmbeddedLake, tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Even", CODE)
    code = "import os\ndef rule(event):\n    if event['n'] == 7_000:\n        os._exit(1)\n    return event['n'] == 4_000\n"
    write_rule(tmp_path, "Test.Exits", code)
    texts = [f'{{"n": {n}}}' for n in range(12_000)]
    put_rows(lake, rows_of(texts, p_row_id=pa.array([f"{n:06d}" for n in range(12_000)])))

    with LimitedRules([tmp_path], limits=RuleLimits(seconds=10.0)) as rules:
        report = detect(lake, UnitOfWork(batch_id="b1"), rules=rules)

    assert (report.events, report.matches, report.errors, report.rules) == (12_000, 6_001, 1, 2)
    assert report.matches_by_rule == {"Test.Even": 6_000, "Test.Exits": 1}
    assert report.cpu_seconds > 0
    assert rows(lake, "select rule_id, p_row_id, error_type from panther_signals.rule_errors") == [
        ("Test.Exits", "007000", "RuleEndedProcess")
    ]
    assert rows(lake, "select rule_id, events, candidates, matches, errors from panther_monitor.rule_runs order by all") == [
        ("Test.Even", 12_000, 6_000, 6_000, 0),  # where it may match, whichever process runs it
        ("Test.Exits", 12_000, 1, 1, 1),
    ]
