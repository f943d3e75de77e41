from aws_identities import actor_name, aws_context, is_successful, place


def rule(event):
    return event.get("eventName") in (
        "StopConfigurationRecorder",
        "DeleteConfigurationRecorder",
        "DeleteDeliveryChannel",
    ) and is_successful(event)


def title(event):
    return f"{actor_name(event)} stopped AWS Config from recording in {place(event)} ({event.get('eventName')})"


def alert_context(event):
    return aws_context(event)
