from aws_identities import actor_name, aws_context, is_successful, place


def options(event):
    nested = event.deep_get("requestParameters", "ModifyInstanceMetadataOptionsRequest")
    return nested or event.get("requestParameters") or {}


def rule(event):
    if event.get("eventName") != "ModifyInstanceMetadataOptions" or not is_successful(event):
        return False
    limit = options(event).get("HttpPutResponseHopLimit", options(event).get("httpPutResponseHopLimit", 1))
    tokens = options(event).get("HttpTokens") or options(event).get("httpTokens")
    return tokens == "optional" or (isinstance(limit, int) and limit > 2)


def instance(event):
    return options(event).get("InstanceId") or options(event).get("instanceId") or "unknown instance"


def title(event):
    return f"{actor_name(event)} weakened the metadata service of {instance(event)} in {place(event)}"


def alert_context(event):
    return aws_context(event, instance=instance(event), options=dict(options(event)))
