from eve_records import conversation, eve_context


def rule(event):
    return event.deep_get("alert", "severity") == 1


def title(event):
    return f"{event.deep_get('alert', 'signature')}: {conversation(event)}"


def severity(event):
    return "MEDIUM" if event.deep_get("alert", "action") == "blocked" else "DEFAULT"


def dedup(event):
    return f"{event.deep_get('alert', 'signature_id')} {event.get('src_ip')} {event.get('dest_ip')}"


def alert_context(event):
    return eve_context(
        event,
        signature=event.deep_get("alert", "signature"),
        signature_id=event.deep_get("alert", "signature_id"),
        category=event.deep_get("alert", "category"),
        action=event.deep_get("alert", "action"),
        hostname=event.deep_get("http", "hostname") or event.deep_get("tls", "sni"),
    )
