"""What a process keeps open: one lake for all sessions, until it is of no use any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from panther_dagster.errors import LakeError
from panther_dagster.settings import Settings
from panther_dagster.storage import sessions
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.sessions import lake_session


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Settings]]:
    """The settings of each lake that is opened meanwhile. The lakes have no tables, which take a second to create."""
    found: list[Settings] = []

    def open_lake(settings: Settings) -> Lake:
        found.append(settings)
        lake = EmbeddedLake(settings.lake_folder, threads=1, memory_limit="200MB")
        lake.connection.execute("create schema if not exists lake.panther_monitor")
        return lake

    monkeypatch.setattr(sessions, "_kept", {})
    monkeypatch.setattr(sessions, "open_lake", open_lake)
    yield found
    for kept in sessions._kept.values():
        kept.lake.close()


def settings_of(home: Path) -> Settings:
    return Settings(home=home)


def test_one_lake_is_opened_for_all_sessions(tmp_path: Path, opened: list[Settings]) -> None:
    for _ in range(3):
        with lake_session(settings_of(tmp_path)) as lake:
            assert lake.query("select 1 as x")["x"].to_pylist() == [1]
    with lake_session(settings_of(tmp_path)) as one, lake_session(settings_of(tmp_path)) as other:
        assert one is not other
    assert len(opened) == 1


def test_homes_do_not_share_a_lake(tmp_path: Path, opened: list[Settings]) -> None:
    for name in ("a", "b"):
        with lake_session(settings_of(tmp_path / name)) as lake:
            lake.create_view("panther_monitor.of_this_home", f"select '{name}' as home")
            assert lake.query("select home from panther_monitor.of_this_home")["home"].to_pylist() == [name]
    assert len(opened) == 2


def test_a_lake_whose_folder_was_deleted_is_made_anew(tmp_path: Path, opened: list[Settings]) -> None:
    settings = settings_of(tmp_path)
    with lake_session(settings) as lake:
        lake.create_view("panther_monitor.old", "select 1 as x")
    shutil.rmtree(settings.lake_folder)
    with lake_session(settings) as lake:
        assert not lake.has_table("panther_monitor.old")
    assert len(opened) == 2


def test_a_lake_is_opened_anew_after_an_error_and_after_an_hour(
    tmp_path: Path, opened: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path)
    with pytest.raises(LakeError), lake_session(settings) as lake:
        lake.query("select nothing from nowhere")
    with lake_session(settings):
        pass
    assert len(opened) == 2
    monkeypatch.setattr(sessions, "KEPT_SECONDS", -1.0)
    with lake_session(settings):
        pass
    assert len(opened) == 3
