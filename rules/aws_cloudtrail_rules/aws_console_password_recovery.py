from aws_identities import account_id, aws_context


def rule(event):
    return event.get("eventName") in ("PasswordRecoveryRequested", "PasswordRecoveryCompleted")


def title(event):
    deed = "completed" if event.get("eventName") == "PasswordRecoveryCompleted" else "requested"
    return f"Recovery of the root password of {account_id(event)} {deed} from {event.get('sourceIPAddress')}"


def severity(event):
    return "CRITICAL" if event.get("eventName") == "PasswordRecoveryCompleted" else "DEFAULT"


def dedup(event):
    return account_id(event)


def alert_context(event):
    return aws_context(event)
