def rule(event):
    # Events of agents and of Okta itself carry no address.
    return bool(event.get("ip_address"))


def title(event):
    return f"{event.get('ip_address')} failed to sign in to Okta as {event.get('users')} users"


def dedup(event):
    return event.get("ip_address")


def severity(event):
    return "CRITICAL" if event.get("users", 0) >= 50 else "DEFAULT"


def alert_context(event):
    return {key: event.get(key) for key in ("ip_address", "users", "failures", "first_failure")}
