"""sample.jsonl of every log type, through a real lake and dbt, gives its expected.jsonl, row by row.

expected.jsonl holds one JSON object a row with the columns that are not null, written by hand: the fields, p_log_type, p_event_time and
p_any_*; times as 2024-05-01T12:00:00Z. Where a row came from (p_row_id, p_source_*, p_batch_id ...) and its text are left out, and so are
nulls inside objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from landed_okta import installation
from normalized_rows import BATCH, DBT_PROJECT, land, normalized, records_of

from panther_dagster.log_types.declaration import LogType
from panther_dagster.log_types.registry import load_registry
from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import UnitOfWork

LOG_TYPES = load_registry(DBT_PROJECT).by_name


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedLake]:
    """A lake with the samples of all log types, normalized and indexed in one run."""
    home = tmp_path_factory.mktemp("samples")
    lake = EmbeddedLake(home / "lake", threads=1, memory_limit="500MB")
    project = DbtProject(installation(home), lake)
    lake.ensure_tables()
    project.ensure_tables()
    for log_type in LOG_TYPES.values():
        land(lake, log_type.name, records_of(sample(log_type), log_type))
    project.build(UnitOfWork(batch_id=BATCH), log_types=sorted(LOG_TYPES))
    yield lake
    lake.close()


def sample(log_type: LogType) -> str:
    return (log_type.file.parent / "sample.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOG_TYPES)
def test_a_sample_gives_what_is_expected(sampled: EmbeddedLake, name: str) -> None:
    log_type = LOG_TYPES[name]
    file = log_type.file.parent / "expected.jsonl"
    assert file.exists(), f"{file} is missing: one line for each record of the sample, written by hand"
    expected = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    rows = normalized(sampled, log_type)
    for number, (row, wanted) in enumerate(zip(rows, expected, strict=False), 1):
        assert row == wanted, f"{file}:{number}"
    assert len(rows) == len(expected)


@pytest.mark.parametrize("name", LOG_TYPES)
def test_a_sample_has_ordinary_and_hostile_records(name: str) -> None:
    log_type = LOG_TYPES[name]
    assert len(records_of(sample(log_type), log_type)) >= 6
    text = sample(log_type) + Path(log_type.file.parent / "expected.jsonl").read_text(encoding="utf-8")
    assert not text.isascii(), "no record with letters beyond ASCII"


def test_the_projects_data_tests_find_in_the_samples_only_what_was_put_there(sampled: EmbeddedLake) -> None:
    results = DbtProject(installation(sampled.folder.parent), sampled).test()

    assert len(results) > len(LOG_TYPES)
    assert [f"{result.name}: {result.text}" for result in results if result.state != "pass"] == []
