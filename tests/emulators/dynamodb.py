"""DynamoDB on this machine: moto's server on a free loopback port, with an empty table for the state of rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto.server import ThreadedMotoServer

TABLE = "rules-state"


@contextmanager
def serve_dynamodb() -> Iterator[str]:
    """Run a server; gives its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@contextmanager
def empty_table(endpoint_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make the table on a running server, and keys for it in the environment; gives the location of the state of rules."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
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
