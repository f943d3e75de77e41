from aws_identities import actor_name, aws_context, is_successful, place


def rule(event):
    return event.get("eventName") in ("ScheduleKeyDeletion", "DisableKey") and is_successful(event)


def title(event):
    deed = "scheduled deletion of" if event.get("eventName") == "ScheduleKeyDeletion" else "disabled"
    return f"{actor_name(event)} {deed} KMS key {event.deep_get('requestParameters', 'keyId')} in {place(event)}"


def severity(event):
    return "DEFAULT" if event.get("eventName") == "ScheduleKeyDeletion" else "MEDIUM"


def alert_context(event):
    return aws_context(
        event,
        key=event.deep_get("requestParameters", "keyId"),
        waiting_days=event.deep_get("requestParameters", "pendingWindowInDays"),
    )
