"""DuckDB's extensions from their PyPI wheels, so that a lake opens without a download."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import duckdb

SITE_PACKAGES = Path(duckdb.__file__).parent.parent
# The wheel's file name is not the name DuckDB asks for.
FILE_NAME = {"sqlite": "sqlite_scanner"}


def extension_file(name: str) -> Path:
    """Path of an extension's binary, fit for LOAD. Raises FileNotFoundError when its wheel is not installed."""
    shipped = SITE_PACKAGES / f"duckdb_extension_{name}" / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not shipped.exists():
        raise FileNotFoundError(f"pip install duckdb-extension-{name}=={duckdb.__version__}  # {shipped} is missing")
    if name not in FILE_NAME:
        return shipped
    folder = Path(tempfile.gettempdir()) / f"panther-duckdb-{duckdb.__version__}-{os.getuid()}"
    renamed = folder / f"{FILE_NAME[name]}.duckdb_extension"
    if not renamed.exists() or renamed.stat().st_size != shipped.stat().st_size:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".{os.getpid()}.duckdb_extension"
        shutil.copyfile(shipped, draft)
        draft.replace(renamed)  # atomic: another process may be copying too
    return renamed


def load_extensions(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...] = ("sqlite", "ducklake")) -> None:
    """Load extensions into a connection."""
    for name in names:
        connection.execute(f"LOAD '{extension_file(name)}'")
