"""p_enrichment of an event, and rules that read it."""

from __future__ import annotations

import pickle
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from detect.packs import HOUR, loaded, rows_of, write_rule

from panther_dagster.detect.events import enriched
from panther_dagster.detect.lookups.declaration import Selector, parse_selector
from panther_dagster.detect.lookups.enrichment import Enricher, Enrichment
from panther_dagster.detect.lookups.rows import row_text
from panther_dagster.detect.lookups.table import LookupTable
from panther_dagster.detect.runner import evaluate

LATER = datetime(2024, 5, 6, 8)


def table_of(key: str, *rows: dict[str, Any], is_cidr: bool = False) -> LookupTable:
    keys = pa.array([str(row[key]) for row in rows], pa.string())
    return LookupTable(keys, pa.array([row_text(row) for row in rows], pa.string()), is_cidr=is_cidr)


STAFF = table_of("email", {"email": "jo@example.com", "team": "Ops"}, {"email": "al@example.com", "team": "IT"})
NETWORKS = table_of("cidr", {"cidr": "192.0.2.0/24", "place": "office"}, is_cidr=True)


def selectors(*texts: str) -> list[Selector]:
    return [selector for text in texts if (selector := parse_selector(text)) is not None]


def found_in(event: dict[str, Any], *texts: str, table: LookupTable = STAFF) -> Any:
    """The event's p_enrichment of table `staff`; None when it has none."""
    Enricher({"staff": table}, {"staff": selectors(*texts)}).add_to(event)
    return event["p_enrichment"]["staff"] if "p_enrichment" in event else None


JO = {"email": "jo@example.com", "team": "Ops", "p_match": "jo@example.com"}
AL = {"email": "al@example.com", "team": "IT", "p_match": "al@example.com"}


def test_a_selector_of_one_value_gives_its_row_with_the_value_that_matched() -> None:
    assert found_in({"user": "jo@example.com"}, "user") == {"user": JO}


def test_a_nested_selector_is_named_by_its_path() -> None:
    assert found_in({"actor": {"alternateId": "jo@example.com"}}, "$.actor.alternateId") == {"actor.alternateId": JO}


def test_an_array_gives_the_rows_of_its_distinct_values_in_order() -> None:
    values = ["al@example.com", "nobody", "jo@example.com", "al@example.com", None, ["x"]]
    assert found_in({"p_any_emails": values}, "p_any_emails") == {"p_any_emails": [AL, JO]}


def test_an_array_on_the_way_gives_a_list_too() -> None:
    event = {"target": [{"id": "jo@example.com"}, {"id": "nobody"}, {"other": 1}, "text", {"id": ["al@example.com"]}]}
    assert found_in(event, "$.target.id") == {"target.id": [JO, AL]}


def test_nothing_found_leaves_no_p_enrichment() -> None:
    for event in ({}, {"user": "nobody"}, {"user": None}, {"user": []}, {"user": {"a": "jo@example.com"}}, {"user": ["nobody"]}):
        assert found_in(event, "user", "$.user.b") is None


def test_only_selectors_and_tables_that_found_something_are_there() -> None:
    event = {"user": "jo@example.com", "admin": "nobody", "ip": "192.0.2.7", "any": ["198.51.100.1", "192.0.2.8"]}
    tables = {"staff": STAFF, "networks": NETWORKS, "empty": table_of("id")}
    plan = {
        "staff": selectors("user", "admin"),
        "networks": selectors("ip", "any"),
        "empty": selectors("user"),
        "never_loaded": selectors("ip"),
    }
    Enricher(tables, plan).add_to(event)

    office = {"cidr": "192.0.2.0/24", "place": "office"}
    assert event["p_enrichment"] == {
        "networks": {"ip": {**office, "p_match": "192.0.2.7"}, "any": [{**office, "p_match": "192.0.2.8"}]},
        "staff": {"user": JO},
    }


def test_a_field_is_found_without_regard_to_case_and_its_value_with() -> None:
    assert found_in({"USER": "jo@example.com"}, "user") == {"user": JO}
    assert found_in({"Actor": {"ALTERNATEID": "jo@example.com"}}, "$.actor.alternateId") == {"actor.alternateId": JO}
    assert found_in({"user": "JO@example.com"}, "user") is None
    assert found_in({"USER": "nobody", "user": "jo@example.com"}, "user") == {"user": JO}
    assert found_in({"user": None, "USER": "jo@example.com"}, "user") is None


def test_a_number_matches_its_text_and_p_match_is_what_the_event_says() -> None:
    accounts = table_of("account", {"account": "12", "name": "dev"})
    assert found_in({"id": 12}, "id", table=accounts) == {"id": {"account": "12", "name": "dev", "p_match": 12}}


