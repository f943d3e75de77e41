"""The settings of one installation: panther.yaml plus environment variables. The only module that reads the environment.

Order: field default < panther.yaml < PANTHER_<SECTION>__<FIELD> (`PANTHER_LAKE__THREADS=4`). Secrets are never in the file: a
destination names the variable that holds one (`webhook_url_env: SOC_SLACK_WEBHOOK`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from panther_dagster.errors import Location, SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SETTINGS_FILE = "panther.yaml"
HOME = ".panther"
Severity = Literal["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
DYNAMODB_TABLE = re.compile(r"dynamodb://[A-Za-z0-9_.-]{3,255}(\?(region|endpoint)=[^&?#\s]+(&(region|endpoint)=[^&?#\s]+)?)?")
SPARK_MASTER = re.compile(r"local(\[(\d+|\*)(,\d+)?\])?|local-cluster\[\d+,\d+,\d+\]|spark://\S+:\d+|yarn|k8s://\S+")
AlertType = Literal["RULE", "RULE_ERROR"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(_Section):
    """Where tables live."""

    backend: Literal["embedded"] = "embedded"
    folder: Path | None = None  # default: <home>/lake
    data_path: str | None = None  # Parquet files; default <folder>/data/
    threads: int = Field(2, ge=1)
    memory_limit: str = "800MB"


class SourceSettings(_Section):
    """One place that delivers objects: a folder or an S3 prefix."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")  # is p_source_id
    uri: str  # /var/log/eve, ./incoming, s3://bucket/prefix
    label: str | None = None  # is p_source_label; default: the name
    log_types: tuple[str, ...] = ()  # empty: every known log type is recognised
    pattern: str = "**/*"
    is_polled: bool = True  # whether the sensor watches it
    region: str | None = None
    endpoint_url: str | None = None  # S3-compatible stores
    fresh_within_hours: float = Field(24, gt=0)  # the freshness check fails after this long without an object

    @property
    def source_label(self) -> str:
        """p_source_label of its rows."""
        return self.label or self.name


class BatchSettings(_Section):
    """Bounds of one batch, which is one run."""

    max_bytes: int = Field(64 * 1024 * 1024, gt=0)  # as stored
    max_objects: int = Field(2_000, gt=0)
    max_per_tick: int = Field(20, gt=0)
    max_record_bytes: int = Field(16 * 1024 * 1024, gt=0)
    max_object_raw_bytes: int = Field(64 * 1024**3, gt=0)


class LookupSourceSettings(_Section):
    """Where the rows of one lookup table are, in place of what its YAML says. One of the two."""

    file: Path | None = None  # .csv, .jsonl (both perhaps .gz) or .parquet
    table: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*$")  # panther_marts.employees

    @model_validator(mode="after")
    def _is_one(self) -> LookupSourceSettings:
        if (self.file is None) == (self.table is None):
            raise ValueError("needs either a file or a table")
        return self


class RulesSettings(_Section):
    """Where detections are, what one rule may take for a batch of 5,000 events before it is stopped, and from when on it is reported."""

    paths: tuple[Path, ...] = (PROJECT_ROOT / "rules",)
    lookup_sources: dict[str, LookupSourceSettings] = Field(default_factory=dict)  # by LookupName
    overlays: tuple[Path, ...] = ()  # folders of changes to single rules, applied over the paths
    state: str = "sqlite"  # what rules remember: memory, sqlite (a file below home) or dynamodb://TABLE?region=..&endpoint=..
    use_prefilter: bool = True  # run a rule only on events for which its code can return anything but False
    check_every: int = Field(0, ge=0)  # one of so many events goes to all rules, to prove that; 0: none
    max_seconds: float = Field(15, gt=0)
    max_memory_bytes: int = Field(1024**3, ge=64 * 1024**2)
    quarantine_after: int = Field(3, ge=0)  # so many stops within quarantine_hours, and the rule is not run; 0: it always is
    quarantine_hours: float = Field(24, gt=0)
    slow_microseconds: float = Field(1_000, gt=0)  # CPU time for each event that it runs on
    slow_cpu_seconds: float = Field(1, ge=0)  # and in all: less is not reported
    noisy_alerts_per_day: float = Field(50, gt=0)

    @field_validator("state")
    @classmethod
    def _is_a_store(cls, value: str) -> str:
        if value not in ("memory", "sqlite") and not DYNAMODB_TABLE.fullmatch(value):
            raise ValueError(f"'{value}' is none of memory, sqlite, dynamodb://TABLE and dynamodb://TABLE?region=..&endpoint=..")
        return value


