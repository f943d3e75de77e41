"""An open security data lake on Dagster: raw logs in, searchable tables and delivered alerts out."""

__version__ = "0.1.0"
