from listed_indicators import is_listed_domain


def rule(event):
    return is_listed_domain(event.udm("domain"))


def title(event):
    return f"{event.udm('source_ip')} reached for listed domain {event.udm('domain')}"


def dedup(event):
    return f"{event.udm('source_ip')} {event.udm('domain')}"


def alert_context(event):
    return {
        "domain": event.udm("domain"),
        "source_ip": event.udm("source_ip"),
        "destination_ip": event.udm("destination_ip"),
        "first_log_type": event.get("p_log_type"),
    }
