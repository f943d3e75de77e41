from okta_events import actor_name, client_address, client_place, is_successful, okta_context, unfamiliar_traits


def rule(event):
    if event.get("eventType") != "user.session.start" or not is_successful(event):
        return False
    traits = unfamiliar_traits(event)
    return "New Device" in traits and bool({"New Country", "New Geo-Location"} & traits)


def title(event):
    return f"{actor_name(event)} signed in to Okta from a new country with a new device: {client_address(event)} ({client_place(event)})"


def severity(event):
    return "HIGH" if event.deep_get("debugContext", "debugData", "threatSuspected") == "true" else "DEFAULT"


def dedup(event):
    return f"{actor_name(event)} {client_place(event)}"


def alert_context(event):
    return okta_context(event, unfamiliar=sorted(unfamiliar_traits(event)))
