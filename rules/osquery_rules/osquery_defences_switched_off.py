import re

from osquery_rows import command, first_row, host_name, osquery_context, rows_found, user_name

AGENTS = r"(?:auditd|osqueryd|falcon-sensor|falconctl|wazuh-agent|clamav-daemon|rsyslog|syslog-ng|suricata|ufw|firewalld|apparmor|mdatp)"
SWITCHED_OFF = re.compile(
    "|".join(
        (
            rf"\bsystemctl\b.*\b(?:stop|disable|mask)\b.*\b{AGENTS}\b",
            rf"\bservice\s+{AGENTS}\s+stop\b",
            rf"\b(?:pkill|killall)\b.*\b{AGENTS}\b",
            r"\bsetenforce\s+(?:0|permissive)\b",
            r"\bufw\s+disable\b",
            r"\b(?:iptables|ip6tables)\s+(?:-F|--flush)\b|\bnft\s+flush\s+ruleset\b",
            r"\bauditctl\s+-e\s*0\b",
            r"\bcsrutil\s+disable\b|\bspctl\s+--(?:master|global)-disable\b",
            r"\bhistory\s+-c\b|\bunset\s+HISTFILE\b|HISTFILE=/dev/null|\b(?:rm|shred|truncate)\b[^|;&]*\.(?:bash|zsh)_history\b",
        )
    )
)


def defence_row(event):
    return first_row(rows_found(event), lambda row: SWITCHED_OFF.search(command(row)) is not None)


def rule(event):
    return defence_row(event) is not None


def title(event):
    row = defence_row(event)
    return f"{user_name(event, row)} switched off defences on {host_name(event)}: {command(row)[:120]}"


def dedup(event):
    return f"{host_name(event)} {command(defence_row(event))}"


def alert_context(event):
    row = defence_row(event)
    return osquery_context(event, row, command=command(row))
