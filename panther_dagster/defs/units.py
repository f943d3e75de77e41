"""Partition keys and run tags <-> units of work.

A run with the tag `lake/batch_id` works on that batch. Any other run (a backfill, a click on Materialize, the command line) works on
the whole hours of its partitions.
"""

from __future__ import annotations

from datetime import datetime

import dagster as dg

from panther_dagster.settings import ScheduleSettings
from panther_dagster.storage.lake import UnitOfWork

BATCH_TAG = "lake/batch_id"
SOURCE_TAG = "lake/source"
PARTITION_FORMAT = "%Y-%m-%d-%H:%M"


def hourly_partitions(schedule: ScheduleSettings) -> dg.HourlyPartitionsDefinition:
    """Hours of delivery (UTC), from the first one to the current one."""
    return dg.HourlyPartitionsDefinition(start_date=schedule.first_hour, fmt=PARTITION_FORMAT, end_offset=1)


def partition_key(hour: datetime) -> str:
    """The partition of an hour: 2024-05-01-12:00."""
    return hour.strftime(PARTITION_FORMAT)


def unit_of_run(context: dg.AssetExecutionContext) -> UnitOfWork:
    """What this run has to work on."""
    if batch_id := context.run.tags.get(BATCH_TAG):
        return UnitOfWork(batch_id=batch_id)
    window = context.partition_time_window
    return UnitOfWork(hours=(window.start.replace(tzinfo=None), window.end.replace(tzinfo=None)))
