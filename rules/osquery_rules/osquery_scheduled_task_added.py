import re

from osquery_rows import command, first_row, host_name, osquery_context, rows_appeared

# Columns that only these tables have, and whose item a vendor's installation adds all the time.
VENDORS = ("com.apple.", "com.google.keystone", "com.microsoft.", "com.osquery.", "io.osquery.", "snap.", "snap-")
SUSPICIOUS = re.compile(
    r"/tmp/|/dev/shm/|/dev/tcp/|\bcurl\b|\bwget\b|base64\s+(?:-d|-D|--decode)|\|\s*(?:ba|z|da)?sh\b|/\.[^/\s]+/\S*$|\bnohup\b",
)


def is_scheduled_task(row):
    if row.get("minute") and row.get("command"):  # crontab
        return True
    if row.get("label") and str(row.get("path")).endswith(".plist"):  # launchd
        return not row["label"].startswith(VENDORS)
    if row.get("fragment_path") and row.get("id"):  # systemd_units
        return row["fragment_path"].startswith(("/etc/systemd/", "/home/", "/root/")) and not row["id"].startswith(VENDORS)
    return row.get("type") == "Startup Item" and bool(row.get("path"))  # startup_items


def task_row(event):
    return first_row(rows_appeared(event), is_scheduled_task)


def what_runs(row):
    return command(row) or row.get("program") or row.get("fragment_path") or row.get("path") or "unknown program"


def rule(event):
    return task_row(event) is not None


def title(event):
    row = task_row(event)
    name = row.get("label") or row.get("id") or row.get("name") or "cron job"
    return f"New scheduled task on {host_name(event)}: {name} runs {what_runs(row)[:120]}"


def severity(event):
    return "HIGH" if SUSPICIOUS.search(what_runs(task_row(event))) else "DEFAULT"


def dedup(event):
    return f"{host_name(event)} {what_runs(task_row(event))}"


def alert_context(event):
    row = task_row(event)
    return osquery_context(event, row, runs=what_runs(row))
