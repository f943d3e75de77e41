"""Lookup tables + an event -> its `p_enrichment`, before any rule sees it.

    p_enrichment: {employees: {"actor.alternateId": {"email": ..., "team": ..., "p_match": ...}}}

A selector that leads to one value gives one row; one that leads to an array, or through one, a list of the rows of its distinct values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import pyarrow as pa

from panther_dagster.detect.lookups.declaration import Selector
from panther_dagster.event import ImmutableCaseInsensitiveDict

FIELD: Final = "p_enrichment"
MATCHED_VALUE: Final = "p_match"


class Searched(Protocol):
    """What is asked for rows: a LookupTable, or one in a file (shared.py)."""

    def find(self, value: Any) -> dict[str, Any] | None: ...


class Enricher:
    """The lookup tables of one log type as they were at one moment.

    Args: selectors_by_table: None leaves events as they are, and only answers event.lookup().
    """

    def __init__(self, tables: Mapping[str, Searched], selectors_by_table: Mapping[str, Sequence[Selector]] | None = None) -> None:
        self.tables = tables
        self._leaves_events = selectors_by_table is None
        self._plan = [
            (name, tables[name], [(selector.label, selector.path) for selector in selectors])
            for name, selectors in sorted((selectors_by_table or {}).items())
            if name in tables
        ]

    def add_to(self, event: dict[str, Any]) -> None:
        """Set the event's p_enrichment; it has none when nothing is found.

        What an event brings under that name itself is dropped: whoever writes logs must not choose what rules take for business context.
        """
        if self._leaves_events:
            return
        drop_own(event)
        found = {}
        for name, table, selectors in self._plan:
            by_label = {}
            for label, path in selectors:
                value = _value_at(event, path)
                if value is not None and (rows := _rows_of(table, value)):
                    by_label[label] = rows
            if by_label:
                found[name] = by_label
        if found:
            event[FIELD] = found

    def lookup(self, lookup_name: str, lookup_key: Any) -> ImmutableCaseInsensitiveDict | None:
        """What event.lookup() gives: the row of a key, of any loaded table; None when there is none."""
        table = self.tables.get(lookup_name)
        row = table.find(lookup_key) if table is not None else None
        return None if row is None else ImmutableCaseInsensitiveDict(row)


def drop_own(event: dict[str, Any]) -> None:
    """Remove p_enrichment, in any case, from an event as it was delivered."""
    for key in [key for key in event if len(key) == len(FIELD) and key.lower() == FIELD]:
        del event[key]


@dataclass(frozen=True)
class Enrichment:
    """The enricher of each moment at which rows were taken in (`p_parse_time`); `latest` serves rows without one.

    `has_calls`: whether code of rules may call event.lookup().
    """

    latest: Enricher
    by_moment: Mapping[datetime, Enricher] = field(default_factory=dict)
    has_calls: bool = True

    def at(self, moment: datetime | None) -> Enricher:
        """The enricher for rows of a moment."""
        return self.latest if moment is None else self.by_moment.get(moment, self.latest)

    def for_calls(self) -> Enrichment:
        """The same, which only answers event.lookup() and leaves events as they are."""
        by_moment = {moment: Enricher(enricher.tables) for moment, enricher in self.by_moment.items()}
        return Enrichment(Enricher(self.latest.tables), by_moment, self.has_calls)

    def of_rows(self, rows: pa.RecordBatch) -> list[Enricher]:
        """The enricher of each row, by its p_parse_time."""
        if "p_parse_time" not in rows.schema.names:
            return [self.latest] * rows.num_rows
        moments = rows.column("p_parse_time")
        if len(moments.unique()) == 1:  # the rows of one batch: nearly always
            return [self.at(moments[0].as_py())] * rows.num_rows
        return [self.at(moment) for moment in moments.to_pylist()]


def _rows_of(table: Searched, value: Any) -> dict[str, Any] | list[dict[str, Any]] | None:
    if type(value) is not list:
        return _row_of(table, value)
    rows, seen = [], set()
    for element in value:
        kind = type(element)
        if kind is dict or kind is list or (kind, element) in seen:
            continue
        seen.add((kind, element))
        row = _row_of(table, element)
        if row is not None:
            rows.append(row)
    return rows


def _row_of(table: Searched, value: Any) -> dict[str, Any] | None:
    row = table.find(value)
    if row is not None:
        row[MATCHED_VALUE] = value
    return row


def _value_at(container: Any, path: Sequence[str]) -> Any:
    """The value at a path, found as rules find fields; below an array, the values of all its elements. None when there is none."""
    for position, step in enumerate(path):
        if type(container) is list:
            values: list[Any] = []
            for element in container:
                value = _value_at(element, path[position:])
                if type(value) is list:
                    values += value
                elif value is not None:
                    values.append(value)
            return values
        if type(container) is not dict:
            return None
        value = container.get(step)
        container = _value_without_case(container, step) if value is None else value
        if container is None:
            return None
    return container


def _value_without_case(container: dict[str, Any], step: str) -> Any:
    if step in container:
        return None
    folded, size = step.lower(), len(step)
    for key, value in container.items():
        if len(key) == size and key.lower() == folded:
            return value
    return None
