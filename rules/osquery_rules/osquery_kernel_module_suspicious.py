from osquery_rows import first_row, host_name, osquery_context, rows_appeared

# Names under which published rootkits load, as their sources have them.
ROOTKITS = (
    "adore",
    "azazel",
    "bdvl",
    "diamorphine",
    "enyelkm",
    "knark",
    "kovid",
    "nuk3gh0st",
    "puszek",
    "reptile",
    "rkit",
    "suterusu",
    "vlany",
)
SYSTEM_FOLDERS = ("/System/", "/Library/Extensions/", "/Library/Apple/", "/Library/StagedExtensions/")


def reason(row):
    name = str(row.get("name", "")).lower()
    if "used_by" in row and name.startswith(ROOTKITS):  # kernel_modules
        return "named as a rootkit"
    if row.get("signed") == "0" and ("used_by" in row or "linked_against" in row):
        return "unsigned"
    if "linked_against" in row and row.get("path") and not row["path"].startswith(SYSTEM_FOLDERS):  # kernel_extensions
        return "outside the system's folders"
    return None


def module_row(event):
    return first_row(rows_appeared(event), reason)


def rule(event):
    return module_row(event) is not None


def title(event):
    row = module_row(event)
    return f"Kernel module {row.get('name')} on {host_name(event)} is {reason(row)}"


def severity(event):
    return "CRITICAL" if reason(module_row(event)) == "named as a rootkit" else "DEFAULT"


def dedup(event):
    return f"{host_name(event)} {module_row(event).get('name')}"


def alert_context(event):
    row = module_row(event)
    return osquery_context(event, row, module=row.get("name"), reason=reason(row))
