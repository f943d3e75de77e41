from aws_identities import actor_name, aws_context, is_successful, place

OFF = ("DeleteDetector", "StopMonitoringMembers", "DisassociateMembers", "DisassociateFromAdministratorAccount", "DeleteMembers")


def rule(event):
    if event.get("eventSource") != "guardduty.amazonaws.com" or not is_successful(event):
        return False
    if event.get("eventName") == "UpdateDetector":
        return event.deep_get("requestParameters", "enable") is False
    return event.get("eventName") in OFF


def title(event):
    return f"{actor_name(event)} switched off GuardDuty in {place(event)} ({event.get('eventName')})"


def alert_context(event):
    return aws_context(event, detector=event.deep_get("requestParameters", "detectorId"))
