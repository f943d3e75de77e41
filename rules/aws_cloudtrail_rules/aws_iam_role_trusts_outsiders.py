from aws_identities import TRUSTED_ACCOUNTS, account_id, actor_name, aws_context, is_successful
from aws_policies import accounts_allowed, is_open_to_everyone


def trust_policy(event):
    field = "assumeRolePolicyDocument" if event.get("eventName") == "CreateRole" else "policyDocument"
    return event.deep_get("requestParameters", field)


def outsiders(event):
    if is_open_to_everyone(trust_policy(event)):
        return {"everybody"}
    return accounts_allowed(trust_policy(event)) - TRUSTED_ACCOUNTS - {account_id(event)}


def rule(event):
    if event.get("eventName") not in ("CreateRole", "UpdateAssumeRolePolicy") or not is_successful(event):
        return False
    return bool(outsiders(event))


def title(event):
    role = event.deep_get("requestParameters", "roleName")
    return f"{actor_name(event)} opened role {role} of {account_id(event)} to {', '.join(sorted(outsiders(event)))}"


def severity(event):
    return "CRITICAL" if "everybody" in outsiders(event) else "DEFAULT"


def alert_context(event):
    return aws_context(event, role=event.deep_get("requestParameters", "roleName"), outsiders=sorted(outsiders(event)))
