from aws_identities import account_id, actor_name, aws_context, is_successful
from aws_policies import is_all_powerful

ADMIN_POLICIES = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
ATTACHING = ("AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy")
INLINE = ("PutUserPolicy", "PutGroupPolicy", "PutRolePolicy")


def rule(event):
    call = event.get("eventName")
    if call not in ATTACHING and call not in INLINE:
        return False
    if not is_successful(event):
        return False
    if call in ATTACHING:
        policy = event.deep_get("requestParameters", "policyArn", default="")
        return policy.startswith("arn:aws") and policy.rpartition("/")[2] in ADMIN_POLICIES
    return is_all_powerful(event.deep_get("requestParameters", "policyDocument"))


def recipient(event):
    request = event.get("requestParameters") or {}
    return next((f"{kind[:-4]} {request[kind]}" for kind in ("userName", "groupName", "roleName") if request.get(kind)), "unknown")


def policy_name(event):
    named = event.deep_get("requestParameters", "policyArn", default="").rpartition("/")[2]
    return named or f"inline policy {event.deep_get('requestParameters', 'policyName')}"


def title(event):
    return f"{actor_name(event)} gave administrator rights ({policy_name(event)}) to {recipient(event)} in {account_id(event)}"


def dedup(event):
    return f"{account_id(event)} {recipient(event)}"


def alert_context(event):
    return aws_context(event, recipient=recipient(event), policy=policy_name(event))
