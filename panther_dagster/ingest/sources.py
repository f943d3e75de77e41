"""Where objects are: a folder or an S3 prefix, listed and read alike. Knows no lake and no log types.

An object is a URI and an etag: bytes that do not change. One that is rewritten is another object.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import unquote, urlsplit

from panther_dagster.errors import ObjectGone, SourceError
from panther_dagster.settings import SourceSettings

UNFINISHED_ENDINGS = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", "~")
# S3 answers these until somebody restores the object, which then is listed with another class.
ARCHIVED_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
MAX_READ_ATTEMPTS = 5


@dataclass(frozen=True)
class SourceObject:
    """One version of an object. `size_bytes` as stored; `modified_time` naive UTC."""

    uri: str
    etag: str
    size_bytes: int
    modified_time: datetime


class Source(Protocol):
    """A place that delivers objects."""

    #: what the URIs of its objects start with
    uri_prefix: str

    def list_objects(self) -> Iterator[SourceObject]:
        """Every object that is there now, sorted by URI. Raises SourceError."""

    def open(self, item: SourceObject) -> BinaryIO:
        """Its bytes, as a stream that gives no byte of any other version.

        Raises: ObjectGone, here or while reading: deleted or rewritten since. SourceError: cannot be read for another reason.
        """


def open_source(source: SourceSettings, *, s3_client: Any = None) -> Source:
    """The source that the settings name. `s3_client`: a boto3 client to use instead of a new one."""
    if source.uri.startswith("s3://"):
        return S3Prefix(source, s3_client)
    return LocalFolder(source)


class LocalFolder:
    """Files below a folder, or one file. Hidden and unfinished ones are left out; links are followed, each folder once."""

    def __init__(self, source: SourceSettings) -> None:
        path = unquote(urlsplit(source.uri).path) if source.uri.startswith("file://") else source.uri
        self.folder = Path(path).expanduser().absolute()
        self.uri_prefix = self.folder.as_uri()
        self._pattern = glob_pattern(source.pattern)

    def list_objects(self) -> Iterator[SourceObject]:
        try:
            found = sorted(self._files(), key=lambda item: item.uri)
        except OSError as error:
            raise SourceError(f"cannot list {error.filename or self.folder}: {error.strerror}") from error
        return iter(found)

    def _files(self) -> Iterator[SourceObject]:
        if not self.folder.is_dir():
            yield _local_object(self.folder, self.folder.stat())
            return
        pending, seen = [self.folder], set()
        while pending:
            folder = pending.pop()
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name.endswith(UNFINISHED_ENDINGS):
                        continue
                    path = Path(entry.path)
                    try:
                        status = entry.stat()
                    except OSError:  # a link to nowhere or in circles, or gone since
                        continue
                    if stat.S_ISDIR(status.st_mode):
                        pending.append(path)
                    elif stat.S_ISREG(status.st_mode) and self._pattern.fullmatch(path.relative_to(self.folder).as_posix()):
                        yield _local_object(path, status)

    def open(self, item: SourceObject) -> BinaryIO:
        path = Path(unquote(urlsplit(item.uri).path))
        try:
            return cast(BinaryIO, _UnchangedFile(path, item.etag))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise ObjectGone(f"{item.uri} is gone") from error
        except OSError as error:
            raise SourceError(f"cannot read {item.uri}: {error.strerror}") from error


class _UnchangedFile:
    """A file that is the same version when it has been read to its end as when it was listed."""

    def __init__(self, path: Path, etag: str) -> None:
        self._path = path
        self._etag = etag
        self._file = path.open("rb")
        self._check()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        if not data:
            self._check()
        return data

    def close(self) -> None:
        self._file.close()

    def _check(self) -> None:
        if _local_etag(os.fstat(self._file.fileno())) != self._etag:
            self._file.close()
            raise ObjectGone(f"{self._path} was rewritten since it was listed")


class S3Prefix:
    """Objects below an S3 prefix, or one object."""

    def __init__(self, source: SourceSettings, client: Any = None) -> None:
        bucket, _, prefix = source.uri.removeprefix("s3://").partition("/")
        if not bucket:
            raise SourceError(f"{source.uri} names no bucket; write s3://bucket/prefix")
        self.bucket = bucket
        self.prefix = prefix
        self.uri_prefix = f"s3://{bucket}/{prefix}"
        self._pattern = glob_pattern(source.pattern)
        self._client = client or _s3_client(source)

    def list_objects(self) -> Iterator[SourceObject]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            # The paginator asks for URL-encoded keys and decodes them, so that any key survives XML.
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
                for row in page.get("Contents", ()):
                    name = row["Key"].removeprefix(self.prefix).lstrip("/")
                    is_object = not row["Key"].endswith("/") and row.get("StorageClass") not in ARCHIVED_CLASSES
                    if is_object and (not name or self._pattern.fullmatch(name)):
                        modified = row["LastModified"].astimezone(UTC).replace(tzinfo=None)
                        yield SourceObject(f"s3://{self.bucket}/{row['Key']}", row["ETag"].strip('"'), row["Size"], modified)
        except (BotoCoreError, ClientError) as error:
            raise SourceError(f"cannot list {self.uri_prefix}: {error}") from error

    def open(self, item: SourceObject) -> BinaryIO:
        return cast(BinaryIO, _S3Stream(self._client, self.bucket, item.uri.removeprefix(f"s3://{self.bucket}/"), item))


class _S3Stream:
    """The body of one version of an S3 object; a connection that breaks is taken up again where it broke."""

    def __init__(self, client: Any, bucket: str, key: str, item: SourceObject) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key, "IfMatch": f'"{item.etag}"'}
        self._item = item
        self._position = 0
        self._body = self._request()

    def read(self, size: int = -1) -> bytes:
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError

        for attempt in range(1, MAX_READ_ATTEMPTS + 1):
            try:
                data: bytes = self._body.read(None if size < 0 else size)
                break
            except (BotoCoreError, HTTPError, OSError) as error:
                self._body.close()
                if attempt == MAX_READ_ATTEMPTS:
                    raise SourceError(f"cannot read {self._item.uri} beyond byte {self._position}: {error}") from error
                self._body = self._request()
        self._position += len(data)
        return data

    def close(self) -> None:
        self._body.close()

    def _request(self) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        if self._position and self._position >= self._item.size_bytes:
            return _EmptyBody()  # a range behind the end is refused
        rest = {"Range": f"bytes={self._position}-"} if self._position else {}
        try:
            return self._client.get_object(**self._where, **rest)["Body"]
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status in (404, 412):
                raise ObjectGone(f"{self._item.uri} was deleted or rewritten since it was listed") from error
            raise SourceError(f"cannot read {self._item.uri}: {error}") from error
        except BotoCoreError as error:
            raise SourceError(f"cannot read {self._item.uri}: {error}") from error


class _EmptyBody:
    def read(self, size: int | None = None) -> bytes:
        return b""

    def close(self) -> None:
        pass


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """`**/` any folders or none, `*` and `?` within a name. Matched against the path below the source's URI."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meaning.get(part) or re.escape(part) for part in parts), re.DOTALL)


def _local_object(path: Path, status: os.stat_result) -> SourceObject:
    modified = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, UTC).replace(tzinfo=None)
    return SourceObject(path.as_uri(), _local_etag(status), status.st_size, modified)


def _local_etag(status: os.stat_result) -> str:
    return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]


def _s3_client(source: SourceSettings) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"max_attempts": 8, "mode": "standard"},
        connect_timeout=10,
        read_timeout=60,
        s3={"addressing_style": "path"} if source.endpoint_url else None,
    )
    return boto3.client("s3", region_name=source.region, endpoint_url=source.endpoint_url, config=config)
