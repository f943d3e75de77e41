"""The pack's global helpers, apart from any rule."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import rule_pack

from panther_dagster.event import PantherEvent

NAMES = [file.stem for file in sorted((rule_pack.PACK / "global_helpers").glob("*.py"))]


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Imports a helper by its name, and forgets it after the test."""
    monkeypatch.syspath_prepend(str(rule_pack.PACK / "global_helpers"))
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module
    for name in NAMES:
        sys.modules.pop(name, None)


class TestNetworkAddresses:
    @pytest.fixture
    def addresses(self, helper) -> ModuleType:
        return helper("network_addresses")

    @pytest.mark.parametrize("address", ["203.0.113.66", "8.8.8.8", "2001:db8::1", "::ffff:203.0.113.66", " 198.51.100.1 "])
    def test_internet_is_outside(self, addresses: ModuleType, address: str) -> None:
        assert addresses.is_outside(address)
        assert not addresses.is_inside(address)

    @pytest.mark.parametrize("address", ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "::1", "fe80::1", "fd00::1"])
    def test_own_networks_are_inside(self, addresses: ModuleType, address: str) -> None:
        assert addresses.is_inside(address)
        assert not addresses.is_outside(address)

    @pytest.mark.parametrize("text", ["", "rds.amazonaws.com", "999.1.1.1", None, 7])
    def test_what_is_no_address_is_neither(self, addresses: ModuleType, text: object) -> None:
        assert not addresses.is_outside(text)
        assert not addresses.is_inside(text)

    def test_networks_of_both_versions_are_searched(self, addresses: ModuleType) -> None:
        assert addresses.in_networks("2001:db8::1", ("203.0.113.0/24", "2001:db8::/32"))
        assert not addresses.in_networks("203.0.113.1", ())


class TestDomainNames:
    @pytest.fixture
    def names(self, helper) -> ModuleType:
        return helper("domain_names")

    @pytest.mark.parametrize(
        ("name", "is_below"), [("example.net", True), ("A.Example.NET.", True), ("notexample.net", False), ("net", False), (None, False)]
    )
    def test_a_name_is_under_a_domain_by_whole_labels(self, names: ModuleType, name: str | None, is_below: bool) -> None:
        assert names.is_under(name, {"example.net"}) is is_below

    def test_parent_domain_is_the_last_two_labels(self, names: ModuleType) -> None:
        assert names.parent_domain("a.b.example.net.") == "example.net"

    def test_entropy_is_in_bits_per_character(self, names: ModuleType) -> None:
        assert names.entropy("aaaa") == 0
        assert names.entropy("abcd") == 2


