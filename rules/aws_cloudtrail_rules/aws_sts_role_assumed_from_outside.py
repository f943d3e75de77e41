from aws_identities import TRUSTED_ACCOUNTS, account_id, aws_context, is_successful


def rule(event):
    if event.get("eventName") != "AssumeRole" or event.deep_get("userIdentity", "type") != "AWSAccount":
        return False
    caller = event.deep_get("userIdentity", "accountId")
    return is_successful(event) and caller != account_id(event) and caller not in TRUSTED_ACCOUNTS


def role_name(event):
    return event.deep_get("requestParameters", "roleArn", default="unknown role").rpartition("/")[2]


def title(event):
    return f"Account {event.deep_get('userIdentity', 'accountId')} took role {role_name(event)} of {account_id(event)}"


def dedup(event):
    return f"{event.deep_get('userIdentity', 'accountId')} {event.deep_get('requestParameters', 'roleArn')}"


def alert_context(event):
    return aws_context(
        event,
        role=event.deep_get("requestParameters", "roleArn"),
        session=event.deep_get("requestParameters", "roleSessionName"),
        session_access_key=event.deep_get("responseElements", "credentials", "accessKeyId"),
    )
