from osquery_rows import first_row, host_name, osquery_context, rows_found

LISTENERS = ("bash", "sh", "zsh", "dash", "ksh", "nc", "ncat", "netcat", "nc.openbsd", "nc.traditional", "socat", "pwsh")
LOCAL = ("127.0.0.1", "::1", "")


def program(row):
    return str(row.get("path") or row.get("name") or "").rpartition("/")[2]


def is_listening_shell(row):
    if not row.get("port") or row.get("port") == "0" or "remote_address" in row:
        return False
    return row.get("address", "") not in LOCAL and program(row) in LISTENERS


def listening_row(event):
    return first_row(rows_found(event), is_listening_shell)


def rule(event):
    return listening_row(event) is not None


def title(event):
    row = listening_row(event)
    return f"{program(row)} listens on {row.get('address')} port {row.get('port')} of {host_name(event)}"


def dedup(event):
    row = listening_row(event)
    return f"{host_name(event)} {program(row)} {row.get('port')}"


def alert_context(event):
    return osquery_context(event, listening_row(event))
