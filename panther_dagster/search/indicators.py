"""Values -> where and when they were seen (panther_indicators), then the events themselves (panther_logs). Reads the lake only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from panther_dagster.errors import SearchError
from panther_dagster.search.values import FOLDED_INDICATORS, SearchedValue, searched_values
from panther_dagster.standard_fields import INDICATOR_COLUMNS, RAW_EVENT_COLUMN, table_name
from panther_dagster.storage.lake import Lake

INDICATOR_TABLE: Final = "panther_indicators.indicators"
MAX_VALUES: Final = 10_000
MAX_PRUNED_FORMS: Final = 1_000


@dataclass(frozen=True)
class IndicatorHit:
    """A value in one indicator, log type and hour of delivery. Times are the events' (naive UTC)."""

    asked: str
    value: str  # as the lake has it
    indicator: str  # a p_any_ column without p_any_
    log_type: str
    hour: datetime
    events: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True)
class SearchResult:
    """Hits, latest first, and the values that have none."""

    hits: tuple[IndicatorHit, ...]
    missing: tuple[str, ...]

    @property
    def log_types(self) -> tuple[str, ...]:
        """Log types with a hit."""
        return tuple(sorted({hit.log_type for hit in self.hits}))


@dataclass(frozen=True)
class FoundEvent:
    """An event that carries one of the values."""

    event_time: datetime
    log_type: str
    row_id: str
    source_file: str
    raw_event: str


@dataclass(frozen=True)
class EventPage:
    """Events, newest first. `next_page` continues after the last one; None at the end."""

    events: tuple[FoundEvent, ...]
    next_page: tuple[datetime, str] | None


def search_indicators(lake: Lake, values: Sequence[str], *, since: datetime | None, until: datetime | None) -> SearchResult:
    """Where each value was seen: one hit per value, indicator, log type and hour.

    A value matches in every form of search/values.py. An hour counts when any of its events lies in [since, until): its `events`, first
    and last seen are then of the whole hour.

    Args: since, until: naive UTC on event time; None is open.
    Raises: SearchError: no value, or more than 10,000.
    """
    searched = searched_values(values)
    if not searched:
        raise SearchError("no value to search for")
    if len(searched) > MAX_VALUES:
        raise SearchError(f"{len(searched):,} values; at most {MAX_VALUES:,} in one search")
    if not lake.has_table(INDICATOR_TABLE):
        return SearchResult((), tuple(value.asked for value in searched))
    sql, parameters = _hits_query(searched, since, until)
    hits = tuple(IndicatorHit(**row) for row in lake.query(sql, parameters).to_pylist())
    seen = {hit.asked for hit in hits}
    return SearchResult(hits, tuple(value.asked for value in searched if value.asked not in seen))


def search_events(
    lake: Lake,
    values: Sequence[str],
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int = 100,
    page: tuple[datetime, str] | None = None,
    result: SearchResult | None = None,
) -> EventPage:
    """Events that carry a value, newest first, `limit` at a time.

    Only the hours, log types and columns that the indicators name are read.

    Args: page: `next_page` of the page before. result: of `search_indicators` for the same values and times, if at hand.
    """
    result = result or search_indicators(lake, values, since=since, until=until)
    found: list[FoundEvent] = []
    for log_type in result.log_types:
        if query := _events_query(lake, log_type, [hit for hit in result.hits if hit.log_type == log_type]):
            sql, parameters = query
            bounds, bound_values = _bounds(since, until, page)
            rows = lake.query(f"{sql}{bounds} order by p_event_time desc, p_row_id desc limit ?", [*parameters, *bound_values, limit + 1])
            found += [FoundEvent(**row) for row in rows.to_pylist()]
    found.sort(key=lambda event: (event.event_time, event.row_id), reverse=True)
    events = tuple(found[:limit])
    has_more = len(found) > limit and bool(events)
    return EventPage(events, (events[-1].event_time, events[-1].row_id) if has_more else None)


