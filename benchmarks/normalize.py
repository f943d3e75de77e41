"""One landed batch of a lake -> CPU seconds of each model's statement: what normalization and indicators cost without dbt around them.

    python -m benchmarks.normalize LAKE_FOLDER BATCH_ID [--log-type AWS.CloudTrail] [--threads 1] [--repeat 3] [--profile]

Rows go into tables of their own beside the lake's, which are dropped again. `--profile` prints seconds by operator, from DuckDB.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.claim import cpu_seconds, peak_rss_bytes
from panther_dagster.log_types.registry import load_registry
from panther_dagster.normalize.runner import DbtFolders, parse_project, run_command
from panther_dagster.settings import PROJECT_ROOT
from panther_dagster.standard_fields import table_name
from panther_dagster.storage.embedded import EmbeddedLake

DBT_PROJECT = PROJECT_ROOT / "dbt_project"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("batch_id")
    parser.add_argument("--log-type", default="AWS.CloudTrail")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-limit", default="800MB")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    log_type = load_registry(DBT_PROJECT).get(arguments.log_type).name
    lake = EmbeddedLake(arguments.folder, threads=arguments.threads, memory_limit=arguments.memory_limit)
    statements = _compiled(lake, log_type, arguments.batch_id)
    size = lake.query(
        f"select sum(strlen(p_raw_event))::bigint as n from panther_raw.{table_name(log_type)} where p_batch_id = ?", [arguments.batch_id]
    )
    megabytes = (size.to_pylist()[0]["n"] or 0) / 1e6
    total = 0.0
    for model, sql in statements.items():
        if arguments.profile:
            _profile(lake, model, sql)
        seconds = min(_seconds(lake, f"panther_logs.{model}", sql) for _ in range(arguments.repeat))
        total += seconds
        print(f"{model:24} {seconds:7.2f} CPU-s {megabytes / seconds:8.1f} MB/s per CPU-second")
    print(f"{'together':24} {total:7.2f} CPU-s {megabytes / total:8.1f} MB/s per CPU-second, peak RSS {peak_rss_bytes() / 2**20:.0f} MiB")
    lake.close()


def _compiled(lake: EmbeddedLake, log_type: str, batch_id: str) -> dict[str, str]:
    """The statement of the log type's model and of the indicator table, which reads the lake's own normalized rows."""
    models = [table_name(log_type), "indicators"]
    with tempfile.TemporaryDirectory(prefix="panther-bench-") as name:
        folders = DbtFolders(DBT_PROJECT, Path(name) / "target", Path(name) / "logs")
        environment = {"PANTHER_DBT_TARGET": "embedded", "PANTHER_LAKE_CATALOG": str(lake.catalog), "PANTHER_LAKE_DATA": lake.data_path}
        variables = json.dumps({"batch_id": batch_id, "log_types": [log_type]})
        command = ["compile", "--select", *models, "--no-populate-cache", "--vars", variables]
        run_command(command, folders=folders, environment=environment, manifest=parse_project(folders=folders, environment=environment))
        compiled = {file.stem: file.read_text() for file in (folders.target / "compiled").rglob("*.sql")}
    return {model: compiled[model] for model in models}


def _seconds(lake: EmbeddedLake, like: str, sql: str) -> float:
    """CPU seconds of inserting the statement's rows into an empty table, which is dropped afterwards."""
    table = f"lake.{like}_benchmark"
    lake.connection.execute(f"drop table if exists {table}")
    lake.connection.execute(f"create table {table} as select * from ({sql}) limit 0")
    before = cpu_seconds()
    lake.connection.execute(f"insert into {table} {sql}")
    seconds = cpu_seconds() - before
    lake.connection.execute(f"drop table {table}")
    return seconds


def _profile(lake: EmbeddedLake, model: str, sql: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        lake.connection.execute("pragma enable_profiling = 'json'")
        lake.connection.execute(f"pragma profiling_output = '{file.name}'")
        lake.connection.execute(f"create or replace temp table benchmark_{model} as {sql}")
        lake.connection.execute("pragma disable_profiling")
        print(model)
        _print_operators(json.loads(Path(file.name).read_text()), 1)
    lake.connection.execute(f"drop table benchmark_{model}")


def _print_operators(node: dict[str, Any], depth: int) -> None:
    for child in node.get("children", ()):
        print(f"{'  ' * depth}{child['operator_type']:24} {child['operator_timing']:7.3f} s {child['operator_cardinality']:>10} rows")
        _print_operators(child, depth + 1)


if __name__ == "__main__":
    main()
