"""Normalized rows (Arrow) -> the event that rules see: the untouched text, parsed, with the row's p_ columns.

An event's own keys win over p_ columns of the same name; p_enrichment, where lookup tables explain the log type, is only ours. Indicator
columns are absent when empty. Times are text, with nine digits.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from panther_dagster.detect.lookups.enrichment import FIELD, Enricher, Enrichment, drop_own
from panther_dagster.detect.lookups.rows import parse_row, row_text
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN

# Columns that become p_ fields of the event, in this order. p_batch_id, p_hour and p_record_index say where a row is, not what it is.
TEXT_COLUMNS = ("p_log_type", "p_row_id", "p_source_id", "p_source_label", "p_source_file")
TIME_COLUMNS = ("p_event_time", "p_parse_time")
# What orjson would turn into a float: an integer of more than 19 digits, or at the edge of 64 bits.
_LONG_NUMBER = r"[0-9]{19}"


class UnreadableEvent(ValueError):
    """The text of an event is no JSON object."""


class EventBatch:
    """The rows of one record batch; parses a row when it is asked for.

    Args: enrichment: lookup tables as they were when rows were taken in; None when none explains the log type, or when the rows have
    what they say in a column p_enrichment already.
    """

    def __init__(self, rows: pa.RecordBatch, log_type: str, enrichment: Enrichment | None = None) -> None:
        self.size = rows.num_rows
        self._log_type = log_type
        names = set(rows.schema.names)
        self._enrichers: list[Enricher] | None = enrichment.of_rows(rows) if enrichment is not None else None
        self._found: list[str | None] | None = rows.column(FIELD).to_pylist() if FIELD in names and enrichment is None else None
        raw = rows.column(RAW_EVENT_COLUMN)
        self._texts: list[str | None] = raw.to_pylist()
        self._is_exact: list[bool | None] = pc.invert(pc.match_substring_regex(raw, _LONG_NUMBER)).to_pylist()
        self._columns: list[tuple[str, list[Any]]] = []
        for name in TEXT_COLUMNS:
            if name in names:
                self._columns.append((name, rows.column(name).to_pylist()))
        for name in TIME_COLUMNS:
            if name in names:
                self._columns.append((name, _time_texts(rows.column(name))))
        for name in INDICATOR_COLUMNS:
            if name in names and rows.column(name).null_count < self.size:
                self._columns.append((name, rows.column(name).to_pylist()))

    def event(self, index: int) -> dict[str, Any]:
        """The event of a row, as plain data. Raises UnreadableEvent."""
        text = self._texts[index]
        event = _parsed(text, bool(self._is_exact[index]))
        for name, values in self._columns:
            value = values[index]
            # Null and an empty list are absent.
            if value and name not in event:
                event[name] = value
        if "p_log_type" not in event:
            event["p_log_type"] = self._log_type
        if self._enrichers is not None:
            self._enrichers[index].add_to(event)
        elif self._found is not None:
            drop_own(event)
            found = self._found[index]
            if found is not None:
                event[FIELD] = parse_row(found)
        return event

    def lookup_function(self, index: int) -> Callable[[str, str], Any] | None:
        """What a row's event.lookup() calls; None without lookup tables."""
        return None if self._enrichers is None else self._enrichers[index].lookup


def enriched(rows: pa.RecordBatch, log_type: str, enrichment: Enrichment) -> pa.RecordBatch:
    """The rows with a column p_enrichment, JSON of what lookup tables say of each: for rules in a process that has no tables."""
    batch = EventBatch(rows, log_type, enrichment)
    texts: list[str | None] = []
    for index in range(batch.size):
        try:
            found = batch.event(index).get(FIELD)
        except UnreadableEvent:
            found = None
        texts.append(None if found is None else row_text(found))
    return rows.append_column(FIELD, pa.array(texts, pa.string()))


def _parsed(text: str | None, is_exact: bool) -> dict[str, Any]:
    if text is None:
        raise UnreadableEvent("the row has no p_raw_event")
    try:
        event = orjson.loads(text) if is_exact else json.loads(text)
    except orjson.JSONDecodeError:
        # orjson refuses what json accepts: NaN, lone surrogates, nesting beyond 1024.
        try:
            event = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnreadableEvent(f"no JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent(f"no JSON: {error}") from error
    if type(event) is not dict:
        raise UnreadableEvent(f"no JSON object but {type(event).__name__}")
    return event


def _time_texts(times: pa.Array) -> list[str | None]:
    """`2024-05-06 07:08:09.123456000`."""
    micros = pc.cast(times, pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(micros, pa.scalar("000"), "").to_pylist()
