from aws_identities import actor_name, aws_context, is_successful, place

SWITCHES = {
    "isMultiRegionTrail": "other regions",
    "includeGlobalServiceEvents": "global services",
    "enableLogFileValidation": "validation of its files",
}


def left_out(event):
    request = event.get("requestParameters") or {}
    if event.get("eventName") == "UpdateTrail":
        return [text for switch, text in SWITCHES.items() if request.get(switch) is False]
    selectors = request.get("eventSelectors") or ()
    if any(selector.get("includeManagementEvents") is False for selector in selectors):
        return ["management events"]
    return []


def rule(event):
    if event.get("eventName") not in ("UpdateTrail", "PutEventSelectors") or not is_successful(event):
        return False
    return bool(left_out(event))


def trail(event):
    return event.deep_get("requestParameters", "name") or event.deep_get("requestParameters", "trailName", default="unknown trail")


def title(event):
    return f"{actor_name(event)} made CloudTrail {trail(event).rpartition('/')[2]} in {place(event)} leave out {', '.join(left_out(event))}"


def alert_context(event):
    return aws_context(event, trail=trail(event), left_out=left_out(event))
