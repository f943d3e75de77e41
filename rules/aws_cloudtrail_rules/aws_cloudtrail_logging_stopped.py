from aws_identities import actor_name, aws_context, is_successful, place


def rule(event):
    return event.get("eventName") in ("StopLogging", "DeleteTrail") and is_successful(event)


def title(event):
    deed = "deleted" if event.get("eventName") == "DeleteTrail" else "stopped"
    trail = event.deep_get("requestParameters", "name", default="unknown trail")
    return f"{actor_name(event)} {deed} CloudTrail {trail.rpartition('/')[2]} in {place(event)}"


def alert_context(event):
    return aws_context(event, trail=event.deep_get("requestParameters", "name"))