def _hits_query(searched: Sequence[SearchedValue], since: datetime | None, until: datetime | None) -> tuple[str, list[Any]]:
    exact = [(value.asked, form) for value in searched for form in value.forms]
    folded = [(value.asked, form) for value in searched for form in value.folded_forms]
    pruned = ""
    if len(exact) <= MAX_PRUNED_FORMS:
        # Besides the join: a list of constants is compared with the files' statistics, and few files are opened.
        pruned = f" and i.value in ({', '.join('?' * len(exact))})"
    seen, times = "", []
    if since is not None:
        seen, times = " and i.last_seen >= ?", [since]
    if until is not None:
        seen, times = f"{seen} and i.first_seen < ?", [*times, until]
    columns = "i.indicator, i.value, i.log_type, i.p_hour, i.p_batch_id, i.events, i.first_seen, i.last_seen"
    without_case = f"""union
            select folded.asked, {columns}
            from {INDICATOR_TABLE} as i
            inner join (select unnest(?::varchar[]) as asked, unnest(?::varchar[]) as form) as folded on lower(i.value) = folded.form
            where list_contains(?::varchar[], i.indicator){seen}"""
    sql = f"""
        with exact as (select unnest(?::varchar[]) as asked, unnest(?::varchar[]) as form),
        found as (
            select exact.asked, {columns}
            from {INDICATOR_TABLE} as i inner join exact on i.value = exact.form where true{pruned}{seen}
            {without_case if folded else ""}
        )
        select
            asked,
            value,
            indicator,
            log_type,
            p_hour as hour,
            sum(events)::bigint as events,
            min(first_seen) as first_seen,
            max(last_seen) as last_seen,
        from found
        group by all
        order by last_seen desc, asked, value, log_type, indicator, hour desc
    """
    parameters: list[Any] = [[asked for asked, _ in exact], [form for _, form in exact]]
    parameters += [*((form for _, form in exact) if pruned else ()), *times]
    if folded:
        parameters += [[asked for asked, _ in folded], [form for _, form in folded], list(FOLDED_INDICATORS), *times]
    return sql, parameters


def _events_query(lake: Lake, log_type: str, hits: Sequence[IndicatorHit]) -> tuple[str, list[Any]] | None:
    """SELECT over one log type up to its bounds; None when its table is not there."""
    # Names come from the lake, not from the user; still nothing but letters, digits and _ reaches SQL.
    table = f"panther_logs.{table_name(log_type)}"
    if not re.fullmatch(r"[a-z0-9_.]+", table) or not lake.has_table(table):
        return None
    values_by_column: dict[str, set[str]] = {}
    for hit in hits:
        if (column := f"p_any_{hit.indicator}") in INDICATOR_COLUMNS:
            values_by_column.setdefault(column, set()).add(hit.value)
    if not values_by_column:
        return None
    carries = " or ".join(f"list_has_any({column}, ?::varchar[])" for column in values_by_column)
    sql = f"""
        select
            p_event_time as event_time,
            p_log_type as log_type,
            p_row_id as row_id,
            p_source_file as source_file,
            {RAW_EVENT_COLUMN} as raw_event,
        from {table}
        where list_contains(?::timestamp[], p_hour) and p_hour >= ? and p_hour <= ? and ({carries})"""
    hours = sorted({hit.hour for hit in hits})
    return sql, [hours, hours[0], hours[-1], *(sorted(values) for values in values_by_column.values())]


def _bounds(since: datetime | None, until: datetime | None, page: tuple[datetime, str] | None) -> tuple[str, list[Any]]:
    sql = ""
    parameters: list[Any] = []
    if since is not None:
        sql, parameters = " and p_event_time >= ?", [since]
    if until is not None:
        sql, parameters = f"{sql} and p_event_time < ?", [*parameters, until]
    if page is not None:
        sql, parameters = f"{sql} and (p_event_time, p_row_id) < (?, ?)", [*parameters, *page]
    return sql, parameters
