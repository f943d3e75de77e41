"""A local HTTP server that answers as the APIs of destinations do, and as broken networks do. It keeps what it was sent."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler"], None]


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class FakeApi:
    """`replies` are used up one after the other; then, and at first, `default` answers."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    default: Reply = field(default_factory=lambda: good)
    stopped: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    api: FakeApi
    request_seen: Request

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.request_seen = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.api.requests.append(self.request_seen)
        reply = self.api.replies.pop(0) if self.api.replies else self.api.default
        with suppress(OSError):  # the client has gone, as it should
            reply(self)
        self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        self.connection.sendall(data)

    def wait(self) -> bool:
        """A tenth of a second; False when the test is over."""
        return not self.api.stopped.wait(0.1)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def fake_api() -> Iterator[FakeApi]:
    """A running server on a free port of the loopback address."""
    api = FakeApi()
    server = _Server(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"api": api}))
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.stopped.set()
        server.shutdown()
        server.server_close()


def good(handler: Handler) -> None:
    """Success as the API that is asked for would report it: by path."""
    path = handler.path
    if path.endswith(("chat.postMessage", "chat.update")):
        sent = json.loads(handler.request_seen.body)
        reply = {"ok": True, "channel": "C0123456789", "ts": sent.get("ts", "1714557600.000100")}
        handler.answer(200, json.dumps(reply).encode(), Content_Type="application/json")
    elif path.endswith("/v2/enqueue"):
        sent = json.loads(handler.request_seen.body)
        reply = {"status": "success", "message": "Event processed", "dedup_key": sent["dedup_key"]}
        handler.answer(202, json.dumps(reply).encode(), Content_Type="application/json")
    else:
        handler.answer(200, b"ok")


def status(code: int, body: bytes = b"no", **headers: str) -> Reply:
    return lambda handler: handler.answer(code, body, **headers)


def accepted(handler: Handler) -> None:
    handler.answer(202, b'{"ok": true, "channel": "C0123456789", "ts": "1714557600.000100", "status": "success"}')


def slack_error(code: str, **headers: str) -> Reply:
    return status(200, json.dumps({"ok": False, "error": code}).encode(), **headers)


def silence(handler: Handler) -> None:
    """Takes the request and never answers."""
    while handler.wait():
        pass


def reset(handler: Handler) -> None:
    """Breaks the connection with a TCP reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hang_up(handler: Handler) -> None:
    """Closes without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def drip_header(handler: Handler) -> None:
    """One byte of header every tenth of a second: no single read takes long."""
    handler.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while handler.wait():
        handler.raw(b"a")


def drip_body(handler: Handler) -> None:
    """A status at once, then one byte of body every tenth of a second."""
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while handler.wait():
        handler.raw(b" ")


def cut_off(handler: Handler) -> None:
    """Promises more body than it sends."""
    handler.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"ok": tr')


def no_http(handler: Handler) -> None:
    handler.raw(b"220 mail.example.com ESMTP\r\n\r\n")


def endless_headers(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\n")
    for _ in range(4000):
        handler.raw(b"X-More: " + b"a" * 1000 + b"\r\n")


def huge_body(handler: Handler) -> None:
    """A gigabyte, as fast as it is taken."""
    handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    for _ in range(1000):
        handler.raw(b"x" * 1_000_000)


def echo(code: int) -> Reply:
    """Sends back all that it got, as debugging proxies do."""

    def reply(handler: Handler) -> None:
        seen = handler.request_seen
        handler.answer(code, f"{seen.path} {seen.headers} {seen.body.decode()}".encode())

    return reply


def redirect(handler: Handler) -> None:
    handler.answer(302, Location="/elsewhere")


def slow_but_fine(handler: Handler) -> None:
    time.sleep(0.2)
    good(handler)
