"""Events per CPU second of the rule engine: Arrow rows in, signals out, one process, with the prefilter.

Beside it, in the same run and on the same events, each seen once by each: orjson.loads and a bare loop over the rules' `rule()`, with the
same event object, without errors, statistics or output; and, where PANTHER_CORE_PYTHON names a python that has it, the
`Rule.run` of panther-core, which is what Panther runs. Further: events that all have another identity, address and agent, and the rules
copied to 50 and 800. PANTHER_BENCH_RULES names other folders of rules (a checkout of panther-analysis), separated by `:`;
PANTHER_BENCH_OKTA a folder of Okta's system log instead of generated events.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.claim import Claim, Seconds, cpu_seconds, peak_rss_bytes
from benchmarks.events import LOG_TYPES, START, events_of, with_own_values
from panther_dagster.detect.events import EventBatch
from panther_dagster.detect.items import pack_root
from panther_dagster.detect.pack import RuleSet, load_rules
from panther_dagster.detect.prefilter.conditions import Analyzer
from panther_dagster.detect.prefilter.prefilter import Prefilter
from panther_dagster.detect.rule import Rule
from panther_dagster.detect.runner import evaluate
from panther_dagster.event import PantherEvent
from panther_dagster.settings import RulesSettings
from panther_dagster.storage.tables import TEXTS, TIME

EVENTS = 20_000
ROWS = 5_000
UNIQUE_EVENTS = 10_000
LOOP_EVENTS = 2_000  # of the bare loop, which takes long
PEER_EVENTS = 300


@dataclass(frozen=True)
class _Figures:
    """Events a CPU second."""

    name: str
    log_type: str
    rules: int
    matches_per_event: float
    analysis_seconds: float
    engine: float
    engine_on_unique: float
    loop: float
    peer: float | None
    growth: tuple[float, float] | None = None  # us an event for candidates alone, 50 and 800 rules


def run(folder: Path, given: Path | None) -> list[Claim]:
    """Measure our rules, and the given ones."""
    packs = {"our rules": RulesSettings().paths}
    if others := os.environ.get("PANTHER_BENCH_RULES"):
        packs["given rules"] = tuple(Path(path) for path in others.split(":"))
    okta = os.environ.get("PANTHER_BENCH_OKTA")
    sources = {"AWS.CloudTrail": given, "Okta.SystemLog": Path(okta) if okta else None}
    figures = []
    for name, paths in packs.items():
        began = cpu_seconds()
        rules = load_rules(list(paths))
        loaded = cpu_seconds() - began
        print(f"{name}: {len(rules.rules)} rules loaded in {loaded:.1f} CPU s, analyzed in {_analysis_seconds(rules):.1f}", flush=True)
        gc.collect()
        gc.freeze()  # as the process that holds the rules does
        for log_type in LOG_TYPES:
            if rules.for_log_type(log_type):
                figures.append(_measured(name, rules, paths, log_type, list(islice(events_of(log_type, sources.get(log_type)), EVENTS))))
    Console(width=150).print(_table(figures))
    print(f"peak RSS {peak_rss_bytes() >> 20} MiB")
    return [_claim(found) for found in figures]


def _measured(name: str, rules: RuleSet, paths: Sequence[Path], log_type: str, texts: list[str]) -> _Figures:
    chosen = rules.for_log_type(log_type)
    pieces = [_rows(texts[first : first + ROWS], first, log_type) for first in range(0, len(texts), ROWS)]
    whole = [text for rows in pieces for text in _whole_events(rows, log_type)]
    loop_texts = whole[:: max(len(whole) // LOOP_EVENTS, 1)]
    seconds = Seconds()
    prefilter = Prefilter(log_type)
    with seconds.measure("analysis"):
        prefilter.analyze(chosen, pieces[0])
    signals = 0
    for number, rows in enumerate(pieces):
        # Alternating, so that a noisy neighbour hits all.
        with seconds.measure("engine"):
            signals += evaluate(rows, rules=rules, log_type=log_type, candidates=prefilter).signals.num_rows
        with seconds.measure("loop"):
            _bare_loop(chosen, log_type, loop_texts[number :: len(pieces)])
    unique = [with_own_values(text, number) for number, text in enumerate(texts[:UNIQUE_EVENTS])]
    for first in range(0, len(unique), ROWS):
        rows = _rows(unique[first : first + ROWS], first, log_type)
        with seconds.measure("unique"):
            evaluate(rows, rules=rules, log_type=log_type, candidates=prefilter)
    spent = seconds.by_step
    growth = None
    if log_type == "AWS.CloudTrail":
        growth = (_candidate_microseconds(chosen, 50, pieces), _candidate_microseconds(chosen, 800, pieces))
    return _Figures(
        name=name,
        log_type=log_type,
        rules=len(chosen),
        matches_per_event=signals / len(texts),
        analysis_seconds=spent["analysis"],
        engine=len(texts) / spent["engine"],
        engine_on_unique=len(unique) / spent["unique"],
        loop=len(loop_texts) / spent["loop"],
        peer=_peer(paths, chosen, log_type, whole[:: max(len(whole) // PEER_EVENTS, 1)]),
        growth=growth,
    )


def _table(figures: Sequence[_Figures]) -> Table:
    table = Table(title="Rules: events a CPU second, this run")
    for column in (
        "rules of",
        "log type",
        "rules",
        "matches/event",
        "analysis s",
        "panther-core",
        "bare loop",
        "engine",
        "x core",
        "x loop",
    ):
        table.add_column(column, justify="right" if column not in ("rules of", "log type") else "left")
    for column in ("unique", "x core", "us, 50 and 800 rules"):
        table.add_column(column, justify="right")
    for found in figures:
        table.add_row(
            found.name,
            found.log_type,
            str(found.rules),
            f"{found.matches_per_event:.3f}",
            f"{found.analysis_seconds:.2f}",
            "" if found.peer is None else f"{found.peer:,.0f}",
            f"{found.loop:,.0f}",
            f"{found.engine:,.0f}",
            "" if found.peer is None else f"{found.engine / found.peer:.0f}",
            f"{found.engine / found.loop:.1f}",
            f"{found.engine_on_unique:,.0f}",
            "" if found.peer is None else f"{found.engine_on_unique / found.peer:.0f}",
            "" if found.growth is None else f"{found.growth[0]:.1f} {found.growth[1]:.1f}",
        )
    return table


def _claim(found: _Figures) -> Claim:
    title = f"detect: {found.name}, {found.rules} of {found.log_type}"
    if found.peer is None:
        return Claim(title, found.engine, found.loop, "events/s", "orjson.loads and a bare loop over rule()")
    return Claim(title, found.engine, found.peer, "events/s", "Rule.run of panther-core")


def _analysis_seconds(rules: RuleSet) -> float:
    """CPU seconds to analyze all pairs of rule and log type."""
    began = cpu_seconds()
    for log_type in rules.log_types:
        analyzer = Analyzer(log_type)
        chosen = rules.for_log_type(log_type)
        for rule in chosen:
            analyzer.read(rule)
        for rule in chosen:
            analyzer.conditions_of(rule)
    return cpu_seconds() - began


def _candidate_microseconds(rules: Sequence[Rule], size: int, pieces: list[pa.RecordBatch]) -> float:
    """CPU time an event to find the candidates of `size` rules: copies of these, the analysis aside."""
    copies = [dataclasses.replace(rules[n % len(rules)], rule_id=f"{n}") for n in range(size)]
    prefilter = Prefilter(pieces[0].column("p_log_type")[0].as_py())
    prefilter.analyze(copies, pieces[0])
    seconds = Seconds()
    for rows in pieces:
        with seconds.measure("candidates"):
            sum(1 for _ in prefilter(rows, copies))
    return 1e6 * seconds.by_step["candidates"] / sum(rows.num_rows for rows in pieces)


def _whole_events(rows: pa.RecordBatch, log_type: str) -> list[str]:
    """The events as rules see them, with the p_ fields."""
    batch = EventBatch(rows, log_type)
    return [json.dumps(batch.event(index), separators=(",", ":")) for index in range(rows.num_rows)]


def _bare_loop(rules: Sequence[Rule], log_type: str, texts: Sequence[str]) -> int:
    functions = [rule.functions["rule"] for rule in rules]
    model = rules[0].data_models.get(log_type)
    found = 0
    for text in texts:
        event = PantherEvent.sharing(orjson.loads(text), model)
        for function in functions:
            try:
                found += function(event) is True
            except Exception:
                found += 1
    return found


def _peer(paths: Sequence[Path], rules: Sequence[Rule], log_type: str, texts: Sequence[str]) -> float | None:
    """Events a CPU second of panther-core; None where it is not there."""
    python = os.environ.get("PANTHER_CORE_PYTHON")
    coded = [rule for rule in rules if not rule.is_simple]
    if not python or not coded:
        return None
    roots = {pack_root(path) for path in paths}
    job = {
        "helpers": [str(root / "global_helpers") for root in roots],
        "model": next((model for root in roots if (model := _model(root, log_type)) is not None), None),
        "rules": [{"id": rule.rule_id, "file": str(rule.file)} for rule in coded],
        "events": list(texts),
    }
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    script = str(Path(__file__).with_name("peer_rules.py"))
    found = subprocess.run([python, script], input=json.dumps(job), capture_output=True, text=True, env=environment, check=True)
    return len(texts) / float(json.loads(found.stdout)["seconds"])


def _model(root: Path, log_type: str) -> dict[str, Any] | None:
    for file in sorted((root / "data_models").glob("*.yml")):
        text = yaml.safe_load(file.read_text())
        if log_type in text.get("LogTypes", ()):
            mappings = [{key.lower(): value for key, value in mapping.items()} for mapping in text["Mappings"]]
            body = {"body": (file.parent / text["Filename"]).read_text()} if "Filename" in text else {}
            return {"id": text["DataModelID"], "versionId": "1", "mappings": mappings, **body}
    return None


def _rows(texts: list[str], first: int, log_type: str) -> pa.RecordBatch:
    """Normalized rows as panther_logs holds them."""
    size = len(texts)
    return pa.RecordBatch.from_pydict(
        {
            "p_row_id": pa.array([f"{first + n:032x}" for n in range(size)]),
            "p_log_type": pa.array([log_type] * size),
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
