"""A process that takes a folder through the whole flow with a fixed clock, for test_kill.py to kill.

    python ingest_story.py HOME INCOMING NOW [--through-dagster [--die-at STEP]]

It prints `started` when its imports are done, and `done` at the end. `--through-dagster` runs batches as `panther ingest` does; with
`--die-at` it kills itself with -9 when that step begins.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.alerts.correlated import raise_correlated_alerts
from panther_dagster.detect.correlation.correlating import correlate
from panther_dagster.detect.correlation.loading import load_correlation_rules
from panther_dagster.detect.detection import detect
from panther_dagster.detect.pack import load_rules
from panther_dagster.ingest.batching import cut_batches, finish_batch, unfinished_batches
from panther_dagster.ingest.landing import land_batch
from panther_dagster.log_types.registry import load_registry
from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import LakeSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake, UnitOfWork


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("incoming", type=Path)
    parser.add_argument("now", type=datetime.fromisoformat)
    parser.add_argument("--through-dagster", action="store_true")
    parser.add_argument("--die-at")
    arguments = parser.parse_args()
    settings = story_settings(arguments.home, arguments.incoming)
    if arguments.through_dagster:
        run_through_dagster(settings, arguments.now, arguments.die_at)
    else:
        run_flow(settings, arguments.now)
    print("done", flush=True)


def story_settings(home: Path, incoming: Path) -> Settings:
    """An installation with one source."""
    return Settings(
        home=home,
        lake=LakeSettings(threads=1, memory_limit="500MB"),
        sources=(SourceSettings(name="story", uri=str(incoming), is_polled=False),),
    )


def run_flow(settings: Settings, now_utc: datetime) -> None:
    """Each stage, without Dagster around it."""
    import_module("dbt.cli.main")  # slow, and no part of what is to be killed
    registry = load_registry(settings.dbt_project)
    rules = load_rules(settings.rules.paths, registry=registry)
    correlation_rules = load_correlation_rules(settings.rules.paths).rules
    lake = open_lake(settings)
    project = DbtProject(settings, lake)
    print("started", flush=True)
    cut(settings, lake, now_utc)
    for batch in unfinished_batches(lake):
        unit = UnitOfWork(batch_id=batch.batch_id)
        land_batch(lake, batch.batch_id, source=settings.sources[0], registry=registry, limits=settings.batches)
        project.build(unit, log_types=project.log_types_with_rows(unit))
        detect(lake, unit, rules=rules, registry=registry)
        correlate(lake, unit, rules=correlation_rules, now_utc=now_utc)
        raise_correlated_alerts(lake, now_utc=now_utc)
        raise_alerts(lake, unit, now_utc=now_utc)
        finish_batch(lake, batch.batch_id)
    lake.close()


def run_through_dagster(settings: Settings, now_utc: datetime, die_at: str | None) -> None:
    """The same as Dagster runs in this process."""
    from panther_dagster.defs.run import BatchEvent, run_batches

    def on_event(event: BatchEvent) -> None:
        if die_at and event.kind == "step" and event.step == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    lake = open_lake(settings)
    cut(settings, lake, now_utc)
    batches = unfinished_batches(lake)
    lake.close()
    print("started", flush=True)
    outcomes = run_batches(settings, batches, on_event)
    if failed := [outcome.error for outcome in outcomes if not outcome.is_success]:
        sys.exit("; ".join(failed))


def cut(settings: Settings, lake: Lake, now_utc: datetime) -> None:
    cut_batches(lake, settings.sources[0], limits=settings.batches, first_hour=settings.schedule.first_hour, now_utc=now_utc)


if __name__ == "__main__":
    main()
