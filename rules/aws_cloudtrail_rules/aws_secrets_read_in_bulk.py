from aws_identities import account_id, actor_name, aws_context, is_person_or_key, is_successful

READS = ("GetSecretValue", "GetParameter", "GetParameters", "GetParametersByPath")


def rule(event):
    call = event.get("eventName")
    if call not in READS or not is_successful(event) or not is_person_or_key(event):
        return False
    return call == "GetSecretValue" or event.deep_get("requestParameters", "withDecryption") is True


def secret_name(event):
    request = event.get("requestParameters") or {}
    named = request.get("secretId") or request.get("name") or request.get("path")
    return str(named or ", ".join(request.get("names") or ()))


def title(event):
    return f"{actor_name(event)} reads many secrets of {account_id(event)} from {event.get('sourceIPAddress')}"


def dedup(event):
    return str(event.deep_get("userIdentity", "arn"))


def unique(event):
    return secret_name(event)


def alert_context(event):
    return aws_context(event, first_secret=secret_name(event))
