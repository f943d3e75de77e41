"""The registry finds every declared log type, and tells when a folder cannot be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from panther_dagster.errors import DeclarationError
from panther_dagster.log_types.registry import load_registry
from panther_dagster.settings import PROJECT_ROOT

DECLARATION = """\
models:
  - name: acme_login
    config: {meta: {log_type: Acme.Login, recognition: {required: [when]}}}
    columns: [{name: when, data_type: timestamp, config: {meta: {event_time: true}}}]
"""


def test_the_project_declares_log_types_that_are_found_by_name() -> None:
    registry = load_registry(PROJECT_ROOT / "dbt_project")
    assert {"AWS.CloudTrail", "Okta.SystemLog"} <= set(registry.names)
    assert registry.get("AWS.CloudTrail").wrapper_key == "Records"
    assert registry.get("AWS.CloudTrail").find("userIdentity.sessionContext.sessionIssuer.arn").indicators == ("aws_arn",)
    assert registry.names == tuple(sorted(registry.names))


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(DeclarationError, match=r"unknown log type 'Okta.Sytem'; did you mean 'Okta.SystemLog'\?"):
        load_registry(PROJECT_ROOT / "dbt_project").get("Okta.Sytem")


def test_a_declaration_must_stand_in_the_folder_of_its_table(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "normalized" / "other"
    folder.mkdir(parents=True)
    (folder / "acme_login.yml").write_text(DECLARATION)
    with pytest.raises(DeclarationError, match=r"Acme.Login belongs into the folder acme_login/"):
        load_registry(tmp_path)


def test_a_project_without_log_types_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="no log type is declared"):
        load_registry(tmp_path)
