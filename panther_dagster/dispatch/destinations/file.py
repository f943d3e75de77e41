"""File: one JSON line for each delivery, appended and synced to disk before it counts as delivered.

For shippers that tail a file, for audits, and for trying things out. A delivery that was written but not recorded (a crash between the
two) is found in the file's last part by its idempotency key and not written again.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from pydantic import Field

from panther_dagster.dispatch.destination import Action, AlertMessage, DeliveryResult, DeliveryState
from panther_dagster.dispatch.notification import json_bytes, notification_bytes, rfc3339
from panther_dagster.dispatch.options import Options, Surroundings, read_options
from panther_dagster.settings import DestinationSettings

SEARCHED_BYTES: Final = 1024 * 1024  # of the file's end, for a key that is there already


class FileOptions(Options):
    """Where to write."""

    path: Path = Path("alerts.jsonl")  # relative to PANTHER_HOME
    max_bytes: int = Field(1024 * 1024, ge=16 * 1024)  # of a line


class AlertFile:
    """Appends to one file."""

    actions: frozenset[Action] = frozenset(Action)
    secrets: tuple[str, ...] = ()

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes

    def deliver(self, alert: AlertMessage, action: Action, previous_reference: str | None) -> DeliveryResult:
        """Append one line. A full disk or a missing permission is retried: somebody will repair it."""
        body = notification_bytes(alert, action, max_bytes=self._max_bytes)
        line = body[:-1] + b"," + json_bytes({"deliveredAt": rfc3339(alert.attempt_time)})[1:] + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_new = _append(self._path, line, f'"idempotencyKey":"{alert.idempotency_key}"'.encode())
        except OSError as error:
            return DeliveryResult(DeliveryState.RETRY, detail=f"{type(error).__name__}: {error.strerror}")
        return DeliveryResult(DeliveryState.DELIVERED, detail="" if is_new else "was there already", external_reference=alert.alert_id)


def _append(path: Path, line: bytes, key: bytes) -> bool:
    """Write the line unless a line with that key ends the file; say whether it was written."""
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - SEARCHED_BYTES))
        end = file.read()
        *whole, torn = end.split(b"\n")
        if any(key in known for known in whole):
            return False
        file.write(b"\n" + line if torn else line)  # a torn last line stays alone
        file.flush()
        os.fsync(file.fileno())
        return True


def open_file(settings: DestinationSettings, surroundings: Surroundings) -> AlertFile:
    """A file from its options. Raises DestinationError."""
    options = read_options(FileOptions, settings)
    return AlertFile(surroundings.home / options.path, options.max_bytes)
