from okta_events import actor_name, is_successful, okta_context, target_names

GRANTS = ("user.account.privilege.grant", "group.privilege.grant", "iam.resourceset.bindings.add", "app.oauth2.client.privilege.grant")


def rule(event):
    return event.get("eventType") in GRANTS and is_successful(event)


def roles(event):
    return event.deep_get("debugContext", "debugData", "privilegeGranted", default="an administrator role")


def title(event):
    return f"{actor_name(event)} granted {roles(event)} to {target_names(event)} in Okta"


def severity(event):
    return "CRITICAL" if "super" in roles(event).lower() else "DEFAULT"


def dedup(event):
    return target_names(event)


def alert_context(event):
    return okta_context(event, roles=roles(event))
