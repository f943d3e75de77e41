"""One HTTP POST with a hard deadline: whatever the other side does, the call ends in time, and never raises for it.

The deadline covers name resolution, connection, TLS, request and answer together. A read time-out alone does not: a server that sends
one byte a second keeps such a client for ever. Redirects are not followed, proxies of the environment are not used, and an answer is
read up to MAX_ANSWER_BYTES. Addresses are checked after resolution and the connection goes to the very address that was checked.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from panther_dagster.dispatch.destination import DeliveryResult, DeliveryState
from panther_dagster.errors import DestinationError

MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_RETRY_AFTER_SECONDS: Final = 3600.0
MIN_SECRET_CHARACTERS: Final = 8  # of a piece of a URL: `/` or `api` in an answer gives nothing away
USER_AGENT: Final = "panther-dagster"
Clock = Callable[[], float]


@dataclass(frozen=True)
class Answer:
    """What came back. `status_code` is None when there was no answer, and `problem` then says why.

    A status with a `problem` had a body that did not come to its end; a status stands, whatever happens after it.
    """

    status_code: int | None
    body: bytes = b""
    retry_after_seconds: float | None = None
    problem: str = ""

    @property
    def text(self) -> str:
        """The body, for people."""
        return self.body.decode(errors="replace")


def post(
    url: str,
    content: bytes,
    *,
    headers: Mapping[str, str],
    timeout_seconds: float,
    now_utc: datetime,
    may_reach_private_addresses: bool = True,
    clock: Clock = time.monotonic,
) -> Answer:
    """Send `content` and read the answer, in at most `timeout_seconds` in all.

    Args: now_utc: naive UTC, to understand a Retry-After that is a date.
    """
    backend = _Backend(clock() + timeout_seconds, clock, may_reach_private_addresses)
    all_headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close", **headers}
    status_code, body, retry_after = None, b"", None
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=backend, retries=0, http1=True, http2=False) as pool,
            pool.stream("POST", url, headers=list(all_headers.items()), content=content) as response,
        ):
            status_code = response.status
            retry_after = _retry_after(response.headers, now_utc)
            for piece in response.iter_stream():
                body += piece[: MAX_ANSWER_BYTES - len(body)]
                if len(body) >= MAX_ANSWER_BYTES:
                    break
    except (httpcore.TimeoutException, TimeoutError):
        return Answer(status_code, body, retry_after, f"no complete answer within {timeout_seconds:g} s")
    except Exception as error:
        # Any failure is an outage of that destination, never of the dispatcher. Its text may hold the URL: only the kind is kept.
        return Answer(status_code, body, retry_after, str(error) if isinstance(error, AddressRefused) else _kind(error))
    return Answer(status_code, body, retry_after)


def unanswered(answer: Answer) -> DeliveryResult:
    """The result of a request that got no status: it has to be tried again."""
    return DeliveryResult(DeliveryState.RETRY, detail=answer.problem)


def secrets_of_url(url: str) -> tuple[str, ...]:
    """The URL and those parts of it that an answer could repeat, as `404: /services/T0/B0/xyz was not found` does."""
    parts = urlsplit(url)
    pieces = [url, parts.path + ("?" + parts.query if parts.query else ""), parts.path, parts.query, *parts.path.split("/")]
    return tuple(piece for piece in dict.fromkeys(pieces) if len(piece) >= MIN_SECRET_CHARACTERS)


class AddressRefused(Exception):
    """The name leads to an address that this destination must not reach."""


def check_url(url: str, *, what: str, is_http_allowed: bool = False, may_reach_private_addresses: bool = True) -> str:
    """The URL, if requests can go there. Raises DestinationError that names `what`, never the URL: it may be a secret."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise DestinationError(f"{what} is no URL") from error
    if parts.scheme not in ("http", "https") or not host or any(character.isspace() or ord(character) < 33 for character in url):
        raise DestinationError(f"{what} is no http or https URL")
    if parts.username is not None or parts.password is not None:
        raise DestinationError(f"{what} must not hold a user name or password: use a header")
    literal = _literal_address(host)
    is_loopback = host == "localhost" or (literal is not None and literal.is_loopback)
    if parts.scheme == "http" and not (is_http_allowed or is_loopback):
        raise DestinationError(f"{what} must begin with https://")
    if not may_reach_private_addresses and literal is not None and not is_public(literal):
        raise DestinationError(f"{what} is a private address: set allow_private_addresses: true if that is meant")
    return url


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether the address is out on the internet, also when it is an IPv4 address inside an IPv6 one."""
    inner: Iterable[Any] = ()
    if isinstance(address, ipaddress.IPv6Address):
        nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
        inner = (address.ipv4_mapped, address.sixtofour, nat64, *(address.teredo or ()))
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    return address.is_global and not address.is_multicast and all(is_public(one) for one in inner if one is not None)


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


class _Backend(httpcore.NetworkBackend):
    """Connections that all end at one deadline."""

    def __init__(self, deadline: float, clock: Clock, may_reach_private_addresses: bool) -> None:
        self._deadline = deadline
        self._clock = clock
        self._may_reach_private_addresses = may_reach_private_addresses

    def remaining(self) -> float:
        left = self._deadline - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port, self.remaining())
        if not self._may_reach_private_addresses and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
            raise AddressRefused("the host's name leads to a private address: set allow_private_addresses: true if that is meant")
        failure: Exception = OSError("no address")
        for address in addresses:
            try:
                connected = socket.create_connection((address, port), timeout=self.remaining())
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connected, self)
            except OSError as error:
                failure = error
        raise failure


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait ends at the deadline."""

    def __init__(self, connected: socket.socket, backend: _Backend) -> None:
        self._socket = connected
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._backend.remaining())
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._socket.settimeout(self._backend.remaining())
            self._socket.sendall(buffer)  # its time-out is for all of it

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._backend.remaining())
            return _Stream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._backend)
        except Exception:
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._socket if info == "socket" else None


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _resolve(host: str, port: int, timeout_seconds: float) -> list[str]:
    """The host's addresses. In a thread of its own, since a resolver that hangs cannot be told to stop."""
    found: list[Any] = []

    def look_up() -> None:
        try:
            found.append([str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(timeout_seconds)
    if not found:
        raise httpcore.ConnectTimeout("name resolution")
    if isinstance(found[0], OSError):
        raise found[0]
    return list(dict.fromkeys(found[0]))


def _retry_after(headers: Iterable[tuple[bytes, bytes]], now_utc: datetime) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date (RFC 9110, 10.2.3); capped, since it is another's word."""
    for name, value in headers:
        if name.lower() != b"retry-after":
            continue
        text = value.decode("latin-1").strip()
        try:
            seconds = float(text)
        except ValueError:
            try:
                date = parsedate_to_datetime(text)
            except ValueError:
                return None
            naive = date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
            seconds = (naive - now_utc).total_seconds()
        return min(max(0.0, seconds), MAX_RETRY_AFTER_SECONDS) if seconds == seconds else None
    return None


def _kind(error: Exception) -> str:
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (socket.gaierror, "the host's name cannot be resolved"),
        (ssl.SSLCertVerificationError, "the host's TLS certificate is not valid"),
        (ssl.SSLError, "TLS failed"),
        (ConnectionRefusedError, "connection refused"),
        (ConnectionError, "connection lost"),
        (httpcore.RemoteProtocolError, "connection closed without a complete HTTP answer"),
        (OSError, "network unreachable"),
    )
    return next((text for kind, text in kinds if isinstance(error, kind)), f"request failed: {type(error).__name__}")


def _literal_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433: resolvers take these too
    except OSError:
        return None
