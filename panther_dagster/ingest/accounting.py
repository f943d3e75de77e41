"""Whether everything that was read is in the lake: for each object, records = rows + failures, and the tables hold exactly these.

Reads the ledger, panther_raw and classification_failures; writes nothing. Dagster's asset check calls it.
"""

from __future__ import annotations

import json
from typing import Any

from panther_dagster.ingest.ledger import PENDING
from panther_dagster.standard_fields import table_name
from panther_dagster.storage.lake import Lake, UnitOfWork
from panther_dagster.storage.tables import CLASSIFICATION_FAILURES, OBJECTS

RAW_SCHEMA = "panther_raw."


def check_accounting(lake: Lake, unit: UnitOfWork) -> list[dict[str, Any]]:
    """Objects of a unit whose numbers do not add up; empty when all do. Objects that are still to be landed are left out.

    Each row: uri, etag, p_batch_id, what the ledger says (records, rows_landed, failures, rows_by_log_type), what the tables hold
    (rows_found: by table; failures_found) and `wrong`, the complaint in words.
    """
    ledger = lake.query(
        f"select uri, etag, p_batch_id, state, records, rows_landed, failures, rows_by_log_type from {OBJECTS.name} "
        f"where {unit.predicate} and state <> '{PENDING}' order by p_batch_id, uri",
        unit.parameters,
    ).to_pylist()
    tables = sorted(table for table in lake.tables_with(unit) if table.startswith(RAW_SCHEMA))
    found = {table: _counts(lake, table, unit) for table in (*tables, CLASSIFICATION_FAILURES.name)}
    wrong = []
    for row in ledger:
        key = (row["p_batch_id"], row["uri"])
        here = {table: counts.pop(key) for table, counts in found.items() if key in counts}
        failures, _ = here.pop(CLASSIFICATION_FAILURES.name, (0, 0))
        row["rows_found"] = {table: count for table, (count, _) in here.items()}
        row["failures_found"] = failures
        complaint = _complaint(row, is_repeated=any(count != distinct for count, distinct in here.values()))
        if complaint:
            wrong.append({**row, "wrong": complaint})
    for table, counts in found.items():
        for (batch_id, uri), (count, _) in counts.items():
            what = {"rows_found": {table: count}, "wrong": f"{table} holds rows of an object that the ledger has not landed in this batch"}
            wrong.append({"uri": uri, "etag": None, "p_batch_id": batch_id, **what})
    return wrong


def _counts(lake: Lake, table: str, unit: UnitOfWork) -> dict[tuple[str, str], tuple[int, int]]:
    """(batch, object) -> rows, and how many record indexes they have."""
    sql = f"""
        select p_batch_id, p_source_file, count(*) as n, count(distinct p_record_index) as indexes
        from {table} where {unit.predicate} group by p_batch_id, p_source_file
    """
    return {(batch_id, uri): (n, indexes) for batch_id, uri, n, indexes in map(dict.values, lake.query(sql, unit.parameters).to_pylist())}


def _complaint(row: dict[str, Any], *, is_repeated: bool) -> str:
    if row["records"] != row["rows_landed"] + row["failures"]:
        return f"{row['records']} records, but {row['rows_landed']} rows and {row['failures']} failures"
    if row["failures"] != row["failures_found"]:
        return f"{row['failures']} failures, but {row['failures_found']} in {CLASSIFICATION_FAILURES.name}"
    expected = {RAW_SCHEMA + table_name(log_type): count for log_type, count in json.loads(row["rows_by_log_type"]).items()}
    if row["rows_landed"] != sum(expected.values()) or expected != row["rows_found"]:
        return f"rows {expected}, but {row['rows_found']} in the tables"
    if is_repeated:
        return "a record is in its table twice"
    return ""
