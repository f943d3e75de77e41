"""Analyzes single rules for tests: which events of a list a rule is a candidate for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from detect.packs import loaded, rows_of, write_rule
from detect.prefilter.differential import assert_same

from panther_dagster.detect.pack import RuleSet
from panther_dagster.detect.prefilter.prefilter import Prefilter
from panther_dagster.detect.runner import evaluate

LOG_TYPE = "Test.Type"


def rows_with(texts: Sequence[str], **columns: Any) -> pa.RecordBatch:
    """Normalized rows of Test.Type."""
    return rows_of(texts, **columns)


def candidates_of(root: Path, code: str, *events: Any, **metadata: Any) -> list[bool]:
    """For each event whether the rule is a candidate. Asserts, too, that the results are those of running it on all."""
    write_rule(root, "Test.Rule", code, **metadata)
    return candidates_in(loaded(root), *events, others=loaded(root))


def candidates_in(rules: RuleSet, *events: Any, others: RuleSet | None = None, **columns: Any) -> list[bool]:
    """For each event whether any rule is a candidate."""
    texts = [event if isinstance(event, str) else json.dumps(event) for event in events]
    rows = rows_of(texts, **columns)
    prefilter = Prefilter(LOG_TYPE)
    chosen = {index for index, _ in prefilter(rows, rules.for_log_type(LOG_TYPE))}
    plain = evaluate(rows, rules=others or rules, log_type=LOG_TYPE)
    filtered = evaluate(rows, rules=rules, log_type=LOG_TYPE, candidates=Prefilter(LOG_TYPE))
    assert_same(plain, filtered, texts)
    return [index in chosen for index in range(len(texts))]
