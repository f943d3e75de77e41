"""What rules may rely on in the event object; each expected value is Panther's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from panther_dagster.errors import PantherError
from panther_dagster.event import ImmutableCaseInsensitiveDict, ImmutableList, PantherEvent

EVENT = {"a": {"b": [1, {"c": 2}]}, "L": [1, [2]], "N": None, "Mixed": {"Key": 1}}


class _Model:
    def path_of(self, name: str) -> Callable[[Any], tuple[Any, str] | None] | None:
        return {"source_ip": lambda raw: (raw["ip"], "ip") if "ip" in raw else None}.get(name)

    def method_of(self, name: str) -> Callable[[Any], Any] | None:
        def actor_name(event: Any) -> Any:
            return type(event).__name__

        return {"actor": actor_name}.get(name)


def test_texts_of_events_are_those_that_stand_in_titles_in_the_wild() -> None:
    event = PantherEvent(EVENT)

    assert repr(event["a"]) == "ImmutableCaseInsensitiveDict({'b': [1, {'c': 2}]})"
    assert f"{event['L']}" == "ImmutableList((1, [2]))"
    assert str(PantherEvent({"x": 1})) == "PantherEvent({'x': 1})"


def test_a_key_is_found_exactly_first_and_else_without_regard_to_case() -> None:
    event = PantherEvent({"Ab": 1, "aB": 2, "AB": 3})

    assert (event["AB"], event["ab"], event.get("aB"), "ab" in event, "abc" in event) == (3, 1, 2, True, False)


def test_a_missing_key_gives_key_error_default_and_false() -> None:
    event = PantherEvent(EVENT)
    default = {"d": [1]}

    with pytest.raises(KeyError, match="'zz'"):
        event["zz"]
    assert event.get("zz", default) is default
    assert event.get("n", 5) is None
    with pytest.raises(AttributeError, match="'int' object has no attribute 'lower'"):
        event.get(1)
    assert PantherEvent({}).get(1) is None


def test_deep_get_folds_case_and_stops_at_arrays() -> None:
    event = PantherEvent(EVENT)

    assert event.deep_get("A", "B", default="none") == [1, {"c": 2}]
    assert type(event.deep_get("a", "b")) is ImmutableList
    assert event.deep_get("a", "b", "c", default="none") == "none"
    assert event.deep_get("n", default="none") == "none"
    assert event.deep_get() is event


def test_deep_walk_maps_over_arrays_and_keeps_distinct_values_in_order() -> None:
    event = PantherEvent({"rows": [{"v": [1, 2]}, {"v": [2, 3]}, {"v": None}]})

    assert event.deep_walk("rows", "v") == [1, 2, 3]
    assert event.deep_walk("rows", "v", return_val="first") == 1
    assert event.deep_walk("rows", "v", return_val="last") == 3
    assert event.deep_walk("rows", "v", return_val="any") == "all"
    assert event.deep_walk("ROWS", "v", default="d") == "d"
    with pytest.raises(TypeError, match="unhashable type: 'dict'"):
        PantherEvent({"rows": [{"v": {"x": 1}}]}).deep_walk("rows", "v")


def test_an_event_is_a_read_only_mapping_that_is_no_dict() -> None:
    event = PantherEvent(EVENT)

    assert not isinstance(event, dict)
    assert not isinstance(event["L"], list)
    assert isinstance(event["a"], ImmutableCaseInsensitiveDict)
    with pytest.raises(TypeError, match="'PantherEvent' object does not support item assignment"):
        event["a"] = 1  # type: ignore[index]
    with pytest.raises(TypeError, match="does not support item deletion"):
        del event["a"]  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unhashable type: 'ImmutableList'"):
        hash(event["L"])
    with pytest.raises(AttributeError, match="no attribute 'udm'"):
        event["a"].udm("x")


def test_slices_are_plain_tuples_of_plain_items() -> None:
    items = PantherEvent(EVENT)["L"]

    assert items[0:2] == (1, [2])
    assert type(items[0:2][1]) is list
    assert type(items[1]) is ImmutableList


def test_equality_goes_both_ways_and_minds_the_case_of_keys() -> None:
    event = PantherEvent(EVENT)

    assert event["L"] == [1, [2]]
    assert event["L"].__eq__((1, [2])) is True
    assert [event["L"]] == [(1, [2])]
    assert event["a"] == {"b": [1, {"c": 2}]}
    assert event["a"] != {"B": [1, {"c": 2}]}
    assert PantherEvent({"A": 1}) != PantherEvent({"a": 1})


def test_json_needs_the_encoder_of_the_class() -> None:
    event = PantherEvent(EVENT)

    assert json.dumps(event["a"], default=PantherEvent.json_encoder) == '{"b": [1, {"c": 2}]}'
    with pytest.raises(TypeError, match="is not JSON serializable"):
        json.dumps(event)
    with pytest.raises(TypeError, match=r"object of type <class 'set'> is not JSON serializable"):
        PantherEvent.json_encoder({1})


def test_what_a_rule_changes_in_a_copy_or_nested_view_stays_with_it() -> None:
    raw = {"n": {"m": [1]}}
    event = PantherEvent.sharing(raw)

    event.copy()["n"]["m"].append(2)
    event["n"].raw_view()["x"] = 1
    event.deep_walk("n")["y"] = 1
    event["n"]["m"].as_list().append(3)

    assert raw == {"n": {"m": [1]}}


def test_udm_takes_the_mapped_path_even_when_null_then_the_method_then_p_udm_then_the_field() -> None:
    event = PantherEvent({"ip": None, "p_udm": {"user": "amy"}, "count": 0, "user": "bob"}, _Model())

    assert event.udm("source_ip", default="d") is None
    assert event.udm("actor") == "ImmutableCaseInsensitiveDict"
    assert event.udm("user") == "amy"
    assert event.udm("count", default="d") == "d"
    assert PantherEvent({}, _Model()).udm("source_ip", default="d") == "d"
    assert (event.udm_path("source_ip"), event.udm_path("actor"), event.udm_path("user")) == ("ip", "actor_name", None)


def test_udm_path_without_a_data_model_names_the_log_type() -> None:
    with pytest.raises(PantherError, match=r"a data model hasn't been specified for log type: Okta\.SystemLog"):
        PantherEvent({"p_log_type": "Okta.SystemLog"}).udm_path("x")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-05-06 07:08:09.123456789", 1714979289),
        ("1970-01-01 00:00:10", 10),
        ("2024-05-06T07:08:09Z", 0),
        ("soon", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_event_time_is_read_as_utc_seconds(text: str | None, seconds: int) -> None:
    assert PantherEvent({"p_event_time": text}).event_time_epoch() == seconds


def test_lookup_reads_the_rows_that_a_test_carries() -> None:
    event = PantherEvent({"_mocked_lookup_data_": {"vips": {"amy": {"role": "ceo"}}}})

    assert event.lookup("vips", "amy") == {"role": "ceo"}
    assert event.lookup("vips", "bob") is None
