"""Pieces of a detection as Spark workers take them, without Spark: out of order, and by processes that know nothing of each other."""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from detect.detections import pieces_of, told
from detect.packs import rows_of, write_rule
from detect.state_stores import sqlite_in

from panther_dagster.detect.limits import LimitedRules
from panther_dagster.detect.lookups.enrichment import Enricher, Enrichment
from panther_dagster.detect.lookups.rows import row_text
from panther_dagster.detect.lookups.table import LookupTable
from panther_dagster.detect.quarantine import QuarantinedRule
from panther_dagster.detect.spark import SparkCluster, SparkRules
from panther_dagster.detect.spark_worker import RESULT_COLUMNS, Piece, RuleSource, evaluate_pieces, forget_rules
from panther_dagster.detect.state.location import opener_of
from panther_dagster.detect.watch import RuleLimits
from panther_dagster.detect.watched_worker import WorkerFailed
from panther_dagster.errors import SettingsError

EVEN = "def rule(event):\n    return event['n'] % 2 == 0\ndef title(event):\n    return f\"n {event['n']}\"\n"
RAISES = "def rule(event):\n    return 1 / (event['n'] % 7) > 0.9\n"
EXITS = "import os\ndef rule(event):\n    if event['n'] == 1_500:\n        os._exit(1)\n    return event['n'] in (1_400, 2_400)\n"
COUNTS = (
    "from panther_detection_helpers.caching import increment_counter\n"
    "def rule(event):\n    return event['n'] % 100 == 3 and increment_counter('k') % 4 == 0\n"
)
READS = (
    "from panther_detection_helpers.caching import get_counter\n"
    "def rule(event):\n    return event['n'] % 100 == 50 and get_counter('k') == 6\n"
)
CODE_BY_RULE_ID = {"Test.Even": EVEN, "Test.Raises": RAISES, "Test.Exits": EXITS, "Test.Counts": COUNTS, "Test.Reads": READS}
LIMITS = RuleLimits(seconds=20.0)


@dataclass
class ScrambledCluster:
    """Stands for a SparkCluster: one worker that takes the pieces as it is told. `seen`: the positions of all jobs."""

    folder: Path
    order: Callable[[Sequence[int]], Iterable[int]]
    min_events: int = 1
    master: str = "test"
    seen: list[int] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[ScrambledCluster]:
        yield self

    def range(self, start: int, end: int, step: int, numPartitions: int) -> ScrambledCluster:  # noqa: N803
        self._positions = range(start, end, step)
        return self

    def mapInArrow(self, function: Any, schema: str) -> ScrambledCluster:  # noqa: N802
        self._function = pickle.loads(pickle.dumps(function))
        return self

    def toArrow(self) -> pa.Table:  # noqa: N802
        positions = [*self.order(self._positions)]
        self.seen += positions
        answers = [*self._function(pa.record_batch({"id": [position]}) for position in positions)]
        return pa.Table.from_batches(answers, RESULT_COLUMNS)


@pytest.fixture(autouse=True)
def _pyspark_is_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    yield
    forget_rules()


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    for rule_id, code in CODE_BY_RULE_ID.items():
        write_rule(tmp_path / "pack", rule_id, code)
    return tmp_path / "pack"


def events(size: int) -> pa.RecordBatch:
    ids = pa.array([f"{n:06d}" for n in range(size)])
    return rows_of(["no json" if n == 777 else f'{{"n": {n}}}' for n in range(size)], p_row_id=ids)


def count(location: str) -> int | None:
    open_store = opener_of(location)
    assert open_store is not None
    with closing(open_store()) as store:
        entry = store.history("k").entry
    return None if entry is None else entry.count


@pytest.mark.parametrize("order", [reversed, sorted, lambda positions: [*positions[1::2], *positions[::2]]])
def test_pieces_in_any_order_give_what_one_process_gives(order: Any, pack: Path, tmp_path: Path) -> None:
    pieces = pieces_of(events(3_000), 500)
    here, there = (sqlite_in(tmp_path / name) for name in ("here", "there"))
    with LimitedRules([pack], limits=LIMITS, state=here) as rules:
        expected = told(rules.evaluate_all(pieces))
        rules.keep_changes()
    cluster = ScrambledCluster(tmp_path / "work", order)
    with SparkRules([pack], cluster=cluster, limits=LIMITS, state=there) as rules:  # type: ignore[arg-type]
        found = told(rules.evaluate_all(pieces))
        rules.keep_changes()

        assert rules.set_aside_ids == {"Test.Exits", "Test.Counts", "Test.Reads"}
        assert rules.quarantined_ids == {"Test.Exits"}
    assert found == expected
    by_rule = {row["key"][0]: (row["events"], row["candidates"], row["matches"], row["errors"]) for row in found["runs"]}
    assert by_rule["Test.Even"] == (3_000, 2_500, 1_500, 0)  # the first 2,000 rows are for all rules
    assert by_rule["Test.Exits"] == (3_000, 1_500, 1, 1)
    assert by_rule["Test.Counts"] == (3_000, 2_010, 7, 0)
    assert [row["p_row_id"] for row in found["signals"] if row["rule_id"] == "Test.Reads"] == ["000550"]
    assert (count(here), count(there)) == (30, 30)
    assert sorted(cluster.seen) == [0, 1, 2, 3, 4, 5]
    assert not list((tmp_path / "work").iterdir())


