"""Raw rows -> typed rows and indicators, by the dbt project. Knows the lake and dbt; no Dagster."""
