from eve_records import conversation, eve_context
from network_addresses import in_networks, is_inside, is_outside

LIMIT_BYTES = 100_000_000
LIMIT_BYTES_ON_RARE_PORTS = 10_000_000
EVERYDAY_PORTS = (22, 25, 53, 80, 123, 443, 465, 587, 853, 993, 995, 3478, 8080, 8443)
ALLOWED = ()  # networks of backup and conference services


def count_of(event, name):
    count = event.deep_get("flow", name)
    return count if isinstance(count, int) else 0


def bytes_out(event):
    return count_of(event, "bytes_toserver")


def rule(event):
    sent = bytes_out(event)
    if sent < LIMIT_BYTES_ON_RARE_PORTS or sent < 2 * count_of(event, "bytes_toclient"):
        return False
    if sent < LIMIT_BYTES and event.get("dest_port") in EVERYDAY_PORTS:
        return False
    if not is_inside(event.get("src_ip")) or not is_outside(event.get("dest_ip")):
        return False
    return not in_networks(event.get("dest_ip"), ALLOWED)


def title(event):
    return f"{bytes_out(event) // 1_000_000} MB uploaded: {conversation(event)}"


def severity(event):
    return "HIGH" if bytes_out(event) >= 5 * LIMIT_BYTES or event.get("dest_port") not in EVERYDAY_PORTS else "DEFAULT"


def dedup(event):
    return f"{event.get('src_ip')} {event.get('dest_ip')}"


def alert_context(event):
    return eve_context(
        event,
        bytes_out=bytes_out(event),
        bytes_in=count_of(event, "bytes_toclient"),
        seconds=event.deep_get("flow", "age"),
        started=event.deep_get("flow", "start"),
    )
