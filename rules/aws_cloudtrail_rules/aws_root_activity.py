from aws_identities import account_id, aws_context, is_person_or_key, is_successful


def rule(event):
    if event.deep_get("userIdentity", "type") != "Root":
        return False
    return is_person_or_key(event) and is_successful(event)


def title(event):
    return f"Root user of {account_id(event)} at work from {event.get('sourceIPAddress')}"


def dedup(event):
    return f"{account_id(event)} {event.get('sourceIPAddress')}"


def alert_context(event):
    return aws_context(event)
