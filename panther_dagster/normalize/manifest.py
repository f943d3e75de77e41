"""The parsed dbt project: kept in memory per process and on disk among processes, keyed by the project's content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panther_dagster.normalize.runner import DbtFolders, manifest_from_bytes, manifest_to_bytes, parse_project

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".csv", ".py"})
BUILT_FOLDERS = frozenset({"target", "logs", "dbt_packages"})
_parsed: dict[Path, Manifest] = {}


def project_fingerprint(project: Path, target: str) -> str:
    """16 hex digits that change with any file of the project, with dbt's version and with the target; not with the place of the lake."""
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')} {target}".encode())
    for file in sorted(project.rglob("*")):
        place = file.relative_to(project)
        if file.suffix in PROJECT_SUFFIXES and not BUILT_FOLDERS & set(place.parts) and file.is_file():
            digest.update(f"\n{place}\n".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def load_manifest(fingerprint: str, *, folders: DbtFolders, environment: Mapping[str, str]) -> Manifest:
    """The project's manifest; parses only when no process has parsed this content yet. Call it under the lake's normalize lock."""
    file = manifest_file(folders, fingerprint)
    if file not in _parsed:
        if not file.exists():
            parse_and_keep(fingerprint, folders=folders, environment=environment)
        _parsed.clear()  # one project a process: an older one is of no use any more
        _parsed[file] = manifest_from_bytes(file.read_bytes())
    return _parsed[file]


def load_nodes(fingerprint: str, *, folders: DbtFolders, environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Models, seeds, tests and sources by unique id, as in dbt's manifest.json. Does not import dbt once the project is parsed."""
    file = nodes_file(folders, fingerprint)
    if not file.exists():
        parse_and_keep(fingerprint, folders=folders, environment=environment)
    nodes: dict[str, dict[str, Any]] = json.loads(file.read_text())
    return nodes


def parse_and_keep(fingerprint: str, *, folders: DbtFolders, environment: Mapping[str, str]) -> None:
    """Parse and store for other processes; what older contents of the project left is removed."""
    manifest = parse_project(folders=folders, environment=environment)
    nodes = {unique_id: _described(node) for unique_id, node in (*manifest.nodes.items(), *manifest.sources.items())}
    kept = {manifest_file(folders, fingerprint), nodes_file(folders, fingerprint)}
    _write(nodes_file(folders, fingerprint), json.dumps(nodes, default=str).encode())
    _write(manifest_file(folders, fingerprint), manifest_to_bytes(manifest))
    for file in folders.target.parent.glob("project-*"):
        if file not in kept:
            file.unlink(missing_ok=True)


def manifest_file(folders: DbtFolders, fingerprint: str) -> Path:
    """dbt's manifest in its own binary form."""
    return folders.target.parent / f"project-{fingerprint}.msgpack"


def nodes_file(folders: DbtFolders, fingerprint: str) -> Path:
    """What Dagster's definitions need of it."""
    return folders.target.parent / f"project-{fingerprint}.json"


def _described(node: Any) -> dict[str, Any]:
    return {name: value for name, value in node.to_dict(omit_none=True).items() if name not in ("raw_code", "compiled_code")}


def _write(file: Path, content: bytes) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(file)
