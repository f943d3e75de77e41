"""event.lookup() of rules that run in a process of their own."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import pyarrow as pa
import pytest
from detect.packs import HOUR, loaded, rows_of, write_rule
from hypothesis import given
from hypothesis import strategies as st

from panther_dagster.detect.events import enriched
from panther_dagster.detect.limits import LimitedRules, RuleLimits
from panther_dagster.detect.lookups.declaration import parse_selector
from panther_dagster.detect.lookups.enrichment import Enricher, Enrichment
from panther_dagster.detect.lookups.rows import row_text
from panther_dagster.detect.lookups.shared import MappedTables, SharedTables
from panther_dagster.detect.lookups.table import LookupTable
from panther_dagster.detect.runner import evaluate

LATER = datetime(2024, 5, 6, 8)
KEYS = st.text(st.sampled_from("ab/1é\U0001f600"), max_size=3)
ADDRESSES = st.ip_addresses().map(str) | st.sampled_from(["192.0.2.1", "192.0.2.200", "::ffff:192.0.2.1", "2001:db8::1"])
NETWORKS = st.tuples(ADDRESSES, st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}") | ADDRESSES
VALUES = st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | KEYS | ADDRESSES | st.lists(KEYS, max_size=2)


def table_of(*keys: str, is_cidr: bool = False, text: str = "") -> LookupTable:
    """A table whose rows say their place."""
    rows = [row_text({"n": n, **({"text": text} if text else {})}) for n in range(len(keys))]
    return LookupTable(pa.array(keys, pa.string()), pa.array(rows, pa.string()), is_cidr=is_cidr)


def assert_finds_the_same(table: LookupTable, values: list[Any]) -> None:
    shared, mapped = SharedTables(), MappedTables()
    try:
        lookups = mapped.lookups(shared.told(Enrichment(Enricher({"t": table}, {}))))
    finally:
        shared.close()  # what is mapped stays
    assert lookups is not None
    for value in values:
        expected = table.find(value)
        row = lookups.at(None).lookup("t", value)
        assert (None if row is None else row.to_dict()) == expected
        assert lookups.at(None).lookup("another", value) is None


@given(st.lists(KEYS, max_size=8), st.lists(VALUES, max_size=8))
def test_a_table_in_a_file_finds_what_the_table_finds(keys: list[str], values: list[Any]) -> None:
    assert_finds_the_same(table_of(*keys), [*keys, *values, "\ud800"])


def test_keys_of_one_hash_are_told_apart() -> None:
    assert crc32(b"plumless") == crc32(b"buckeroo")
    assert_finds_the_same(table_of("plumless"), ["plumless", "buckeroo"])
    assert_finds_the_same(table_of("plumless", "buckeroo", "c"), ["plumless", "buckeroo", "c", "d"])


@given(st.lists(NETWORKS | KEYS, max_size=8), st.lists(VALUES, max_size=8))
def test_a_table_of_networks_in_a_file_finds_what_the_table_finds(keys: list[str], values: list[Any]) -> None:
    hosts = [key.partition("/")[0] for key in keys]
    assert_finds_the_same(table_of(*keys, is_cidr=True), [*hosts, *values])


def test_a_table_is_written_once_and_its_file_goes_with_its_use() -> None:
    first = Enrichment(Enricher({"t": table_of("a")}, {}))
    shared = SharedTables()

    (path,) = (told := shared.told(first) or {})["files"].values()

    assert shared.told(first) == told
    lookups = MappedTables().lookups(told)
    assert lookups is not None
    assert lookups.at(None).lookup("t", "a") == {"n": 0}
    assert shared.told(Enrichment(first.latest, has_calls=False)) is None
    assert MappedTables().lookups(None) is None
    with pytest.raises(FileNotFoundError):
        MappedTables().lookups(told)
    assert Path(path).parent != Path(tempfile.gettempdir())
    shared.close()


def test_a_table_that_follows_another_is_not_taken_for_it() -> None:
    """The file of the one gets the number of the other's in the process, and so its path."""
    shared, mapped = SharedTables(), MappedTables()
    found = []
    for n in range(3):
        lookups = mapped.lookups(shared.told(Enrichment(Enricher({"t": table_of(*"xyz"[:n], "a")}, {}))))
        assert lookups is not None
        row = lookups.at(None).lookup("t", "a")
        assert row is not None
        found.append(row["n"])
    shared.close()

    assert found == [0, 1, 2]


