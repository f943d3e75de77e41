"""Every model compiles for every warehouse without a connection, parses in its dialect, and is kept in golden/<target>/ for the eye.

After a change of a model or macro: `PANTHER_UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/dbt -k golden`, then read the diff.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import sqlglot
from sqlglot import exp

from panther_dagster.log_types.registry import load_registry
from panther_dagster.normalize.runner import DbtFolders, parse_project, run_command
from panther_dagster.settings import PROJECT_ROOT

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
GOLDEN = Path(__file__).with_name("golden")
DIALECTS = MappingProxyType({"embedded": "duckdb", "snowflake": "snowflake", "athena": "athena"})
LONGEST_ATHENA_STATEMENT_BYTES = 262_144  # Service quotas of Athena: query string length
UNIT = '{"batch_id": "20240501T12-0123456789ab"}'
_compiled: dict[str, Mapping[str, str]] = {}


@pytest.fixture(params=DIALECTS)
def target(request: pytest.FixtureRequest) -> str:
    """A dbt target."""
    return str(request.param)


@pytest.fixture
def compiled(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The statement of each model, compiled once a target, with every way out of this process closed."""
    if target not in _compiled:
        monkeypatch.setattr(socket.socket, "connect", _refuse)
        monkeypatch.setattr(socket, "getaddrinfo", _refuse)
        _compiled[target] = compile_all(target, tmp_path)
    return _compiled[target]


def test_every_model_compiles_offline(compiled: Mapping[str, str]) -> None:
    normalized = {log_type.table for log_type in load_registry(DBT_PROJECT).by_name.values()}

    assert normalized | {"indicators", "identity_activity"} <= compiled.keys()
    assert all(compiled.values())


def test_every_statement_is_one_query_of_its_dialect(compiled: Mapping[str, str], target: str) -> None:
    for name, sql in compiled.items():
        statements = sqlglot.parse(sql, dialect=DIALECTS[target])

        assert len(statements) == 1, name
        assert isinstance(statements[0], exp.Query), name
        assert not list(statements[0].find_all(exp.Command)), name


def test_every_statement_is_as_its_golden_file(compiled: Mapping[str, str], target: str) -> None:
    folder = GOLDEN / target
    if os.environ.get("PANTHER_UPDATE_GOLDEN"):
        write_golden(folder, compiled)
    golden = {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.sql")}

    assert sorted(golden) == sorted(compiled), "a golden file is missing or left over"
    different = [name for name, sql in compiled.items() if golden[name] != sql]
    assert different == [], f"golden files of {target} differ: see this file's docstring"


def test_no_statement_is_longer_than_athena_takes(compiled: Mapping[str, str]) -> None:
    too_long = {name: len(sql.encode()) for name, sql in compiled.items() if len(sql.encode()) > LONGEST_ATHENA_STATEMENT_BYTES}

    assert too_long == {}, "the other warehouses take more, but a statement that long is slow to plan there too"


def compile_all(target: str, folder: Path) -> Mapping[str, str]:
    """Statements by model."""
    folders = DbtFolders(DBT_PROJECT, folder / "target", folder / "logs")
    environment = {
        "PANTHER_DBT_TARGET": target,
        "PANTHER_LAKE_CATALOG": str(folder / "catalog.sqlite"),
        "PANTHER_LAKE_DATA": f"{folder}/data/",
        "AWS_ACCESS_KEY_ID": "placeholder",
        "AWS_SECRET_ACCESS_KEY": "placeholder",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = ["compile", "--select", "resource_type:model", "--no-introspect", "--no-populate-cache", "--vars", UNIT]
    results = run_command(
        command, folders=folders, environment=environment, manifest=parse_project(folders=folders, environment=environment)
    )
    broken = [f"{result.name}: {result.text}" for result in results if result.status != "success"]
    assert broken == []
    files = (folders.target / "compiled" / "panther" / "models").rglob("*.sql")  # tests are in folders named as their .yml
    return {file.stem: as_kept(file.read_text(encoding="utf-8")) for file in files if file.parent.suffix != ".yml"}


def as_kept(sql: str) -> str:
    """Without blanks at the ends of lines and of the file, which editors take away."""
    return "\n".join(line.rstrip() for line in sql.strip().splitlines()) + "\n"


def write_golden(folder: Path, compiled: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.sql"):
        if file.stem not in compiled:
            file.unlink()
    for name, sql in compiled.items():
        (folder / f"{name}.sql").write_text(sql, encoding="utf-8")


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("compiling must not reach for the network")
