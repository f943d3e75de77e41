"""Real logs of four sources, as found: nothing declared, so that every record has to say itself what it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from ingest.place import Place
from shared_data import shared_data

from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.tables import CLASSIFICATION_FAILURES, OBJECTS

# Everything that fails is from the unit tests of another project's rules, which keep only the keys that a rule reads.
# Where the source declares its log type they land (test_landing.py).
NO_KEYS = "nothing in it: {}"
CUT_DOWN = {
    "cloudtrail": {NO_KEYS: 1, "no eventName": 1},
    "okta": {
        NO_KEYS: 1,
        "no uuid": 3,
        "no published": 2,
        "no published, no actor": 2,
        "no uuid, no published": 2,
        "no uuid, no published, no eventType": 3,  # they have `eventtype`
        "no uuid, no published, no actor": 1,
    },
    "osquery": {},
    "suricata": {},
}

CUT_DOWN_FILES = {
    "cloudtrail": {"cloudtrail/panther-analysis/AWS.CloudTrail.jsonl"},
    "okta": {"okta/panther-analysis/Okta.SystemLog.jsonl"},
}
KEYS = {"cloudtrail": ("eventName",), "okta": ("uuid", "published", "eventType", "actor")}


@pytest.mark.parametrize("folder", sorted(CUT_DOWN))
def test_every_real_object_lands_and_what_fails_is_known(folder: str, lake: EmbeddedLake, tmp_path: Path) -> None:
    place = Place(lake, tmp_path / "unused")
    place.source = place.source.model_copy(update={"uri": str(shared_data(f"raw/{folder}"))})
    reports = place.ingest()  # checks for each batch that records are rows and failures, in the ledger and in the tables

    files = {path.as_uri() for path in shared_data(f"raw/{folder}").rglob("*") if path.is_file()}
    ledger = lake.query(f"select uri, state, records, failures from {OBJECTS.name}").to_pylist()
    assert {row["uri"] for row in ledger} == files
    assert {row["state"] for row in ledger} == {"LANDED"}
    assert sum(row["records"] for row in ledger) == sum(report.records for report in reports)
    assert {row["uri"].rpartition("/raw/")[2] for row in ledger if row["failures"]} == CUT_DOWN_FILES.get(folder, set())
    failures = lake.query(f"select reason, p_raw_event from {CLASSIFICATION_FAILURES.name}").to_pylist()
    assert {row["reason"] for row in failures} <= {"NO_LOG_TYPE"}
    assert Counter(why(folder, row["p_raw_event"]) for row in failures) == CUT_DOWN[folder]


def why(folder: str, text: str) -> str:
    """What a record lacks."""
    if text == "{}":
        return NO_KEYS
    return ", ".join(f"no {key}" for key in KEYS[folder] if f'"{key}":' not in text)
