"""S3 prefixes as sources, against moto's server."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from emulators.aws import serve
from emulators.s3 import S3, empty_bucket
from ingest.place import FIRST_HOUR, NOW, okta, registry

from panther_dagster.errors import ObjectGone, SourceError
from panther_dagster.ingest.batching import cut_batches
from panther_dagster.ingest.landing import land_batch
from panther_dagster.ingest.ledger import Batch
from panther_dagster.ingest.sources import S3Prefix, Source, SourceObject, open_source
from panther_dagster.settings import BatchSettings, SourceSettings
from panther_dagster.storage.embedded import EmbeddedLake

LIMITS = BatchSettings()


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """URL of S3."""
    with serve() as endpoint_url:
        yield endpoint_url


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An empty bucket."""
    with empty_bucket(s3_endpoint, monkeypatch) as store:
        yield store


def settings_of(store: S3, prefix: str = "in/", **more: Any) -> SourceSettings:
    return SourceSettings(name="bucket", uri=f"s3://{store.bucket}/{prefix}", endpoint_url=store.endpoint_url, **more)


def keys(source: Source, bucket: str = "logs") -> list[str]:
    return [item.uri.removeprefix(f"s3://{bucket}/") for item in source.list_objects()]


def cut(lake: EmbeddedLake, source: SourceSettings) -> list[Batch]:
    return cut_batches(lake, source, limits=LIMITS, first_hour=FIRST_HOUR, now_utc=NOW)


def land(lake: EmbeddedLake, source: SourceSettings, batch: Batch) -> dict[str, int]:
    return land_batch(lake, batch.batch_id, source=source, registry=registry(), limits=LIMITS).rows_by_log_type


def states(lake: EmbeddedLake) -> list[tuple[str, str]]:
    rows = lake.query("select uri, state from panther_monitor.objects order by uri, state").to_pylist()
    return [(row["uri"].rpartition("/")[2], row["state"]) for row in rows]


def test_a_prefix_lists_its_objects_whatever_their_keys_look_like(s3: S3) -> None:
    odd = ["in/a b.json", "in/plus+and%20percent.json", "in/ünï/☃.json", "in/q?x=1&y=2#z.json", "in/deep/er/x.json.gz"]
    for key in [*odd, "in/folder/", "other/x.json"]:
        s3.put(key, okta(1))
    source = open_source(settings_of(s3))
    assert sorted(keys(source)) == sorted(odd)
    for item in source.list_objects():
        stream = source.open(item)
        assert stream.read() == okta(1)
        stream.close()


