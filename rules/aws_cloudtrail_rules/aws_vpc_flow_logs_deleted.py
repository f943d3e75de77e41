from aws_identities import actor_name, aws_context, is_successful, place
from aws_policies import mappings


def rule(event):
    return event.get("eventName") == "DeleteFlowLogs" and is_successful(event)


def flow_logs(event):
    entries = mappings(event.deep_get("requestParameters", "DeleteFlowLogsRequest", "FlowLogId"))
    return ", ".join(str(entry.get("content")) for entry in entries) or "unknown flow logs"


def title(event):
    return f"{actor_name(event)} deleted flow logs in {place(event)}: {flow_logs(event)}"


def dedup(event):
    return f"{actor_name(event)} {place(event)}"


def alert_context(event):
    return aws_context(event, flow_logs=flow_logs(event))
