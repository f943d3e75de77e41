from datetime import UTC, datetime

import dagster as dg

from panther_dagster.defs.units import hourly_partitions, partition_key, unit_of_run
from panther_dagster.settings import ScheduleSettings
from panther_dagster.storage.lake import UnitOfWork

# No `from __future__ import annotations` here: Dagster compares the context's annotation itself.
HOURS = hourly_partitions(ScheduleSettings(first_hour=datetime(2024, 5, 1)))


def test_an_hour_has_the_key_of_its_partition() -> None:
    key = partition_key(datetime(2024, 5, 1, 13))

    assert key == "2024-05-01-13:00"
    assert HOURS.has_partition_key(key)
    assert HOURS.get_first_partition_key() == "2024-05-01-00:00"


def test_the_current_hour_is_a_partition() -> None:
    before = datetime.now(UTC).replace(minute=0)
    last = HOURS.get_last_partition_key()

    assert last in {partition_key(before), partition_key(datetime.now(UTC).replace(minute=0))}


def test_a_run_with_a_batch_tag_works_on_that_batch() -> None:
    assert unit_of_a_run({"lake/batch_id": "20240501T12-0123456789ab"}, first="2024-05-01-12:00", last="2024-05-01-12:00") == UnitOfWork(
        batch_id="20240501T12-0123456789ab"
    )


def test_other_runs_work_on_the_whole_hours_of_their_partitions() -> None:
    assert unit_of_a_run({}, first="2024-05-01-12:00", last="2024-05-01-12:00") == UnitOfWork(
        hours=(datetime(2024, 5, 1, 12), datetime(2024, 5, 1, 13))
    )
    assert unit_of_a_run({}, first="2024-05-01-12:00", last="2024-05-01-14:00") == UnitOfWork(
        hours=(datetime(2024, 5, 1, 12), datetime(2024, 5, 1, 15))
    )


def unit_of_a_run(tags: dict[str, str], *, first: str, last: str) -> UnitOfWork:
    found: list[UnitOfWork] = []

    @dg.asset(partitions_def=HOURS, backfill_policy=dg.BackfillPolicy.single_run())
    def probe(context: dg.AssetExecutionContext) -> None:
        found.append(unit_of_run(context))

    range_tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    dg.materialize([probe], tags={**tags, **range_tags}, instance=dg.DagsterInstance.ephemeral())
    return found[0]
