from aws_identities import account_id, actor_name, aws_context, is_successful


def rule(event):
    if event.get("eventName") not in ("CreateLoginProfile", "UpdateLoginProfile") or not is_successful(event):
        return False
    owner = event.deep_get("requestParameters", "userName")
    return bool(owner) and owner != event.deep_get("userIdentity", "userName")


def title(event):
    deed = "set" if event.get("eventName") == "CreateLoginProfile" else "replaced"
    owner = event.deep_get("requestParameters", "userName")
    return f"{actor_name(event)} {deed} the console password of {owner} in {account_id(event)}"


def severity(event):
    # A user that already had a password did not need a new one from somebody else, unless it was forgotten.
    return "HIGH" if event.get("eventName") == "UpdateLoginProfile" else "DEFAULT"


def alert_context(event):
    return aws_context(
        event,
        owner=event.deep_get("requestParameters", "userName"),
        must_be_changed=event.deep_get("requestParameters", "passwordResetRequired"),
    )
