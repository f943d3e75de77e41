from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.normalize.manifest import project_fingerprint
from panther_dagster.settings import Settings


def test_the_fingerprint_changes_with_a_file_and_with_the_target(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    model = tmp_path / "models" / "a.sql"
    model.write_text("select 1")
    first = project_fingerprint(tmp_path, "embedded")

    assert project_fingerprint(tmp_path, "embedded") == first
    assert project_fingerprint(tmp_path, "snowflake") != first
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "a.sql").write_text("select 1")
    assert project_fingerprint(tmp_path, "embedded") == first
    model.write_text("select 2")
    assert project_fingerprint(tmp_path, "embedded") != first


def test_nodes_are_read_without_importing_dbt(settings: Settings) -> None:
    DbtProject(settings).nodes  # noqa: B018  (parsed, if the copied home was not enough)
    code = (
        "import sys; from pathlib import Path; from panther_dagster.settings import Settings, LakeSettings;"
        "from panther_dagster.normalize.dbt import DbtProject;"
        "s = Settings.model_validate_json(sys.argv[1]); print(len(DbtProject(s).nodes), 'dbt.cli.main' in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", code, settings.model_dump_json()], capture_output=True, text=True, check=True)

    count, has_dbt = answer.stdout.split()
    assert int(count) > 40
    assert has_dbt == "False"


def test_what_an_older_project_left_is_removed(settings: Settings, tmp_path: Path) -> None:
    project = DbtProject(settings)
    old = project.folders.target.parent / "project-0000000000000000.json"
    project.folders.target.mkdir(parents=True, exist_ok=True)
    for file in old.parent.glob("project-*"):
        file.unlink()
    old.write_text("{}")

    assert project.nodes

    assert not old.exists()
    assert len(list(old.parent.glob("project-*"))) == 2