class TestAwsPolicies:
    @pytest.fixture
    def policies(self, helper) -> ModuleType:
        return helper("aws_policies")

    def test_document_may_be_text_or_object(self, policies: ModuleType) -> None:
        assert policies.policy_document('{"Statement": []}') == {"Statement": []}
        assert policies.policy_document("%7B%22Statement%22%3A%5B%5D%7D") == {"Statement": []}
        assert policies.policy_document({"Statement": []}) == {"Statement": []}

    @pytest.mark.parametrize("document", [None, "", "no json", "[]", 7])
    def test_what_is_no_document_permits_nothing(self, policies: ModuleType, document: object) -> None:
        assert policies.allow_statements(document) == []
        assert not policies.is_open_to_everyone(document)

    def test_everyone_is_a_star_without_a_condition(self, policies: ModuleType) -> None:
        statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}

        assert policies.is_open_to_everyone({"Statement": statement})
        assert not policies.is_open_to_everyone({"Statement": [{**statement, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]})
        assert not policies.is_open_to_everyone({"Statement": [{**statement, "Effect": "Deny"}]})

    def test_all_powerful_needs_every_action_on_every_resource(self, policies: ModuleType) -> None:
        assert policies.is_all_powerful({"Statement": {"Effect": "Allow", "Action": ["*"], "Resource": "*"}})
        assert not policies.is_all_powerful({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})

    def test_accounts_are_taken_from_ids_and_arns(self, policies: ModuleType) -> None:
        principal = {"AWS": ["999999999999", "arn:aws:iam::123456789012:root"], "Service": "ec2.amazonaws.com"}

        assert policies.accounts_allowed({"Statement": {"Effect": "Allow", "Principal": principal}}) == {"999999999999", "123456789012"}


class TestAwsIdentities:
    @pytest.fixture
    def identities(self, helper) -> ModuleType:
        return helper("aws_identities")

    @pytest.mark.parametrize(
        ("identity", "name"),
        [
            ({"type": "Root", "accountId": "123456789012"}, "root of 123456789012"),
            ({"type": "IAMUser", "userName": "jo"}, "jo"),
            ({"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/Deploy/jo"}, "Deploy/jo"),
            ({"type": "AWSAccount", "accountId": "999999999999"}, "account 999999999999"),
            ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com"),
            ({"type": "WebIdentityUser", "principalId": "oidc:jo"}, "oidc:jo"),
            ({}, "unknown actor"),
        ],
    )
    def test_actor_is_named_by_its_kind(self, identities: ModuleType, identity: dict, name: str) -> None:
        assert identities.actor_name(PantherEvent({"userIdentity": identity})) == name


class TestOktaEvents:
    @pytest.fixture
    def events(self, helper) -> ModuleType:
        return helper("okta_events")

    def test_unfamiliar_traits_are_the_positive_behaviours(self, events: ModuleType) -> None:
        text = "{New Geo-Location=POSITIVE, New Device=NEGATIVE, New IP=POSITIVE}"

        assert events.unfamiliar_traits(PantherEvent({"debugContext": {"debugData": {"behaviors": text}}})) == {
            "New Geo-Location",
            "New IP",
        }
        assert events.unfamiliar_traits(PantherEvent({})) == set()

    def test_targets_without_a_sign_in_name_go_by_their_display_name(self, events: ModuleType) -> None:
        event = PantherEvent(
            {
                "target": [
                    {"type": "User", "alternateId": "jo@example.com"},
                    {"type": "UserGroup", "alternateId": "unknown", "displayName": "Helpdesk"},
                ]
            }
        )

        assert events.target_names(event) == "jo@example.com, Helpdesk"
        assert events.target_names(event, "User") == "jo@example.com"
        assert events.target_names(event, "Token") == "unknown target"


class TestOsqueryRows:
    @pytest.fixture
    def rows(self, helper) -> ModuleType:
        return helper("osquery_rows")

    def test_rows_come_out_of_every_result_format(self, rows: ModuleType) -> None:
        row = {"pid": "1"}

        assert rows.rows_found(PantherEvent({"action": "added", "columns": row})) == [row]
        assert rows.rows_found(PantherEvent({"diffResults": {"added": [row], "removed": [{"pid": "2"}]}})) == [row]
        assert rows.rows_found(PantherEvent({"action": "snapshot", "snapshot": [row]})) == [row]
        assert rows.rows_found(PantherEvent({"action": "removed", "columns": row})) == []

    def test_rows_of_a_first_run_or_a_snapshot_have_not_appeared(self, rows: ModuleType) -> None:
        row = {"pid": "1"}

        assert rows.rows_appeared(PantherEvent({"action": "added", "counter": "7", "columns": row})) == [row]
        assert rows.rows_appeared(PantherEvent({"action": "added", "counter": 0, "columns": row})) == []
        assert rows.rows_appeared(PantherEvent({"action": "snapshot", "counter": 7, "snapshot": [row]})) == []


class TestEveRecords:
    def test_names_are_read_from_both_layouts_of_a_query_and_not_from_answers(self, helper) -> None:
        records = helper("eve_records")

        assert records.queried_names(PantherEvent({"dns": {"type": "query", "rrname": "a.example.net"}})) == ["a.example.net"]
        assert records.queried_names(PantherEvent({"dns": {"type": "request", "queries": [{"rrname": "b.example.net"}]}})) == [
            "b.example.net"
        ]
        assert records.queried_names(PantherEvent({"dns": {"type": "answer", "rrname": "a.example.net"}})) == []
