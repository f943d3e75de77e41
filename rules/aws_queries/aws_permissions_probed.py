def rule(event):
    # AWS services probe what their own roles may see.
    return "/AWSServiceRoleFor" not in event.get("arn", "")


def title(event):
    return f"{event.get('arn')} was refused {event.get('calls')} different calls within an hour"


def dedup(event):
    return event.get("arn")


def severity(event):
    return "HIGH" if event.get("calls", 0) >= 50 else "DEFAULT"


def alert_context(event):
    return {key: event.get(key) for key in ("arn", "account_id", "calls", "addresses", "refusals")}
