"""Networks and domains that this organisation watches for. Put yours in; the cross-source rules read them.

What is here comes from the ranges reserved for documentation (RFC 5737, RFC 2606), so that it can match nobody by accident.
`make demo` uses it.
"""

from domain_names import is_under
from network_addresses import in_networks

LISTED_NETWORKS = ("203.0.113.64/26",)
LISTED_DOMAINS = frozenset({"cdn-telemetry.example.net"})


def is_listed_address(address):
    """Whether the address lies in a listed network."""
    return in_networks(address, LISTED_NETWORKS)


def is_listed_domain(name):
    """Whether the name is a listed domain or below one."""
    return is_under(name, LISTED_DOMAINS)
