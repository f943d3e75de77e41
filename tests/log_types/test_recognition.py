"""How a record's log type is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest

from panther_dagster.errors import DeclarationError
from panther_dagster.log_types.declaration import Field, LogType, Recognition
from panther_dagster.log_types.recognition import Recognizer, Verdict
from panther_dagster.log_types.registry import Registry


def declared(name: str, wrapper_key: str | None = None, **asked: object) -> LogType:
    return LogType(name, Path(f"{name}.yml"), "", wrapper_key, Recognition(**asked), ())  # type: ignore[arg-type]


def registry(*log_types: LogType) -> Registry:
    by_name: Mapping[str, LogType] = {log_type.name: log_type for log_type in log_types}
    return Registry(by_name)


KNOWN = registry(
    declared("Api.Call", "Records", required=("id", "verb"), absent=("insight",)),
    declared("Api.Insight", "Records", required=("id", "insight")),
    declared("Net.Dns", required=("at",), equals={"kind": ("dns",)}),
    declared("Net.Other", required=("at", "kind"), unless={"kind": ("dns",)}),
    declared("Net.Twin", required=("at", "twin")),
)


def verdicts(*texts: str, log_types: tuple[str, ...] = (), known: Registry = KNOWN) -> list[Verdict]:
    recognizer = Recognizer(known, log_types)
    records = [text.encode() for text in texts]
    found: dict[int, Verdict] = {}
    for verdict, positions in recognizer.recognize(records, [recognizer.decode(record) for record in records]):
        found |= dict.fromkeys(positions, verdict)
    return [found[position] for position in range(len(texts))]


def test_required_keys_decide() -> None:
    assert verdicts('{"verb":"get","id":1}', '{"insight":{},"id":1}') == [Verdict("Api.Call"), Verdict("Api.Insight")]


def test_a_required_key_may_be_null() -> None:
    assert verdicts('{"verb":null,"id":null}') == [Verdict("Api.Call")]


def test_values_decide() -> None:
    assert verdicts('{"at":1,"kind":"dns"}', '{"at":1,"kind":"tls"}') == [Verdict("Net.Dns"), Verdict("Net.Other")]


def test_an_escaped_value_is_the_same_value() -> None:
    assert verdicts('{"at":1,"kind":"d\\u006es"}') == [Verdict("Net.Dns")]


def test_an_escaped_key_is_the_same_key() -> None:
    assert verdicts('{"\\u0076erb":1,"id":2}') == [Verdict("Api.Call")]


def test_a_value_that_is_no_string_equals_nothing() -> None:
    assert verdicts('{"at":1,"kind":7}', '{"at":1,"kind":{"dns":1}}', '{"at":1,"kind":null}') == [Verdict("Net.Other")] * 3


def test_a_long_value_equals_nothing() -> None:
    assert verdicts('{"at":1,"kind":"' + "x" * 500 + '"}') == [Verdict("Net.Other")]


def test_keys_below_the_top_do_not_count() -> None:
    (verdict,) = verdicts('{"inner":{"id":1,"verb":2}}')
    assert verdict.log_type is None


def test_two_matches_name_both() -> None:
    assert verdicts('{"at":1,"kind":"dns","twin":1}') == [Verdict(None, ("Net.Dns", "Net.Twin"), "matches Net.Dns and Net.Twin")]


def test_none_names_the_nearest() -> None:
    assert verdicts('{"verb":1,"xid":1}') == [Verdict(None, (), "no log type; nearest is Api.Call: id is missing")]


def test_declared_types_are_tried_first_so_a_twin_elsewhere_does_not_matter() -> None:
    assert verdicts('{"at":1,"kind":"dns","twin":1}', log_types=("Net.Dns",)) == [Verdict("Net.Dns")]


def test_a_known_record_of_another_type_than_declared_is_recognized() -> None:
    assert verdicts('{"id":1,"verb":2}', '{"id":1,"insight":2}', log_types=("Api.Call",)) == [Verdict("Api.Call"), Verdict("Api.Insight")]


def test_an_unknown_record_in_a_declared_source_names_the_declared_and_the_nearest() -> None:
    (verdict,) = verdicts('{"id":1}', log_types=("Api.Call",))
    assert verdict == Verdict(None, (), "not Api.Call: verb is missing; nor any other: no log type; nearest is Api.Call: verb is missing")


def test_keys_in_another_case_are_a_last_resort() -> None:
    assert verdicts('{"VERB":1,"Id":2}', '{"AT":1,"Kind":"dns"}', '{"At":1,"KIND":"tls"}') == [
        Verdict("Api.Call"),
        Verdict("Net.Dns"),
        Verdict("Net.Other"),
    ]
    assert verdicts('{"AT":1,"kind":"dns","twin":1}') == [
        Verdict(None, ("Net.Dns", "Net.Twin"), "matches Net.Dns and Net.Twin, without regard to case")
    ]


def test_a_partial_record_is_of_the_only_declared_type() -> None:
    field = Field("verb", "string", 1)
    call = dataclasses.replace(KNOWN.get("Api.Call"), fields=(field,))
    known = registry(call, *(log_type for log_type in KNOWN.by_name.values() if log_type.name != "Api.Call"))
    assert verdicts('{"Verb":"get"}', log_types=("Api.Call",), known=known) == [Verdict("Api.Call")]
    assert verdicts("{}", log_types=("Api.Call",), known=known) == [Verdict("Api.Call")]
    for text, log_types in (
        ('{"verb":"get"}', ()),
        ('{"verb":"get"}', ("Api.Call", "Net.Dns")),
        ('{"verb":"get","insight":1}', ("Api.Call",)),
        ('{"other":1}', ("Api.Call",)),
    ):
        (verdict,) = verdicts(text, log_types=log_types, known=known)
        assert verdict.log_type is None


def test_an_undemanding_type_takes_anything_where_it_is_declared_and_nothing_elsewhere() -> None:
    known = registry(declared("Any.Thing"), *KNOWN.by_name.values())
    assert verdicts('{"x":1}', log_types=("Any.Thing",), known=known) == [Verdict("Any.Thing")]
    assert verdicts('{"id":1,"verb":2}', known=known) == [Verdict("Api.Call")]


def test_an_unknown_declared_type_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(DeclarationError, match=r"did you mean 'Api\.Call'"):
        Recognizer(KNOWN, ("Api.Cal",))


def test_lone_surrogates_do_not_hide_a_type() -> None:
    recognizer = Recognizer(KNOWN, ("Net.Dns",))
    record = rb'{"id":"\ud800","verb":1}'
    head = Recognizer(KNOWN, ("Net.Dns",)).decode(rb'{"id":"\ufffd","verb":1}')
    assert recognizer.recognize([record], [head]) == [(Verdict("Api.Call"), [0])]


def test_patterns_without_end_are_judged_with_bounded_memory() -> None:
    assert verdicts(*(f'{{"at":1,"kind":"k{number}"}}' for number in range(10_000))) == [Verdict("Net.Other")] * 10_000


def test_wrappers_are_known_by_their_arrays() -> None:
    recognizer = Recognizer(KNOWN)
    assert recognizer.wrapper_keys == {"Records"}
    assert [recognizer.has_wrapper([recognizer.decode(text)]) for text in (b'{"Records":[1]}', b'{"Records":{}}', b'{"a":[1]}')] == [
        True,
        False,
        False,
    ]


def test_awkward_keys_are_only_data() -> None:
    known = registry(declared("Odd.Keys", required=("@timestamp", "sp ace", "__class__", "ключ")))
    assert verdicts('{"@timestamp":1,"sp ace":1,"__class__":1,"ключ":1}', known=known) == [Verdict("Odd.Keys")]


def test_a_key_with_a_quote_cannot_be_asked_for() -> None:
    with pytest.raises(DeclarationError, match="quotes"):
        Recognizer(registry(declared("Odd.Keys", required=('quo"te',))))
