"""Events per CPU second of the rule engine: Arrow rows in, signals out, one process, with the prefilter and without.

Beside it, in the same run: the floor of running every rule on every event, which is orjson.loads and a bare loop over the rules'
`rule()`, with the same event object, without p_ fields, errors, statistics or output. Each event is seen once by each. The prefilter
is also measured on events that all have another identity, address and agent, and with the rules copied to 50 and 800.
PANTHER_BENCH_RULES names other folders of rules (a checkout of panther-analysis), separated by `:`.
"""

from __future__ import annotations

import dataclasses
import gzip
import itertools
import json
import os
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import orjson
import pyarrow as pa

from benchmarks.claim import Claim, Seconds
from panther_dagster.demo.cloudtrail import ordinary_calls
from panther_dagster.demo.company import found_company
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.prefilter.prefilter import Prefilter
from panther_dagster.detect.rule import Rule
from panther_dagster.detect.runner import evaluate
from panther_dagster.event import PantherEvent
from panther_dagster.settings import RulesSettings
from panther_dagster.storage.tables import TEXTS, TIME

EVENTS = 20_000
ROWS = 5_000
LOG_TYPE = "AWS.CloudTrail"
START = datetime(2024, 5, 1)


def run(folder: Path, given: Path | None) -> list[Claim]:
    """Measure our rules, and the given ones."""
    texts = list(islice(_events(given), EVENTS))
    claims = _measured("detect: our rules", load_rules(RulesSettings().paths), texts)
    others = os.environ.get("PANTHER_BENCH_RULES")
    if others:
        claims += _measured("detect: given rules", load_rules([Path(path) for path in others.split(":")]), texts)
    return claims


def _measured(name: str, rules: RuleSet, texts: list[str]) -> list[Claim]:
    chosen = rules.for_log_type(LOG_TYPE)
    pieces = [_rows(texts[first : first + ROWS], first) for first in range(0, len(texts), ROWS)]
    seconds = Seconds()
    prefilter = Prefilter(LOG_TYPE)
    with seconds.measure("analysis"):
        prefilter.analyze(chosen, pieces[0])
    signals = 0
    for number, rows in enumerate(pieces):
        # Alternating, so that a noisy neighbour hits all.
        with seconds.measure("prefilter"):
            signals += evaluate(rows, rules=rules, log_type=LOG_TYPE, candidates=prefilter).signals.num_rows
        with seconds.measure("every rule"):
            evaluate(rows, rules=rules, log_type=LOG_TYPE)
        with seconds.measure("floor"):
            _bare_loop(rules, texts[number * ROWS : (number + 1) * ROWS])
    unique = [
        _rows(list(map(_with_own_identity, texts[first : first + ROWS], itertools.count(first))), first) for first in range(0, 10_000, ROWS)
    ]
    for rows in unique:
        with seconds.measure("unique"):
            evaluate(rows, rules=rules, log_type=LOG_TYPE, candidates=prefilter)
    growth = {size: _microseconds_of_candidates(chosen, size, pieces) for size in (50, 800)}
    spent = seconds.by_step
    print(
        f"{name}: {len(chosen)} rules, {len(texts)} events, {signals} signals, analysis {spent['analysis']:.2f} s; us an event: "
        f"{1e6 * spent['prefilter'] / len(texts):.1f} with the prefilter, {1e6 * spent['every rule'] / len(texts):.1f} without, "
        f"floor {1e6 * spent['floor'] / len(texts):.1f}, all-unique identities {1e6 * spent['unique'] / 10_000:.1f}; "
        f"candidates alone with 50 rules {growth[50]:.1f}, with 800 {growth[800]:.1f}"
    )
    limit = len(texts) / spent["floor"]
    title = f"({len(chosen)} of {LOG_TYPE})"
    floor = "orjson.loads and a bare loop over rule()"
    return [
        Claim(f"{name}, prefilter {title}", len(texts) / spent["prefilter"], limit, "events/s", floor),
        Claim(f"{name}, prefilter, all-unique identities {title}", 10_000 / spent["unique"], limit, "events/s", floor),
        Claim(f"{name}, every rule on every row {title}", len(texts) / spent["every rule"], limit, "events/s", floor),
    ]


def _microseconds_of_candidates(rules: Sequence[Rule], size: int, pieces: list[pa.RecordBatch]) -> float:
    """CPU time an event to find the candidates of `size` rules: copies of these, the analysis aside."""
    copies = [dataclasses.replace(rules[n % len(rules)], rule_id=f"{n}") for n in range(size)]
    prefilter = Prefilter(LOG_TYPE)
    prefilter.analyze(copies, pieces[0])
    seconds = Seconds()
    for rows in pieces:
        with seconds.measure("candidates"):
            sum(1 for _ in prefilter(rows, copies))
    return 1e6 * seconds.by_step["candidates"] / sum(rows.num_rows for rows in pieces)


def _with_own_identity(text: str, number: int) -> str:
    event = json.loads(text)
    identity = event.get("userIdentity") or {}
    for key in ("arn", "principalId", "accessKeyId", "userName"):
        if key in identity:
            identity[key] = f"{identity[key]}{number}"
    event["sourceIPAddress"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    event["userAgent"] = f"{event.get('userAgent')} {number}"
    return json.dumps(event, separators=(",", ":"))


def _bare_loop(rules: RuleSet, texts: list[str]) -> int:
    functions = [(rule.functions["rule"], rule.data_models.get(LOG_TYPE)) for rule in rules.for_log_type(LOG_TYPE)]
    model = functions[0][1] if functions else None
    found = 0
    for text in texts:
        event = PantherEvent.sharing(orjson.loads(text), model)
        for function, _ in functions:
            try:
                found += function(event) is True
            except Exception:
                found += 1
    return found


def _events(given: Path | None) -> Iterator[str]:
    if given is None:
        rng = random.Random(7)
        calls = ordinary_calls(rng, found_company(rng), START, START + timedelta(hours=12))
        yield from (json.dumps(call, separators=(",", ":")) for _, call in calls)
        return
    for file in sorted(given.rglob("*.json.gz")):
        yield from (
            json.dumps(record, separators=(",", ":")) for record in json.loads(gzip.decompress(file.read_bytes())).get("Records", ())
        )


def _rows(texts: list[str], first: int) -> pa.RecordBatch:
    """Normalized rows as panther_logs holds them."""
    size = len(texts)
    return pa.RecordBatch.from_pydict(
        {
            "p_row_id": pa.array([f"{first + n:032x}" for n in range(size)]),
            "p_log_type": pa.array([LOG_TYPE] * size),
            "p_event_time": pa.array([START] * size, TIME),
            "p_parse_time": pa.array([START] * size, TIME),
            "p_source_id": pa.array(["bench"] * size),
            "p_source_label": pa.array(["bench"] * size),
            "p_source_file": pa.array(["file:///bench"] * size),
            "p_record_index": pa.array(range(size), pa.int64()),
            "p_batch_id": pa.array(["20240501T00-000000000000"] * size),
            "p_hour": pa.array([START] * size, TIME),
            "p_any_ip_addresses": pa.array([["192.0.2.1"]] * size, TEXTS),
            "p_any_aws_account_ids": pa.array([["123456789012"]] * size, TEXTS),
            "p_any_aws_arns": pa.array([["arn:aws:iam::123456789012:user/a"]] * size, TEXTS),
            "p_any_usernames": pa.array([["a"]] * size, TEXTS),
            "p_raw_event": pa.array(texts),
        }
    )
