"""The p_ columns that every normalized row carries, and which indicator feeds which of them.

Names are Panther's, so that queries and rules written for Panther carry over. Knows nothing else of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STANDARD_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "p_row_id": "Id of the row: the same bytes at the same place give the same id.",
        "p_log_type": "Log type, as AWS.CloudTrail.",
        "p_event_time": "When it happened, by the event itself (UTC, microseconds); the parse time where it does not say.",
        "p_parse_time": "When the lake took the event's object in (UTC, microseconds).",
        "p_source_id": "Id of the source that delivered it.",
        "p_source_label": "Name of that source.",
        "p_source_file": "URI of the object that held it.",
        "p_record_index": "Place of the record in its object, from 0.",
        "p_batch_id": "Batch of objects that it was landed with.",
        "p_hour": "Hour of the object's delivery (UTC): the Dagster partition.",
    }
)

# Column -> what it holds. Sorted, distinct; null when empty.
INDICATOR_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "p_any_ip_addresses": "IP addresses, v4 and v6, as written.",
        "p_any_domain_names": "Domain and host names.",
        "p_any_usernames": "User names.",
        "p_any_emails": "E-mail addresses.",
        "p_any_actor_ids": "Ids of whoever acted.",
        "p_any_aws_account_ids": "AWS account ids (12 digits).",
        "p_any_aws_arns": "Amazon resource names.",
        "p_any_aws_instance_ids": "EC2 instance ids.",
        "p_any_aws_tags": "AWS tags, as key:value.",
        "p_any_md5_hashes": "MD5 hashes, lower case.",
        "p_any_sha1_hashes": "SHA-1 hashes, lower case.",
        "p_any_sha256_hashes": "SHA-256 hashes, lower case.",
        "p_any_trace_ids": "Ids that tie events together: request, session, flow.",
        "p_any_mac_addresses": "MAC addresses.",
    }
)

RAW_EVENT_COLUMN: Final = "p_raw_event"


def table_name(log_type: str) -> str:
    """The table of a log type, in every schema: `AWS.CloudTrail` -> `aws_cloudtrail`."""
    return log_type.lower().replace(".", "_")
