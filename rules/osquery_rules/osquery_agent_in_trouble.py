from osquery_rows import host_name

WATCHDOG = ("stopping: maximum", "limits exceeded", "stopping osqueryd worker", "scheduled query may have failed", "denylist")


def rule(event):
    message = str(event.get("message", "")).lower()
    # osquery's status severities: 0 info, 1 warning, 2 error.
    return str(event.get("severity")) in ("2", "3") or any(text in message for text in WATCHDOG)


def title(event):
    return f"osquery on {host_name(event)} is in trouble: {str(event.get('message', ''))[:120]}"


def dedup(event):
    return host_name(event)


def alert_context(event):
    return {"host": host_name(event), "message": event.get("message"), "file": event.get("filename"), "version": event.get("version")}
