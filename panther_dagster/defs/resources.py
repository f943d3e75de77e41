"""The lake as a Dagster resource: opened when a step first asks for it, closed when the run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import PrivateAttr

from panther_dagster.defs.claims import claim
from panther_dagster.defs.units import BATCH_TAG
from panther_dagster.settings import Settings, SourceSettings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

if TYPE_CHECKING:
    from panther_dagster.detect.correlation.loading import CorrelationRules
    from panther_dagster.detect.limits import LimitedRules
    from panther_dagster.detect.lookups.declaration import LookupCatalog
    from panther_dagster.detect.quarantine import Quarantine
    from panther_dagster.log_types.registry import Registry
    from panther_dagster.normalize.dbt import DbtProject


class LakeResource(dg.ConfigurableResource):
    """Settings, lake, declarations, rules and dbt project of a run, each loaded at first use.

    Holds a claim on the run's batch meanwhile, by which others see that the run is alive.
    """

    settings: dict[str, Any]  # without secrets: those are only in the environment

    _loaded: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> LakeResource:
        """The resource of an installation."""
        return cls(settings=settings.model_dump(mode="json"))

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[LakeResource]:
        run = context.run
        batch_ids = [run.tags[BATCH_TAG]] if run is not None and BATCH_TAG in run.tags else []
        run_ids = [run.run_id] if run is not None else []
        with claim(self.installation.lake_folder, batch_ids=batch_ids, run_ids=run_ids):
            try:
                if batch_ids:
                    _ = self.rules  # they load in their process while the batch is landed and normalized
                yield self
            finally:
                if "rules" in self._loaded:
                    self._loaded.pop("rules").close()
                if "lake" in self._loaded:
                    self._loaded.pop("lake").close()
                self._loaded.clear()

    @property
    def installation(self) -> Settings:
        """The settings."""
        if "settings" not in self._loaded:
            self._loaded["settings"] = Settings.model_validate(self.settings)
        settings: Settings = self._loaded["settings"]
        return settings

    @property
    def lake(self) -> Lake:
        """The open lake."""
        if "lake" not in self._loaded:
            self._loaded["lake"] = open_lake(self.installation)
        lake: Lake = self._loaded["lake"]
        return lake

    def s3_client(self, source: SourceSettings) -> Any:
        """dagster-aws's client for a source on S3; None for others, which need not wait for its import."""
        if not source.uri.startswith("s3://"):
            return None
        from dagster_aws.s3 import S3Resource

        return S3Resource(region_name=source.region, endpoint_url=source.endpoint_url).get_client()

    @property
    def registry(self) -> Registry:
        """All declared log types."""
        from panther_dagster.log_types.registry import load_registry

        if "registry" not in self._loaded:
            self._loaded["registry"] = load_registry(self.installation.dbt_project)
        registry: Registry = self._loaded["registry"]
        return registry

    @property
    def rules(self) -> LimitedRules:
        """All detections that load, and the errors of those that do not, in a process of their own, or on a Spark cluster."""
        from panther_dagster.detect.limits import LimitedRules, RuleLimits

        if "rules" not in self._loaded:
            settings, rules = self.installation, self.installation.rules
            limits = RuleLimits(rules.max_seconds, rules.max_memory_bytes)
            make: Callable[..., LimitedRules] = LimitedRules
            if settings.detection.engine == "spark":
                from panther_dagster.detect.spark import SparkCluster, SparkRules

                options = settings.detection
                cluster = SparkCluster(
                    options.spark_master or "", settings.spark_folder, conf=options.spark_conf, min_events=options.spark_min_events
                )
                make = partial(SparkRules, cluster=cluster)
            self._loaded["rules"] = make(
                rules.paths,
                overlays=rules.overlays,
                limits=limits,
                registry=self.registry,
                use_prefilter=rules.use_prefilter,
                check_every=rules.check_every,
                state=settings.rules_state,
            )
        limited: LimitedRules = self._loaded["rules"]
        return limited

    def quarantine(self, now_utc: datetime) -> Quarantine:
        """When rules that were stopped are left out. `now_utc`: naive."""
        from panther_dagster.detect.quarantine import Quarantine

        rules = self.installation.rules
        return Quarantine(rules.quarantine_after, timedelta(hours=rules.quarantine_hours), now_utc)

    @property
    def correlation_rules(self) -> CorrelationRules:
        """All correlation rules that load, and the errors of those that do not."""
        from panther_dagster.detect.correlation.loading import load_correlation_rules

        if "correlation_rules" not in self._loaded:
            rules = self.installation.rules
            self._loaded["correlation_rules"] = load_correlation_rules(rules.paths, overlays=rules.overlays)
        loaded: CorrelationRules = self._loaded["correlation_rules"]
        return loaded

    @property
    def lookups(self) -> LookupCatalog:
        """All lookup tables that are declared, and the errors of those that cannot be."""
        from panther_dagster.detect.lookups.declaration import read_lookup_tables

        if "lookups" not in self._loaded:
            rules = self.installation.rules
            self._loaded["lookups"] = read_lookup_tables(rules.paths, sources=rules.lookup_sources, log_types=self.registry.by_name)
        lookups: LookupCatalog = self._loaded["lookups"]
        return lookups

    @property
    def dbt(self) -> DbtProject:
        """The dbt project, on this run's lake."""
        from panther_dagster.normalize.dbt import DbtProject

        return DbtProject(self.installation, self.lake)
