from aws_identities import actor_name, aws_context, is_successful, place

WORLD = ("0.0.0.0/0", "::/0")
ADMIN_PORTS = {
    22: "SSH",
    23: "Telnet",
    135: "RPC",
    445: "SMB",
    1433: "SQL Server",
    2375: "Docker",
    3306: "MySQL",
    3389: "RDP",
    5432: "PostgreSQL",
    5900: "VNC",
    5985: "WinRM",
    5986: "WinRM",
    6379: "Redis",
    9200: "Elasticsearch",
    27017: "MongoDB",
}


def opens_to_world(permission):
    ranges = [entry.get("cidrIp") for entry in permission.deep_get("ipRanges", "items", default=())]
    ranges += [entry.get("cidrIpv6") for entry in permission.deep_get("ipv6Ranges", "items", default=())]
    return any(cidr in WORLD for cidr in ranges)


def opened_ports(event):
    opened = []
    for permission in event.deep_get("requestParameters", "ipPermissions", "items", default=()):
        if not opens_to_world(permission):
            continue
        # Protocol -1 means all protocols and all ports; it carries none.
        everything = str(permission.get("ipProtocol")) == "-1"
        first, last = permission.get("fromPort"), permission.get("toPort")
        if everything:
            opened += ADMIN_PORTS
        elif isinstance(first, int) and isinstance(last, int):
            opened += [port for port in ADMIN_PORTS if first <= port <= last]
    return sorted(set(opened))


def rule(event):
    if event.get("eventName") != "AuthorizeSecurityGroupIngress" or not is_successful(event):
        return False
    return bool(opened_ports(event))


def title(event):
    ports = opened_ports(event)
    names = ", ".join(f"{port} {ADMIN_PORTS[port]}" for port in ports) if len(ports) <= 3 else f"{len(ports)} administration ports"
    return f"{actor_name(event)} opened {event.deep_get('requestParameters', 'groupId')} in {place(event)} to the world on {names}"


def dedup(event):
    return str(event.deep_get("requestParameters", "groupId"))


def alert_context(event):
    return aws_context(event, security_group=event.deep_get("requestParameters", "groupId"), ports=opened_ports(event))
