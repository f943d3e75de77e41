"""Events of log types in any number, in about the proportions that a company sees: what the rule engine is measured on."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from panther_dagster.demo.cloudtrail import ordinary_calls
from panther_dagster.demo.company import Company, Person, found_company
from panther_dagster.demo.okta import ordinary_events

START: Final = datetime(2024, 5, 1)
Event = dict[str, Any]
_GITHUB: Final = {
    **{"git.clone": 340, "git.fetch": 300, "git.push": 140, "pull_request.create": 40, "pull_request.merge": 30},
    **{"pull_request_review.submit": 40, "workflows.completed_workflow_run": 50, "workflows.created_workflow_run": 50, "repo.create": 3},
    **{"org.add_member": 2, "repo.access": 1, "protected_branch.policy_override": 2, "hook.create": 1, "repo.destroy": 1},
}
_GCP: Final = {
    ("storage.googleapis.com", "storage.objects.get"): 420,
    ("storage.googleapis.com", "storage.objects.create"): 160,
    ("storage.googleapis.com", "storage.objects.list"): 90,
    ("bigquery.googleapis.com", "google.cloud.bigquery.v2.JobService.InsertJob"): 90,
    ("k8s.io", "io.k8s.core.v1.pods.list"): 80,
    ("k8s.io", "io.k8s.core.v1.pods.create"): 20,
    ("compute.googleapis.com", "v1.compute.instances.list"): 60,
    ("compute.googleapis.com", "v1.compute.instances.insert"): 4,
    ("iam.googleapis.com", "google.iam.admin.v1.CreateServiceAccountKey"): 2,
    ("cloudresourcemanager.googleapis.com", "SetIamPolicy"): 4,
    ("secretmanager.googleapis.com", "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"): 40,
}


def events_of(log_type: str, given: Path | None) -> Iterator[str]:
    """JSON texts of events; without end when no folder is given. Raises KeyError for a log type without a generator."""
    if given is not None:
        yield from _delivered(given)
        return
    rng = random.Random(7)
    company = found_company(rng)
    for number in itertools.count():
        start = START + timedelta(hours=12 * number)
        for event in _GENERATORS[log_type](rng, company, start):
            yield json.dumps(event, separators=(",", ":"))


def with_own_values(text: str, number: int) -> str:
    """The event with another person, address, agent and id: no value of these is seen twice."""
    event = json.loads(text)
    _make_own(event, number, f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
    return json.dumps(event, separators=(",", ":"))


_PERSONAL: Final = frozenset(
    (
        *("arn", "principalId", "accessKeyId", "userName", "userAgent", "rawUserAgent", "callerSuppliedUserAgent", "user_agent"),
        *("alternateId", "displayName", "actor", "principalEmail", "actor_id", "interfaceId"),
    )
)
_ADDRESSES: Final = frozenset(("sourceIPAddress", "ipAddress", "callerIp", "actor_ip", "srcAddr", "ip"))


def _make_own(value: Any, number: int, address: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and key in _PERSONAL:
                value[key] = f"{inner}{number}"
            elif isinstance(inner, str) and key in _ADDRESSES:
                value[key] = address
            else:
                _make_own(inner, number, address)
    elif isinstance(value, list):
        for inner in value:
            _make_own(inner, number, address)


def _delivered(folder: Path) -> Iterator[str]:
    """The records of `*.json.gz` files: JSON arrays, `{"Records": [...]}` or lines."""
    for file in sorted(folder.rglob("*.json.gz")):
        data = gzip.decompress(file.read_bytes())
        try:
            found = msgspec.json.decode(data, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
            records = msgspec.json.decode(found["Records"], type=list[msgspec.Raw]) if isinstance(found, dict) else found
            yield from (bytes(record).decode() for record in records)
        except msgspec.DecodeError:
            yield from data.decode().splitlines()


def _cloudtrail(rng: random.Random, company: Company, start: datetime) -> Iterator[Event]:
    return (call for _, call in ordinary_calls(rng, company, start, start + timedelta(hours=12)))


def _okta(rng: random.Random, company: Company, start: datetime) -> Iterator[Event]:
    return (event for _, event in ordinary_events(rng, company, start, start + timedelta(hours=12)))


def _github(rng: random.Random, company: Company, start: datetime) -> Iterator[Event]:
    for number, action in enumerate(rng.choices(list(_GITHUB), list(_GITHUB.values()), k=10_000)):
        person = rng.choice(company.people)
        moment = int((start + timedelta(seconds=4 * number)).timestamp() * 1000)
        repository = f"example/service-{rng.randrange(120)}"
        event: Event = {
            "@timestamp": moment,
            "_document_id": f"{rng.getrandbits(120):030x}",
            "action": action,
            "actor": _login(person),
            "actor_id": 1_000 + company.people.index(person),
            "actor_location": {"country_code": "US"},
            "created_at": moment,
            "org": "example",
            "org_id": 77,
            "repo": repository,
            "user_agent": rng.choice(("git/2.44.0", "git/2.43.0", "Mozilla/5.0 (X11; Linux x86_64)")),
            "visibility": "private",
        }
        if action.startswith("git."):
            event |= {"transport_protocol": 2, "transport_protocol_name": "ssh", "repository": repository, "repository_public": False}
        elif action.startswith("workflows."):
            event |= {"workflow_id": rng.randrange(500), "event": "push", "head_branch": "main", "conclusion": "success"}
        else:
            event |= {"operation_type": "create", "public_repo": False, "business": "example"}
        yield event


def _gcp(rng: random.Random, company: Company, start: datetime) -> Iterator[Event]:
    for number, (service, method) in enumerate(rng.choices(list(_GCP), list(_GCP.values()), k=10_000)):
        moment = (start + timedelta(seconds=4 * number)).isoformat() + "Z"
        project = f"example-{rng.randrange(12)}"
        is_service = rng.random() < 0.7
        principal = (
            f"job-{rng.randrange(40)}@{project}.iam.gserviceaccount.com"
            if is_service
            else f"{rng.choice(company.people).user_name}@example.com"
        )
        resource = f"projects/_/buckets/data-{rng.randrange(30)}/objects/{rng.getrandbits(64):x}"
        yield {
            "insertId": f"{rng.getrandbits(60):x}",
            "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2Fdata_access",
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "authenticationInfo": {"principalEmail": principal},
                "authorizationInfo": [{"granted": True, "permission": method, "resource": resource, "resourceAttributes": {}}],
                "methodName": method,
                "requestMetadata": {
                    "callerIp": f"198.51.100.{rng.randrange(250)}",
                    "callerSuppliedUserAgent": rng.choice(("google-api-go-client/0.5,gzip(gfe)", "gcloud/470.0.0", "kubectl/v1.29.3")),
                    "destinationAttributes": {},
                    "requestAttributes": {"auth": {}, "time": moment},
                },
                "resourceName": resource,
                "serviceName": service,
                "status": {},
            },
            "receiveTimestamp": moment,
            "resource": {"labels": {"location": "us-central1", "project_id": project}, "type": "gcs_bucket"},
            "severity": "INFO",
            "timestamp": moment,
        }


def _vpc_flow(rng: random.Random, company: Company, start: datetime) -> Iterator[Event]:
    for number in range(10_000):
        moment = start + timedelta(seconds=4 * number)
        is_inside = rng.random() < 0.8
        yield {
            "version": 2,
            "account": "123456789012",
            "interfaceId": f"eni-{rng.randrange(400):017x}",
            "srcAddr": f"10.0.{rng.randrange(16)}.{rng.randrange(250)}",
            "dstAddr": f"10.0.{rng.randrange(16)}.{rng.randrange(250)}" if is_inside else f"203.0.113.{rng.randrange(250)}",
            "srcPort": rng.randrange(32_768, 60_999),
            "dstPort": rng.choice((443, 443, 443, 53, 5432, 6379, 8080, 22)),
            "protocol": 17 if rng.random() < 0.2 else 6,
            "packets": rng.randrange(1, 400),
            "bytes": rng.randrange(40, 500_000),
            "start": moment.isoformat() + "Z",
            "end": (moment + timedelta(seconds=59)).isoformat() + "Z",
            "action": "ACCEPT" if rng.random() < 0.97 else "REJECT",
            "status": "OK",
        }


def _login(person: Person) -> str:
    return person.user_name


_GENERATORS: Final[dict[str, Callable[[random.Random, Company, datetime], Iterator[Event]]]] = {
    "AWS.CloudTrail": _cloudtrail,
    "Okta.SystemLog": _okta,
    "GitHub.Audit": _github,
    "GCP.AuditLog": _gcp,
    "AWS.VPCFlow": _vpc_flow,
}
LOG_TYPES: Final = tuple(_GENERATORS)
