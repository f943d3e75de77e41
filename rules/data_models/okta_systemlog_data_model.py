from event_kinds import ADMIN_ROLE_ASSIGNED, CREDENTIAL_CREATED, MFA_REMOVED, SIGN_IN_FAILED, SIGN_IN_SUCCEEDED
from okta_events import is_successful, target_names

KIND_BY_EVENT_TYPE = {
    "group.privilege.grant": ADMIN_ROLE_ASSIGNED,
    "system.api_token.create": CREDENTIAL_CREATED,
    "user.account.privilege.grant": ADMIN_ROLE_ASSIGNED,
    "user.mfa.factor.deactivate": MFA_REMOVED,
    "user.mfa.factor.reset_all": MFA_REMOVED,
    "user.session.start": SIGN_IN_SUCCEEDED,
}


def event_kind(event):
    if is_successful(event):
        return KIND_BY_EVENT_TYPE.get(event.get("eventType"))
    return SIGN_IN_FAILED if event.get("eventType") == "user.session.start" else None


def target_user(event):
    return target_names(event) if event.get("target") else None
