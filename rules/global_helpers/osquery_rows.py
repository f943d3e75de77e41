"""Rows that osquery found, whichever of its result formats carried them. For rules over Osquery.*"""

from collections.abc import Mapping


def rows_found(event):
    """Rows that are there: one per differential event that adds, several per batch or snapshot."""
    if event.get("action") == "removed":
        return []
    found = [event.get("columns")]
    found += list(event.deep_get("diffResults", "added", default=()) or ())
    found += list(event.get("snapshot") or ())
    return [row for row in found if isinstance(row, Mapping)]


def rows_appeared(event):
    """Rows that are new since the query last ran. Snapshots and the first run of a query only show what was there before."""
    if event.get("action") == "snapshot" or str(event.get("counter")) == "0":
        return []
    return rows_found(event)


def first_row(rows, is_wanted):
    """The first row that `is_wanted`, or None."""
    return next((row for row in rows if is_wanted(row)), None)


def command(row):
    """Command line of a process, a shell history entry or a scheduled task; empty if the row has none."""
    for column in ("cmdline", "command", "program_arguments"):
        if isinstance(row.get(column), str) and row[column]:
            return row[column]
    return ""


def host_name(event):
    """Name of the machine; its identifier where no name was sent."""
    decorated = event.deep_get("decorations", "hostname") or event.get("hostname")
    return decorated or event.get("hostIdentifier") or "unknown host"


def user_name(event, row):
    """User that a row belongs to, else the one that is signed in on the machine."""
    return row.get("username") or row.get("user") or event.deep_get("decorations", "username", default="unknown user")


def osquery_context(event, row, **facts):
    """What every alert on osquery shows, followed by the rule's own facts."""
    return {
        "host": host_name(event),
        "user": user_name(event, row),
        "query": event.get("name"),
        "row": dict(row),
        **facts,
    }
