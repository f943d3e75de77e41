"""CloudTrail's part of the demo: API calls as CloudTrail writes them (event version 1.11), and a day's ordinary ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from panther_dagster.demo.company import ACCOUNT_ID, REGIONS, TRAIL_ARN, Company, Person, access_key_id, random_text, random_uuid

Event = dict[str, Any]
BROWSER: Final = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
CLI: Final = "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.8 md/pyimpl#CPython"
SDK: Final = "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#5.15.0-1063-aws md/arch#x86_64 lang/python#3.11.9"
_BUCKETS = ("example-web-assets", "example-build-cache", "example-billing-reports", "example-data-lake")
_ROLES = {"Engineering": "Developer", "Platform": "PlatformOperator", "Security": "SecurityAudit", "Data": "DataScientist"}


def identity_of_user(person: Person, *, key_id: str | None = None) -> Event:
    """An IAM user, by password or access key."""
    identity = {
        "type": "IAMUser",
        "principalId": person.principal_id,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/{person.user_name}",
        "accountId": ACCOUNT_ID,
        "accessKeyId": key_id,
        "userName": person.user_name,
    }
    return {name: value for name, value in identity.items() if value is not None}


def identity_of_service_user(name: str, *, key_id: str) -> Event:
    """An IAM user that no person owns, as svc-backup."""
    principal_id = "AIDA" + random_text(random.Random(name), 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    arn = f"arn:aws:iam::{ACCOUNT_ID}:user/{name}"
    return {
        "type": "IAMUser",
        "principalId": principal_id,
        "arn": arn,
        "accountId": ACCOUNT_ID,
        "accessKeyId": key_id,
        "userName": name,
    }


def identity_of_role(role: str, session: str, *, key_id: str, since_utc: datetime, has_mfa: bool = False) -> Event:
    """A session of a role: a person's through SAML, an instance's, a function's."""
    role_id = "AROA" + random_text(random.Random(role), 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    return {
        "type": "AssumedRole",
        "principalId": f"{role_id}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT_ID,
        "accessKeyId": key_id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{role}",
                "accountId": ACCOUNT_ID,
                "userName": role,
            },
            "attributes": {"creationDate": f"{since_utc:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "true" if has_mfa else "false"},
        },
    }


def api_call(
    rng: random.Random,
    time_utc: datetime,
    service: str,
    name: str,
    identity: Event,
    *,
    address: str,
    region: str = "us-east-1",
    agent: str = CLI,
    parameters: Event | None = None,
    response: Event | None = None,
    is_read_only: bool = True,
    error: tuple[str, str] | None = None,
    more: Event | None = None,
) -> Event:
    """One management event. `more` adds or replaces top-level fields (a data event's category and resources)."""
    event: Event = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": f"{time_utc:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": address,
        "userAgent": agent,
    }
    if error:
        event["errorCode"], event["errorMessage"] = error
    event |= {
        "requestParameters": parameters,
        "responseElements": response,
        "requestID": random_uuid(rng),
        "eventID": random_uuid(rng),
        "readOnly": is_read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Management",
    }
    if not address.endswith(".amazonaws.com"):
        host = f"{service}.amazonaws.com" if service in ("iam", "sts", "s3") else f"{service}.{region}.amazonaws.com"
        event["tlsDetails"] = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": host}
    return event | (more or {})


def console_login(rng: random.Random, time_utc: datetime, identity: Event, *, address: str, has_mfa: bool, agent: str = BROWSER) -> Event:
    """A successful sign-in to the console."""
    details = {
        "LoginTo": "https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&nc2=h_ct&src=header-signin",
        "MobileVersion": "No",
        "MFAUsed": "Yes" if has_mfa else "No",
    }
    if identity["type"] == "AssumedRole":
        details["SamlProviderArn"] = f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/Okta"
    return api_call(
        rng,
        time_utc,
        "signin",
        "ConsoleLogin",
        identity,
        address=address,
        agent=agent,
        response={"ConsoleLogin": "Success"},
        is_read_only=False,
        more={"eventType": "AwsConsoleSignIn", "additionalEventData": details},
    )