def test_a_rule_that_was_set_aside_is_not_run_by_workers_again(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    code = COUNTS.replace("    return", f"    open({str(calls)!r}, 'a').write('x')\n    return")
    write_rule(tmp_path / "pack", "Test.Counts", code)
    first, second = pieces_of(events(200), 100)
    with SparkRules([tmp_path / "pack"], cluster=ScrambledCluster(tmp_path / "work", sorted), limits=LIMITS) as rules:  # type: ignore[arg-type]
        told(rules.evaluate_all([first]))
        assert calls.stat().st_size == 200  # on a worker, and here
        told(rules.evaluate_all([second]))

    assert calls.stat().st_size == 300


def test_the_prefilter_chooses_the_same_candidates_on_any_worker(tmp_path: Path) -> None:
    write_rule(tmp_path / "pack", "Test.Even", EVEN)
    rows = rows_of([f'{{"n": {n % 400}}}' for n in range(12_000)])
    pieces = pieces_of(rows, 5_000)
    with LimitedRules([tmp_path / "pack"], limits=LIMITS) as rules:
        expected = told(rules.evaluate_all(pieces))
    with SparkRules([tmp_path / "pack"], cluster=ScrambledCluster(tmp_path / "work", reversed), limits=LIMITS) as rules:  # type: ignore[arg-type]
        found = told(rules.evaluate_all(pieces))

    assert found == expected
    assert [(run["events"], run["candidates"], run["matches"]) for run in found["runs"]] == [(12_000, 6_000, 6_000)]


def test_rules_in_quarantine_are_left_out_by_workers_too_and_said_to_be(pack: Path, tmp_path: Path) -> None:
    pieces = pieces_of(events(1_000), 500)
    noon = datetime(2024, 5, 1, 12)
    found = []
    cluster = ScrambledCluster(tmp_path / "work", reversed)
    for rules in (
        LimitedRules([pack], limits=LIMITS),
        SparkRules([pack], cluster=cluster, limits=LIMITS),  # type: ignore[arg-type]
    ):
        with rules:
            (even,) = (rule for rule in rules.rules if rule.rule_id == "Test.Even")
            held = QuarantinedRule("Test.Even", even.version, 3, noon, noon, "stopped")
            rules.begin({("Test.Even", even.version): held})
            found.append(told(rules.evaluate_all(pieces)))

    assert found[0] == found[1]
    assert [row["error_type"] for row in found[1]["errors"] if row["rule_id"] == "Test.Even"] == ["RuleQuarantined"]
    assert not [row for row in found[1]["signals"] if row["rule_id"] == "Test.Even"]


def test_pieces_whose_rules_ask_lookup_tables_stay_here(tmp_path: Path) -> None:
    write_rule(tmp_path / "pack", "Test.Asks", "def rule(event):\n    return event.lookup('t', str(event['n'])) is not None\n")
    table = LookupTable(pa.array(["3", "250"]), pa.array([row_text({"n": 1})] * 2), is_cidr=False)
    pieces = [(log_type, rows, Enrichment(Enricher({"t": table}, {}))) for log_type, rows, _ in pieces_of(events(300), 100)]
    cluster = ScrambledCluster(tmp_path / "work", reversed)
    with SparkRules([tmp_path / "pack"], cluster=cluster, limits=LIMITS) as rules:  # type: ignore[arg-type]
        found = told(rules.evaluate_all(pieces))

    assert [row["p_row_id"] for row in found["signals"]] == ["000003", "000250"]
    assert cluster.seen == []


def test_a_small_unit_stays_in_this_process(pack: Path, tmp_path: Path) -> None:
    cluster = ScrambledCluster(tmp_path / "work", sorted, min_events=3_001)
    with SparkRules([pack], cluster=cluster, limits=LIMITS) as rules:  # type: ignore[arg-type]
        found = told(rules.evaluate_all(pieces_of(events(3_000), 500)))

    assert len([row for row in found["signals"] if row["rule_id"] == "Test.Even"]) == 1_500
    assert cluster.seen == []
    assert not (tmp_path / "work").exists()


def test_a_machine_with_other_rules_says_which_and_where(pack: Path, tmp_path: Path) -> None:
    with LimitedRules([pack], limits=LIMITS) as rules:
        versions = {rule.rule_id: rule.version for rule in rules.rules}
    cases = [
        ({**versions, "Test.Even": "older"}, "has another version of rule Test.Even: every machine needs the same files at "),
        ({**versions, "Test.New": "1"}, "does not load rule Test.New: "),
        ({name: version for name, version in versions.items() if name != "Test.Even"}, "also has rule Test.Even: "),
    ]
    for wanted, text in cases:
        source = RuleSource([pack], [], None, LIMITS, use_prefilter=True, check_every=0, version_by_rule_id=wanted)
        with pytest.raises(WorkerFailed, match=text) as raised:
            source.load()
        assert str(pack) in str(raised.value)


def test_a_machine_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match=r"cannot read .*0\.arrow .*all machines must reach detection\.spark_folder"):
        Piece(tmp_path / "0.arrow", "Test.Type", 0).read()


def test_no_position_gives_no_answer(tmp_path: Path) -> None:
    assert list(evaluate_pieces(None, iter(()))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", ["pyspark", "pandas"])
def test_without_the_extra_the_error_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(
        SettingsError, match=rf"^detection\.engine is spark, and {missing} is not installed: pip install 'panther-dagster\[spark\]'"
    ):
        SparkRules([tmp_path], cluster=SparkCluster("local[2]", tmp_path))
