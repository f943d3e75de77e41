from eve_records import eve_context


def rule(event):
    return event.deep_get("anomaly", "type") in ("decode", "applayer")


def title(event):
    return f"Burst of protocol anomalies from {event.get('src_ip')}, such as {event.deep_get('anomaly', 'event')}"


def dedup(event):
    return str(event.get("src_ip"))


def alert_context(event):
    return eve_context(event, anomaly=event.deep_get("anomaly", "event"), kind=event.deep_get("anomaly", "type"))
