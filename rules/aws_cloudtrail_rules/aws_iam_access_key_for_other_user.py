from aws_identities import account_id, actor_name, aws_context, is_successful


def rule(event):
    if event.get("eventName") != "CreateAccessKey" or not is_successful(event):
        return False
    owner = event.deep_get("requestParameters", "userName")
    return bool(owner) and owner != event.deep_get("userIdentity", "userName")


def title(event):
    owner = event.deep_get("requestParameters", "userName")
    return f"{actor_name(event)} created an access key for user {owner} in {account_id(event)}"


def alert_context(event):
    return aws_context(
        event,
        owner=event.deep_get("requestParameters", "userName"),
        new_access_key=event.deep_get("responseElements", "accessKey", "accessKeyId"),
    )
