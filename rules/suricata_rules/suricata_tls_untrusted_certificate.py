from eve_records import conversation, eve_context
from network_addresses import is_outside


def reason(event):
    subject, issuer = event.deep_get("tls", "subject"), event.deep_get("tls", "issuerdn")
    if subject and subject == issuer:
        return "self-signed"
    # Both are ISO 8601 in UTC to the second, so text order is time order.
    seen = str(event.get("timestamp", ""))[:19]
    if event.deep_get("tls", "notafter", default="9999") < seen:
        return "expired"
    if event.deep_get("tls", "notbefore", default="") > seen:
        return "not yet valid"
    return None


def rule(event):
    if not is_outside(event.get("dest_ip")) or event.deep_get("tls", "session_resumed") is True:
        return False
    return reason(event) is not None


def server(event):
    return event.deep_get("tls", "sni") or event.deep_get("tls", "subject", default="unnamed server")


def title(event):
    return f"TLS with a certificate that is {reason(event)}: {conversation(event)} ({server(event)})"


def dedup(event):
    return f"{event.get('dest_ip')} {event.deep_get('tls', 'fingerprint')}"


def alert_context(event):
    return eve_context(
        event,
        reason=reason(event),
        sni=event.deep_get("tls", "sni"),
        subject=event.deep_get("tls", "subject"),
        issuer=event.deep_get("tls", "issuerdn"),
        valid_until=event.deep_get("tls", "notafter"),
        fingerprint=event.deep_get("tls", "fingerprint"),
    )
