from okta_events import actor_name, client_address, client_place, is_successful, okta_context, target_names


def rule(event):
    return event.get("eventType") == "system.api_token.create" and is_successful(event)


def title(event):
    return f"{actor_name(event)} created Okta API token {target_names(event)} from {client_address(event)} ({client_place(event)})"


def severity(event):
    return "HIGH" if event.deep_get("securityContext", "isProxy") is True else "DEFAULT"


def alert_context(event):
    return okta_context(event, token=target_names(event))