def test_all_pages_are_listed(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        s3.put(f"in/{number}.json", okta(number))
    source = S3Prefix(settings_of(s3), s3.client)
    paginator = s3.client.get_paginator

    class SmallPages:
        def __init__(self, name: str) -> None:
            self.name = name

        def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
            yield from paginator(self.name).paginate(**arguments, PaginationConfig={"PageSize": 3})

    monkeypatch.setattr(s3.client, "get_paginator", SmallPages)
    assert keys(source) == [f"in/{number}.json" for number in range(7)]


def test_a_pattern_chooses_objects(s3: S3) -> None:
    for key in ("in/a/x.json.gz", "in/x.json", "in/a/b/y.json.gz"):
        s3.put(key, okta(1))
    assert keys(open_source(settings_of(s3, pattern="**/*.json.gz"))) == ["in/a/b/y.json.gz", "in/a/x.json.gz"]
    assert keys(open_source(settings_of(s3, pattern="*.json"))) == ["in/x.json"]


def test_one_object_can_be_a_source(s3: S3) -> None:
    s3.put("in/x.json", okta(1))
    assert keys(open_source(settings_of(s3, "in/x.json"))) == ["in/x.json"]


def test_objects_land_and_new_ones_are_found_wherever_they_sort(s3: S3, lake: EmbeddedLake) -> None:
    source = settings_of(s3)
    s3.put("in/m.json.gz", gzip.compress(okta(1) + b"\n" + okta(2)))
    (first,) = cut(lake, source)
    assert land(lake, source, first) == {"Okta.SystemLog": 2}
    assert cut(lake, source) == []
    s3.put("in/a.json", okta(3))  # sorts before what is known
    s3.delete("in/m.json.gz")  # the last known key is gone
    (second,) = cut(lake, source)
    assert land(lake, source, second) == {"Okta.SystemLog": 1}
    assert states(lake) == [("a.json", "LANDED"), ("m.json.gz", "LANDED")]


def test_an_object_that_is_rewritten_before_it_is_read_is_missing_and_its_new_version_is_another_object(s3: S3, lake: EmbeddedLake) -> None:
    source = settings_of(s3)
    s3.put("in/x.json", okta("old"))
    (old,) = cut(lake, source)
    s3.put("in/x.json", okta("new") + b"\n" + okta("newer"))
    assert land(lake, source, old) == {}
    (new,) = cut(lake, source)
    assert land(lake, source, new) == {"Okta.SystemLog": 2}
    assert states(lake) == [("x.json", "LANDED"), ("x.json", "MISSING")]
    assert lake.query("select count(*) as n from panther_monitor.classification_failures").to_pylist() == [{"n": 0}]


def test_an_object_that_is_deleted_and_put_back_lands(s3: S3, lake: EmbeddedLake) -> None:
    source = settings_of(s3)
    s3.put("in/x.json", okta(1))
    (batch,) = cut(lake, source)
    s3.delete("in/x.json")
    assert land(lake, source, batch) == {}
    s3.put("in/x.json", okta(1))  # the same bytes have the same etag
    (again,) = cut(lake, source)
    assert again.batch_id != batch.batch_id
    assert land(lake, source, again) == {"Okta.SystemLog": 1}


def test_no_bucket_is_a_source_error(s3: S3) -> None:
    with pytest.raises(SourceError, match="cannot list s3://nowhere/in/"):
        list(open_source(SourceSettings(name="x", uri="s3://nowhere/in/", endpoint_url=s3.endpoint_url)).list_objects())
    with pytest.raises(SourceError, match="names no bucket"):
        open_source(SourceSettings(name="x", uri="s3://"))


def test_a_deleted_object_is_gone(s3: S3) -> None:
    s3.put("in/x.json", okta(1))
    source = open_source(settings_of(s3))
    (item,) = source.list_objects()
    s3.delete("in/x.json")
    with pytest.raises(ObjectGone):
        source.open(item)


BODY = bytes(range(256)) * 4096


class _Flaky(BaseHTTPRequestHandler):
    """Answers GET, but breaks off after 300,000 bytes each time."""

    requests: ClassVar[list[tuple[str | None, str | None]]] = []

    def do_GET(self) -> None:
        self.requests.append((self.headers["Range"], self.headers["If-Match"]))
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(BODY) - start))
        self.send_header("ETag", '"abc"')
        self.end_headers()
        self.wfile.write(BODY[start : start + 300_000])
        self.wfile.flush()
        self.connection.close()

    def log_message(self, *arguments: object) -> None:
        pass


def test_a_connection_that_breaks_is_taken_up_where_it_broke(s3: S3) -> None:
    _Flaky.requests.clear()
    server = HTTPServer(("127.0.0.1", 0), _Flaky)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        source = open_source(SourceSettings(name="x", uri="s3://logs/in/", endpoint_url=endpoint))
        stream = source.open(SourceObject("s3://logs/in/x", "abc", len(BODY), NOW))
        data = b""
        while piece := stream.read(50_000):
            data += piece
        stream.close()
    finally:
        server.shutdown()
        server.server_close()
    assert data == BODY
    assert len(_Flaky.requests) >= 4
    assert {match for _, match in _Flaky.requests} == {'"abc"'}
