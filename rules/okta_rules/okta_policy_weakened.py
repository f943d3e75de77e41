from okta_events import actor_name, is_successful, okta_context, target_names

WEAKENED = {
    "policy.lifecycle.deactivate": "switched off policy",
    "policy.lifecycle.delete": "deleted policy",
    "policy.rule.deactivate": "switched off policy rule",
    "policy.rule.delete": "deleted policy rule",
}


def rule(event):
    return event.get("eventType") in WEAKENED and is_successful(event)


def title(event):
    return f"{actor_name(event)} {WEAKENED[event.get('eventType')]} {target_names(event)} in Okta"


def severity(event):
    kinds = [(target.get("detailEntry") or {}).get("policyType") for target in event.get("target") or ()]
    # Who signs in and with what: the policies whose absence an intruder can use the same minute.
    return "HIGH" if {"OktaSignOn", "Okta:SignOn", "MfaEnroll", "Okta:MfaEnroll"} & set(kinds) else "DEFAULT"


def alert_context(event):
    return okta_context(event)
