from aws_identities import actor_name, aws_context, is_person_or_key, is_successful, place

SHELL_DOCUMENTS = ("AWS-RunShellScript", "AWS-RunPowerShellScript", "AWS-RunRemoteScript")


def rule(event):
    if event.get("eventSource") != "ssm.amazonaws.com" or not is_successful(event) or not is_person_or_key(event):
        return False
    if event.get("eventName") == "StartSession":
        return True
    return event.get("eventName") == "SendCommand" and event.deep_get("requestParameters", "documentName") in SHELL_DOCUMENTS


def machines(event):
    request = event.get("requestParameters") or {}
    if request.get("target"):
        return [request["target"]]
    by_tag = [f"{target.get('key')}={','.join(target.get('values') or ())}" for target in request.get("targets") or ()]
    return list(request.get("instanceIds") or ()) + by_tag


def title(event):
    deed = "opened a session on" if event.get("eventName") == "StartSession" else "ran a command on"
    return f"{actor_name(event)} {deed} {', '.join(machines(event)[:3]) or 'unknown machines'} in {place(event)}"


def severity(event):
    if event.deep_get("userIdentity", "type") == "Root":
        return "HIGH"
    reaches_many = len(machines(event)) > 3 or any("=" in machine for machine in machines(event))
    return "MEDIUM" if reaches_many and event.get("eventName") == "SendCommand" else "DEFAULT"


def dedup(event):
    return f"{actor_name(event)} {event.get('eventName')}"


def alert_context(event):
    return aws_context(event, machines=machines(event), document=event.deep_get("requestParameters", "documentName"))
