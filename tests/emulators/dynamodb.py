"""DynamoDB on this machine: an empty table for the state of rules, on a server of emulators/aws.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from emulators.aws import set_keys

TABLE = "rules-state"


@contextmanager
def empty_table(endpoint_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make the table on a running server, and keys for it in the environment; gives the location of the state of rules."""
    set_keys(monkeypatch)
    client = boto3.client("dynamodb", endpoint_url=endpoint_url, region_name="us-east-1")
    client.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield f"dynamodb://{TABLE}?region=us-east-1&endpoint={endpoint_url}"
    client.delete_table(TableName=TABLE)
    client.close()
