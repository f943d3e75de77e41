"""panther.example.yaml and panther init."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from panther_dagster import settings as module
from panther_dagster.dispatch.destinations import OPENER_BY_TYPE, open_destination
from panther_dagster.dispatch.options import Surroundings
from panther_dagster.settings import PROJECT_ROOT, Settings, load_settings

EXAMPLE = PROJECT_ROOT / "panther.example.yaml"
SECRETS = {
    "SOC_SLACK_WEBHOOK": "https://hooks.slack.com/services/T0/B0/x",
    "SOC_SLACK_TOKEN": "xoxb-0",
    "PAGERDUTY_ROUTING_KEY": "0" * 32,
    "SOAR_SIGNING_SECRET": "0" * 64,
    "SOAR_TOKEN": "Bearer 0",
}
# `options` is how the other keys of a destination are kept; nobody writes it.
UNWRITTEN = {"options"}


def with_examples() -> str:
    """The file with its commented examples in force."""
    lines, is_example = [], False
    for line in EXAMPLE.read_text().splitlines():
        is_example = bool(re.match(r"# [a-z_]+:", line)) or (is_example and line.startswith("#  "))
        lines.append(line.removeprefix("# ") if is_example else re.sub(r"^( +)# ( *[a-z_]+:)", r"\1\2", line))
    return "\n".join(lines)


def sections() -> list[type[BaseModel]]:
    return [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseModel) and value.model_fields]


def test_example_has_the_defaults(tmp_path: Path) -> None:
    environment = {"PANTHER_SETTINGS": str(EXAMPLE), "PANTHER_HOME": str(tmp_path)}

    assert load_settings(environment) == Settings(home=tmp_path)


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_example_mentions_every_field(section: type[BaseModel]) -> None:
    text = EXAMPLE.read_text()

    assert [name for name in section.model_fields if name not in UNWRITTEN and not re.search(rf"^[ #-]*{name}:", text, re.MULTILINE)] == []


def test_examples_in_comments_are_valid_and_show_every_type_of_destination(tmp_path: Path) -> None:
    file = tmp_path / "panther.yaml"
    file.write_text(with_examples())

    settings = load_settings({"PANTHER_SETTINGS": str(file), "PANTHER_HOME": str(tmp_path)})

    assert [source.name for source in settings.sources] == ["cloudtrail", "suricata", "archive"]
    assert {destination.type for destination in settings.destinations} == set(OPENER_BY_TYPE)
    for destination in settings.destinations:
        open_destination(destination, Surroundings(home=tmp_path, environment=SECRETS))
    assert set(settings.routes[0].destinations) <= {destination.name for destination in settings.destinations}
    assert set(settings.routes[0].rule_ids) <= rule_ids()


def rule_ids() -> set[str]:
    return {yaml.safe_load(file.read_text()).get("RuleID") for file in (PROJECT_ROOT / "rules").rglob("*_rules/*.yml")}


def test_init_writes_the_example_once(panther, tmp_path: Path) -> None:
    panther("init")

    assert (tmp_path / "panther.yaml").read_text() == EXAMPLE.read_text()
    (tmp_path / "panther.yaml").write_text("ui_url: https://lake.example.com\n")
    assert "is there already" in panther("init", exit_code=1).stderr
    assert (tmp_path / "panther.yaml").read_text() == "ui_url: https://lake.example.com\n"
    panther("init", "--force")
    assert (tmp_path / "panther.yaml").read_text() == EXAMPLE.read_text()


def test_init_into_a_missing_folder_is_an_error(panther) -> None:
    assert "cannot be written" in panther("init", "nowhere/panther.yaml", exit_code=1).stderr
