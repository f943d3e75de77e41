from okta_events import actor_name, is_successful, okta_context, target_names

GRANTS = ("user.account.privilege.grant", "group.privilege.grant", "iam.resourceset.bindings.add", "app.oauth2.client.privilege.grant")


def rule(event):
    return event.get("eventType") in GRANTS and is_successful(event) and of_granter(event, "is_privileged") is False


def of_granter(event, column):
    return event.deep_get("p_enrichment", "employees", "actor.alternateId", column)


def title(event):
    team = of_granter(event, "team") or "an unknown team"
    return f"{actor_name(event)} of {team} granted an Okta administrator role to {target_names(event)}"


def dedup(event):
    return actor_name(event)


def alert_context(event):
    return okta_context(event, role=of_granter(event, "role"), team=of_granter(event, "team"), manager=of_granter(event, "manager_email"))
