from osquery_rows import first_row, host_name, osquery_context, rows_appeared

PACKAGED = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/lib64/", "/usr/libexec/", "/snap/", "/System/", "/opt/google/")
WRITABLE = ("/tmp/", "/var/tmp/", "/dev/shm/", "/home/", "/Users/", "/root/", "/srv/")


def is_setuid(row):
    return "S" in str(row.get("permissions", "")) and str(row.get("path", "")).startswith("/")


def setuid_row(event):
    return first_row(rows_appeared(event), lambda row: is_setuid(row) and not row["path"].startswith(PACKAGED))


def rule(event):
    return setuid_row(event) is not None


def title(event):
    row = setuid_row(event)
    return f"New setuid program {row.get('path')} of {row.get('username', 'unknown owner')} on {host_name(event)}"


def severity(event):
    return "CRITICAL" if setuid_row(event)["path"].startswith(WRITABLE) else "DEFAULT"


def dedup(event):
    return f"{host_name(event)} {setuid_row(event).get('path')}"


def alert_context(event):
    return osquery_context(event, setuid_row(event))
