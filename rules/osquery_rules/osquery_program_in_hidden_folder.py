import re

from osquery_rows import first_row, host_name, osquery_context, rows_found, user_name

HIDDEN = re.compile(r"^(?:/dev/shm/|/run/shm/|(?:/private)?/(?:var/)?tmp/(?:.*/)?\.[^/]+|/memfd:)")


def process_row(event):
    return first_row(rows_found(event), lambda row: "pid" in row and HIDDEN.match(str(row.get("path", ""))) is not None)


def rule(event):
    return process_row(event) is not None


def title(event):
    row = process_row(event)
    return f"{user_name(event, row)} runs {row.get('path')} on {host_name(event)}"


def dedup(event):
    return f"{host_name(event)} {process_row(event).get('path')}"


def alert_context(event):
    return osquery_context(event, process_row(event))
