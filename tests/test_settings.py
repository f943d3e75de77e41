"""panther.yaml and the environment -> settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from panther_dagster.errors import SettingsError
from panther_dagster.settings import SourceSettings, load_settings, remember_source, secret


def write(folder: Path, text: str) -> dict[str, str]:
    file = folder / "panther.yaml"
    file.write_text(text)
    return {"PANTHER_SETTINGS": str(file), "PANTHER_HOME": str(folder / "home")}


def test_without_a_file_the_defaults_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.home == tmp_path / ".panther"
    assert settings.lake_folder == tmp_path / ".panther" / "lake"
    assert settings.sources == ()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environment = write(tmp_path, "lake: {threads: 3, memory_limit: 1GB}\n")
    assert load_settings(environment).lake.threads == 3
    settings = load_settings(environment | {"PANTHER_LAKE__THREADS": "5"})
    assert (settings.lake.threads, settings.lake.memory_limit) == (5, "1GB")


def test_what_rules_remember_is_in_a_file_below_home_unless_it_is_elsewhere(tmp_path: Path) -> None:
    places = {"": f"sqlite:{tmp_path / 'home' / 'rules.sqlite'}", "memory": "memory"}
    table = "dynamodb://rules-state?region=eu-west-1&endpoint=http://127.0.0.1:8000"
    for state, place in {**places, table: table, "dynamodb://abc": "dynamodb://abc"}.items():
        assert load_settings(write(tmp_path, f"rules: {{state: '{state}'}}\n" if state else "rules: {}\n")).rules_state == place


@pytest.mark.parametrize(
    "master", ["local", "local[4]", "local[*]", "local[2,3]", "local-cluster[2,1,1024]", "spark://a:7077", "yarn", "k8s://https://a:443"]
)
def test_a_cluster_of_spark_and_its_options_are_taken_from_the_file(master: str, tmp_path: Path) -> None:
    options = "spark_conf: {spark.executor.memory: 2g, spark.ui.enabled: true, spark.task.maxFailures: 8}"
    settings = load_settings(write(tmp_path, f"detection: {{engine: spark, spark_master: '{master}', {options}}}\n"))
    assert (settings.detection.engine, settings.detection.spark_master) == ("spark", master)
    assert settings.detection.spark_conf == {"spark.executor.memory": "2g", "spark.ui.enabled": "true", "spark.task.maxFailures": "8"}
    assert settings.spark_folder == tmp_path / "home" / "spark"


def test_a_destinations_own_options_are_gathered(tmp_path: Path) -> None:
    environment = write(tmp_path, "destinations: [{name: soc, type: slack, severities: [HIGH], webhook_url_env: SOC_SLACK}]\n")
    (destination,) = load_settings(environment).destinations
    assert (destination.severities, destination.options) == (("HIGH",), {"webhook_url_env": "SOC_SLACK"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lake: {threads: none}\n", r"panther\.yaml: lake\.threads: "),
        ("laek: {}\n", r"panther\.yaml: laek: Extra inputs"),
        ("sources: [{name: 'a b', uri: x}]\n", r"panther\.yaml: sources\.0\.name: "),
        ("a: [\n", r"panther\.yaml:2: no YAML"),
        ("- a\n", r"panther\.yaml: must be a mapping"),
        ("rules: {state: redis}\n", r"panther\.yaml: rules\.state: .*'redis' is none of memory, sqlite, dynamodb://TABLE"),
        ("rules: {state: 'dynamodb://a'}\n", r"panther\.yaml: rules\.state: "),
        ("rules: {state: 'dynamodb://abc?zone=1'}\n", r"panther\.yaml: rules\.state: "),
        ("detection: {engine: spark}\n", r"panther\.yaml: detection: .*engine spark needs spark_master, as spark://host:7077"),
        ("detection: {engine: flink}\n", r"panther\.yaml: detection\.engine: "),
        ("detection: {spark_master: 'spark://host'}\n", r"panther\.yaml: detection\.spark_master: .*'spark://host' is none of local\[N\]"),
        ("detection: {spark_conf: {executor.memory: 2g}}\n", r"detection\.spark_conf: .*'executor\.memory' is no option of Spark"),
        ("detection: {spark_conf: {spark.master: yarn}}\n", r"detection\.spark_conf: .*'spark\.master' is no option .* or spark_master"),
        ("detection: {spark_min_events: 0}\n", r"detection\.spark_min_events: "),
        ("schedule: {first_hour: 2024-01-01T00:30:00}\n", r"whole hour in UTC"),
    ],
)
def test_a_wrong_file_is_named_with_the_field(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(write(tmp_path, text))


def test_a_settings_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings({"PANTHER_SETTINGS": str(tmp_path / "no.yaml")})


def test_a_remembered_source_is_there_next_time_and_the_file_wins(tmp_path: Path) -> None:
    home = tmp_path / "home"
    remember_source(home, SourceSettings(name="mine", uri="/logs", is_polled=False))
    remember_source(home, SourceSettings(name="mine", uri="/logs2", is_polled=False))
    assert load_settings(write(tmp_path, "")).source("mine").uri == "/logs2"
    assert load_settings(write(tmp_path, "sources: [{name: mine, uri: /configured}]\n")).source("mine").uri == "/configured"


def test_an_unknown_source_names_those_that_exist(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "sources: [{name: okta, uri: /o}]\n"))
    with pytest.raises(SettingsError, match="unknown source 'otka'; known: okta"):
        settings.source("otka")


def test_a_missing_secret_is_named_by_its_variable() -> None:
    assert secret("TOKEN", {"TOKEN": "x"}) == "x"
    with pytest.raises(SettingsError, match="environment variable TOKEN is not set"):
        secret("TOKEN", {})
