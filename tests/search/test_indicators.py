"""Search over a hand-made index and hand-made events."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from panther_dagster.errors import SearchError
from panther_dagster.search.indicators import IndicatorHit, search_events, search_indicators
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import TIME, Table

HOUR_10, HOUR_11 = datetime(2024, 5, 1, 10), datetime(2024, 5, 1, 11)
INDICATORS = Table(
    "panther_indicators.indicators",
    "test",
    pa.schema(
        [
            ("indicator", pa.string()),
            ("value", pa.string()),
            ("log_type", pa.string()),
            ("p_hour", TIME),
            ("p_batch_id", pa.string()),
            ("events", pa.int64()),
            ("first_seen", TIME),
            ("last_seen", TIME),
        ]
    ),
)
TEXTS = pa.list_(pa.string())


def events_table(name: str) -> Table:
    return Table(
        f"panther_logs.{name}",
        "test",
        pa.schema(
            [
                ("p_row_id", pa.string()),
                ("p_log_type", pa.string()),
                ("p_event_time", TIME),
                ("p_source_file", pa.string()),
                ("p_hour", TIME),
                *((f"p_any_{indicator}", TEXTS) for indicator in ("ip_addresses", "domain_names", "emails", "sha1_hashes")),
                ("p_raw_event", pa.string()),
            ]
        ),
    )


def at(hour: int, minute: int) -> datetime:
    return datetime(2024, 5, 1, hour, minute)


def index(lake: Lake, *rows: tuple) -> None:
    """Rows: indicator, value, log type, hour, batch, events, first, last."""
    data = pa.Table.from_pylist([dict(zip(INDICATORS.columns.names, row, strict=True)) for row in rows], schema=INDICATORS.columns)
    lake.transact(lambda tx: tx.append(INDICATORS, data))


def events(lake: Lake, log_type: str, *rows: tuple) -> None:
    """Rows: row id, event time, hour, p_any columns by short name."""
    table = events_table(log_type.lower().replace(".", "_"))
    plain = [
        {
            "p_row_id": row_id,
            "p_log_type": log_type,
            "p_event_time": time,
            "p_source_file": "file:///in/a.json",
            "p_hour": hour,
            "p_raw_event": f'{{"id":"{row_id}"}}',
            **{f"p_any_{name}": values for name, values in indicators.items()},
        }
        for row_id, time, hour, indicators in rows
    ]
    data = pa.Table.from_pylist(plain, schema=table.columns)
    lake.transact(lambda tx: tx.append(table, data))


def test_hits_are_counted_by_log_type_and_hour_over_batches(lake: Lake) -> None:
    index(
        lake,
        ("ip_addresses", "203.0.113.66", "AWS.CloudTrail", HOUR_10, "b1", 3, at(10, 1), at(10, 9)),
        ("ip_addresses", "203.0.113.66", "AWS.CloudTrail", HOUR_10, "b2", 2, at(10, 5), at(10, 30)),
        ("ip_addresses", "203.0.113.66", "AWS.CloudTrail", HOUR_11, "b3", 1, at(11, 0), at(11, 0)),
        ("ip_addresses", "203.0.113.66", "Okta.SystemLog", HOUR_10, "b1", 7, at(9, 59), at(10, 2)),
        ("ip_addresses", "192.0.2.10", "Okta.SystemLog", HOUR_10, "b1", 9, at(10, 0), at(10, 2)),
    )

    result = search_indicators(lake, ["203.0.113.66"], since=None, until=None)

    asked = "203.0.113.66"
    assert result.hits == (
        IndicatorHit(asked, asked, "ip_addresses", "AWS.CloudTrail", HOUR_11, 1, at(11, 0), at(11, 0)),
        IndicatorHit(asked, asked, "ip_addresses", "AWS.CloudTrail", HOUR_10, 5, at(10, 1), at(10, 30)),
        IndicatorHit(asked, asked, "ip_addresses", "Okta.SystemLog", HOUR_10, 7, at(9, 59), at(10, 2)),
    )
    assert result.missing == ()
    assert result.log_types == ("AWS.CloudTrail", "Okta.SystemLog")


def test_values_without_a_hit_are_named(lake: Lake) -> None:
    index(lake, ("emails", "user@example.com", "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 1), at(10, 1)))

    result = search_indicators(lake, ["user@example.com", "nobody@example.com"], since=None, until=None)

    assert [hit.value for hit in result.hits] == ["user@example.com"]
    assert result.missing == ("nobody@example.com",)


@pytest.mark.parametrize(
    ("indicator", "stored", "asked"),
    [
        ("emails", "User@Example.com", "user@EXAMPLE.com"),
        ("domain_names", "Evil.Example.NET", "evil.example.net"),
        ("sha1_hashes", "a9993e364706816aba3e25717850c26c9cd0d89d", "A9993E364706816ABA3E25717850C26C9CD0D89D"),
        ("ip_addresses", "2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
        ("ip_addresses", "2001:db8::1", "2001:0db8:0:0::1"),
        ("ip_addresses", "::ffff:203.0.113.66", "203.0.113.66"),
    ],
)
def test_hit_is_found_however_it_is_written(lake: Lake, indicator: str, stored: str, asked: str) -> None:
    index(lake, (indicator, stored, "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 1), at(10, 1)))

    (hit,) = search_indicators(lake, [asked], since=None, until=None).hits

    assert (hit.asked, hit.value) == (asked, stored)


def test_case_matters_where_it_has_a_meaning(lake: Lake) -> None:
    index(lake, ("trace_ids", "AbC", "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 1), at(10, 1)))

    assert search_indicators(lake, ["abc"], since=None, until=None).hits == ()
    assert len(search_indicators(lake, ["AbC"], since=None, until=None).hits) == 1


def test_times_bound_hits_by_when_the_events_happened(lake: Lake) -> None:
    index(
        lake,
        ("emails", "user@example.com", "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 1), at(10, 20)),
        ("emails", "user@example.com", "Okta.SystemLog", HOUR_11, "b2", 1, at(11, 1), at(11, 20)),
    )

    def hours(since: datetime | None, until: datetime | None) -> list[datetime]:
        return [hit.hour for hit in search_indicators(lake, ["user@example.com"], since=since, until=until).hits]

    assert hours(at(10, 30), None) == [HOUR_11]
    assert hours(None, at(11, 1)) == [HOUR_10]
    assert hours(at(10, 20), at(11, 2)) == [HOUR_11, HOUR_10]
    assert hours(at(10, 21), at(11, 0)) == []


def test_hostile_values_are_only_values(lake: Lake) -> None:
    hostile = "' or 1=1; drop table panther_indicators.indicators; --"
    index(lake, ("usernames", hostile, "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 1), at(10, 1)))

    assert [hit.value for hit in search_indicators(lake, [hostile], since=None, until=None).hits] == [hostile]
    assert len(search_indicators(lake, [hostile], since=None, until=None).hits) == 1


def test_ten_thousand_values_are_one_search(lake: Lake) -> None:
    index(lake, ("domain_names", "host-9999.example.com", "Suricata.DNS", HOUR_10, "b1", 1, at(10, 1), at(10, 1)))

    result = search_indicators(lake, [f"host-{number}.example.com" for number in range(10_000)], since=None, until=None)

    assert [hit.value for hit in result.hits] == ["host-9999.example.com"]
    assert len(result.missing) == 9_999


def test_more_or_no_values_are_refused(lake: Lake) -> None:
    with pytest.raises(SearchError, match="10,001 values; at most 10,000"):
        search_indicators(lake, [str(number) for number in range(10_001)], since=None, until=None)
    with pytest.raises(SearchError, match="no value"):
        search_indicators(lake, ["  "], since=None, until=None)


def test_a_lake_without_indicators_has_no_hits(lake: Lake) -> None:
    assert search_indicators(lake, ["x"], since=None, until=None).missing == ("x",)


@pytest.fixture
def seen(lake: Lake) -> Lake:
    """203.0.113.66 four times in two log types."""
    address = "203.0.113.66"
    index(
        lake,
        ("ip_addresses", address, "AWS.CloudTrail", HOUR_10, "b1", 2, at(10, 1), at(10, 9)),
        ("ip_addresses", address, "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 5), at(10, 5)),
        ("ip_addresses", address, "AWS.CloudTrail", HOUR_11, "b2", 1, at(11, 1), at(11, 1)),
    )
    events(
        lake,
        "AWS.CloudTrail",
        ("c1", at(10, 1), HOUR_10, {"ip_addresses": [address]}),
        ("c2", at(10, 9), HOUR_10, {"ip_addresses": ["192.0.2.10", address]}),
        ("c3", at(10, 9), HOUR_10, {"ip_addresses": ["192.0.2.10"]}),
        ("c4", at(10, 9), HOUR_10, {}),
        ("c5", at(11, 1), HOUR_11, {"ip_addresses": [address]}),
    )
    events(lake, "Okta.SystemLog", ("o1", at(10, 5), HOUR_10, {"ip_addresses": [address]}))
    return lake


def test_events_come_newest_first_over_log_types(seen: Lake) -> None:
    page = search_events(seen, ["203.0.113.66"], since=None, until=None)

    assert [(event.row_id, event.log_type) for event in page.events] == [
        ("c5", "AWS.CloudTrail"),
        ("c2", "AWS.CloudTrail"),
        ("o1", "Okta.SystemLog"),
        ("c1", "AWS.CloudTrail"),
    ]
    assert page.events[0].raw_event == '{"id":"c5"}'
    assert page.events[0].source_file == "file:///in/a.json"
    assert page.next_page is None


def test_pages_continue_where_the_last_one_ended(seen: Lake) -> None:
    first = search_events(seen, ["203.0.113.66"], since=None, until=None, limit=3)
    second = search_events(seen, ["203.0.113.66"], since=None, until=None, limit=3, page=first.next_page)

    assert [event.row_id for event in first.events] == ["c5", "c2", "o1"]
    assert [event.row_id for event in second.events] == ["c1"]
    assert second.next_page is None


def test_events_are_bounded_by_their_own_time(seen: Lake) -> None:
    page = search_events(seen, ["203.0.113.66"], since=at(10, 5), until=at(11, 1))

    assert [event.row_id for event in page.events] == ["c2", "o1"]


def test_events_are_found_by_the_stored_form(lake: Lake) -> None:
    index(lake, ("emails", "User@Example.com", "Okta.SystemLog", HOUR_10, "b1", 1, at(10, 1), at(10, 1)))
    events(lake, "Okta.SystemLog", ("o1", at(10, 1), HOUR_10, {"emails": ["User@Example.com"]}))

    assert [event.row_id for event in search_events(lake, ["user@example.com"], since=None, until=None).events] == ["o1"]


def test_a_log_type_whose_table_is_gone_costs_only_its_events(seen: Lake) -> None:
    index(seen, ("ip_addresses", "203.0.113.66", "Gone.Type", HOUR_10, "b1", 2, at(10, 1), at(10, 9)))

    assert len(search_events(seen, ["203.0.113.66"], since=None, until=None).events) == 4
