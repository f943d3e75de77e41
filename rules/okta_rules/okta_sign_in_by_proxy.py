from okta_events import actor_name, client_address, client_place, is_successful, okta_context, unfamiliar_traits


def rule(event):
    if event.get("eventType") != "user.session.start" or not is_successful(event):
        return False
    if event.deep_get("securityContext", "isProxy") is True:
        return True
    # Newer tenants name the tunnel instead: [{"anonymous":true,"operator":"...","type":"VPN"}]
    return '"anonymous":true' in event.deep_get("debugContext", "debugData", "tunnels", default="").replace(" ", "")


def title(event):
    return f"{actor_name(event)} signed in to Okta through a proxy, {client_address(event)} ({client_place(event)})"


def severity(event):
    return "CRITICAL" if {"New Country", "New Geo-Location"} & unfamiliar_traits(event) else "DEFAULT"


def dedup(event):
    return f"{actor_name(event)} {client_address(event)}"


def alert_context(event):
    return okta_context(event, unfamiliar=sorted(unfamiliar_traits(event)))
