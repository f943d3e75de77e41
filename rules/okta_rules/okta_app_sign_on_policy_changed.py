from okta_events import actor_name, is_successful, okta_context, target_names

CHANGES = (
    "application.policy.sign_on.update",
    "application.policy.sign_on.rule.create",
    "application.policy.sign_on.rule.delete",
)


def rule(event):
    return event.get("eventType") in CHANGES and is_successful(event)


def title(event):
    return f"{actor_name(event)} changed the sign-on policy of {target_names(event, 'AppInstance')} in Okta"


def alert_context(event):
    return okta_context(event, application=target_names(event, "AppInstance"))
