from aws_identities import account_id, actor_name, aws_context


def rule(event):
    if event.get("eventName") != "ConsoleLogin":
        return False
    if event.deep_get("userIdentity", "type") not in ("IAMUser", "Root"):
        return False
    return event.deep_get("responseElements", "ConsoleLogin") == "Success" and event.deep_get("additionalEventData", "MFAUsed") == "No"


def title(event):
    return f"{actor_name(event)} signed in to the AWS console of {account_id(event)} without MFA from {event.get('sourceIPAddress')}"


def severity(event):
    return "CRITICAL" if event.deep_get("userIdentity", "type") == "Root" else "DEFAULT"


def alert_context(event):
    return aws_context(event, signed_in_to=event.deep_get("additionalEventData", "LoginTo"))
