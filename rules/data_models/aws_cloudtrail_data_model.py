from aws_identities import actor_name, is_successful
from event_kinds import ADMIN_ROLE_ASSIGNED, CREDENTIAL_CREATED, MFA_REMOVED, SIGN_IN_FAILED, SIGN_IN_SUCCEEDED


def event_kind(event):
    call = event.get("eventName")
    if call == "ConsoleLogin":
        return SIGN_IN_SUCCEEDED if event.deep_get("responseElements", "ConsoleLogin") == "Success" else SIGN_IN_FAILED
    if not is_successful(event):
        return None
    if call in ("AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy"):
        policy = event.deep_get("requestParameters", "policyArn", default="")
        return ADMIN_ROLE_ASSIGNED if policy.endswith("/AdministratorAccess") else None
    if call in ("DeactivateMFADevice", "DeleteVirtualMFADevice"):
        return MFA_REMOVED
    return CREDENTIAL_CREATED if call in ("CreateAccessKey", "CreateLoginProfile") else None


def actor_user(event):
    return actor_name(event)


def target_user(event):
    for name in ("userName", "groupName", "roleName"):
        if event.deep_get("requestParameters", name):
            return event.deep_get("requestParameters", name)
    return event.deep_get("requestParameters", "serialNumber", default="").rpartition("/")[2] or None
