from okta_events import actor_name, is_on_self, is_successful, okta_context, target_names

RESETS = ("user.mfa.factor.reset_all", "user.mfa.factor.deactivate", "user.mfa.factor.suspend")


def rule(event):
    return event.get("eventType") in RESETS and is_successful(event)


def owner(event):
    return target_names(event, "User") if event.get("target") else actor_name(event)


def title(event):
    deed = "reset all second factors" if event.get("eventType") == "user.mfa.factor.reset_all" else "took a second factor away"
    return f"{actor_name(event)} {deed} of {owner(event)}"


def severity(event):
    return "LOW" if is_on_self(event) and event.get("eventType") != "user.mfa.factor.reset_all" else "DEFAULT"


def dedup(event):
    return owner(event)


def alert_context(event):
    return okta_context(event, owner=owner(event))
