"""Who did what to whom in an event of Okta's System Log. For rules over Okta.SystemLog."""


def actor_name(event):
    """Sign-in name of whoever acted."""
    return event.deep_get("actor", "alternateId") or event.deep_get("actor", "displayName", default="unknown actor")


def targets(event, *kinds):
    """Targets of the event; only those of the given types, if any are given."""
    return [t for t in event.get("target") or () if not kinds or t.get("type") in kinds]


def target_names(event, *kinds):
    """Names of the targets in one line."""
    return ", ".join(target_name(target) for target in targets(event, *kinds)) or "unknown target"


def target_name(target):
    """Sign-in name of a user, display name of anything else: Okta writes "unknown" where there is no sign-in name."""
    names = [target.get("alternateId"), target.get("displayName"), target.get("id")]
    return next((str(name) for name in names if name and name != "unknown"), "unnamed")


def is_on_self(event):
    """Whether actor and target user are the same."""
    return any(user.get("id") == event.deep_get("actor", "id") for user in targets(event, "User"))


def is_successful(event):
    """Whether Okta carried it out. Events without an outcome are announcements and count as done."""
    return event.deep_get("outcome", "result", default="SUCCESS") in ("SUCCESS", "ALLOW")


def client_address(event):
    """Address that the request came from."""
    return event.deep_get("client", "ipAddress", default="unknown address")


def client_place(event):
    """City and country as Okta located the address."""
    city = event.deep_get("client", "geographicalContext", "city")
    country = event.deep_get("client", "geographicalContext", "country")
    return ", ".join(part for part in (city, country) if part) or "unknown place"


def unfamiliar_traits(event):
    """Behaviours that Okta found new for this user: {"New Country", "New Device"}.

    Okta writes them as text: "{New Country=POSITIVE, New Device=NEGATIVE}" (System Log, debugContext.debugData.behaviors).
    """
    text = event.deep_get("debugContext", "debugData", "behaviors", default="")
    pairs = [part.strip().partition("=") for part in str(text).strip("{}").split(",")]
    return {name for name, _, verdict in pairs if verdict == "POSITIVE"}


def okta_context(event, **facts):
    """What every alert on Okta shows, followed by the rule's own facts."""
    return {
        "actor": actor_name(event),
        "event_type": event.get("eventType"),
        "message": event.get("displayMessage"),
        "outcome": event.deep_get("outcome", "result"),
        "reason": event.deep_get("outcome", "reason"),
        "targets": target_names(event) if event.get("target") else None,
        "source_ip": client_address(event),
        "place": client_place(event),
        "user_agent": event.deep_get("client", "userAgent", "rawUserAgent"),
        "autonomous_system": event.deep_get("securityContext", "asOrg"),
        "is_proxy": event.deep_get("securityContext", "isProxy"),
        "session": event.deep_get("authenticationContext", "externalSessionId"),
        **facts,
    }
