"""Who acted in an AWS CloudTrail event, and where. For rules over AWS.CloudTrail."""

# Accounts of our own organisation and of vendors that may assume roles in it. Put yours in.
TRUSTED_ACCOUNTS = frozenset({"123456789012"})


def actor_name(event):
    """A name that an analyst recognises: user, role with session, root, service or foreign account."""
    kind = event.deep_get("userIdentity", "type")
    account = event.deep_get("userIdentity", "accountId", default="unknown account")
    if kind == "Root":
        return f"root of {account}"
    if kind == "AssumedRole":
        session = event.deep_get("userIdentity", "arn", default="").partition(":assumed-role/")[2]
        return session or event.deep_get("userIdentity", "principalId", default="unknown role")
    if kind == "AWSAccount":
        return f"account {account}"
    if kind == "AWSService":
        return event.deep_get("userIdentity", "invokedBy", default="an AWS service")
    named = event.deep_get("userIdentity", "userName") or event.deep_get("userIdentity", "arn")
    return named or event.deep_get("userIdentity", "principalId", default="unknown actor")


def is_person_or_key(event):
    """False for what AWS does itself or on behalf of one of its services."""
    if event.get("eventType") == "AwsServiceEvent":
        return False
    identity_type = event.deep_get("userIdentity", "type")
    return identity_type != "AWSService" and not event.deep_get("userIdentity", "invokedBy")


def is_successful(event):
    """Whether AWS carried the call out."""
    return not event.get("errorCode") and not event.get("errorMessage")


def account_id(event):
    """The account that the call touched."""
    return event.get("recipientAccountId") or event.deep_get("userIdentity", "accountId", default="unknown account")


def place(event):
    """Account and region, for titles."""
    return f"{account_id(event)} {event.get('awsRegion', 'unknown region')}"


def aws_context(event, **facts):
    """What every alert on CloudTrail shows, followed by the rule's own facts."""
    return {
        "actor": actor_name(event),
        "actor_type": event.deep_get("userIdentity", "type"),
        "actor_arn": event.deep_get("userIdentity", "arn"),
        "access_key": event.deep_get("userIdentity", "accessKeyId"),
        "account": account_id(event),
        "region": event.get("awsRegion"),
        "call": f"{event.get('eventSource')} {event.get('eventName')}",
        "source_ip": event.get("sourceIPAddress"),
        "user_agent": event.get("userAgent"),
        "error": event.get("errorCode"),
        **facts,
    }
