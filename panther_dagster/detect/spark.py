"""The same detection on several machines: Spark workers evaluate the pieces of a large unit. The only module that imports pyspark.

Each piece of 5,000 rows is a file in a folder that all machines reach, and a Spark task of its own. Its rows go through the engine as they
would here (spark_worker.py): the results are those of one process. A task that is lost runs again, and one answer for each piece counts.

What depends on the order of pieces stays in order: a rule that used the cache on a worker, or was stopped there, is set aside. Its answers
are dropped, and it runs here over all pieces, one after the other, with its state (docs/decisions/0018-spark.md).
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.detect.limits import LimitedRules, joined
from panther_dagster.detect.lookups.enrichment import Enrichment
from panther_dagster.detect.pack import DeclaredLogTypes
from panther_dagster.detect.runner import DetectionResult
from panther_dagster.detect.spark_worker import RESULT_DDL, Piece, PieceAnswer, RuleSource, WorkOrder, evaluate_pieces
from panther_dagster.detect.state.location import MEMORY
from panther_dagster.detect.watch import RuleLimits
from panther_dagster.detect.watched_worker import WorkerFailed
from panther_dagster.errors import SettingsError

NOT_INSTALLED: Final = "detection.engine is spark, and {} is not installed: pip install 'panther-dagster[spark]'"
_FOLDER_PREFIX: Final = "detection-"
_LEFT_BEHIND_SECONDS: Final = 7 * 24 * 3600  # a folder this old is of a run that was killed
_LOOPBACK: Final = "127.0.0.1"
_MAX_CAUSE: Final = 2_000


@dataclass(frozen=True)
class SparkCluster:
    """Where pieces are evaluated, and through which folder they go. Units with fewer than `min_events` rows stay in this process."""

    master: str
    folder: Path
    conf: Mapping[str, str] = field(default_factory=dict)
    min_events: int = 50_000

    @property
    def is_local(self) -> bool:
        """Whether all of it is on this machine."""
        return self.master.startswith("local")

    @contextmanager
    def session(self) -> Iterator[Any]:
        """The pyspark session of this process; one that starts here ends with the `with`. Raises SettingsError: Spark does not start."""
        from pyspark.sql import SparkSession

        found = SparkSession.getActiveSession()
        if found is not None:
            yield found
            return
        session = self._started(SparkSession.builder)
        try:
            yield session
        finally:
            session.stop()

    def _started(self, builder: Any) -> Any:
        defaults = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
        if self.is_local:
            defaults |= {"spark.driver.host": _LOOPBACK, "spark.driver.bindAddress": _LOOPBACK}
        builder = builder.appName("panther_dagster").master(self.master)
        for name, value in (defaults | dict(self.conf)).items():
            builder = builder.config(name, value)
        variables = {"PYSPARK_PYTHON": self.conf.get("spark.pyspark.python", sys.executable)}
        if self.is_local:
            variables["SPARK_LOCAL_IP"] = _LOOPBACK
        try:
            with _environment(variables):
                return builder.getOrCreate()
        except Exception as error:
            raise SettingsError(f"Spark does not start at {self.master} (it needs Java 17 or later): {_cause(error)}") from error


class SparkRules(LimitedRules):
    """LimitedRules whose detections of many rows run on a Spark cluster.

    Files of rules, this package and the folder of the pieces are at the same paths on every machine. Single batches, and so scheduled
    queries, run here.

    Raises SettingsError: pyspark is not installed; from evaluate_all also that Spark does not start. WorkerFailed, from evaluate_all: a
    piece failed on several workers; the text has the cause.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        cluster: SparkCluster,
        overlays: Sequence[Path] = (),
        limits: RuleLimits | None = None,
        registry: DeclaredLogTypes | None = None,
        use_prefilter: bool = True,
        check_every: int = 0,
        state: str = MEMORY,
    ) -> None:
        for name in ("pyspark", "pandas"):  # which pyspark asks for
            if importlib.util.find_spec(name) is None:
                raise SettingsError(NOT_INSTALLED.format(name))
        super().__init__(
            paths, overlays=overlays, limits=limits, registry=registry, use_prefilter=use_prefilter, check_every=check_every, state=state
        )
        self._cluster = cluster
        self._held = ExitStack()  # of the Spark session, once there is one
        self._session: Any = None
        self._set_aside: set[str] = set()

    def close(self) -> None:
        """End all processes, and the Spark session if one was started."""
        self._session = None
        try:
            self._held.close()
        finally:
            super().close()

    @property
    def set_aside_ids(self) -> frozenset[str]:
        """Rules that run here and not on workers, since an earlier piece showed that they must."""
        return frozenset(self._set_aside)

    def evaluate_all(
        self, pieces: Iterable[tuple[str, pa.RecordBatch, Enrichment | None]], *, destinations: Mapping[str, str] | None = None
    ) -> Iterator[DetectionResult]:
        """As LimitedRules.evaluate_all. Pieces of log types for which code calls event.lookup() stay here, where the tables are."""
        pieces, events = iter(pieces), 0
        first: list[tuple[str, pa.RecordBatch, Enrichment | None]] = []
        while events < self._cluster.min_events:
            piece = next(pieces, None)
            if piece is None:
                yield from super().evaluate_all(first, destinations=destinations)
                return
            first.append(piece)
            events += piece[1].num_rows
        with _working_folder(self._cluster.folder) as folder:
            parts: list[Piece | DetectionResult] = []
            for number, (log_type, rows, found) in enumerate(itertools.chain(first, pieces)):
                if found is not None and found.has_calls:
                    parts.append(self.evaluate(rows, log_type=log_type, destinations=destinations, enrichment=found))
                else:
                    piece_of_file = Piece(folder / f"{number}.arrow", log_type, self.count_rows(log_type, rows.num_rows))
                    parts.append(piece_of_file.write(rows))
            evaluated = self._evaluated([part for part in parts if isinstance(part, Piece)], destinations)
            for part in parts:
                yield next(evaluated) if isinstance(part, Piece) else part

    def _evaluated(self, pieces: Sequence[Piece], destinations: Mapping[str, str] | None) -> Iterator[DetectionResult]:
        answers = self._answers(WorkOrder(self._source, pieces, destinations, self.set_aside_ids | self.left_out_ids)) if pieces else []
        self.cpu_seconds += sum(answer.cpu_seconds for answer in answers)
        self._set_aside.update(*(answer.set_aside for answer in answers))
        aside = self._set_aside | self.left_out_ids  # those that are left out have a row in the errors, which is written here
        for piece, answer in zip(pieces, answers, strict=True):
            wanted = {rule.rule_id for rule in self.rules if rule.is_enabled and piece.log_type in rule.log_types}
            kept, again = wanted - aside, wanted & aside
            if not again:
                yield answer.result
                continue
            rows = piece.read()
            ours = self.evaluate(rows, log_type=piece.log_type, destinations=destinations, rule_ids=again, rows_before=piece.rows_before)
            yield joined(rows, [_without(answer.result, again), ours]) if kept else ours

    @cached_property
    def _source(self) -> RuleSource:
        return RuleSource(
            paths=[Path(path) for path in self._order["paths"]],
            overlays=[Path(path) for path in self._order["overlays"]],
            fields_by_log_type=self._order["fields_by_log_type"],
            limits=self._limits,
            use_prefilter=self._order["use_prefilter"],
            check_every=self._order["check_every"],
            version_by_rule_id={rule.rule_id: rule.version for rule in self.rules if rule.is_enabled},
        )

    def _answers(self, order: WorkOrder) -> list[PieceAnswer]:
        if self._session is None:
            self._session = self._held.enter_context(self._cluster.session())
        size = len(order.pieces)
        positions = self._session.range(0, size, 1, numPartitions=size)
        try:
            rows = positions.mapInArrow(partial(evaluate_pieces, order), RESULT_DDL).toArrow().to_pylist()
        except Exception as error:
            raise WorkerFailed(f"detection failed on the Spark cluster {self._cluster.master}: {_cause(error)}") from error
        row_by_position = {row["position"]: row for row in rows}
        return [PieceAnswer.of_row(row_by_position[position]) for position in range(size)]


@contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    """A new folder for the pieces of one detection. Takes along what runs that were killed have left."""
    parent.mkdir(parents=True, exist_ok=True)
    for folder in parent.glob(f"{_FOLDER_PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                rmtree(folder)
    with tempfile.TemporaryDirectory(prefix=_FOLDER_PREFIX, dir=parent.absolute(), ignore_cleanup_errors=True) as made:
        yield Path(made)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables that pyspark and the JVM read when they start, unless they are set."""
    added = [name for name in variables if name not in os.environ]
    os.environ.update({name: variables[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _without(result: DetectionResult, rule_ids: Collection[str]) -> DetectionResult:
    ids = pa.array(sorted(rule_ids), pa.string())
    tables = (table.filter(pc.invert(pc.is_in(table.column("rule_id"), ids))) for table in (result.signals, result.errors, result.runs))
    return DetectionResult(*tables)


def _cause(error: Exception) -> str:
    """What an error of Spark is about: what a worker said, or its first lines."""
    text = str(error)
    said = re.findall(r"^\S*WorkerFailed: (.+)$", text, re.MULTILINE)
    return said[-1] if said else text[:_MAX_CAUSE]
