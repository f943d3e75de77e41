"""osquery's part of the demo: result and status lines as its file and TLS loggers write them, and a day's ordinary ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from panther_dagster.demo.company import Company, Host, random_text

Event = dict[str, Any]
VERSION: Final = "5.12.1"


def differential(
    rng: random.Random, time_utc: datetime, host: Host, query: str, columns: dict[str, str], *, user: str = "root", action: str = "added"
) -> Event:
    """A row that a scheduled query gained or lost. Column values are strings, as osquery logs them."""
    return _result(rng, time_utc, host, query, user) | {"numerics": False, "columns": columns, "action": action}


def snapshot(rng: random.Random, time_utc: datetime, host: Host, query: str, rows: list[dict[str, str]], *, user: str = "root") -> Event:
    """All rows of a snapshot query."""
    head = _result(rng, time_utc, host, query, user)
    return {"snapshot": rows, "action": "snapshot", "numerics": False, **head}


def batch(
    rng: random.Random,
    time_utc: datetime,
    host: Host,
    query: str,
    *,
    added: list[dict[str, str]],
    removed: list[dict[str, str]],
    user: str = "root",
) -> Event:
    """All changes of a query in one line (`--nologger_event_type`)."""
    return {"diffResults": {"added": added, "removed": removed}, "hostname": host.full_name, **_result(rng, time_utc, host, query, user)}


def status(time_utc: datetime, host: Host, *, severity: int, file: str, line: int, message: str) -> Event:
    """What osquery says about itself; the TLS logger sends numbers as strings."""
    return {
        "hostIdentifier": host.full_name,
        "calendarTime": _calendar_time(time_utc),
        "unixTime": str(_unix_time(time_utc)),
        "severity": str(severity),
        "filename": file,
        "line": str(line),
        "message": message,
        "version": VERSION,
        "decorations": {"host_uuid": host.uuid},
        "log_type": "status",
    }


def process_columns(
    rng: random.Random, time_utc: datetime, path: str, command: str, *, uid: int, pid: int | None = None, parent: int | None = None
) -> dict[str, str]:
    """A row of process_events."""
    pid = pid or rng.randrange(2_000, 60_000)
    return {
        "auid": str(uid),
        "cmdline": command,
        "cwd": "/" if uid < 1000 else "/srv/app",
        "egid": str(uid),
        "euid": str(uid),
        "gid": str(uid),
        "parent": str(parent or rng.randrange(1, 2_000)),
        "path": path,
        "pid": str(pid),
        "time": str(_unix_time(time_utc)),
        "uid": str(uid),
        "uptime": str(rng.randrange(10_000, 4_000_000)),
    }


def socket_columns(rng: random.Random, host: Host, address: str, port: int, *, path: str, pid: int) -> dict[str, str]:
    """A row of process_open_sockets: a TCP connection to address:port."""
    return {
        "family": "2",
        "fd": str(rng.randrange(3, 60)),
        "local_address": host.address,
        "local_port": str(rng.randrange(32_768, 60_999)),
        "path": path,
        "pid": str(pid),
        "protocol": "6",
        "remote_address": address,
        "remote_port": str(port),
        "socket": str(rng.randrange(10_000, 900_000)),
        "state": "ESTABLISHED",
    }


def _result(rng: random.Random, time_utc: datetime, host: Host, query: str, user: str) -> Event:
    return {
        "name": query,
        "hostIdentifier": host.full_name,
        "calendarTime": _calendar_time(time_utc),
        "unixTime": _unix_time(time_utc),
        "epoch": 0,
        "counter": rng.randrange(1, 900),
        "decorations": {"host_uuid": host.uuid, "hostname": host.full_name, "username": user},
    }


def _calendar_time(time_utc: datetime) -> str:
    # C's asctime() pads the day with a blank.
    return f"{time_utc:%a %b} {time_utc.day:2d} {time_utc:%H:%M:%S %Y} UTC"


def _unix_time(time_utc: datetime) -> int:
    return int((time_utc - datetime(1970, 1, 1)).total_seconds())


_COMMANDS = (
    ("/usr/sbin/cron", "/usr/sbin/CRON -f -P", 0),
    ("/usr/bin/apt-get", "apt-get -qq -y update", 0),
    ("/usr/sbin/logrotate", "/usr/sbin/logrotate /etc/logrotate.conf", 0),
    ("/usr/bin/python3.11", "python3 -m gunicorn web.wsgi --workers 4", 1001),
    ("/usr/bin/git", "git fetch --prune origin", 1002),
    ("/usr/bin/docker", "docker compose up --detach --no-build", 1002),
    ("/usr/bin/make", "make test", 1002),
    ("/usr/bin/node", "node /srv/app/server.js", 1001),
    ("/usr/bin/rsync", "rsync -a /srv/app/static/ /srv/mirror/static/", 1001),
    ("/usr/bin/pg_dump", "pg_dump --format=custom --file=/backup/app.dump app", 1003),
    ("/usr/bin/systemctl", "systemctl is-active web.service", 0),
    ("/usr/bin/df", "df -h --output=pcent /", 0),
)
_SHELL_HISTORY = (
    "ls -la",
    "git status",
    "git log --oneline",
    "cd src",
    "make lint",
    "docker ps",
    "vim README.md",
    "kubectl get pods",
    "htop",
)
_PACKAGES = (("openssl", "3.0.13-0ubuntu3.1"), ("curl", "8.5.0-2ubuntu10.1"), ("bash", "5.2.21-2ubuntu4"), ("git", "1:2.43.0-1ubuntu7.1"))
_MESSAGES = (
    (0, "scheduler.cpp", 102, "Executing scheduled query pack_incident-response_open_sockets: SELECT * FROM process_open_sockets"),
    (0, "tls.cpp", 253, "TLS/HTTPS POST request to URI: https://fleet.example.com/api/v1/osquery/log"),
    (0, "distributed.cpp", 138, "Executing distributed query: kernel_version: SELECT version FROM kernel_info"),
    (1, "virtual_table.cpp", 959, "The file_events table is event-based but events are disabled"),
    (1, "watcher.cpp", 424, "osqueryd worker could not reach its target CPU utilization"),
)


def ordinary_events(rng: random.Random, company: Company, start_utc: datetime, end_utc: datetime) -> Iterator[tuple[datetime, Event]]:
    """Endless ordinary lines between the two times: processes, sockets, shells, packages, snapshots, batches and status."""
    seconds = (end_utc - start_utc).total_seconds()
    owner_by_host = {person.laptop: person.user_name for person in company.people}
    while True:
        time_utc = start_utc + timedelta(seconds=rng.uniform(0, seconds))
        host = rng.choice(company.people).laptop if rng.random() < 0.4 else rng.choice(company.servers)
        yield time_utc, _ordinary_event(rng, time_utc, host, owner_by_host.get(host, "root"))


def _ordinary_event(rng: random.Random, time_utc: datetime, host: Host, user: str) -> Event:
    kinds = ("process", "socket", "history", "login", "package", "ports", "version", "status", "batch")
    kind = rng.choices(kinds, (30, 22, 10, 6, 5, 4, 3, 14, 6))[0]
    pid = rng.randrange(2_000, 60_000)
    match kind:
        case "process":
            path, command, uid = rng.choice(_COMMANDS)
            columns = process_columns(rng, time_utc, path, command, uid=uid)
            return differential(rng, time_utc, host, "pack_incident-response_process_events", columns, user=user)
        case "socket":
            columns = socket_columns(rng, host, f"198.51.100.{rng.randrange(30, 90)}", 443, path="/usr/bin/node", pid=pid)
            action = rng.choice(("added", "removed"))
            return differential(rng, time_utc, host, "pack_incident-response_open_sockets", columns, user=user, action=action)
        case "history":
            columns = {
                "uid": "501",
                "username": user,
                "command": rng.choice(_SHELL_HISTORY),
                "history_file": f"/Users/{user}/.zsh_history",
                "time": "0",
            }
            return differential(rng, time_utc, host, "pack_incident-response_shell_history", columns, user=user)
        case "login":
            columns = {
                "host": "10.20.1.5",
                "pid": str(pid),
                "time": str(_unix_time(time_utc)),
                "tty": "pts/0",
                "type": "user",
                "user": user,
            }
            return differential(rng, time_utc, host, "pack_incident-response_logged_in_users", columns, user=user)
        case "package":
            name, version = rng.choice(_PACKAGES)
            columns = {
                "name": name,
                "version": version,
                "arch": "amd64",
                "source": "",
                "revision": "",
                "size": str(rng.randrange(900, 90_000)),
            }
            return differential(rng, time_utc, host, "pack_vuln-management_deb_packages", columns, user=user)
        case "ports":
            rows = [
                {"address": "0.0.0.0", "family": "2", "pid": str(pid + n), "port": port, "protocol": "6"}
                for n, port in enumerate(("22", "443"))
            ]
            return snapshot(rng, time_utc, host, "pack_incident-response_listening_ports", rows, user=user)
        case "version":
            name, version = ("macOS", "14.5") if host.platform == "darwin" else ("Ubuntu", "24.04 LTS (Noble Numbat)")
            return snapshot(
                rng, time_utc, host, "pack_it-compliance_os_version", [{"name": name, "platform": host.platform, "version": version}]
            )
        case "status":
            severity, file, line, message = rng.choice(_MESSAGES)
            return status(time_utc, host, severity=severity, file=file, line=line, message=message)
        case _:
            path = f"/var/lib/docker/overlay2/{random_text(rng, 12, '0123456789abcdef')}/merged"
            row = {"device": "overlay", "path": path, "type": "overlay", "flags": "rw,relatime"}
            return batch(rng, time_utc, host, "pack_incident-response_mounts", added=[row], removed=[], user=user)
