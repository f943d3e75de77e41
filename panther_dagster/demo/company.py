"""The company in which the demo's story happens: its people, hosts, addresses and names. Everything follows from the seed."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Final

ACCOUNT_ID: Final = "123456789012"
DOMAIN: Final = "example.com"
REGIONS: Final = ("us-east-1", "eu-west-1", "us-west-2")
ATTACKER_ADDRESS: Final = "203.0.113.66"
ATTACKER_DOMAIN: Final = "updates.cdn-telemetry.example.net"
TRAIL_ARN: Final = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT_ID}:trail/org-audit"
EXPORTS_BUCKET: Final = "example-customer-exports"
RESOLVER: Final = "10.20.0.53"

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

_NAMES = (
    "Maria Santos:IT Support",
    "Anna Keller:Engineering",
    "Ben Osei:Engineering",
    "Chloe Martin:Engineering",
    "Daniel Novak:Platform",
    "Elif Yilmaz:Platform",
    "Farid Rahimi:Security",
    "Grace Lindqvist:Security",
    "Hugo Bernard:Finance",
    "Ines Carvalho:Finance",
    "Jonas Weber:Data",
    "Keiko Tanaka:Data",
    "Liam Byrne:Data",
    "Mei Chen:Engineering",
    "Noor Haddad:Engineering",
    "Oskar Lund:Sales",
    "Priya Raman:Sales",
    "Quentin Moreau:Sales",
    "Rosa Fuentes:People",
    "Samuel Adeyemi:People",
    "Tara Flynn:Marketing",
    "Umar Farouk:Marketing",
    "Vera Sokolova:Engineering",
    "Wen Li:Platform",
)
_SERVERS = (
    ("web-01", "10.20.4.11"),
    ("web-02", "10.20.4.12"),
    ("api-01", "10.20.4.13"),
    ("api-02", "10.20.4.14"),
    ("build-01", "10.20.4.16"),
    ("build-02", "10.20.4.17"),
    ("db-01", "10.20.5.21"),
    ("db-02", "10.20.5.22"),
    ("bastion-01", "10.20.1.5"),
)


@dataclass(frozen=True)
class Place:
    """A city as Okta's geography names it."""

    city: str
    state: str
    country: str
    postal_code: str
    latitude: float
    longitude: float


LISBON = Place("Lisbon", "Lisbon", "Portugal", "1000-001", 38.7223, -9.1393)
BERLIN = Place("Berlin", "Land Berlin", "Germany", "10115", 52.532, 13.3849)
PORTLAND = Place("Portland", "Oregon", "United States", "97201", 45.5072, -122.6898)
ATTACKER_PLACE = Place("Chisinau", "Chisinau", "Moldova", "2001", 47.0105, 28.8638)
# Where each office's traffic leaves it.
OFFICES: Final = ((LISBON, "192.0.2.10"), (BERLIN, "192.0.2.44"), (PORTLAND, "198.51.100.20"))


@dataclass(frozen=True)
class Host:
    """A machine with osquery on it."""

    name: str
    address: str
    mac: str
    uuid: str
    platform: str  # darwin, ubuntu

    @property
    def full_name(self) -> str:
        """Its name in DNS; osquery's hostIdentifier."""
        return f"{self.name}.corp.{DOMAIN}"


@dataclass(frozen=True)
class Person:
    """An employee: Okta user, federated AWS user, owner of a laptop."""

    name: str
    department: str
    place: Place
    address: str  # as the internet sees it
    okta_id: str
    principal_id: str
    laptop: Host

    @property
    def user_name(self) -> str:
        """Login on hosts and the IAM user's name."""
        return self.name.lower().replace(" ", ".")

    @property
    def email(self) -> str:
        """Okta login."""
        return f"{self.user_name}@{DOMAIN}"


@dataclass(frozen=True)
class Company:
    """All of them. `victim` is whose session is stolen, `foothold` the host that runs the reverse shell."""

    people: tuple[Person, ...]
    servers: tuple[Host, ...]

    @property
    def victim(self) -> Person:
        """Maria of IT support."""
        return self.people[0]

    @property
    def foothold(self) -> Host:
        """A build server."""
        return next(host for host in self.servers if host.name == "build-02")

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Servers and laptops."""
        return self.servers + tuple(person.laptop for person in self.people)


def found_company(rng: random.Random) -> Company:
    """People and hosts; ids are drawn from `rng`."""
    people = []
    for number, entry in enumerate(_NAMES):
        name, department = entry.split(":")
        place, office_address = OFFICES[number % len(OFFICES)]
        address = office_address if rng.random() < 0.7 else f"198.51.100.{100 + number}"
        laptop = Host(f"mbp-{101 + number}", f"10.20.{32 + number % 3}.{20 + number}", random_mac(rng), random_uuid(rng).upper(), "darwin")
        okta_id = "00u" + random_text(rng, 17, _ALPHANUMERIC)
        people.append(Person(name, department, place, address, okta_id, "AIDA" + random_text(rng, 16, _BASE32), laptop))
    servers = tuple(Host(name, address, random_mac(rng), random_uuid(rng).upper(), "ubuntu") for name, address in _SERVERS)
    return Company(tuple(people), servers)


def random_text(rng: random.Random, length: int, alphabet: str = _ALPHANUMERIC) -> str:
    """`length` letters of the alphabet."""
    return "".join(rng.choice(alphabet) for _ in range(length))


def random_uuid(rng: random.Random) -> str:
    """A version 4 UUID."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def random_mac(rng: random.Random) -> str:
    """A locally administered MAC address."""
    return ":".join(f"{byte:02x}" for byte in (0x02, *(rng.randrange(256) for _ in range(5))))


def access_key_id(rng: random.Random, *, is_temporary: bool = False) -> str:
    """An AWS access key id: AKIA... of a user, ASIA... of a session."""
    return ("ASIA" if is_temporary else "AKIA") + random_text(rng, 16, _BASE32)
