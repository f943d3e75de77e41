import re

from osquery_rows import command, first_row, host_name, osquery_context, rows_found, user_name

SHELL = r"(?:ba|z|da|k|a)?sh"
REVERSE_SHELLS = re.compile(
    "|".join(
        (
            r"/dev/(?:tcp|udp)/[^/\s]+/\d+",
            rf"\b(?:nc|ncat|netcat)\b.*\s(?:-\w*[ec]\w*|--exec|--sh-exec)[\s=]+\S*\b(?:{SHELL}|cmd\.exe|powershell)\b",
            rf"\bmkfifo\b.*\b{SHELL}\b.*\b(?:nc|ncat|netcat|telnet|openssl)\b",
            rf"\bsocat\b.*\bexec:\S*\b{SHELL}\b",
            r"\bpython[\d.]*\b.*\bsocket\b.*\b(?:dup2|pty\.spawn|subprocess)\b",
            rf"\bperl\b.*\bsocket\b.*\bexec\b.*\b{SHELL}\b",
            r"\bphp\b.*\bfsockopen\b.*\b(?:exec|system|passthru|proc_open)\b",
            r"\bruby\b.*\bTCPSocket\b.*\bexec\b",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


def shell_row(event):
    return first_row(rows_found(event), lambda row: REVERSE_SHELLS.search(command(row)) is not None)


def rule(event):
    return shell_row(event) is not None


def title(event):
    row = shell_row(event)
    return f"Reverse shell on {host_name(event)} by {user_name(event, row)}: {command(row)[:120]}"


def dedup(event):
    return f"{host_name(event)} {command(shell_row(event))}"


def alert_context(event):
    row = shell_row(event)
    return osquery_context(event, row, command=command(row))
