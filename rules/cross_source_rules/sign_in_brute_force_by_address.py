from event_kinds import SIGN_IN_FAILED


def rule(event):
    return event.udm("event_kind") == SIGN_IN_FAILED and bool(event.udm("source_ip"))


def title(event):
    return f"Many sign-ins from {event.udm('source_ip')} fail, first in {event.get('p_log_type')}"


def dedup(event):
    return str(event.udm("source_ip"))


def alert_context(event):
    return {
        "source_ip": event.udm("source_ip"),
        "first_log_type": event.get("p_log_type"),
        "first_user": event.udm("actor_user"),
        "user_agent": event.udm("user_agent"),
    }
