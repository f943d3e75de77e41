from aws_identities import account_id, actor_name, aws_context, is_successful
from aws_policies import as_list, is_open_to_everyone, mappings

EVERYBODY = (
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
)
CANNED = ("public-read", "public-read-write", "authenticated-read")
CALLS = (
    "PutBucketPolicy",
    "PutBucketAcl",
    "DeleteBucketPublicAccessBlock",
    "PutBucketPublicAccessBlock",
    "DeleteAccountPublicAccessBlock",
    "PutAccountPublicAccessBlock",
)


def has_public_grant(event):
    canned = as_list(event.deep_get("requestParameters", "x-amz-acl"))
    grants = mappings(event.deep_get("requestParameters", "AccessControlPolicy", "AccessControlList", "Grant"))
    return any(name in CANNED for name in canned) or any(grant.deep_get("Grantee", "URI") in EVERYBODY for grant in grants)


def rule(event):
    call = event.get("eventName")
    if call not in CALLS or not is_successful(event):
        return False
    if call == "PutBucketPolicy":
        return is_open_to_everyone(event.deep_get("requestParameters", "bucketPolicy"))
    if call == "PutBucketAcl":
        return has_public_grant(event)
    if call in ("PutBucketPublicAccessBlock", "PutAccountPublicAccessBlock"):
        switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        block = [event.deep_get("requestParameters", "PublicAccessBlockConfiguration", switch) for switch in switches]
        return any(value in (False, "false") for value in block)
    return True


def opened(event):
    bucket = event.deep_get("requestParameters", "bucketName")
    return f"bucket {bucket} of {account_id(event)}" if bucket else f"all buckets of {account_id(event)}"


def title(event):
    return f"{actor_name(event)} opened {opened(event)} to the public ({event.get('eventName')})"


def dedup(event):
    return opened(event)


def alert_context(event):
    return aws_context(event, bucket=event.deep_get("requestParameters", "bucketName"))
