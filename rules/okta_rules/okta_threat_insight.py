from okta_events import client_address, client_place, okta_context


def rule(event):
    return event.get("eventType") == "security.threat.detected"


def title(event):
    return f"Okta ThreatInsight suspects {client_address(event)} ({client_place(event)}), outcome {event.deep_get('outcome', 'result')}"


def severity(event):
    return "MEDIUM" if event.deep_get("outcome", "result") == "ALLOW" else "DEFAULT"


def dedup(event):
    return client_address(event)


def alert_context(event):
    return okta_context(event, detections=event.deep_get("debugContext", "debugData", "threatDetections"))
