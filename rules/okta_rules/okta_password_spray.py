from okta_events import actor_name, client_address, client_place, okta_context

WRONG = ("INVALID_CREDENTIALS", "VERIFICATION_ERROR", "LOCKED_OUT")


def rule(event):
    if event.get("eventType") not in ("user.session.start", "user.authentication.verify"):
        return False
    return event.deep_get("outcome", "result") == "FAILURE" and event.deep_get("outcome", "reason") in WRONG


def title(event):
    return f"Sign-ins of many Okta users fail from {client_address(event)} ({client_place(event)})"


def dedup(event):
    return client_address(event)


def unique(event):
    return actor_name(event)


def alert_context(event):
    return okta_context(event, first_user=actor_name(event))
