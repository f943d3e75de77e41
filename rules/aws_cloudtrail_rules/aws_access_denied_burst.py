from aws_identities import actor_name, aws_context, is_person_or_key

DENIALS = ("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation")


def rule(event):
    return event.get("errorCode") in DENIALS and is_person_or_key(event)


def title(event):
    return f"{actor_name(event)} is denied many calls from {event.get('sourceIPAddress')}"


def dedup(event):
    return f"{event.deep_get('userIdentity', 'arn')} {event.get('sourceIPAddress')}"


def unique(event):
    return f"{event.get('eventSource')} {event.get('eventName')}"


def alert_context(event):
    return aws_context(event)
