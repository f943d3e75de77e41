"""panther health against local servers that answer as Dagster's webserver does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from panther_dagster.cli.main import app

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a webserver whose daemons have these ages (seconds; None: never seen), and returns its port."""
    servers: list[ThreadingHTTPServer] = []

    def start(*, graphql: Any = None, **age_by_daemon: float | None) -> int:
        statuses = [
            {"daemonType": name.upper(), "required": name != "optional", "lastHeartbeatTime": None if age is None else time.time() - age}
            for name, age in age_by_daemon.items()
        ]
        answer = graphql or {"data": {"instance": {"daemonHealth": {"allDaemonStatuses": statuses}}}}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(200 if self.path == "/server_info" else 404, {"dagster_version": "1.13.27"})

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(200 if self.path == "/graphql" and "daemonHealth" in asked["query"] else 404, answer)

            def answer(self, status: int, body: Any) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def health(port: int, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["health", "--port", str(port), *more])
    return result.exit_code, result.stdout + result.stderr


def test_a_webserver_with_fresh_daemons_is_healthy(serve: Serve) -> None:
    assert health(serve(sensor=3.0, scheduler=60.0)) == (0, "healthy\n")


def test_a_daemon_without_a_late_heartbeat_is_named(serve: Serve) -> None:
    code, text = health(serve(sensor=121.0, scheduler=1.0, queue=None))

    assert code == 1
    assert text == "panther: no heartbeat within 120 s of the daemon's QUEUE, SENSOR\n"


def test_the_allowed_age_can_be_chosen(serve: Serve) -> None:
    assert health(serve(sensor=30.0), "--max-age", "20")[0] == 1


def test_a_daemon_that_is_not_required_does_not_count(serve: Serve) -> None:
    assert health(serve(sensor=1.0, optional=None)) == (0, "healthy\n")


def test_nobody_listening_is_not_healthy(serve: Serve) -> None:
    code, text = health(1)

    assert code == 1
    assert text.startswith("panther: no answer from Dagster's webserver on port 1: ")


def test_another_server_on_the_port_is_not_healthy(serve: Serve) -> None:
    code, text = health(serve(graphql={"errors": [{"message": "no"}]}))

    assert code == 1
    assert "no answer from Dagster's webserver" in text
