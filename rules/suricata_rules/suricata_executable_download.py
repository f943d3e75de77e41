import re

from domain_names import is_under
from eve_records import eve_context
from network_addresses import is_outside

MIRRORS = frozenset({"archive.ubuntu.com", "deb.debian.org", "download.windowsupdate.com", "swcdn.apple.com"})
NAMES = re.compile(r"\.(?:exe|dll|scr|msi|ps1|bat|vbs|hta|jar|sh|elf|bin|dmg|pkg)$", re.IGNORECASE)
MAGIC = ("PE32", "ELF ", "Mach-O", "MS-DOS executable", "POSIX shell script", "Bourne-Again shell script")


def file_name(event):
    return event.deep_get("fileinfo", "filename", default="").partition("?")[0]


def rule(event):
    if event.get("app_proto") not in ("http", "http2"):
        return False
    status = event.deep_get("http", "status")
    if event.deep_get("http", "http_method") == "POST" or (isinstance(status, int) and status >= 400):
        return False
    is_program = event.deep_get("fileinfo", "magic", default="").startswith(MAGIC) or NAMES.search(file_name(event)) is not None
    # The file's source is the server: ends are swapped against the request.
    return is_program and is_outside(event.get("src_ip")) and not is_under(event.deep_get("http", "hostname"), MIRRORS)


def title(event):
    server = event.deep_get("http", "hostname") or event.get("src_ip")
    return f"{event.get('dest_ip')} downloaded {file_name(event)} from {server} over HTTP"


def severity(event):
    # A server without a name: few distributors of software do that.
    return "HIGH" if is_outside(event.deep_get("http", "hostname")) else "DEFAULT"


def dedup(event):
    return f"{event.get('dest_ip')} {event.deep_get('http', 'hostname')}"


def alert_context(event):
    return eve_context(
        event,
        file=file_name(event),
        sha256=event.deep_get("fileinfo", "sha256"),
        size_bytes=event.deep_get("fileinfo", "size"),
        magic=event.deep_get("fileinfo", "magic"),
        hostname=event.deep_get("http", "hostname"),
        user_agent=event.deep_get("http", "http_user_agent"),
    )
