from okta_events import actor_name, client_address, client_place, okta_context

ATTEMPTS = ("user.session.start", "user.authentication.verify", "user.authentication.auth_via_mfa")


def rule(event):
    if event.get("eventType") == "user.mfa.okta_verify.deny_push":
        return True
    if event.get("eventType") not in ATTEMPTS:
        return False
    return event.deep_get("outcome", "result") in ("FAILURE", "REJECTED")


def title(event):
    return f"Sign-ins of {actor_name(event)} to Okta fail again and again, last from {client_address(event)} ({client_place(event)})"


def dedup(event):
    return actor_name(event)


def alert_context(event):
    return okta_context(event)
