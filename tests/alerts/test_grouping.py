from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panther_dagster.alerts.grouping import Grouping, Signal, Window, alert_id, group_signals

TEN = datetime(2024, 5, 1, 10)


def signal(minute: float, *, name: str | None = None, batch: str = "b1", **fields: object) -> Signal:
    row = name or f"row{minute}"
    defaults: dict[str, object] = {
        "signal_id": f"s-{row}",
        "rule_id": "Okta.Login",
        "dedup": "alice",
        "alert_type": "RULE",
        "dedup_period_minutes": 60,
        "threshold": 1,
        "unique_value": None,
        "log_type": "Okta.SystemLog",
        "p_row_id": row,
        "event_time": TEN + timedelta(minutes=minute),
        "batch_id": batch,
        "hour": TEN,
    }
    return Signal(**{**defaults, **fields})  # type: ignore[arg-type]


def starts(grouping: Grouping) -> dict[str, str]:
    """Row id -> start of its window, as hh:mm."""
    return {signal.p_row_id: f"{window.start:%H:%M}" for signal, window in grouping.assignments}


def window(minute: float, **fields: object) -> Window:
    return Window("Okta.Login", "alice", "RULE", TEN + timedelta(minutes=minute), **fields)  # type: ignore[arg-type]


def test_alert_id_is_the_md5_of_rule_dedup_and_window_start() -> None:
    expected = hashlib.md5(b"Okta.Login:alice:2024-05-01T10:00:00").hexdigest()
    assert alert_id("Okta.Login", "alice", TEN) == expected
    assert alert_id("Okta.Login", "alice", TEN, "RULE_ERROR") == hashlib.md5(b"Okta.Login:alice:2024-05-01T10:00:00:error").hexdigest()


def test_second_match_within_the_period_joins_the_first() -> None:
    assert starts(group_signals([[signal(0), signal(59.9)]])) == {"row0": "10:00", "row59.9": "10:00"}


def test_match_at_exactly_the_end_of_the_period_opens_a_window() -> None:
    assert starts(group_signals([[signal(0), signal(60)]])) == {"row0": "10:00", "row60": "11:00"}


def test_window_is_not_extended_by_later_matches() -> None:
    assert starts(group_signals([[signal(0), signal(40), signal(80)]])) == {"row0": "10:00", "row40": "10:00", "row80": "11:20"}


def test_late_match_joins_the_window_that_starts_less_than_a_period_later() -> None:
    assert starts(group_signals([[signal(0)], [signal(-59)]])) == {"row0": "10:00", "row-59": "10:00"}


def test_late_match_a_whole_period_before_opens_a_window() -> None:
    assert starts(group_signals([[signal(0)], [signal(-60)]])) == {"row0": "10:00", "row-60": "09:00"}


def test_window_that_contains_a_late_match_is_preferred_to_one_that_starts_after_it() -> None:
    grouping = group_signals([[signal(0)], [signal(-90)], [signal(-50)]])
    assert starts(grouping) == {"row0": "10:00", "row-90": "08:30", "row-50": "08:30"}


def test_dedup_strings_rules_and_types_are_apart() -> None:
    others = [
        signal(1, name="bob", dedup="bob"),
        signal(2, name="other", rule_id="Okta.Other"),
        signal(3, name="error", alert_type="RULE_ERROR"),
    ]
    assert len({window.alert_id for _, window in group_signals([[signal(0), *others]]).assignments}) == 4


def test_signal_joins_a_window_that_earlier_batches_left() -> None:
    assert starts(group_signals([[signal(30)]], [window(0, match_count=3, is_created=True)])) == {"row30": "10:00"}


def test_joining_an_alert_that_exists_creates_nothing() -> None:
    assert group_signals([[signal(30)]], [window(0, match_count=3, is_created=True)]).creations == ()


def test_shorter_period_of_a_changed_rule_takes_effect_at_once() -> None:
    assert starts(group_signals([[signal(30, dedup_period_minutes=15)]], [window(0)])) == {"row30": "10:30"}


def test_alert_is_created_when_matches_reach_the_threshold_across_batches() -> None:
    first, second = [signal(0, threshold=3)], [signal(1, threshold=3, batch="b2"), signal(2, threshold=3, batch="b2")]
    (creation,) = group_signals([first, second]).creations
    assert (creation.batch_id, creation.first_signal_id, creation.own_signal_id) == ("b2", "s-row0", "s-row1")
    assert (creation.first_event_time, creation.last_event_time) == (TEN, TEN + timedelta(minutes=2))


def test_below_the_threshold_nothing_is_created_and_nothing_is_lost() -> None:
    grouping = group_signals([[signal(0, threshold=3), signal(1, threshold=3)]])
    assert (len(grouping.assignments), grouping.creations) == (2, ())


def test_threshold_counts_distinct_unique_values_when_the_rule_has_them() -> None:
    same = [signal(minute, threshold=2, unique_value="192.0.2.1") for minute in range(5)]
    assert group_signals([same]).creations == ()
    assert len(group_signals([same, [signal(6, threshold=2, unique_value="192.0.2.2")]]).creations) == 1


