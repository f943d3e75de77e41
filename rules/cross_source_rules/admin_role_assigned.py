from event_kinds import ADMIN_ROLE_ASSIGNED


def rule(event):
    return event.udm("event_kind") == ADMIN_ROLE_ASSIGNED


def title(event):
    return f"{event.udm('actor_user')} gave administrator rights to {event.udm('target_user')} in {event.get('p_log_type')}"


def dedup(event):
    return str(event.udm("target_user"))


def alert_context(event):
    return {"actor": event.udm("actor_user"), "target": event.udm("target_user"), "source_ip": event.udm("source_ip")}
