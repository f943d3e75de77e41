from okta_events import actor_name, client_address, okta_context


def rule(event):
    return event.get("eventType") in ("user.session.impersonation.grant", "user.session.impersonation.initiate")


def title(event):
    deed = "permitted" if event.get("eventType") == "user.session.impersonation.grant" else "began"
    return f"{actor_name(event)} {deed} impersonation by Okta support from {client_address(event)}"


def alert_context(event):
    return okta_context(event)
