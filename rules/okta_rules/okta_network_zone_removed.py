from okta_events import actor_name, is_successful, okta_context, target_names

REMOVALS = {
    "zone.deactivate": "switched off",
    "zone.delete": "deleted",
    "zone.remove_blacklist": "took addresses off",
}


def rule(event):
    return event.get("eventType") in REMOVALS and is_successful(event)


def title(event):
    return f"{actor_name(event)} {REMOVALS[event.get('eventType')]} network zone {target_names(event)} in Okta"


def alert_context(event):
    return okta_context(event)
