from network_addresses import is_outside
from osquery_rows import first_row, host_name, osquery_context, rows_found

SHELLS = ("bash", "sh", "zsh", "dash", "ksh", "ash", "fish", "tcsh", "pwsh")


def program(row):
    return str(row.get("path") or row.get("name") or row.get("process_name") or "").rpartition("/")[2].lstrip("-")


def shell_row(event):
    return first_row(rows_found(event), lambda row: is_outside(row.get("remote_address")) and program(row) in SHELLS)


def rule(event):
    return shell_row(event) is not None


def title(event):
    row = shell_row(event)
    return f"{program(row)} on {host_name(event)} is connected to {row.get('remote_address')}:{row.get('remote_port')}"


def dedup(event):
    return f"{host_name(event)} {shell_row(event).get('remote_address')}"


def alert_context(event):
    row = shell_row(event)
    return osquery_context(event, row, remote_ip=row.get("remote_address"), remote_port=row.get("remote_port"))
