from okta_events import actor_name, client_address, is_successful, okta_context, target_names

CHANGES = {
    "system.idp.lifecycle.create": "added",
    "system.idp.lifecycle.activate": "activated",
    "system.idp.lifecycle.update": "changed",
}


def rule(event):
    return event.get("eventType") in CHANGES and is_successful(event)


def title(event):
    deed = CHANGES[event.get("eventType")]
    return f"{actor_name(event)} {deed} identity provider {target_names(event)} in Okta from {client_address(event)}"


def dedup(event):
    return target_names(event)


def alert_context(event):
    return okta_context(event)
