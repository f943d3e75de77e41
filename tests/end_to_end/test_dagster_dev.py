"""The real thing: `panther dev`, its sensors, its daemon and its runs, with nothing but files going in and HTTP requests coming out."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from flow_files import deliver, stopped_trail
from installations import copy_home, installation

from benchmarks.dagster_dev import dagster_dev, wait_for
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import Lake

# Generous: other tests may have the cores. What is usual stands in the README and comes from benchmarks/latency.py.
WITHIN_SECONDS = 400.0


class Receiver:
    """A local HTTP server that accepts every request and keeps its body."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/alerts"

    def got(self, text: str) -> bool:
        return any(text in json.dumps(body) for body in self.bodies)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def lake(ensured_home: Path, tmp_path: Path) -> Iterator[Lake]:
    opened = open_lake(installation(copy_home(ensured_home, tmp_path / "home")))
    yield opened
    opened.close()


@pytest.mark.timeout(1500)
def test_from_a_file_to_a_delivery_also_when_a_run_is_killed(receiver: Receiver, lake: Lake, tmp_path: Path) -> None:
    incoming, home = tmp_path / "incoming", tmp_path / "home"
    incoming.mkdir()
    settings_file = tmp_path / "panther.yaml"
    destination = {"name": "soc", "type": "webhook", "url": receiver.url, "allow_private_addresses": True}
    source = {"name": "incoming", "uri": str(incoming)}
    settings_file.write_text(yaml.safe_dump({"sources": [source], "destinations": [destination]}))

    with dagster_dev(settings_file, home, ready_within_seconds=WITHIN_SECONDS):
        first = drop(incoming, "first.json", "mia")
        wait_for(lambda: receiver.got("mia stopped CloudTrail"), within_seconds=WITHIN_SECONDS, what="the delivery of the first alert")
        print(f"file to delivery: {time.monotonic() - first:.1f} s")

        drop(incoming, "second.json", "ada")
        process = wait_for(lambda: worker_of_a_batch(home), within_seconds=WITHIN_SECONDS, what="a run", every_seconds=0.02)
        os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        wait_for(lambda: receiver.got("ada stopped CloudTrail"), within_seconds=WITHIN_SECONDS, what="the delivery after the kill")
        print(f"kill -9 of a run to the delivery of its alert: {time.monotonic() - killed:.1f} s")

    assert lake.query("select state, count(*) as n from panther_monitor.batches group by 1").to_pylist() == [{"state": "DONE", "n": 2}]
    assert lake.query("select count(*) as n from panther_logs.aws_cloudtrail").to_pylist() == [{"n": 2}]
    titles = lake.query("select title, match_count from panther_alerts.alerts order by title").to_pylist()
    assert [row["title"].split()[0] for row in titles] == ["ada", "mia"]
    assert [row["match_count"] for row in titles] == [1, 1]


def drop(folder: Path, file_name: str, user: str) -> float:
    now = datetime.now(UTC).replace(tzinfo=None)
    deliver(folder, file_name, [stopped_trail(user, now)], now)
    return time.monotonic()


def worker_of_a_batch(home: Path) -> int | None:
    """The process that works on a batch: a descendant of the `panther dev` of this test, as nobody else knows its home."""
    for file in (home / "lake" / "locks" / "claims").glob("*.claim"):
        with suppress(OSError, ValueError):
            claim = json.loads(file.read_text())
            if claim["batch_ids"]:
                return int(claim["pid"])
    return None
