import re

from eve_records import conversation, eve_context
from network_addresses import is_inside

TOOLS = re.compile(
    r"\b(sqlmap|nikto|nmap scripting engine|masscan|zgrab|gobuster|dirbuster|feroxbuster|ffuf|wpscan|nuclei|acunetix|nessus|hydra)\b",
    re.IGNORECASE,
)


def tool(event):
    found = TOOLS.search(str(event.deep_get("http", "http_user_agent", default="")))
    return found.group(1).lower() if found else None


def rule(event):
    return tool(event) is not None


def title(event):
    return f"Web requests by {tool(event)}: {conversation(event)} ({event.deep_get('http', 'hostname', default='no name')})"


def severity(event):
    return "HIGH" if is_inside(event.get("src_ip")) else "DEFAULT"


def dedup(event):
    return f"{event.get('src_ip')} {tool(event)}"


def alert_context(event):
    return eve_context(
        event,
        tool=tool(event),
        hostname=event.deep_get("http", "hostname"),
        url=event.deep_get("http", "url"),
        status=event.deep_get("http", "status"),
    )
