"""The prefilter watched at work: of so many rows one goes to all rules, and what a rule says that should not have run there is an error.

The rule's signal or error counts all the same, so a row that was checked is as if there were no prefilter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from panther_dagster.detect.runner import UNREADABLE_EVENT, DetectionResult, signal_id
from panther_dagster.errors import PantherError
from panther_dagster.storage.tables import RULE_ERRORS

_PLACE: Final = ("p_row_id", "p_event_time", "p_batch_id", "p_hour", "rule_id", "rule_version", "log_type")


class PrefilterMismatch(PantherError):
    """A rule that the prefilter would have left out said something."""


def with_mismatches(result: DetectionResult, rows: pa.RecordBatch, chosen_by_row: Mapping[int, frozenset[str]]) -> DetectionResult:
    """The result with a row in its errors for each rule that said something of a checked row for which it was not chosen.

    Args: chosen_by_row: ids of the rules that would have run, by number of the row.
    """
    if not chosen_by_row:
        return result
    row_ids = rows.column("p_row_id")
    chosen = {row_ids[number].as_py(): ids for number, ids in chosen_by_row.items()}
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for table, what in ((result.signals, "matched"), (result.errors, "failed")):
        for row in table.to_pylist() if table.num_rows else ():
            rule_id, row_id = row["rule_id"], row["p_row_id"]
            if rule_id != UNREADABLE_EVENT and row_id in chosen and rule_id not in chosen[row_id]:
                found.setdefault((row_id, rule_id), _error_row(row, what))
    if not found:
        return result
    errors = pa.concat_tables([result.errors, pa.Table.from_pylist(list(found.values()), RULE_ERRORS.columns)])
    return DetectionResult(result.signals, errors, result.runs)


def _error_row(row: Mapping[str, Any], what: str) -> dict[str, Any]:
    text = f"the rule {what} on row {row['p_row_id']}, on which the prefilter would not have run it: set rules.use_prefilter to false"
    return {
        **{name: row[name] for name in _PLACE},
        "signal_id": signal_id(row["rule_id"], row["p_row_id"]),
        "function": "prefilter",
        "error_type": PrefilterMismatch.__name__,
        "error_message": repr(PrefilterMismatch(text)),
        "traceback": "",
    }
