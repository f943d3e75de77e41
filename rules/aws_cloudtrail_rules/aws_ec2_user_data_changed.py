from aws_identities import actor_name, aws_context, is_successful, place


def rule(event):
    if event.get("eventName") != "ModifyInstanceAttribute" or not is_successful(event):
        return False
    return event.deep_get("requestParameters", "userData") is not None


def title(event):
    return f"{actor_name(event)} changed the start script of {event.deep_get('requestParameters', 'instanceId')} in {place(event)}"


def alert_context(event):
    return aws_context(event, instance=event.deep_get("requestParameters", "instanceId"))
