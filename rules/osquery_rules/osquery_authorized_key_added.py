from osquery_rows import first_row, host_name, osquery_context, rows_appeared

FILES = ("/authorized_keys", "/authorized_keys2")
SERVICE_HOMES = ("/root/", "/var/", "/srv/", "/opt/")


def key_file(row):
    return str(row.get("key_file") or row.get("target_path") or "")


def is_key_written(row):
    # A row of authorized_keys, or one of file_events that wrote such a file.
    return key_file(row).endswith(FILES) and row.get("action", "CREATED") in ("CREATED", "UPDATED", "MOVED_TO")


def key_row(event):
    return first_row(rows_appeared(event), is_key_written)


def rule(event):
    return key_row(event) is not None


def title(event):
    return f"SSH key authorised on {host_name(event)} in {key_file(key_row(event))}"


def severity(event):
    return "HIGH" if key_file(key_row(event)).startswith(SERVICE_HOMES) else "DEFAULT"


def dedup(event):
    return f"{host_name(event)} {key_file(key_row(event))}"


def alert_context(event):
    row = key_row(event)
    return osquery_context(event, row, key_file=key_file(row), comment=row.get("comment"))
