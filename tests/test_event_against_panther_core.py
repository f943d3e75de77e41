"""The event object against the one of panther-core 0.16.3 on random events: same results, same exceptions, same texts.

panther-core is a yardstick only, in an environment of its own: PANTHER_CORE_PYTHON names the python that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from event_operations import KINDS, perform
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panther_dagster.event import PantherEvent

KEYS = st.sampled_from(["a", "A", "b", "B", "c", "key", "Key", "p_udm", "p_event_time", "é", ""])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from(["", "a", "A", "2024-05-06 07:08:09.123456789", "x"]),
)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12)
STEPS = st.lists(KEYS | st.integers(0, 1), max_size=2)
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(KINDS), STEPS, KEYS | st.integers(0, 2) | st.lists(KEYS, max_size=3) | JSON), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def peer() -> Iterator[subprocess.Popen[str]]:
    python = os.environ.get("PANTHER_CORE_PYTHON")
    if not python:
        pytest.skip("no yardstick: PANTHER_CORE_PYTHON does not name a python that has panther-core 0.16.3")
    script = Path(__file__).with_name("event_operations.py")
    process = subprocess.Popen([python, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.stdin.close()  # type: ignore[union-attr]
    process.wait(10)


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=st.dictionaries(KEYS, JSON, max_size=5), operations=OPERATIONS)
def test_same_operations_give_the_same_results_and_exceptions(
    peer: subprocess.Popen[str], event: dict[str, Any], operations: list[Any]
) -> None:
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write(json.dumps([event, operations]) + "\n")
    peer.stdin.flush()
    theirs = json.loads(peer.stdout.readline())

    ours = perform(PantherEvent, *json.loads(json.dumps([event, operations])))

    for operation, our_answer, their_answer in zip(operations, ours, theirs, strict=True):
        assert our_answer == their_answer, operation
