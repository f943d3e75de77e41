"""panther ingest: sources, batches, summaries. The run of a batch is cut short to its landing; the whole job is in test_demo.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from panther_dagster.cli import batch_runs
from panther_dagster.defs.run import BatchEvent, BatchOutcome
from panther_dagster.ingest.batching import Batch, finish_batch
from panther_dagster.ingest.landing import land_batch
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import Settings, load_settings
from panther_dagster.storage import open_lake

EVENT = {"uuid": "u", "published": "2024-05-01T10:00:00.000Z", "eventType": "user.session.start", "actor": {"id": "a"}, "version": "0"}


@pytest.fixture(autouse=True)
def _landing_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def land(settings: Settings, batches: Sequence[Batch], on_event: Any) -> list[BatchOutcome]:
        registry = load_registry(settings.dbt_project)
        outcomes = []
        for batch in batches:
            on_event(BatchEvent(batch.batch_id, "started"))
            on_event(BatchEvent(batch.batch_id, "step", step="land"))
            lake = open_lake(settings)
            source = settings.source(batch.source_id)
            report = land_batch(lake, batch.batch_id, source=source, registry=registry, limits=settings.batches)
            is_success = not report.failures
            if is_success:
                finish_batch(lake, batch.batch_id)
            lake.close()
            on_event(BatchEvent(batch.batch_id, "table", table="panther_raw.okta_systemlog", metadata={"events": report.records}))
            on_event(BatchEvent(batch.batch_id, "finished" if is_success else "failed"))
            outcomes.append(BatchOutcome(batch.batch_id, "run-1", is_success, 0.5, {}, "" if is_success else "land: broken \x1b[31m"))
        return outcomes

    monkeypatch.setattr("panther_dagster.defs.run.run_batches", land)


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    folder = tmp_path / "in coming"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([EVENT, EVENT]))
    (folder / "b.json").write_text(json.dumps(EVENT) + "\n")
    return folder


def test_all_objects_are_taken_in_once(panther, incoming: Path) -> None:
    first = panther("ingest", str(incoming))
    second = panther("ingest", str(incoming))

    assert "Okta.SystemLog       3" in first.stdout
    assert "in-coming: 2 objects (" in first.stdout
    assert "in 1 batch, 3 events, 0 new alerts" in first.stdout
    assert second.stdout == f"in-coming: nothing new at {incoming}\n"


def test_json_is_one_array_of_batches(panther, incoming: Path) -> None:
    (batch,) = json.loads(panther("ingest", str(incoming), "--source", "okta", "--format", "json").stdout)

    assert (batch["objects"], batch["records"], batch["events"], batch["failures"], batch["error"]) == (2, 3, 3, 0, "")
    assert batch["events_by_log_type"] == {"Okta.SystemLog": 3}
    assert json.loads(panther("ingest", str(incoming), "--format", "json").stdout) == []


def test_source_is_remembered_and_not_watched_unless_asked(panther, incoming: Path) -> None:
    panther("ingest", str(incoming), "--source", "okta", "--log-type", "Okta.SystemLog")

    source = load_settings().source("okta")
    assert (source.uri, source.log_types, source.is_polled) == (str(incoming), ("Okta.SystemLog",), False)
    panther("ingest", str(incoming), "--watch")
    assert load_settings().source("okta").is_polled is True
    assert [source.name for source in load_settings().sources] == ["okta"]


def test_configured_source_is_used_as_it_is(panther, incoming: Path, tmp_path: Path, home: Path) -> None:
    (tmp_path / "panther.yaml").write_text(f"sources: [{{name: prod, uri: '{incoming}/'}}]\n")

    assert "prod: 2 objects" in panther("ingest", "in coming").stdout
    assert not (home / "sources.json").exists()


def test_configured_source_is_not_changed_by_the_command(panther, incoming: Path, tmp_path: Path) -> None:
    (tmp_path / "panther.yaml").write_text(f"sources: [{{name: prod, uri: '{incoming}'}}]\n")

    result = panther("ingest", str(incoming), "--log-type", "Okta.SystemLog", exit_code=1)

    assert "source 'prod' is set in panther.yaml" in result.stderr


def test_a_name_belongs_to_one_place(panther, incoming: Path, tmp_path: Path) -> None:
    panther("ingest", str(incoming), "--source", "okta")
    (tmp_path / "other").mkdir()

    assert "choose another name" in panther("ingest", str(tmp_path / "other"), "--source", "okta", exit_code=1).stderr


def test_a_folder_that_is_not_there_is_an_error(panther, tmp_path: Path) -> None:
    assert panther("ingest", "nowhere", exit_code=1).stderr == f"panther: there is no {tmp_path}/nowhere\n"


def test_a_misspelt_log_type_is_an_error(panther, incoming: Path) -> None:
    assert "Okta.SystemLog" in panther("ingest", str(incoming), "--log-type", "Okta.SytemLog", exit_code=1).stderr
    assert load_settings().sources == ()


def test_a_batch_that_failed_is_exit_code_1_and_tried_again(panther, incoming: Path) -> None:
    (incoming / "c.json").write_text("no json\n")

    for _ in range(2):
        result = panther("ingest", str(incoming), exit_code=1)
        assert "failed: land: broken \\x1b[31m (run run-1)" in result.stderr
        assert "1 records could not be classified: panther failures list --source in-coming" in result.stderr


@pytest.mark.parametrize(
    ("uri", "name"),
    [("s3://bucket/AWSLogs/", "bucket-AWSLogs"), ("s3://bucket", "bucket"), ("/var/log/suricata/", "suricata"), ("/", "source")],
)
def test_name_is_made_of_the_place(home: Path, uri: str, name: str) -> None:
    from panther_dagster.cli.ingest import source_of

    settings = load_settings()
    if uri.startswith("s3://"):
        assert source_of(settings, uri, name=None).name == name
    else:
        from panther_dagster.cli.ingest import _name_of

        assert _name_of(uri) == name


def test_progress_is_on_stderr_only(panther, incoming: Path) -> None:
    assert json.loads(panther("ingest", str(incoming), "--format", "json").stdout)
    assert batch_runs._STEPS["land"][0] == "reading"
