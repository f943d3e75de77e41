from aws_identities import actor_name, aws_context, is_person_or_key, is_successful
from network_addresses import is_outside

# Names of buckets that are read in bulk from outside by design, such as those behind a download site.
MEANT_FOR_DOWNLOAD = ()


def rule(event):
    if event.get("eventName") != "GetObject" or event.get("eventSource") != "s3.amazonaws.com":
        return False
    if not is_successful(event) or not is_person_or_key(event):
        return False
    if event.deep_get("requestParameters", "bucketName") in MEANT_FOR_DOWNLOAD:
        return False
    return is_outside(event.get("sourceIPAddress"))


def title(event):
    bucket = event.deep_get("requestParameters", "bucketName")
    return f"{actor_name(event)} downloads in bulk from bucket {bucket} to {event.get('sourceIPAddress')}"


def dedup(event):
    return f"{event.deep_get('userIdentity', 'arn')} {event.deep_get('requestParameters', 'bucketName')}"


def unique(event):
    return str(event.deep_get("requestParameters", "key"))


def alert_context(event):
    return aws_context(
        event,
        bucket=event.deep_get("requestParameters", "bucketName"),
        first_object=event.deep_get("requestParameters", "key"),
        first_object_bytes=event.deep_get("additionalEventData", "bytesTransferredOut"),
    )