CALLS = """
def rule(event):
    return event.lookup("staff", event["user"]) is not None and event.lookup("no_such", "jo") is None
def title(event):
    row = event.lookup("staff", event.get("user"))
    return f"{row} {row['N']} {event.get('p_enrichment')} {event.lookup('networks', '192.0.2.1')} {event.lookup('staff', ['jo'])}"
"""


def test_rules_in_a_process_of_their_own_see_the_rows_of_the_moment_as_in_this_one(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Calls", CALLS)
    selector = parse_selector("user")
    assert selector is not None
    then = Enricher({"staff": table_of("jo")}, {"staff": [selector]})
    now = Enricher({"staff": table_of("al", "jo"), "networks": table_of("192.0.2.0/24", is_cidr=True)}, {"staff": [selector]})
    moments = pa.array([HOUR, LATER, None, HOUR], pa.timestamp("us"))
    rows = rows_of(['{"user": "jo"}', '{"user": "jo"}', '{"user": "al"}', '{"user": "al"}'], p_parse_time=moments)
    enrichment = Enrichment(now, {HOUR: then, LATER: now})

    here = evaluate(rows, rules=loaded(tmp_path), log_type="Test.Type", enrichment=enrichment)
    with LimitedRules([tmp_path]) as rules:
        there = rules.evaluate(enriched(rows, "Test.Type", enrichment), log_type="Test.Type", enrichment=enrichment)
        without = rules.evaluate(rows, log_type="Test.Type")

    titles = {row["p_row_id"]: row["title"] for row in there.signals.to_pylist()}
    assert list(titles) == ["r0", "r1", "r2"]
    assert titles["r0"].startswith("ImmutableCaseInsensitiveDict({'n': 0}) 0 Immutable")
    assert titles["r0"].endswith(" None None")  # the networks came later
    assert titles["r1"].startswith("ImmutableCaseInsensitiveDict({'n': 1}) 1 Immutable")
    assert titles["r1"].endswith(" ImmutableCaseInsensitiveDict({'n': 0}) None")
    assert "'p_match': 'jo'" in titles["r1"]
    assert there.signals == here.signals
    assert there.errors.num_rows == here.errors.num_rows == 0
    assert without.signals.num_rows == 0


def test_a_table_is_no_memory_of_the_rules_that_ask_it_for_everything(tmp_path: Path) -> None:
    """96 MB of rows under a budget of 64 MiB, whose address space is twice that."""
    code = "def rule(event):\n    return all(event.lookup('big', str(n))['n'] == n for n in range(event['rows']))\n"
    write_rule(tmp_path, "Test.Asks", code)
    size = 6_000
    big = Enrichment(Enricher({"big": table_of(*map(str, range(size)), text="x" * 16_000)}, {}))

    with LimitedRules([tmp_path], limits=RuleLimits(seconds=60, memory_bytes=64 << 20)) as rules:
        result = rules.evaluate(rows_of([f'{{"rows": {size}}}']), log_type="Test.Type", enrichment=big)

    assert result.errors.to_pylist() == []
    assert result.signals.num_rows == 1


def test_a_rule_that_looks_up_without_end_is_stopped_and_others_keep_theirs(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.Endless", "def rule(event):\n    while event.lookup('staff', 'jo'):\n        pass\n    return False\n")
    write_rule(tmp_path, "Test.Good", "def rule(event):\n    return event.lookup('staff', 'al')['n'] == 1\n")
    enrichment = Enrichment(Enricher({"staff": table_of("jo", "al")}, {}))

    with LimitedRules([tmp_path], limits=RuleLimits(seconds=1)) as rules:
        result = rules.evaluate(rows_of(["{}"]), log_type="Test.Type", enrichment=enrichment)

    assert [(row["rule_id"], row["error_type"]) for row in result.errors.to_pylist()] == [("Test.Endless", "RuleTimeout")]
    assert [row["rule_id"] for row in result.signals.to_pylist()] == ["Test.Good"]
