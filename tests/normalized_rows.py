"""Records as text -> a lake with raw tables -> dbt, in process -> normalized rows as JSON, for tests of the dbt project."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from dbt.cli.main import dbtRunner

from panther_dagster.log_types.declaration import Field, LogType
from panther_dagster.settings import PROJECT_ROOT
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import raw_table

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
BATCH = "20240502T00-000000000001"
HOUR = datetime(2024, 5, 2, 0)
PARSE_TIME = datetime(2024, 5, 2, 0, 30)
# Where a row came from is the same in all of these tests; what is compared is what the event says.
NOT_COMPARED = {
    "p_row_id", "p_parse_time", "p_batch_id", "p_hour", "p_source_id", "p_source_label", "p_source_file", "p_record_index", "p_raw_event",
}  # fmt: skip


def records_of(lines: str, log_type: LogType) -> list[str]:
    """The records of a sample as they are landed, byte for byte: a line is one record, an array of them or the log type's wrapper."""
    found: list[str] = []
    for line in lines.splitlines():
        if line.startswith("["):
            found += [bytes(raw).decode() for raw in msgspec.json.decode(line, type=list[msgspec.Raw])]
        elif log_type.wrapper_key and line.startswith(f'{{"{log_type.wrapper_key}"'):
            wrapped = msgspec.json.decode(line, type=dict[str, list[msgspec.Raw]])
            found += [bytes(raw).decode() for raw in wrapped[log_type.wrapper_key]]
        else:
            found.append(line)
    return found


def land(lake: EmbeddedLake, log_type: str, records: Sequence[str], *, batch_id: str = BATCH, hour: datetime = HOUR) -> None:
    """Put records into the raw table of a log type, in place of those of the batch."""
    table = raw_table(log_type)
    rows = [
        {
            "p_row_id": f"{batch_id}-{index:08x}",
            "p_parse_time": PARSE_TIME,
            "p_source_id": "sample",
            "p_source_label": "Sample",
            "p_source_file": "file:///sample.jsonl",
            "p_record_index": index,
            "p_batch_id": batch_id,
            "p_hour": hour,
            "p_raw_event": record,
        }
        for index, record in enumerate(records)
    ]
    data = pa.Table.from_pylist(rows, schema=table.columns)
    lake.transact(lambda tx: tx.replace(table, data, UnitOfWork(batch_id=batch_id)))


def run_dbt(lake: EmbeddedLake, *arguments: str, variables: Mapping[str, Any] | None = None, command: str = "run") -> None:
    """Run dbt in this process against a lake; an error of dbt fails the test with its text."""
    with _environment(lake):
        outcome = dbtRunner(manifest=_manifest()).invoke(
            [command, *arguments, "--vars", json.dumps(dict(variables or {"batch_id": BATCH})), *_folders(), "--quiet"]
        )
    if not outcome.success:
        results = getattr(outcome.result, "results", None) or []
        texts = [f"{result.node.name}: {result.message}" for result in results if result.status not in ("success", "pass", "skipped")]
        raise AssertionError("\n".join(texts) or str(outcome.exception))


def expanded(lake: EmbeddedLake, text: str) -> str:
    """What dbt makes of a text with Jinja, as `{{ matches('x', patterns().ip) }}`, for the embedded lake."""
    with _environment(lake):
        outcome = dbtRunner(manifest=_manifest()).invoke(["compile", "--inline", text, "--no-populate-cache", *_folders(), "--quiet"])
    assert outcome.success, outcome.exception
    return str(outcome.result.results[0].node.compiled_code)


def normalized(lake: EmbeddedLake, log_type: LogType) -> list[dict[str, Any]]:
    """Rows of a log type in the order of its records: what is not null, times as ISO texts in UTC, json as what it holds."""
    fields = {field.name: field for field in log_type.fields}
    found = []
    for row in lake.query(f"select * from panther_logs.{log_type.table} order by p_batch_id, p_record_index").to_pylist():
        kept = {name: _plain(value, fields.get(name)) for name, value in row.items() if value is not None and name not in NOT_COMPARED}
        found.append(kept)
    return found


def _plain(value: Any, field: Field | None) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if field is None or value is None:
        return value
    if field.type == "json":
        return json.loads(value)
    if field.type == "object":
        by_name = {inner.name: inner for inner in field.fields}
        return {name: _plain(inner, by_name[name]) for name, inner in value.items() if inner is not None}
    if field.type == "array":
        return [_plain(inner, field.element) for inner in value]
    if field.type == "map":
        return {key: _plain(inner, field.element) for key, inner in value}
    return value


@cache
def _target_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="panther-dbt-"))


def _folders() -> list[str]:
    target = _target_folder()
    return [
        *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(target / "target"), "--log-path", str(target / "logs")),
    ]


@cache
def _manifest() -> Any:
    outcome = dbtRunner().invoke(["parse", *_folders(), "--quiet"])
    assert outcome.success, outcome.exception
    return outcome.result


@contextmanager
def _environment(lake: EmbeddedLake) -> Iterator[None]:
    values = {
        "PANTHER_DBT_TARGET": "embedded",
        "PANTHER_LAKE_CATALOG": str(lake.catalog),
        "PANTHER_LAKE_DATA": lake.data_path,
        "PANTHER_LAKE_TEMP": str(lake.folder / "temp"),
        "PANTHER_LAKE_THREADS": "1",
        "PANTHER_LAKE_MEMORY": "500MB",
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def remove_target_folder() -> None:
    """Delete what dbt wrote beside the lake."""
    shutil.rmtree(_target_folder(), ignore_errors=True)
    _target_folder.cache_clear()
    _manifest.cache_clear()
