from aws_identities import account_id, aws_context


def rule(event):
    return event.get("eventName") == "ConsoleLogin" and event.deep_get("responseElements", "ConsoleLogin") == "Failure"


def title(event):
    return f"Many failed console sign-ins to {account_id(event)} from {event.get('sourceIPAddress')}"


def dedup(event):
    return str(event.get("sourceIPAddress"))


def alert_context(event):
    return aws_context(event, reason=event.get("errorMessage"))
