"""The lake: where tables live. The only package that imports a database driver."""

from __future__ import annotations

from panther_dagster.settings import Settings
from panther_dagster.storage.lake import Lake


def open_lake(settings: Settings) -> Lake:
    """The lake that the settings name, with all its tables. The caller closes it."""
    from panther_dagster.storage.embedded import EmbeddedLake

    lake = EmbeddedLake(
        settings.lake_folder,
        data_path=settings.lake.data_path,
        threads=settings.lake.threads,
        memory_limit=settings.lake.memory_limit,
    )
    lake.ensure_tables()
    return lake
