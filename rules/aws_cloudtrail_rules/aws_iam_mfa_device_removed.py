from aws_identities import account_id, actor_name, aws_context, is_successful


def rule(event):
    return event.get("eventName") in ("DeactivateMFADevice", "DeleteVirtualMFADevice") and is_successful(event)


def owner(event):
    serial = event.deep_get("requestParameters", "serialNumber", default="")
    return event.deep_get("requestParameters", "userName") or serial.rpartition("/")[2] or "unknown user"


def title(event):
    return f"{actor_name(event)} removed the MFA device of {owner(event)} in {account_id(event)}"


def dedup(event):
    return f"{account_id(event)} {owner(event)}"


def alert_context(event):
    return aws_context(event, owner=owner(event), device=event.deep_get("requestParameters", "serialNumber"))
