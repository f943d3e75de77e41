"""Okta's part of the demo: system log events as /api/v1/logs returns them, and a day's ordinary ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from panther_dagster.demo.cloudtrail import BROWSER
from panther_dagster.demo.company import Company, Person, Place, random_text, random_uuid

Event = dict[str, Any]
APPLICATIONS: Final = ("Amazon Web Services", "GitHub Enterprise", "Slack", "Google Workspace", "Salesforce", "Zoom", "Confluence")
# event type -> (legacy event type, display message, severity)
_KINDS: Final = {
    "user.session.start": ("core.user_auth.login_success", "User login to Okta", "INFO"),
    "user.session.end": ("core.user_auth.logout_success", "User logout from Okta", "INFO"),
    "user.authentication.sso": ("core.user.sso", "User single sign on to app", "INFO"),
    "user.authentication.auth_via_mfa": ("core.user.factor.attempt_success", "Authentication of user via MFA", "INFO"),
    "policy.evaluate_sign_on": (None, "Evaluation of sign-on policy", "INFO"),
    "user.mfa.factor.reset_all": ("core.user.factor.reset_all", "Reset all factors for user", "INFO"),
    "user.mfa.factor.activate": ("core.user.factor.activate", "Activate factor or authenticator enrollment for user", "INFO"),
    "user.account.privilege.grant": ("core.user.admin_privilege.granted", "Grant user privilege", "INFO"),
    "user.account.update_profile": ("core.user.config.profile_update", "Update user profile for Okta", "INFO"),
    "group.user_membership.add": ("core.user_group_member.user_add", "Add user to group membership", "INFO"),
    "application.user_membership.add": ("app.generic.provision.assign_user_to_app", "Add user to application membership", "INFO"),
}


def okta_event(
    rng: random.Random,
    time_utc: datetime,
    event_type: str,
    person: Person,
    *,
    address: str,
    place: Place,
    session_id: str,
    targets: list[Event] | None = None,
    result: str = "SUCCESS",
    reason: str | None = None,
    is_proxy: bool = False,
    provider: tuple[int, str, str] = (64500, "example fibre", "example.net"),
    agent: tuple[str, str, str] = (BROWSER, "Mac OS X", "CHROME"),
    uri: str = "/api/v1/authn",
    debug: Event | None = None,
) -> Event:
    """One event. `provider` is (AS number, its owner, its domain); `agent` (raw, operating system, browser); `debug` adds to debugData."""
    legacy, message, severity = _KINDS[event_type]
    number, owner, domain = provider
    geography = {
        "city": place.city,
        "state": place.state,
        "country": place.country,
        "postalCode": place.postal_code,
        "geolocation": {"lat": place.latitude, "lon": place.longitude},
    }
    request_id = random_text(rng, 27)
    return {
        "actor": {
            "id": person.okta_id,
            "type": "User",
            "alternateId": person.email,
            "displayName": person.name,
            "detailEntry": None,
        },
        "client": {
            "userAgent": {"rawUserAgent": agent[0], "os": agent[1], "browser": agent[2]},
            "zone": "null",
            "device": "Computer",
            "id": None,
            "ipAddress": address,
            "geographicalContext": geography,
        },
        "device": None,
        "authenticationContext": {
            "authenticationProvider": "FACTOR_PROVIDER" if event_type == "user.authentication.auth_via_mfa" else None,
            "credentialProvider": "OKTA_CREDENTIAL_PROVIDER" if event_type == "user.authentication.auth_via_mfa" else None,
            "credentialType": "OTP" if event_type == "user.authentication.auth_via_mfa" else None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": session_id,
            "externalSessionId": session_id,
        },
        "displayMessage": message,
        "eventType": event_type,
        "outcome": {"result": result, "reason": reason},
        "published": f"{time_utc:%Y-%m-%dT%H:%M:%S}.{time_utc.microsecond // 1000:03d}Z",
        "securityContext": {"asNumber": number, "asOrg": owner, "isp": owner, "domain": domain, "isProxy": is_proxy},
        "severity": "WARN" if result == "FAILURE" else severity,
        "debugContext": {
            "debugData": {
                "deviceFingerprint": random_text(rng, 32, "0123456789abcdef"),
                "requestId": request_id,
                "dtHash": random_text(rng, 64, "0123456789abcdef"),
                "requestUri": uri,
                "threatSuspected": "false",
                "url": f"{uri}?",
                **(debug or {}),
            }
        },
        "legacyEventType": "core.user_auth.login_failed" if result == "FAILURE" else legacy,
        "transaction": {"type": "WEB", "id": request_id, "detail": {}},
        "uuid": random_uuid(rng),
        "version": "0",
        "request": {"ipChain": [{"ip": address, "geographicalContext": geography, "version": "V4", "source": None}]},
        "target": targets,
    }


def user_target(person: Person) -> Event:
    """A user as the target of an event."""
    return {"id": person.okta_id, "type": "User", "alternateId": person.email, "displayName": person.name, "detailEntry": None}


def ordinary_events(rng: random.Random, company: Company, start_utc: datetime, end_utc: datetime) -> Iterator[tuple[datetime, Event]]:
    """Endless ordinary events between the two times: sign-ins with MFA, single sign-on, a mistyped password, a changed profile."""
    seconds = (end_utc - start_utc).total_seconds()
    session_by_email = {person.email: "102" + random_text(rng, 22) for person in company.people}
    while True:
        person = rng.choice(company.people)
        time_utc = start_utc + timedelta(seconds=rng.uniform(0, seconds))
        yield time_utc, _ordinary_event(rng, time_utc, person, session_by_email[person.email])


def _ordinary_event(rng: random.Random, time_utc: datetime, person: Person, session_id: str) -> Event:
    kinds = ("sso", "start", "mfa", "policy", "end", "mistyped", "profile")
    kind = rng.choices(kinds, (44, 14, 14, 18, 6, 2, 1))[0]
    application = rng.choice(APPLICATIONS)
    number = APPLICATIONS.index(application)
    instance = {
        "id": f"0oa{random_text(random.Random(application), 17)}",
        "type": "AppInstance",
        "alternateId": application,
        "displayName": application,
        "detailEntry": {"signOnModeType": "SAML_2_0"},
    }
    event_type, uri = "user.authentication.sso", f"/app/example_{number}/exk{number}/sso/saml"
    targets: list[Event] | None = [instance, user_target(person)]
    more: Event = {}
    result = "SUCCESS"
    reason: str | None = None
    match kind:
        case "start":
            event_type, targets, uri = "user.session.start", None, "/api/v1/authn"
            more = {"behaviors": "{New Geo-Location=NEGATIVE, New Device=NEGATIVE, New IP=NEGATIVE, New City=NEGATIVE}"}
        case "mfa":
            event_type, targets, uri = "user.authentication.auth_via_mfa", [user_target(person)], "/api/v1/authn/factors/verify"
            more = {"factor": "OKTA_VERIFY_PUSH"}
        case "policy":
            event_type, uri, result = "policy.evaluate_sign_on", "/api/v1/authn", "ALLOW"
            reason = "Sign-on policy evaluation resulted in ALLOW"
            targets = [{"id": "00p1policy0default000", "type": "PolicyEntity", "alternateId": "unknown", "displayName": "Default Policy"}]
        case "end":
            event_type, targets, uri = "user.session.end", None, "/login/signout"
        case "mistyped":
            event_type, targets, result, reason = "user.session.start", None, "FAILURE", "INVALID_CREDENTIALS"
        case "profile":
            event_type, targets, uri = "user.account.update_profile", [user_target(person)], f"/api/v1/users/{person.okta_id}"
    return okta_event(
        rng,
        time_utc,
        event_type,
        person,
        address=person.address,
        place=person.place,
        session_id=session_id,
        targets=targets,
        result=result,
        reason=reason,
        uri=uri,
        debug=more,
    )
