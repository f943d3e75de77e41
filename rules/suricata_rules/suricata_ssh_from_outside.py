from eve_records import conversation, eve_context
from network_addresses import in_networks, is_inside, is_outside

BASTIONS = ()  # networks that SSH from the internet may reach


def rule(event):
    if not is_outside(event.get("src_ip")) or not is_inside(event.get("dest_ip")):
        return False
    if in_networks(event.get("dest_ip"), BASTIONS):
        return False
    return bool(event.deep_get("ssh", "client", "software_version"))


def title(event):
    return f"SSH from the internet: {conversation(event)} ({event.deep_get('ssh', 'client', 'software_version')})"


def dedup(event):
    return f"{event.get('src_ip')} {event.get('dest_ip')}"


def alert_context(event):
    return eve_context(
        event,
        client=event.deep_get("ssh", "client", "software_version"),
        server=event.deep_get("ssh", "server", "software_version"),
    )
