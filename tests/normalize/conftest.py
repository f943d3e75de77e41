"""A lake with one landed Okta event a batch, and the project's own dbt models. The parsed project is shared by all tests here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from installations import copy_home, installation
from landed_okta import HOUR, LANDED, landed_event

from panther_dagster.settings import Settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake, UnitOfWork


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    """An installation of its own for each test."""
    return installation(copy_home(ensured_home, tmp_path / "home"))


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    """Its lake."""
    opened = open_lake(settings)
    yield opened
    opened.close()


@pytest.fixture
def land(lake: Lake) -> Callable[..., UnitOfWork]:
    """Lands Okta events of one batch: `land("b1", ["192.0.2.1"])`, one event for each address."""

    def landed(batch_id: str, addresses: list[str], *, hour: datetime = HOUR) -> UnitOfWork:
        unit = UnitOfWork(batch_id=batch_id)
        rows = [landed_event(batch_id, index, hour, address) for index, address in enumerate(addresses)]
        lake.transact(lambda tx: tx.replace(LANDED, pa.Table.from_pylist(rows, schema=LANDED.columns), unit))
        return unit

    return landed
