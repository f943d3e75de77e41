"""Histories in a DynamoDB table, shared by machines. Needs boto3, which comes with dagster-aws; credentials as for any AWS tool.

The table's key is `key`, a string. Its time-to-live attribute, if that is switched on, is `kept_until`. DynamoDB has no transaction
over many items, so a batch is written down first with all of its keys, and each history is replaced on condition that it is as it was
read. Both can be done again, which is what happens after a process was killed in between.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from panther_dagster.detect.state.history import (
    BATCH_KEPT_SECONDS,
    BatchChanges,
    History,
    KnownBatch,
    StateError,
    kept_until,
    keys_of,
    taken,
)

_MAX_KEY_BYTES: Final = 1_000  # a longer one is stored under its hash; DynamoDB takes 2,048
_KEYS_BYTES: Final = 250_000  # of the keys of a batch in one item; DynamoDB takes 400 KB
_MAX_HISTORY_BYTES: Final = 350_000  # of 400 KB
_WRITERS: Final = 8


class _Changed(Exception):
    """Another writer came between reading and writing."""


class DynamoStore:
    """A StateStore."""

    def __init__(self, table: str, *, region: str | None = None, endpoint_url: str | None = None) -> None:
        self._table = table
        self._region = region
        self._endpoint_url = endpoint_url
        self._opened: Any = None

    def history(self, key: str) -> History:
        """What is kept of a key."""
        with self._errors():
            return self._history(key)[0]

    def batch(self, batch_id: str) -> KnownBatch | None:
        """A batch that was taken before."""
        with self._errors():
            first = self._item(_batch_key(batch_id, 0))
            if first is None:
                return None
            keys = json.loads(first["keys"]["S"])
            for part in range(1, int(first["parts"]["N"])):
                keys += json.loads((self._item(_batch_key(batch_id, part)) or {}).get("keys", {"S": "[]"})["S"])
            return KnownBatch(float(first["at"]["S"]), frozenset(keys), first["is_complete"]["BOOL"])

    def take(self, batches: Sequence[BatchChanges]) -> None:
        """Keep what these batches change. Cut off, it is to be done again; until then some keys have the changes and others have not."""
        with self._errors():
            for batch in batches:
                known = self.batch(batch.batch_id)
                keys = keys_of(batch, known)
                if keys:
                    self._put_batch(batch, keys, is_complete=False)
                    with ThreadPoolExecutor(_WRITERS) as writers:
                        list(writers.map(partial(self._take, batch, known), keys))
                self._put_batch(batch, keys_of(batch, None), is_complete=True)

    def close(self) -> None:
        """Let go of the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @retry(retry=retry_if_exception_type(_Changed), wait=wait_random_exponential(0.02, 1), stop=stop_after_attempt(50), reraise=True)
    def _take(self, batch: BatchChanges, known: KnownBatch | None, key: str) -> None:
        before, version = self._history(key)
        after = taken(before, batch, key, known)
        if after == before:
            return
        entry, data = after.entry, zlib.compress(after.to_json().encode())
        if len(data) > _MAX_HISTORY_BYTES:
            data = zlib.compress(History(entry).to_json().encode())  # none of its batches can be taken back from now on
        item: dict[str, Any] = {"key": {"S": _history_key(key)}, "history": {"B": data}, "version": {"N": str(version + 1)}}
        if (until := kept_until(entry, batch.at)) is not None:
            item["kept_until"] = {"N": str(until)}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(version)"}
        if version:
            condition = {"ConditionExpression": "version = :seen", "ExpressionAttributeValues": {":seen": {"N": str(version)}}}
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise _Changed from error
            raise

    def _put_batch(self, batch: BatchChanges, keys: Sequence[str], *, is_complete: bool) -> None:
        parts = _parts(keys)
        until = {"N": str(int(batch.at) + BATCH_KEPT_SECONDS)}
        for number in reversed(range(len(parts))):  # the first part makes the others count
            item: dict[str, Any] = {"key": {"S": _batch_key(batch.batch_id, number)}, "keys": {"S": json.dumps(parts[number])}}
            if number == 0:
                item |= {"at": {"S": repr(batch.at)}, "parts": {"N": str(len(parts))}, "is_complete": {"BOOL": is_complete}}
            self._client.put_item(TableName=self._table, Item=item | {"kept_until": until})

    def _history(self, key: str) -> tuple[History, int]:
        item = self._item(_history_key(key))
        return (
            (History(), 0) if item is None else (History.of_json(zlib.decompress(item["history"]["B"]).decode()), int(item["version"]["N"]))
        )

    def _item(self, key: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key={"key": {"S": key}}, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    @property
    def _client(self) -> Any:
        if self._opened is None:
            # Below the 15 s that a rule has: a table that does not answer is to fail the detection, not the rule that waits for it.
            config = Config(
                retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=3, max_pool_connections=_WRITERS
            )
            self._opened = boto3.client("dynamodb", region_name=self._region, endpoint_url=self._endpoint_url, config=config)
        return self._opened

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise StateError(f"what rules remember, in the DynamoDB table {self._table}: {error}") from error
        except _Changed as error:
            raise StateError(f"the DynamoDB table {self._table}: one key has too many writers") from error


def _history_key(key: str) -> str:
    data = key.encode()
    return f"key {key}" if len(data) <= _MAX_KEY_BYTES else f"hash {hashlib.sha256(data).hexdigest()}"


def _batch_key(batch_id: str, part: int) -> str:
    return f"batch {part} {batch_id}"


def _parts(keys: Sequence[str]) -> list[list[str]]:
    """The keys in lists of bounded size; one at least."""
    parts: list[list[str]] = [[]]
    size = 0
    for key in keys:
        size += len(json.dumps(key)) + 2
        if size > _KEYS_BYTES and parts[-1]:
            parts.append([])
            size = len(json.dumps(key)) + 2
        parts[-1].append(key)
    return parts
