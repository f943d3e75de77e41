"""Suricata's part of the demo: EVE events as Suricata 7 writes them, and a day's ordinary traffic."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from panther_dagster.demo.cloudtrail import BROWSER
from panther_dagster.demo.company import RESOLVER, Company, Host, random_text

Event = dict[str, Any]
TimedEvent = tuple[datetime, Event]
INTERFACE: Final = "ens5"
_PROTOCOL_NUMBER = {"TCP": 6, "UDP": 17}


@dataclass(frozen=True)
class Connection:
    """Two ends that talk; its events share flow id and community id."""

    flow_id: int
    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str = "TCP"

    def event(self, time_utc: datetime, event_type: str, *, is_answer: bool = False, **parts: Any) -> Event:
        """An EVE event of this connection; `is_answer` swaps its ends, as for a file that came back."""
        ends = (self.source, self.source_port, self.destination, self.destination_port)
        if is_answer:
            ends = (self.destination, self.destination_port, self.source, self.source_port)
        return {
            "timestamp": eve_time(time_utc),
            "flow_id": self.flow_id,
            "in_iface": INTERFACE,
            "event_type": event_type,
            "src_ip": ends[0],
            "src_port": ends[1],
            "dest_ip": ends[2],
            "dest_port": ends[3],
            "proto": self.protocol,
            "pkt_src": "wire/pcap",
            "community_id": self.community_id,
            **parts,
        }

    @property
    def community_id(self) -> str:
        """Community ID version 1, seed 0: the same for both directions."""
        ends = sorted(
            (ipaddress.ip_address(address).packed, port)
            for address, port in ((self.source, self.source_port), (self.destination, self.destination_port))
        )
        packed = struct.pack("!H", 0) + ends[0][0] + ends[1][0] + bytes((_PROTOCOL_NUMBER[self.protocol], 0))
        packed += struct.pack("!HH", ends[0][1], ends[1][1])
        return "1:" + base64.b64encode(hashlib.sha1(packed).digest()).decode()


def connect(rng: random.Random, source: str, destination: str, port: int, protocol: str = "TCP") -> Connection:
    """A connection from a fresh port."""
    return Connection(rng.randrange(10**14, 2 * 10**15), source, rng.randrange(32_768, 60_999), destination, port, protocol)


def eve_time(time_utc: datetime) -> str:
    """As 2024-05-01T01:36:24.697443+0000."""
    return f"{time_utc:%Y-%m-%dT%H:%M:%S}.{time_utc.microsecond:06d}+0000"


def name_lookup(rng: random.Random, time_utc: datetime, source: str, name: str, answer: str) -> list[TimedEvent]:
    """A question to the resolver and its answer."""
    asked = connect(rng, source, RESOLVER, 53, "UDP")
    number = rng.randrange(65_536)
    question = {"type": "query", "id": number, "rrname": name, "rrtype": "A", "tx_id": 0, "opcode": 0}
    answered = {
        "version": 2,
        "type": "answer",
        "id": number,
        "flags": "8180",
        "qr": True,
        "rd": True,
        "ra": True,
        "opcode": 0,
        "rrname": name,
        "rrtype": "A",
        "rcode": "NOERROR",
        "answers": [{"rrname": name, "rrtype": "A", "ttl": 60, "rdata": answer}],
        "grouped": {"A": [answer]},
    }
    later = time_utc + timedelta(milliseconds=rng.randrange(2, 60))
    return [(time_utc, asked.event(time_utc, "dns", dns=question)), (later, asked.event(later, "dns", dns=answered))]


def tls_event(
    rng: random.Random, time_utc: datetime, connection: Connection, name: str, *, issuer: str = "C=US, O=Example Trust, CN=R11"
) -> Event:
    """A TLS handshake that asked for `name`."""
    day = time_utc.replace(hour=0, minute=0, second=0, microsecond=0)
    fingerprint = ":".join(f"{rng.randrange(256):02x}" for _ in range(20))
    serial = ":".join(f"{rng.randrange(256):02X}" for _ in range(10))
    fields = {
        "subject": f"CN={name}",
        "issuerdn": issuer,
        "serial": serial,
        "fingerprint": fingerprint,
        "sni": name,
        "version": "TLS 1.2",
        "notbefore": f"{day - timedelta(days=20):%Y-%m-%dT%H:%M:%S}",
        "notafter": f"{day + timedelta(days=70):%Y-%m-%dT%H:%M:%S}",
        "ja3": {"hash": random_text(rng, 32, "0123456789abcdef"), "string": "771,4866-4867-4865-49196,0-11-10-35-22-23-13,29-23-30,0-1-2"},
        "ja3s": {"hash": random_text(rng, 32, "0123456789abcdef"), "string": "771,49200,65281-0-11-35-23"},
    }
    return connection.event(time_utc, "tls", tls=fields)


def flow_event(
    rng: random.Random,
    time_utc: datetime,
    connection: Connection,
    *,
    seconds: int,
    bytes_out: int,
    bytes_in: int,
    protocol: str,
    is_alerted: bool = False,
) -> Event:
    """The end of a connection that lasted `seconds`."""
    started = time_utc - timedelta(seconds=seconds + rng.random())
    fields = {
        "pkts_toserver": bytes_out // 900 + 3,
        "pkts_toclient": bytes_in // 1100 + 3,
        "bytes_toserver": bytes_out,
        "bytes_toclient": bytes_in,
        "start": eve_time(started),
        "end": eve_time(time_utc),
        "age": seconds,
        "state": "closed",
        "reason": "timeout",
        "alerted": is_alerted,
    }
    tcp = {
        "tcp_flags": "1b",
        "tcp_flags_ts": "1b",
        "tcp_flags_tc": "1b",
        "syn": True,
        "fin": True,
        "psh": True,
        "ack": True,
        "state": "closed",
    }
    event = connection.event(time_utc, "flow", app_proto=protocol, flow=fields)
    if connection.protocol == "TCP":
        event["tcp"] = tcp
    del event["pkt_src"]
    return event


def alert_event(
    time_utc: datetime, connection: Connection, *, signature_id: int, signature: str, category: str, severity: int, protocol: str
) -> Event:
    """A signature that matched. Severity 1 is the highest."""
    fields = {
        "action": "allowed",
        "gid": 1,
        "signature_id": signature_id,
        "rev": 3,
        "signature": signature,
        "category": category,
        "severity": severity,
    }
    flow = {
        "pkts_toserver": 6,
        "pkts_toclient": 5,
        "bytes_toserver": 1184,
        "bytes_toclient": 2210,
        "start": eve_time(time_utc - timedelta(seconds=1)),
        "src_ip": connection.source,
        "dest_ip": connection.destination,
        "src_port": connection.source_port,
        "dest_port": connection.destination_port,
    }
    return connection.event(time_utc, "alert", alert=fields, app_proto=protocol, direction="to_server", flow=flow)


def download(
    rng: random.Random, time_utc: datetime, connection: Connection, *, host: str, url: str, agent: str, content_type: str, size: int
) -> list[TimedEvent]:
    """An HTTP request and the file that came back."""
    http = {
        "hostname": host,
        "url": url,
        "http_user_agent": agent,
        "http_content_type": content_type,
        "http_method": "GET",
        "protocol": "HTTP/1.1",
        "status": 200,
        "length": size,
    }
    content = f"{host}{url}{size}".encode()
    file = {
        "filename": url,
        "gaps": False,
        "state": "CLOSED",
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "sha1": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "stored": False,
        "size": size,
        "tx_id": 0,
    }
    later = time_utc + timedelta(milliseconds=rng.randrange(5, 80))
    return [
        (time_utc, connection.event(time_utc, "http", tx_id=0, http=http)),
        (later, connection.event(later, "fileinfo", is_answer=True, http=http, app_proto="http", fileinfo=file)),
    ]


_SITES = tuple(
    (f"{name}.example.{top}", f"198.51.100.{30 + number}")
    for number, (name, top) in enumerate(
        (
            ("www", "com"),
            ("cdn", "org"),
            ("mail", "net"),
            ("registry", "org"),
            ("api.payments", "net"),
            ("fonts", "org"),
            ("telemetry", "com"),
            ("docs", "org"),
            ("git", "net"),
            ("video", "org"),
            ("fleet", "com"),
            ("mirror", "org"),
        )
    )
)
_MIRROR = ("mirror.example.org", "198.51.100.41")


def ordinary_events(rng: random.Random, company: Company, start_utc: datetime, end_utc: datetime) -> Iterator[TimedEvent]:
    """Endless ordinary traffic between the two times: lookups, TLS, downloads, SSH, leases, noise and the sensor's counters."""
    seconds = (end_utc - start_utc).total_seconds()
    kinds: tuple[tuple[Callable[[random.Random, datetime, Host], list[TimedEvent]], int], ...] = (
        (_lookup, 30),
        (_web, 34),
        (_update, 10),
        (_shell, 3),
        (_lease, 4),
        (_anomaly, 5),
        (_notice, 2),
        (_counters, 4),
    )
    makers, shares = [maker for maker, _ in kinds], [share for _, share in kinds]
    while True:
        # A connection's last event comes up to half a minute after its first.
        time_utc = start_utc + timedelta(seconds=rng.uniform(0, seconds - 30))
        yield from rng.choices(makers, shares)[0](rng, time_utc, rng.choice(company.hosts))