def test_an_event_cannot_bring_its_own_p_enrichment() -> None:
    event = {"user": "nobody", "p_enrichment": {"staff": {"user": {"team": "IT"}}}, "P_ENRICHMENT": {"staff": {}}}
    assert found_in(event, "user") is None
    assert event == {"user": "nobody"}


def test_lookup_gives_the_row_as_a_read_only_mapping_or_none() -> None:
    enricher = Enricher({"staff": STAFF}, {})
    row = enricher.lookup("staff", "jo@example.com")
    assert row is not None
    assert (row["team"], row.get("TEAM")) == ("Ops", "Ops")
    assert enricher.lookup("staff", "nobody") is None
    assert enricher.lookup("unknown", "jo@example.com") is None


RULE = """
def rule(event):
    return event.deep_get("p_enrichment", "staff", "user", "team") == "IT"
def title(event):
    return event.deep_get("p_enrichment", "staff", "user", "p_match") + " " + str(event.lookup("networks", "192.0.2.1"))
"""


def test_rules_see_the_rows_of_the_moment_at_which_an_event_was_taken_in(tmp_path: Path) -> None:
    write_rule(tmp_path, "Test.IT", RULE)
    now = Enricher(
        {"staff": table_of("email", {"email": "jo@example.com", "team": "IT"}), "networks": NETWORKS}, {"staff": selectors("user")}
    )
    then = Enricher({"staff": STAFF}, {"staff": selectors("user")})
    rows = rows_of(['{"user": "jo@example.com"}'] * 3, p_parse_time=pa.array([HOUR, LATER, None], pa.timestamp("us")))

    result = evaluate(rows, rules=loaded(tmp_path), log_type="Test.Type", enrichment=Enrichment(now, {HOUR: then, LATER: now}))

    assert result.errors.num_rows == 0
    row = "ImmutableCaseInsensitiveDict({'cidr': '192.0.2.0/24', 'place': 'office'})"
    assert [(s["p_row_id"], s["title"]) for s in result.signals.to_pylist()] == [
        ("r1", f"jo@example.com {row}"),
        ("r2", f"jo@example.com {row}"),
    ]


def test_rows_that_carry_their_enrichment_give_rules_the_same_as_the_tables_do(tmp_path: Path) -> None:
    code = "def rule(event):\n    return True\ndef title(event):\n    return str(event.get('p_enrichment'))\n"
    write_rule(tmp_path, "Test.All", code)
    texts = [
        '{"user": "jo@example.com"}',
        '{"user": ["al@example.com", "jo@example.com"], "P_Enrichment": 1}',
        '{"user": "nobody", "p_enrichment": {"staff": {}}}',
        "no json",
        '{"user": 123456789012345678901234567890}',
    ]
    staff = table_of(
        "email", {"email": "jo@example.com", "n": 2**70}, {"email": "al@example.com"}, {"email": str(123456789012345678901234567890)}
    )
    enrichment = Enrichment(Enricher({"staff": staff}, {"staff": selectors("user")}))
    rows, rules = rows_of(texts), loaded(tmp_path)

    here = evaluate(rows, rules=rules, log_type="Test.Type", enrichment=enrichment)
    there = evaluate(enriched(rows, "Test.Type", enrichment), rules=rules, log_type="Test.Type")

    assert there.signals == here.signals
    titles = here.signals["title"].to_pylist()
    assert titles[0].endswith("'n': 1180591620717411303424, 'p_match': 'jo@example.com'}}})")
    assert titles[2] == "None"
    assert "'p_match': 123456789012345678901234567890" in titles[3]
    assert there.errors.num_rows == here.errors.num_rows == 1


def test_an_enrichment_can_be_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(Enrichment(Enricher({"staff": STAFF, "nets": NETWORKS}, {"staff": selectors("user")}))))
    event = {"user": "jo@example.com"}
    sent.at(None).add_to(event)

    assert event["p_enrichment"] == {"staff": {"user": JO}}
    assert sent.at(None).lookup("nets", "192.0.2.1")["place"] == "office"


def test_without_tables_an_event_keeps_what_it_has(tmp_path: Path) -> None:
    write_rule(
        tmp_path, "Test.Own", "def rule(event):\n    return event.deep_get('p_enrichment', 'a') == 1 and event.lookup('a', 'b') is None\n"
    )

    result = evaluate(rows_of(['{"p_enrichment": {"a": 1}}']), rules=loaded(tmp_path), log_type="Test.Type")

    assert result.signals.num_rows == 1
