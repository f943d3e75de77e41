"""The assets of lookup tables: a seed as source, versions as they change, what detections see, what fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest
from flow_files import deliver, stopped_trail
from installations import copy_home, installation

from panther_dagster.defs.code_location import build_definitions
from panther_dagster.defs.instance import dagster_instance
from panther_dagster.defs.lookups import LOOKUPS_JOB
from panther_dagster.defs.run import run_batches
from panther_dagster.ingest.batching import cut_batches
from panther_dagster.settings import RulesSettings, Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

NOON = datetime(2024, 5, 1, 12)
TABLE = """AnalysisType: lookup_table
LookupName: {name}
Enabled: true
{source}
LogTypeMap:
  PrimaryKey: user_name
  AssociatedLogTypes:
    - LogType: AWS.CloudTrail
      Selectors: [$.userIdentity.userName]
"""
RULE = "AnalysisType: rule\nRuleID: Test.Team\nEnabled: true\nFilename: r.py\nLogTypes: [AWS.CloudTrail]\nSeverity: High\n"
CODE = """
def team(event):
    return event.deep_get("p_enrichment", "staff", "userIdentity.userName", "team")
def rule(event):
    return team(event) is not None
def title(event):
    return team(event)
"""


@pytest.fixture
def settings(ensured_home: Path, tmp_path: Path) -> Settings:
    for name, text in {"lookup_tables/staff.yml": staff(), "aws_rules/r.yml": RULE, "aws_rules/r.py": CODE}.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_text(text)
    (tmp_path / "incoming").mkdir()
    source = SourceSettings(name="incoming", uri=str(tmp_path / "incoming"))
    home = copy_home(ensured_home, tmp_path / "home")
    return installation(home, sources=(source,), rules=RulesSettings(paths=(tmp_path / "pack",)))


@pytest.fixture
def lake(settings: Settings) -> Iterator[Lake]:
    opened = open_lake(settings)
    yield opened
    opened.close()


def staff(name: str = "staff", source: str = "Table: panther_marts.employees") -> str:
    return TABLE.format(name=name, source=source)


def load(settings: Settings) -> dg.ExecuteInProcessResult:
    job = build_definitions(settings).resolve_job_def(LOOKUPS_JOB)
    with dagster_instance(settings) as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False)


def states(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    made = [event.step_materialization_data.materialization for event in result.all_events if event.is_step_materialization]
    return {".".join(one.asset_key.path): one.metadata["state"].value for one in made}


def test_a_seed_becomes_a_lookup_table_once(settings: Settings, lake: Lake) -> None:
    assert states(load(settings)) == {"panther_lookups.staff": "LOADED"}
    assert states(load(settings)) == {"panther_lookups.staff": "UNCHANGED"}

    sql = "select email, team, is_privileged from panther_lookups.staff where user_name = 'maria.santos'"
    assert lake.query(sql).to_pylist() == [{"email": "maria.santos@example.com", "team": "IT Support", "is_privileged": True}]


def test_a_table_that_fails_fails_the_run_and_the_others_are_loaded(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "pack" / "lookup_tables" / "bad.yml").write_text(staff("bad", "Table: panther_marts.no_such"))
    result = load(settings)

    assert not result.success
    assert states(result) == {"panther_lookups.staff": "LOADED"}


def test_the_first_batch_loads_a_table_that_was_never_loaded(settings: Settings, lake: Lake, tmp_path: Path) -> None:
    deliver(tmp_path / "incoming", "a.json", [stopped_trail("maria.santos", NOON), stopped_trail("nobody", NOON)], NOON)
    limits, first_hour = settings.batches, settings.schedule.first_hour
    batches = cut_batches(lake, settings.sources[0], limits=limits, first_hour=first_hour, now_utc=datetime(2024, 5, 1, 14, 30))

    (outcome,) = run_batches(settings, batches)

    assert outcome.error == ""
    assert lake.query("select title from panther_signals.signals").to_pylist() == [{"title": "IT Support"}]


def test_a_pack_without_lookup_tables_has_no_job_for_them(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "pack" / "lookup_tables" / "staff.yml").unlink()

    assert LOOKUPS_JOB not in {job.name for job in build_definitions(settings).resolve_all_job_defs()}