class DetectionSettings(_Section):
    """Where rules run: in a process beside the run, or on a Spark cluster, which gives the same."""

    engine: Literal["process", "spark"] = "process"
    spark_master: str | None = None  # local[4], local-cluster[2,1,1024], spark://host:7077, yarn, k8s://https://host:443
    spark_conf: dict[str, str] = Field(default_factory=dict)  # spark.executor.memory: 4g
    spark_folder: Path | None = None  # that all machines reach at the same path; default: <home>/spark
    spark_min_events: int = Field(50_000, ge=1)  # smaller units of work run in a process: starting Spark takes longer

    @field_validator("spark_master")
    @classmethod
    def _is_a_master(cls, value: str | None) -> str | None:
        if value is not None and not SPARK_MASTER.fullmatch(value):
            raise ValueError(f"'{value}' is none of local[N], local-cluster[WORKERS,CORES,MB], spark://HOST:PORT, yarn and k8s://URL")
        return value

    @field_validator("spark_conf", mode="before")
    @classmethod
    def _are_options(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for name in value:
            if not str(name).startswith("spark.") or name == "spark.master":
                raise ValueError(f"'{name}' is no option of Spark that belongs here: spark.executor.memory, for example, or spark_master")
        return {name: str(each).lower() if isinstance(each, bool) else str(each) for name, each in value.items()}

    @model_validator(mode="after")
    def _has_a_master(self) -> DetectionSettings:
        if self.engine == "spark" and self.spark_master is None:
            raise ValueError("engine spark needs spark_master, as spark://host:7077 or local[4]")
        return self


class DestinationSettings(_Section):
    """One destination. `options` are checked by its type, in dispatch/destinations/<type>.py."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    type: str
    severities: tuple[Severity, ...] = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")  # delivered by default
    alert_types: tuple[AlertType, ...] = ("RULE", "RULE_ERROR")  # delivered at all, whatever chose the destination
    is_enabled: bool = True
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        own = {key: value for key, value in data.items() if key in cls.model_fields}
        others = {key: value for key, value in data.items() if key not in cls.model_fields}
        return {**own, "options": {**own.get("options", {}), **others}}


class RouteSettings(_Section):
    """Sends alerts that meet all given conditions to `destinations`, instead of those chosen by severity."""

    destinations: tuple[str, ...]
    severities: tuple[Severity, ...] = ()
    log_types: tuple[str, ...] = ()
    rule_ids: tuple[str, ...] = ()
    alert_types: tuple[AlertType, ...] = ()


class DispatchSettings(_Section):
    """How alerts go out."""

    max_age_hours: float = Field(24, ge=0)  # a new destination gets the alerts of this long before it was first used
    update_interval_seconds: float = Field(60, ge=0)  # between two updates of one alert at one destination
    timeout_seconds: float = Field(10, gt=0)  # for one whole request, whatever the answer's pace
    failures_before_pause: int = Field(3, ge=1)  # this many alerts in a row that failed pause a destination
    max_pause_seconds: float = Field(300, gt=0)  # a paused destination is probed at least this often
    max_deliveries_per_round: int = Field(1_000, ge=1)
    give_up_after_days: float = Field(30, gt=0)  # of nothing happening to an alert


class ScheduleSettings(_Section):
    """Dagster's side: hours and intervals."""

    first_hour: datetime = datetime(2024, 1, 1)  # first partition; objects that are older belong to the hour they were found in
    sensor_interval_seconds: int = Field(1, ge=1)
    dispatch_interval_seconds: int = Field(1, ge=1)
    maintenance_cron: str = "17 * * * *"
    marts_cron: str = "27 * * * *"
    lookups_cron: str = "32 * * * *"  # lookup tables, from their sources
    checks_cron: str = "37 * * * *"  # freshness of sources, dbt's tests, slow, noisy and quarantined rules
    keep_runs_days: int = Field(14, ge=1)

    @field_validator("first_hour")
    @classmethod
    def _whole_utc_hour(cls, value: datetime) -> datetime:
        if value.tzinfo is not None or value != value.replace(minute=0, second=0, microsecond=0):
            raise ValueError("must be a whole hour in UTC without zone, as 2024-01-01T00:00:00")
        return value


class Settings(_Section):
    """Everything. `home` holds all state."""

    home: Path
    lake: LakeSettings = LakeSettings()
    sources: tuple[SourceSettings, ...] = ()
    batches: BatchSettings = BatchSettings()
    rules: RulesSettings = RulesSettings()
    detection: DetectionSettings = DetectionSettings()
    destinations: tuple[DestinationSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    dispatch: DispatchSettings = DispatchSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    ui_url: str = "http://127.0.0.1:3000"  # links in alerts
    dbt_project: Path = PROJECT_ROOT / "dbt_project"

    @property
    def lake_folder(self) -> Path:
        """Folder of the embedded lake."""
        return self.lake.folder or self.home / "lake"

    @property
    def rules_state(self) -> str:
        """Where the state of rules is, as detect/state/location.py reads it."""
        return f"sqlite:{self.home / 'rules.sqlite'}" if self.rules.state == "sqlite" else self.rules.state

    @property
    def spark_folder(self) -> Path:
        """Where a detection on Spark puts its events for the workers."""
        return self.detection.spark_folder or self.home / "spark"

    def source(self, name: str) -> SourceSettings:
        """The source of that name. Raises SettingsError."""
        for source in self.sources:
            if source.name == name:
                return source
        known = ", ".join(source.name for source in self.sources) or "none is configured"
        raise SettingsError(f"unknown source '{name}'; known: {known}")


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read PANTHER_SETTINGS (default ./panther.yaml; it may be absent), the environment and the sources that `panther ingest` added.

    Raises: SettingsError, with the file and what is wrong with which field.
    """
    environment = os.environ if environment is None else environment
    file = Path(environment.get("PANTHER_SETTINGS", SETTINGS_FILE))
    values: dict[str, Any] = {}
    if file.exists():
        try:
            values = yaml.safe_load(file.read_text()) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise SettingsError(f"no YAML: {error}", Location(file, mark.line + 1 if mark else None)) from error
        if not isinstance(values, dict):
            raise SettingsError("must be a mapping of sections", Location(file))
    elif "PANTHER_SETTINGS" in environment:
        raise SettingsError("PANTHER_SETTINGS names a file that does not exist", Location(file))
    for name, value in environment.items():
        section, _, field = name.removeprefix("PANTHER_").lower().partition("__")
        if name.startswith("PANTHER_") and field:
            values.setdefault(section, {})[field] = value
    home = Path(environment.get("PANTHER_HOME") or values.get("home") or HOME).absolute()
    values["home"] = home
    names = {source.get("name") for source in values.get("sources") or () if isinstance(source, dict)}
    values["sources"] = [*(values.get("sources") or ()), *(s for s in added_sources(home) if s["name"] not in names)]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(problems, Location(file)) from error


def remember_source(home: Path, source: SourceSettings) -> None:
    """Keep a source that was named on the command line, so that later runs and listings know it."""
    kept = [row for row in added_sources(home) if row["name"] != source.name]
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f".sources.{os.getpid()}.json"
    draft.write_text(json.dumps([*kept, source.model_dump(mode="json", exclude_defaults=True)], indent=1))
    draft.replace(home / "sources.json")


def secret(variable: str, environment: Mapping[str, str] | None = None) -> str:
    """Value of a secret's environment variable. Raises SettingsError naming the variable, never its value."""
    value = (os.environ if environment is None else environment).get(variable, "")
    if not value:
        raise SettingsError(f"environment variable {variable} is not set")
    return value


def added_sources(home: Path) -> list[dict[str, Any]]:
    """Sources that `remember_source` keeps, as they are written. One of panther.yaml with the same name is stronger."""
    file = home / "sources.json"
    return json.loads(file.read_text()) if file.exists() else []
