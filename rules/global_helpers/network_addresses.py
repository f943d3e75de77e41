"""Which network an IP address belongs to. Knows no log type."""

import ipaddress
from functools import lru_cache

# Where our own machines are: RFC 1918, RFC 6598 (carrier-grade NAT), loopback, link-local, multicast and their IPv6 kin.
# The ipaddress module's is_private is not used: it also counts the documentation networks.
INSIDE_NETWORKS = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "0.0.0.0/32",
    "::/128",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
)


def is_outside(address):
    """Whether the address is one of the internet. Text that is no address (a service's name, say) is not."""
    parsed = parse_address(address)
    return parsed is not None and not in_networks(address, INSIDE_NETWORKS)


def is_inside(address):
    """Whether the address is one of our own networks."""
    return in_networks(address, INSIDE_NETWORKS)


def in_networks(address, networks):
    """Whether the address lies in one of the networks, given as CIDR texts."""
    parsed = parse_address(address)
    if parsed is None:
        return False
    return any(parsed.version == network.version and parsed in network for network in parse_networks(tuple(networks)))


def parse_address(text):
    """The address, an IPv4 one for an IPv6-mapped one; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        parsed = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


@lru_cache(maxsize=64)
def parse_networks(networks):
    return tuple(ipaddress.ip_network(network) for network in networks)
