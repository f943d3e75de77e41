"""What a Spark worker does for detect/spark.py: it reads pieces of a detection and gives back what rules say of them. Knows no Spark.

The rules are loaded once in a worker process, into a process of their own with its limits (limits.py), and stay for the next pieces.
"""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.limits import SCHEMAS, LimitedRules
from panther_dagster.detect.runner import DetectionResult
from panther_dagster.detect.state.location import MEMORY
from panther_dagster.detect.watch import RuleLimits
from panther_dagster.detect.watched_worker import WorkerFailed
from panther_dagster.detect.worker import registry_of

RESULT_COLUMNS: Final = pa.schema(
    [
        ("position", pa.int64()),
        ("signals", pa.binary()),
        ("errors", pa.binary()),
        ("runs", pa.binary()),
        ("set_aside", pa.string()),
        ("cpu_seconds", pa.float64()),
    ]
)
RESULT_DDL: Final = "position long, signals binary, errors binary, runs binary, set_aside string, cpu_seconds double"
_COMPRESSED: Final = pa.ipc.IpcWriteOptions(compression="lz4")


@dataclass(frozen=True)
class RuleSource:
    """How a worker loads the rules: the arguments of LimitedRules, and the versions that must come out."""

    paths: Sequence[Path]
    overlays: Sequence[Path]
    fields_by_log_type: Mapping[str, Sequence[str]] | None
    limits: RuleLimits
    use_prefilter: bool
    check_every: int
    version_by_rule_id: Mapping[str, str]  # of the rules that are enabled
    token: str = field(default_factory=lambda: uuid.uuid4().hex)  # of the object that asks: another one's rules are loaded anew

    def load(self) -> LimitedRules:
        """The rules on this machine, remembering nothing from piece to piece. Raises WorkerFailed: they are not those that are wanted."""
        rules = LimitedRules(
            self.paths,
            overlays=self.overlays,
            limits=self.limits,
            registry=registry_of(self.fields_by_log_type),
            use_prefilter=self.use_prefilter,
            check_every=self.check_every,
            state=MEMORY,
        )
        try:
            found = {rule.rule_id: rule.version for rule in rules.rules if rule.is_enabled}
            if found != self.version_by_rule_id:
                raise WorkerFailed(self._difference(found, [str(error) for error in rules.errors]))
        except BaseException:
            rules.close()
            raise
        return rules

    def _difference(self, found: Mapping[str, str], errors: Sequence[str]) -> str:
        wanted = self.version_by_rule_id
        rule_id = min(id for id in wanted.keys() | found.keys() if wanted.get(id) != found.get(id))
        what = "has another version of" if rule_id in found and rule_id in wanted else "does not load" if rule_id in wanted else "also has"
        reason = f" ({errors[0]})" if what == "does not load" and errors else ""
        places = ", ".join(map(str, self.paths))
        return f"{socket.gethostname()} {what} rule {rule_id}{reason}: every machine needs the same files at {places}"


@dataclass(frozen=True)
class Piece:
    """Rows of one log type in a file; `rows_before` as of LimitedRules.evaluate."""

    file: Path
    log_type: str
    rows_before: int

    def write(self, rows: pa.RecordBatch) -> Piece:
        """Make the file."""
        with pa.OSFile(str(self.file), "wb") as sink, pa.ipc.new_file(sink, rows.schema, options=_COMPRESSED) as writer:
            writer.write_batch(rows)
        return self

    def read(self) -> pa.RecordBatch:
        """Its rows. Raises WorkerFailed: this machine does not see the file."""
        try:
            with pa.OSFile(str(self.file), "rb") as source:
                return pa.ipc.open_file(source).get_batch(0)
        except OSError as error:
            name = socket.gethostname()
            raise WorkerFailed(f"{name} cannot read {self.file} ({error}): all machines must reach detection.spark_folder") from error


@dataclass(frozen=True)
class WorkOrder:
    """One detection. `left_out`: rules that need not run here."""

    source: RuleSource
    pieces: Sequence[Piece]
    destinations: Mapping[str, str] | None
    left_out: frozenset[str]


@dataclass(frozen=True)
class PieceAnswer:
    """What rules say of one piece. `set_aside`: rules of which it does not count: they were stopped, or have used the cache."""

    result: DetectionResult
    set_aside: frozenset[str]
    cpu_seconds: float

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> PieceAnswer:
        """From a row with RESULT_COLUMNS."""
        tables = [pa.ipc.open_stream(row[name]).read_all().cast(schema) for name, schema in _SCHEMA_BY_NAME.items()]
        return cls(DetectionResult(*tables), frozenset(json.loads(row["set_aside"])), row["cpu_seconds"])


_SCHEMA_BY_NAME: Final = dict(zip(("signals", "errors", "runs"), SCHEMAS, strict=True))
_loaded: dict[str, LimitedRules] = {}  # by token: at most one


def evaluate_pieces(order: WorkOrder, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row with RESULT_COLUMNS for each position of a piece, which are the first column of the batches."""
    for batch in batches:
        for position in batch.column(0).to_pylist():
            yield _evaluated(order, position)


def _evaluated(order: WorkOrder, position: int) -> pa.RecordBatch:
    piece = order.pieces[position]
    rows = piece.read()
    rules = _rules(order.source)
    cpu_before = rules.cpu_seconds
    try:
        rules.leave_out(order.left_out)
        rules.begin()
        result = rules.evaluate(rows, log_type=piece.log_type, destinations=order.destinations, rows_before=piece.rows_before)
    except BaseException:
        forget_rules()  # the piece comes again, here or elsewhere
        raise
    row = {
        "position": position,
        **{name: _packed(getattr(result, name)) for name in _SCHEMA_BY_NAME},
        "set_aside": json.dumps(sorted(rules.quarantined_ids | rules.cache_users)),
        "cpu_seconds": rules.cpu_seconds - cpu_before,
    }
    return pa.RecordBatch.from_pylist([row], RESULT_COLUMNS)


def _rules(source: RuleSource) -> LimitedRules:
    if source.token not in _loaded:
        forget_rules()
        _loaded[source.token] = source.load()
    return _loaded[source.token]


def forget_rules() -> None:
    """End the processes that hold rules here."""
    while _loaded:
        _loaded.popitem()[1].close()


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_COMPRESSED) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
