from aws_identities import account_id, aws_context, is_successful


def rule(event):
    if event.get("eventName") != "CreateAccessKey" or event.deep_get("userIdentity", "type") != "Root":
        return False
    # Root may also make keys for others; without a user name the key is its own.
    return is_successful(event) and not event.deep_get("requestParameters", "userName")


def title(event):
    return f"Access key created for the root user of {account_id(event)} from {event.get('sourceIPAddress')}"


def alert_context(event):
    return aws_context(event, new_access_key=event.deep_get("responseElements", "accessKey", "accessKeyId"))
