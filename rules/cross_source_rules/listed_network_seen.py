from listed_indicators import is_listed_address


def listed_address(event):
    for end in ("source_ip", "destination_ip"):
        if is_listed_address(event.udm(end)):
            return event.udm(end)
    return None


def rule(event):
    return listed_address(event) is not None


def title(event):
    return f"Listed address {listed_address(event)} seen, first in {event.get('p_log_type')}"


def dedup(event):
    return listed_address(event)


def alert_context(event):
    return {
        "address": listed_address(event),
        "first_log_type": event.get("p_log_type"),
        "first_source_ip": event.udm("source_ip"),
        "first_destination_ip": event.udm("destination_ip"),
        "first_user": event.udm("actor_user"),
        "first_host": event.udm("host"),
    }