def _lookup(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    return name_lookup(rng, time_utc, host.address, *rng.choice(_SITES))


def _web(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    name, address = rng.choice(_SITES)
    connection = connect(rng, host.address, address, 443)
    seconds = rng.randrange(1, 28)
    end = time_utc + timedelta(seconds=seconds)
    bytes_out, bytes_in = rng.randrange(900, 40_000), rng.randrange(3_000, 2_000_000)
    flow = flow_event(rng, end, connection, seconds=seconds, protocol="tls", bytes_out=bytes_out, bytes_in=bytes_in)
    return [(time_utc, tls_event(rng, time_utc, connection, name)), (end, flow)]


def _update(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    name, address = _MIRROR
    connection = connect(rng, host.address, address, 80)
    url = f"/ubuntu/pool/main/p{rng.randrange(60)}_1.{rng.randrange(30)}-0ubuntu1_amd64.deb"
    agent = "Debian APT-HTTP/1.3 (2.7.14)" if host.platform == "ubuntu" else BROWSER
    size = rng.randrange(9_000, 4_000_000)
    return download(
        rng, time_utc, connection, host=name, url=url, agent=agent, content_type="application/vnd.debian.binary-package", size=size
    )


def _shell(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    connection = connect(rng, host.address, "10.20.1.5", 22)
    versions = {
        "client": {"proto_version": "2.0", "software_version": "OpenSSH_9.6"},
        "server": {"proto_version": "2.0", "software_version": "OpenSSH_9.6p1"},
    }
    return [(time_utc, connection.event(time_utc, "ssh", tx_id=0, ssh=versions))]


def _lease(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    connection = Connection(rng.randrange(10**14, 2 * 10**15), host.address, 68, "10.20.0.1", 67, "UDP")
    lease = {
        "type": "request",
        "id": rng.randrange(2**32),
        "client_mac": host.mac,
        "assigned_ip": "0.0.0.0",
        "client_ip": host.address,
        "dhcp_type": "request",
        "client_id": host.mac,
        "hostname": host.name,
        "params": ["subnet_mask", "router", "domain", "dns_server"],
    }
    return [(time_utc, connection.event(time_utc, "dhcp", dhcp=lease))]


def _anomaly(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    connection = connect(rng, host.address, rng.choice(_SITES)[1], 443)
    event = rng.choice(("stream.pkt_invalid_ack", "stream.est_packet_out_of_window", "stream.fin_invalid_ack"))
    return [(time_utc, connection.event(time_utc, "anomaly", anomaly={"type": "stream", "event": event}))]


def _notice(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    connection = connect(rng, host.address, _MIRROR[1], 80)
    event = alert_event(
        time_utc,
        connection,
        signature_id=9_000_101,
        signature="LOCAL INFO Package manager in user agent",
        category="Not Suspicious Traffic",
        severity=3,
        protocol="http",
    )
    return [(time_utc, event)]


def _counters(rng: random.Random, time_utc: datetime, host: Host) -> list[TimedEvent]:
    packets = rng.randrange(10**6, 10**8)
    stats = {
        "uptime": rng.randrange(3_600, 900_000),
        "capture": {"kernel_packets": packets, "kernel_drops": rng.randrange(40), "errors": 0},
        "decoder": {"pkts": packets, "bytes": packets * 611, "invalid": 0, "ipv4": packets - 900, "ipv6": 900, "tcp": packets - 9_000},
        "flow": {"memuse": 7_394_304, "tcp": packets // 60, "udp": packets // 300, "emerg_mode_entered": 0},
        "detect": {"alert": rng.randrange(400)},
    }
    return [(time_utc, {"timestamp": eve_time(time_utc), "event_type": "stats", "stats": stats})]
