from aws_identities import TRUSTED_ACCOUNTS, account_id, actor_name, aws_context, is_successful

PERMISSIONS = {
    "ModifySnapshotAttribute": "createVolumePermission",
    "ModifyImageAttribute": "launchPermission",
}
DATABASE = ("ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute")


def receivers(event):
    request = event.get("requestParameters") or {}
    if event.get("eventName") in DATABASE:
        names = list(request.get("valuesToAdd") or ())
    else:
        added = event.deep_get("requestParameters", PERMISSIONS[event.get("eventName")], "add", "items", default=())
        names = [item.get("userId") or item.get("group") for item in added]
    return [name for name in names if name and name not in TRUSTED_ACCOUNTS]


def rule(event):
    if event.get("eventName") not in PERMISSIONS and event.get("eventName") not in DATABASE:
        return False
    return is_successful(event) and bool(receivers(event))


def shared(event):
    request = event.get("requestParameters") or {}
    names = ("snapshotId", "imageId", "dBSnapshotIdentifier", "dBClusterSnapshotIdentifier")
    return next((request[name] for name in names if request.get(name)), "unknown snapshot")


def title(event):
    return f"{actor_name(event)} shared {shared(event)} of {account_id(event)} with {', '.join(receivers(event))}"


def severity(event):
    return "CRITICAL" if "all" in receivers(event) else "DEFAULT"


def alert_context(event):
    return aws_context(event, shared=shared(event), receivers=receivers(event))