def object_read(rng: random.Random, time_utc: datetime, identity: Event, *, address: str, bucket: str, key: str, agent: str = SDK) -> Event:
    """GetObject: a data event."""
    resources = [
        {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
        {"accountId": ACCOUNT_ID, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"},
    ]
    details = {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": 0,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": random_text(rng, 75) + "=",
        "bytesTransferredOut": rng.randrange(20_000, 9_000_000),
    }
    return api_call(
        rng,
        time_utc,
        "s3",
        "GetObject",
        identity,
        address=address,
        agent=f"[{agent}]",
        parameters={"bucketName": bucket, "Host": f"{bucket}.s3.us-east-1.amazonaws.com", "key": key},
        more={
            "requestID": random_text(rng, 16, "ABCDEFGHJKMNPQRSTVWXYZ0123456789"),
            "additionalEventData": details,
            "resources": resources,
            "managementEvent": False,
            "eventCategory": "Data",
        },
    )


@dataclass(frozen=True)
class _Session:
    identity: Event
    address: str
    agent: str
    region: str


def ordinary_calls(rng: random.Random, company: Company, start_utc: datetime, end_utc: datetime) -> Iterator[tuple[datetime, Event]]:
    """Endless ordinary API calls between the two times: people by SAML roles, instances, service users and AWS's own services."""
    sessions = _sessions(rng, company, start_utc)
    seconds = (end_utc - start_utc).total_seconds()
    for person in company.people:
        if person.department in _ROLES:
            time_utc = start_utc + timedelta(seconds=rng.uniform(0, seconds))
            identity = identity_of_role(
                _ROLES[person.department], person.email, key_id=access_key_id(rng, is_temporary=True), since_utc=time_utc, has_mfa=True
            )
            identity.pop("accessKeyId")
            yield time_utc, console_login(rng, time_utc, identity, address=person.address, has_mfa=True)
    while True:
        time_utc = start_utc + timedelta(seconds=rng.uniform(0, seconds))
        yield time_utc, _ordinary_call(rng, time_utc, rng.choice(sessions))


def _sessions(rng: random.Random, company: Company, start_utc: datetime) -> list[_Session]:
    sessions = []
    for person in company.people:
        if role := _ROLES.get(person.department):
            since = start_utc - timedelta(minutes=rng.randrange(5, 240))
            key_id = access_key_id(rng, is_temporary=True)
            identity = identity_of_role(role, person.email, key_id=key_id, since_utc=since, has_mfa=True)
            sessions.append(_Session(identity, person.address, rng.choice((CLI, BROWSER)), rng.choice(REGIONS)))
    for role in ("web-server", "build-agent", "etl-worker"):
        for _ in range(3):
            instance = "i-0" + random_text(rng, 16, "0123456789abcdef")
            identity = identity_of_role(role, instance, key_id=access_key_id(rng, is_temporary=True), since_utc=start_utc)
            sessions.append(_Session(identity, f"10.20.{rng.choice((4, 5))}.{rng.randrange(10, 60)}", SDK, rng.choice(REGIONS)))
    for name in ("svc-backup", "svc-metrics"):
        sessions.append(_Session(identity_of_service_user(name, key_id=access_key_id(rng)), "192.0.2.80", SDK, "us-east-1"))
    for service in ("autoscaling", "config", "rds"):
        identity = {"type": "AWSService", "invokedBy": f"{service}.amazonaws.com"}
        sessions.append(_Session(identity, f"{service}.amazonaws.com", f"{service}.amazonaws.com", rng.choice(REGIONS)))
    return sessions


# service, call, reads only, share
_CALLS: tuple[tuple[str, str, bool, int], ...] = (
    ("ec2", "DescribeInstances", True, 14),
    ("ec2", "DescribeSecurityGroups", True, 6),
    ("ec2", "DescribeVolumes", True, 4),
    ("sts", "GetCallerIdentity", True, 6),
    ("s3", "GetObject", True, 20),
    ("s3", "ListBuckets", True, 3),
    ("s3", "GetBucketLocation", True, 3),
    ("kms", "Decrypt", True, 10),
    ("logs", "DescribeLogGroups", True, 4),
    ("cloudwatch", "DescribeAlarms", True, 4),
    ("lambda", "GetFunction20150331v2", True, 3),
    ("rds", "DescribeDBInstances", True, 4),
    ("ssm", "GetParameter", True, 5),
    ("ecr", "BatchGetImage", True, 4),
    ("dynamodb", "DescribeTable", True, 3),
    ("ec2", "CreateTags", False, 2),
    ("logs", "CreateLogStream", False, 4),
    ("cloudtrail", "DescribeTrails", True, 1),
)
_SHARES = [share for *_, share in _CALLS]


def _ordinary_call(rng: random.Random, time_utc: datetime, session: _Session) -> Event:
    identity = session.identity
    if identity["type"] == "AWSService":
        return _service_role(rng, time_utc, session)
    service, name, is_read_only, _ = rng.choices(_CALLS, _SHARES)[0]
    if name == "GetObject":
        key = f"{rng.choice(('static', 'cache', 'daily', 'models'))}/{time_utc:%Y/%m/%d}/part-{rng.randrange(400):05d}.parquet"
        return object_read(rng, time_utc, identity, address=session.address, bucket=rng.choice(_BUCKETS), key=key)
    parameters, response, more = _body(rng, service, name, session.region)
    error = None
    if is_read_only and rng.random() < 0.006:
        error = (
            "AccessDenied",
            f"User: {identity['arn']} is not authorized to perform: {service}:{name} because no identity-based policy allows it",
        )
        response = None
    return api_call(
        rng,
        time_utc,
        "monitoring" if service == "cloudwatch" else service,
        name,
        identity,
        address=session.address,
        region="us-east-1" if service == "sts" else session.region,
        agent=session.agent,
        parameters=parameters,
        response=response,
        is_read_only=is_read_only,
        error=error,
        more=more,
    )


def _body(rng: random.Random, service: str, name: str, region: str) -> tuple[Event | None, Event | None, Event]:
    """Request parameters, response and further fields of a call."""
    instance = "i-0" + random_text(rng, 16, "0123456789abcdef")
    key_arn = f"arn:aws:kms:{region}:{ACCOUNT_ID}:key/{random_uuid(rng)}"
    match name:
        case "DescribeInstances":
            return {"maxResults": 1000, "instancesSet": {"items": [{"instanceId": instance}]}, "filterSet": {}}, None, {}
        case "DescribeSecurityGroups" | "DescribeVolumes":
            return {"maxResults": 1000, "filterSet": {"items": [{"name": "tag:env", "valueSet": {"items": [{"value": "prod"}]}}]}}, None, {}
        case "GetBucketLocation":
            bucket = rng.choice(_BUCKETS)
            return {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com", "location": ""}, None, {}
        case "ListBuckets":
            return {"Host": "s3.amazonaws.com"}, None, {}
        case "Decrypt":
            context = {"encryptionContext": {"service": "parameter-store"}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
            return context, None, {"resources": [{"accountId": ACCOUNT_ID, "type": "AWS::KMS::Key", "ARN": key_arn}]}
        case "GetParameter":
            return {"name": f"/{rng.choice(('web', 'api', 'etl'))}/{rng.choice(('endpoint', 'feature-flags', 'pool-size'))}"}, None, {}
        case "GetFunction20150331v2":
            return {"functionName": rng.choice(("resize-images", "send-invoices", "rotate-logs"))}, None, {}
        case "BatchGetImage":
            return {"registryId": ACCOUNT_ID, "repositoryName": "web", "imageIds": [{"imageTag": f"1.{rng.randrange(90)}.0"}]}, None, {}
        case "DescribeTable":
            return {"tableName": rng.choice(("sessions", "carts", "events"))}, None, {}
        case "CreateTags":
            tag = {"key": "owner", "value": rng.choice(("web", "data", "platform"))}
            return {"resourcesSet": {"items": [{"resourceId": instance}]}, "tagSet": {"items": [tag]}}, {"_return": True}, {}
        case "CreateLogStream":
            return {"logGroupName": "/ecs/web", "logStreamName": f"web/{random_text(rng, 32, '0123456789abcdef')}"}, None, {}
        case "DescribeTrails":
            return {"trailNameList": [TRAIL_ARN], "includeShadowTrails": True}, None, {}
        case _:
            return None, None, {}


def _service_role(rng: random.Random, time_utc: datetime, session: _Session) -> Event:
    service = session.address
    role_arn = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/{service}/AWSServiceRoleFor{service.split('.')[0].title()}"
    expiry = time_utc + timedelta(hours=1)
    response = {
        "credentials": {
            "accessKeyId": access_key_id(rng, is_temporary=True),
            "sessionToken": random_text(rng, 120),
            "expiration": f"{expiry:%b} {expiry.day}, {expiry:%Y}, {expiry:%I:%M:%S %p}",
        }
    }
    return api_call(
        rng,
        time_utc,
        "sts",
        "AssumeRole",
        session.identity,
        address=service,
        region=session.region,
        agent=service,
        parameters={"roleArn": role_arn, "roleSessionName": service.split(".")[0], "durationSeconds": 3600},
        response=response,
        more={
            "resources": [{"accountId": ACCOUNT_ID, "type": "AWS::IAM::Role", "ARN": role_arn}],
            "sharedEventID": random_uuid(rng),
        },
    )