def test_unique_values_of_earlier_batches_count() -> None:
    left = window(0, match_count=1, unique_values={"192.0.2.1"})
    assert len(group_signals([[signal(1, threshold=2, unique_value="192.0.2.2")]], [left]).creations) == 1


def test_alert_that_was_created_before_is_not_created_by_a_rerun() -> None:
    assert group_signals([[signal(0)]], created=frozenset({alert_id("Okta.Login", "alice", TEN)})).creations == ()


def test_rerun_of_the_batch_that_opened_a_window_keeps_its_start() -> None:
    later_batches = window(0, match_count=1)  # rows of a later batch still name 10:00
    assert starts(group_signals([[signal(0), signal(10)]], [later_batches])) == {"row0": "10:00", "row10": "10:00"}


def test_rerun_of_all_batches_at_once_keeps_the_alert_that_a_late_match_had_joined() -> None:
    late, first = signal(-20, batch="b2"), signal(0, batch="b1")
    assert starts(group_signals([[late], [first]], previous={late.member: TEN, first.member: TEN})) == {
        "row-20": "10:00",
        "row0": "10:00",
    }


def test_rerun_after_the_period_became_shorter_does_not_keep_the_old_window() -> None:
    late = signal(30, dedup_period_minutes=10)
    assert starts(group_signals([[late]], previous={late.member: TEN})) == {"row30": "10:30"}


def test_rerun_with_a_changed_dedup_string_opens_a_window_at_its_own_first_match() -> None:
    changed = signal(30, dedup="carol")
    assert starts(group_signals([[changed]], previous={(changed.signal_id, ("Okta.Login", "alice", "RULE")): TEN})) == {"row30": "10:30"}


def test_rerun_that_finds_an_earlier_match_joins_it_to_the_alert_of_the_first_run() -> None:
    known = signal(0)
    grouping = group_signals([[known, signal(-10, name="newly found")]], previous={known.member: TEN})
    assert starts(grouping) == {"newly found": "10:00", "row0": "10:00"}


def test_dedup_string_that_is_no_unicode_has_an_id() -> None:
    assert len(alert_id("R", "\udce9", TEN)) == 32


minutes = st.lists(st.integers(0, 400), min_size=1, max_size=40)
dedups = st.sampled_from(["alice", "bob"])


def summary(grouping: Grouping) -> tuple[object, ...]:
    assigned = sorted((signal.signal_id, window.alert_id) for signal, window in grouping.assignments)
    return assigned, sorted((c.window.alert_id, c.first_signal_id) for c in grouping.creations)


@settings(max_examples=150)
@given(data=st.data(), threshold=st.integers(1, 4))
def test_law_any_split_of_ordered_batches_gives_the_same_alerts(data: st.DataObject, threshold: int) -> None:
    times = sorted(data.draw(st.lists(st.tuples(st.integers(0, 400), dedups), min_size=1, max_size=40)))
    signals = sorted(
        (signal(minute, name=f"{minute}-{i:03}", dedup=dedup, threshold=threshold) for i, (minute, dedup) in enumerate(times)),
        key=lambda s: (s.event_time, s.p_row_id),
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(signals)), max_size=6)))
    pieces = [signals[a:b] for a, b in zip([0, *cuts], [*cuts, len(signals)], strict=True)]
    assert summary(group_signals(pieces)) == summary(group_signals([signals]))


@settings(max_examples=150)
@given(times=minutes, data=st.data())
def test_law_in_any_order_each_signal_has_one_alert_and_windows_never_overlap(times: list[int], data: st.DataObject) -> None:
    signals = [signal(minute, name=f"{minute}-{i}") for i, minute in enumerate(times)]
    shuffled = data.draw(st.permutations(signals))
    grouping = group_signals([[one] for one in shuffled])
    assert sorted(s.signal_id for s, _ in grouping.assignments) == sorted(s.signal_id for s in signals)
    found = sorted({window.start for _, window in grouping.assignments})
    assert all(later - earlier >= timedelta(minutes=60) for earlier, later in pairwise(found))
    assert len(grouping.creations) == len(found)
    assert all(abs(s.event_time - w.start) < timedelta(minutes=60) for s, w in grouping.assignments)


@settings(max_examples=100)
@given(times=minutes, data=st.data())
def test_law_a_rerun_of_any_batches_moves_no_signal(times: list[int], data: st.DataObject) -> None:
    signals = [signal(minute, name=f"{minute}-{i}") for i, minute in enumerate(times)]
    before = {s.member: w.start for s, w in group_signals([[one] for one in data.draw(st.permutations(signals))]).assignments}
    again = data.draw(st.lists(st.sampled_from(signals), unique_by=lambda s: s.signal_id))
    kept = {start for member, start in before.items() if member not in {s.member for s in again}}
    rerun = group_signals([again], [Window("Okta.Login", "alice", "RULE", start) for start in kept], previous=before)
    assert {s.member: w.start for s, w in rerun.assignments} == {s.member: before[s.member] for s in again}


@pytest.mark.parametrize(("unique", "matches", "expected"), [(0, 2, False), (0, 3, True), (1, 9, False), (3, 3, True)])
def test_threshold_of_three_is_reached(unique: int, matches: int, expected: bool) -> None:
    assert window(0, match_count=matches, unique_values=set(map(str, range(unique)))).has_reached(3) is expected
