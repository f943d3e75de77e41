from okta_events import actor_name, okta_context


def rule(event):
    return event.get("eventType") == "user.account.report_suspicious_activity_by_enduser"


def reported(event):
    return event.deep_get("debugContext", "debugData", "suspiciousActivityEventType", default="an event")


def title(event):
    return f"{actor_name(event)} told Okta it was somebody else: {reported(event)}"


def dedup(event):
    return actor_name(event)


def alert_context(event):
    return okta_context(
        event,
        reported=reported(event),
        reported_ip=event.deep_get("debugContext", "debugData", "suspiciousActivityEventIp"),
        reported_city=event.deep_get("debugContext", "debugData", "suspiciousActivityEventCity"),
        reported_country=event.deep_get("debugContext", "debugData", "suspiciousActivityEventCountry"),
    )
