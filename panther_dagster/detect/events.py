"""Normalized rows (Arrow) -> the event that rules see: the untouched text, parsed, with the row's p_ columns.

An event's own keys win over p_ columns of the same name. Indicator columns are absent when empty. Times are text, with nine digits.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from panther_dagster.detect.lookups.enrichment import FIELD, Enricher, Enrichment, drop_own
from panther_dagster.detect.lookups.rows import parse_row, row_text
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN

# Columns that become p_ fields of the event, in this order. p_batch_id, p_hour and p_record_index say where a row is, not what it is.
TEXT_COLUMNS = ("p_log_type", "p_row_id", "p_source_id", "p_source_label", "p_source_file")
TIME_COLUMNS = ("p_event_time", "p_parse_time")


class UnreadableEvent(ValueError):
    """The text of an event is no JSON object."""


class AddedFields:
    """What the columns of one record batch add to its events. A column is converted as a whole once many of its rows are asked for."""

    def __init__(self, rows: pa.RecordBatch, log_type: str) -> None:
        self._log_type = log_type
        names = set(rows.schema.names)
        self._columns: dict[str, _Column] = {}
        for name in (*TEXT_COLUMNS, *TIME_COLUMNS, *INDICATOR_COLUMNS):
            if name in names and (name not in INDICATOR_COLUMNS or rows.column(name).null_count < rows.num_rows):
                if name in TIME_COLUMNS:
                    self._columns[name] = _Column(rows.column(name).cast(pa.timestamp("us")), _time_text)
                else:
                    self._columns[name] = _Column(rows.column(name), None)

    @staticmethod
    def may_have(name: str) -> bool:
        """Whether a field of that name can come from a column."""
        return name in TEXT_COLUMNS or name in TIME_COLUMNS or name in INDICATOR_COLUMNS

    def value(self, name: str, index: int) -> Any:
        """What an event without a field of this name gets; null or empty when it gets none."""
        column = self._columns.get(name)
        value = None if column is None else column.value(index)
        return self._log_type if name == "p_log_type" and not value else value

    def add_to(self, event: dict[str, Any], index: int) -> None:
        """Add the fields that the event has not."""
        for name, column in self._columns.items():
            value = column.value(index)
            # Null and an empty list are absent.
            if value and name not in event:
                event[name] = value
        if "p_log_type" not in event:
            event["p_log_type"] = self._log_type


class _Column:
    """Values of a column, one by one or all at once."""

    def __init__(self, values: pa.Array, convert: Callable[[Any], Any] | None) -> None:
        self._array = values
        self._convert = convert
        self._few_left = len(values) // 8
        self._all: list[Any] | None = None

    def value(self, index: int) -> Any:
        """The value of a row."""
        if self._all is not None:
            return self._all[index]
        if self._few_left > 0:
            self._few_left -= 1
            value = self._array[index].as_py()
            return value if self._convert is None else self._convert(value)
        values = self._array.to_pylist()
        self._all = values if self._convert is None else list(map(self._convert, values))
        return self._all[index]


class EventBatch:
    """The rows of one record batch; parses a row when it is asked for.

    Args: enrichment: lookup tables as they were when rows were taken in; None when none explains the log type. What they say is taken from
    the column p_enrichment when the rows have it.
    """

    def __init__(self, rows: pa.RecordBatch, log_type: str, enrichment: Enrichment | None = None) -> None:
        self.size = rows.num_rows
        self._enrichers: list[Enricher] | None = enrichment.of_rows(rows) if enrichment is not None else None
        has_found = FIELD in rows.schema.names
        self._found: list[str | None] | None = rows.column(FIELD).to_pylist() if has_found else None
        self._texts = _Column(rows.column(RAW_EVENT_COLUMN), None)
        self._added = AddedFields(rows, log_type)

    def event(self, index: int) -> dict[str, Any]:
        """The event of a row, as plain data. Raises UnreadableEvent."""
        text = self._texts.value(index)
        if text is None:
            raise UnreadableEvent("the row has no p_raw_event")
        event = parsed_json(text)
        if type(event) is not dict:
            raise UnreadableEvent(f"no JSON object but {type(event).__name__}")
        self._added.add_to(event, index)
        if self._found is not None:
            drop_own(event)
            found = self._found[index]
            if found is not None:
                event[FIELD] = parse_row(found)
        elif self._enrichers is not None:
            self._enrichers[index].add_to(event)
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


def parsed_json(text: str | bytes) -> Any:
    """The value of a JSON text, as json.loads reads it. Raises UnreadableEvent."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # msgspec refuses what json accepts: NaN, 1e999, lone surrogates.
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnreadableEvent(f"no JSON: {error}") from error


def _time_text(moment: datetime | None) -> str | None:
    """`2024-05-06 07:08:09.123456000`."""
    return None if moment is None else moment.isoformat(" ", "microseconds") + "000"
