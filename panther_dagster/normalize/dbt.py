"""Raw rows of a unit of work -> normalized rows and indicators, by running dbt models in this process.

Which columns a model has and how they are made is the dbt project's business (dbt_project/models/normalized/<log type>/).
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from panther_dagster.errors import NormalizationError, WriteConflict
from panther_dagster.normalize.manifest import load_manifest, load_nodes, project_fingerprint
from panther_dagster.normalize.runner import DbtFolders, NodeResult, run_command
from panther_dagster.settings import Settings
from panther_dagster.standard_fields import table_name
from panther_dagster.storage import open_lake
from panther_dagster.storage.embedded import CONFLICT_SIGNS
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import Table, raw_table

NORMALIZED_SCHEMA = "panther_logs"
INDICATORS_SCHEMA = "panther_indicators"
MARTS_SCHEMA = "panther_marts"
RAW_SCHEMA = "panther_raw"
# A commit to the lake's catalog can lose against another writer; the models that lost run again.
MAX_ATTEMPTS = 8
# No batch and no log type has this name: what a model is built for when only its table is wanted.
NOTHING = "none"
BUILD_WITHOUT_TESTS = ("build", "--exclude-resource-type", "test", "unit_test")


@dataclass(frozen=True)
class ModelResult:
    """One model or seed that ran. `rows` are those of its unit of work, `total_rows` all of its table; None where that was not asked."""

    name: str
    table: str  # panther_logs.aws_cloudtrail
    seconds: float
    rows: int | None = None
    total_rows: int | None = None


@dataclass(frozen=True)
class TestResult:
    """One dbt test. `state`: pass, warn, fail, error. `failures` counts the rows that it found."""

    __test__ = False  # a name that pytest would collect

    unique_id: str
    name: str
    state: str
    failures: int
    text: str
    seconds: float


class DbtProject:
    """The dbt project of one installation. One command at a time per lake: it holds the lake's `normalize` lock.

    Args: lake: reads row counts and lends its locks; opened from the settings when it is not given.
    """

    def __init__(self, settings: Settings, lake: Lake | None = None) -> None:
        self._settings = settings
        self._given_lake = lake
        state = settings.home / "dbt"
        self.folders = DbtFolders(settings.dbt_project.resolve(), state / "target", state / "logs")

    @property
    def environment(self) -> dict[str, str]:
        """What dbt_project/profiles.yml reads."""
        folder = self._settings.lake_folder.resolve()
        return {
            "PANTHER_DBT_TARGET": self._settings.lake.backend,
            "PANTHER_LAKE_CATALOG": str(folder / "catalog.sqlite"),
            "PANTHER_LAKE_DATA": self._settings.lake.data_path or f"{folder / 'data'}/",
            "PANTHER_LAKE_THREADS": str(self._settings.lake.threads),
            "PANTHER_LAKE_MEMORY": self._settings.lake.memory_limit,
            "PANTHER_LAKE_TEMP": str(folder / "temp"),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the project does."""
        return project_fingerprint(self.folders.project, self._settings.lake.backend)

    @property
    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """Models, seeds, tests and sources by unique id, as in dbt's manifest.json."""
        self._make_folders()
        return load_nodes(self.fingerprint, folders=self.folders, environment=self.environment)

    def build(self, unit: UnitOfWork, *, log_types: Sequence[str]) -> list[ModelResult]:
        """Replace the unit's rows in the normalized tables of these log types and in the indicator table.

        Log types that are not named keep what rows they have, in both. Empty `log_types` does nothing.

        Raises: NormalizationError: names the model and holds the engine's text; models that it does not name are done.
                WriteConflict: other writers won every time.
        """
        if not log_types:
            return []
        names = {table_name(log_type) for log_type in log_types}
        models = {node["name"]: relation(node) for node in self._models(NORMALIZED_SCHEMA) if node["name"] in names}
        if unknown := sorted(names - models.keys()):
            raise NormalizationError(f"no dbt model for {', '.join(unknown)}: looked in {self.folders.project}/models/normalized/")
        indicators = {node["name"]: relation(node) for node in self._models(INDICATORS_SCHEMA)}
        variables = {**unit_variables(unit), "log_types": sorted(log_types)}
        with self._lake.lock("normalize"):
            results = self._run(["run"], [*models, *indicators], variables)
        tables = {**models, **indicators}
        rows, total = self._count(list(tables.values()), unit), self._lake.row_counts()
        return [ModelResult(r.name, table, r.seconds, rows[table], total[table]) for r in results for table in [tables[r.name]]]

    def log_types_with_rows(self, unit: UnitOfWork) -> list[str]:
        """Which log types have rows of this unit, landed or left from an earlier run: those that `build` has to replace."""
        tables = {f"{schema}.{table_name(name)}": name for name in self.log_types for schema in (RAW_SCHEMA, NORMALIZED_SCHEMA)}
        return sorted({tables[table] for table in self._lake.tables_with(unit) if table in tables})

    @property
    def log_types(self) -> list[str]:
        """Log types that have a normalized model."""
        return sorted(log_type for node in self.nodes.values() if (log_type := log_type_of(node)))

    def ensure_tables(self) -> list[ModelResult]:
        """Create what is missing: landing and normalized tables of all log types, indicators, seeds and the analysts' views.

        Views and seeds are made anew when the project has changed. Cheap when there is nothing to do.
        """
        marker = self.folders.target.parent / "ensured.json"
        self._make_folders()
        with self._lake.lock("ensure"):
            log_types, has_table = self.log_types, self._lake.has_table
            self._create_landing_tables([raw_table(name) for name in log_types if not has_table(raw_table(name).name)])
            is_current = marker.exists() and json.loads(marker.read_text()) == self.fingerprint
            nodes = [node for node in self.nodes.values() if node["resource_type"] in ("model", "seed")]
            wanted = [node for node in nodes if not has_table(relation(node)) or not (is_current or self._is_incremental(node))]
            if not wanted:
                return []
            with self._lake.lock("normalize"):
                variables = {
                    "batch_id": NOTHING,
                    "log_types": [NOTHING],
                }  # the indicators of no log type: planning those of all takes seconds
                results = self._run(BUILD_WITHOUT_TESTS, [node["name"] for node in wanted], variables)
            marker.write_text(json.dumps(self.fingerprint))
        tables = {node["name"]: relation(node) for node in wanted}
        return [ModelResult(result.name, tables[result.name], result.seconds) for result in results]

    def refresh(self, names: Sequence[str]) -> list[ModelResult]:
        """Build seeds and marts anew, whole. Raises NormalizationError."""
        tables = {node["name"]: relation(node) for node in self.nodes.values() if node["resource_type"] in ("model", "seed")}
        with self._lake.lock("normalize"):
            results = self._run(BUILD_WITHOUT_TESTS, list(names), {"batch_id": NOTHING})
        total = self._lake.row_counts()  # seeds and tables; a view is not counted
        return [ModelResult(r.name, tables[r.name], r.seconds, total_rows=total.get(tables[r.name])) for r in results]

    def test(self, names: Sequence[str] = ()) -> list[TestResult]:
        """Run the project's tests (of these names; all when empty). A test that finds rows is a result, not an error."""
        select = ["--select", *names] if names else []
        with self._lake.lock("normalize"):
            results = self._command(["test", "--exclude-resource-type", "unit_test", *select])
        return [TestResult(r.unique_id, r.name, r.status, r.failures, r.text, r.seconds) for r in results]

    @property
    def _lake(self) -> Lake:
        if self._given_lake is None:
            self._given_lake = open_lake(self._settings)
        return self._given_lake

    def _models(self, schema: str) -> list[Mapping[str, Any]]:
        return [node for node in self.nodes.values() if node["resource_type"] == "model" and node["schema"] == schema]

    @staticmethod
    def _is_incremental(node: Mapping[str, Any]) -> bool:
        return bool(node["config"].get("materialized") == "incremental")

    def _run(self, command: Sequence[str], names: Sequence[str], variables: Mapping[str, Any]) -> list[NodeResult]:
        """Run until every node is done; those that lost a commit, and what waited for them, again."""
        done: list[NodeResult] = []
        pending = list(names)
        for attempt in range(MAX_ATTEMPTS):
            try:
                results = self._command([*command, "--select", *pending, "--vars", json.dumps(variables)])
            except NormalizationError as error:
                if not _is_conflict(error.text):
                    raise
                results, lost = [], [NodeResult("", "dbt", "error", error.text, 0.0)]
            else:
                lost = [result for result in results if result.status == "error"]
            if broken := [result for result in lost if not _is_conflict(result.text)]:
                raise NormalizationError("; ".join(f"model {result.name}: {_engine_text(result.text)}" for result in broken))
            succeeded = [result for result in results if result.status == "success"]
            done += succeeded
            pending = [name for name in pending if name not in {result.name for result in succeeded}]
            if not lost:
                return done
            time.sleep(min(2.0, 0.1 * 2**attempt) * (0.5 + random.random()))
        raise WriteConflict(f"dbt models {', '.join(pending)}: no commit after {MAX_ATTEMPTS} attempts: {_engine_text(lost[0].text)}")

    def _command(self, command: Sequence[str]) -> list[NodeResult]:
        self._make_folders()
        manifest = load_manifest(self.fingerprint, folders=self.folders, environment=self.environment)
        return run_command(command, folders=self.folders, environment=self.environment, manifest=manifest)

    def _count(self, tables: Sequence[str], unit: UnitOfWork) -> dict[str, int]:
        counts = " union all ".join(f"select '{table}' as name, count(*) as rows from {table} where {unit.predicate}" for table in tables)
        return {row["name"]: row["rows"] for row in self._lake.query(counts, unit.parameters * len(tables)).to_pylist()}

    def _create_landing_tables(self, tables: Sequence[Table]) -> None:
        if tables:
            self._lake.transact(lambda tx: [tx.append(table, table.columns.empty_table()) for table in tables])

    def _make_folders(self) -> None:
        self.folders.target.mkdir(parents=True, exist_ok=True)
        self.folders.logs.mkdir(parents=True, exist_ok=True)


def relation(node: Mapping[str, Any]) -> str:
    """Schema-qualified table of a model, seed or source."""
    return f"{node['schema']}.{node.get('alias') or node.get('identifier') or node['name']}"


def log_type_of(node: Mapping[str, Any]) -> str | None:
    """The log type that a node is the normalized model of."""
    if node["resource_type"] != "model" or node["schema"] != NORMALIZED_SCHEMA:
        return None
    log_type: str | None = {**node.get("meta", {}), **node["config"].get("meta", {})}.get("log_type")
    return log_type


def unit_variables(unit: UnitOfWork) -> dict[str, Any]:
    """dbt variables that name the rows of a unit (dbt_project/macros/normalized/unit_of_work.sql reads them)."""
    if unit.hours is None:
        return {"batch_id": unit.batch_id}
    return {"hours": [f"{hour:%Y-%m-%d %H:%M:%S}" for hour in unit.hours]}


def _is_conflict(text: str) -> bool:
    return any(sign.lower() in text.lower() for sign in CONFLICT_SIGNS)


def _engine_text(text: str) -> str:
    """dbt's message without its empty lines, on one line."""
    return " | ".join(line.strip() for line in text.splitlines() if line.strip())
