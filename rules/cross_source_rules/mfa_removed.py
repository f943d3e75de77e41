from event_kinds import MFA_REMOVED


def rule(event):
    return event.udm("event_kind") == MFA_REMOVED


def title(event):
    return f"{event.udm('actor_user')} took a second factor of {event.udm('target_user')} away in {event.get('p_log_type')}"


def dedup(event):
    return str(event.udm("target_user"))


def alert_context(event):
    return {"actor": event.udm("actor_user"), "target": event.udm("target_user"), "source_ip": event.udm("source_ip")}
