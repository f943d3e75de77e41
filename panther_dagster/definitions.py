"""What `dagster dev` and `dg` load: the settings of this environment, as Dagster definitions."""

from __future__ import annotations

from panther_dagster.defs.code_location import build_definitions
from panther_dagster.settings import load_settings

defs = build_definitions(load_settings())
