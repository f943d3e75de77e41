"""Parts of Suricata's EVE records that several rules need. For rules over Suricata.*"""


def queried_names(event):
    """Names asked for in a DNS query. Suricata 8 (dns.version 3) lists them, earlier ones hold a single name."""
    if event.deep_get("dns", "type") not in ("query", "request"):
        return []
    listed = [query.get("rrname") for query in event.deep_get("dns", "queries", default=())]
    return [name for name in (*listed, event.deep_get("dns", "rrname")) if isinstance(name, str)]


def conversation(event):
    """Both ends, for titles."""
    port = event.get("dest_port")
    return f"{event.get('src_ip')} to {event.get('dest_ip')}{f':{port}' if port else ''}"


def eve_context(event, **facts):
    """What every alert on Suricata shows, followed by the rule's own facts."""
    return {
        "source_ip": event.get("src_ip"),
        "source_port": event.get("src_port"),
        "destination_ip": event.get("dest_ip"),
        "destination_port": event.get("dest_port"),
        "protocol": event.get("proto"),
        "application": event.get("app_proto"),
        "flow_id": event.get("flow_id"),
        "community_id": event.get("community_id"),
        "sensor": event.get("host") or event.get("in_iface"),
        **facts,
    }
