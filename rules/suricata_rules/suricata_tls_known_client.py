from eve_records import conversation, eve_context

# From the JA3 authors' own examples (README of salesforce/ja3).
CLIENTS = {
    "e7d705a3286e19ea42f587b344ee6865": "Tor",
    "6734f37431670b3ab4292b8f60f29984": "Trickbot",
    "4d7a28d6f2263ed61de88ca66eb011e3": "Emotet",
}


def rule(event):
    return event.deep_get("tls", "ja3", "hash") in CLIENTS


def title(event):
    client = CLIENTS[event.deep_get("tls", "ja3", "hash")]
    return f"TLS handshake as {client} makes it: {conversation(event)} ({event.deep_get('tls', 'sni', default='no name')})"


def dedup(event):
    return f"{event.get('src_ip')} {event.deep_get('tls', 'ja3', 'hash')}"


def alert_context(event):
    return eve_context(event, ja3=event.deep_get("tls", "ja3", "hash"), sni=event.deep_get("tls", "sni"))
