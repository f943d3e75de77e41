"""Lets dbt-duckdb open the embedded lake: loads DuckDB's extensions from their wheels before the lake is attached.

Named in dbt_project/profiles.yml; dbt-duckdb finds the class by its name.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from panther_dagster.storage.extensions import load_extensions


class Plugin(BasePlugin):
    """Called by dbt-duckdb for each new connection."""

    def configure_connection(self, conn: Any) -> None:
        load_extensions(conn)
