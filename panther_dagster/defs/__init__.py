"""Dagster's view of the flow: assets, sensors, schedules, checks. The only package that imports Dagster.

Read in the order of the flow: sources.py (sensors), raw_logs.py, normalized.py, detections.py, alerts.py, dispatch.py; code_location.py
puts them together; run.py runs batches in this process; instance.py prepares DAGSTER_HOME.
"""
