from aws_identities import account_id, actor_name, aws_context, is_successful

LEAVING = {
    "LeaveOrganization": "took account {} out of the organisation",
    "RemoveAccountFromOrganization": "removed account {} from the organisation",
    "CloseAccount": "closed account {}",
    "DeleteOrganization": "dissolved the organisation of account {}",
}


def rule(event):
    return event.get("eventName") in LEAVING and event.get("eventSource") == "organizations.amazonaws.com" and is_successful(event)


def account(event):
    return event.deep_get("requestParameters", "accountId") or account_id(event)


def title(event):
    return f"{actor_name(event)} {LEAVING[event.get('eventName')].format(account(event))}"


def alert_context(event):
    return aws_context(event, account_concerned=account(event))
