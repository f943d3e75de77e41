"""S3 on this machine: a bucket on a server of emulators/aws.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from emulators.aws import set_keys


@dataclass(frozen=True)
class S3:
    """A server's address, a client for it, and an empty bucket."""

    endpoint_url: str
    client: Any
    bucket: str

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self.client.delete_object(Bucket=self.bucket, Key=key)


@contextmanager
def empty_bucket(endpoint_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """Make a bucket on a running server and keys for it in the environment; the bucket goes with its objects."""
    set_keys(monkeypatch)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=endpoint_url, config=Config(s3={"addressing_style": "path"}))
    client.create_bucket(Bucket="logs")
    yield S3(endpoint_url, client, "logs")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="logs"):
        for row in page.get("Contents", ()):
            client.delete_object(Bucket="logs", Key=row["Key"])
    client.delete_bucket(Bucket="logs")
    client.close()
