"""Where the state of rules is, as one text: `memory`, `sqlite:<file>` or `dynamodb://TABLE?region=..&endpoint=..`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from panther_dagster.detect.state.history import StateStore
from panther_dagster.detect.state.sqlite import SqliteStore

MEMORY: Final = "memory"
SQLITE: Final = "sqlite:"
DYNAMODB: Final = "dynamodb://"
_OPTIONS: Final = ("region", "endpoint")
_TABLE: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}")


def opener_of(location: str) -> Callable[[], StateStore] | None:
    """What makes the store; None for memory. Opens nothing.

    Imports what the store needs, so that a process can fork after it. Raises ValueError: no such place.
    """
    if location == MEMORY:
        return None
    if location.startswith(SQLITE):
        return lambda: SqliteStore(Path(location.removeprefix(SQLITE)))
    table, region, endpoint = dynamodb_of(location)
    from panther_dagster.detect.state.dynamodb import DynamoStore

    return lambda: DynamoStore(table, region=region, endpoint_url=endpoint)


def dynamodb_of(location: str) -> tuple[str, str | None, str | None]:
    """Table, region and endpoint of a DynamoDB location. Raises ValueError."""
    if not location.startswith(DYNAMODB):
        raise ValueError(f"'{location}' is no place for the state of rules: memory, sqlite or dynamodb://TABLE?region=..&endpoint=..")
    rest = urlsplit(location.removeprefix(DYNAMODB))
    options = dict(parse_qsl(rest.query, keep_blank_values=True))
    if not _TABLE.fullmatch(rest.path) or rest.scheme or rest.netloc or rest.fragment:
        raise ValueError("dynamodb:// needs the name of a table: 3 to 255 letters, digits, '_', '.' or '-'")
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise ValueError(f"dynamodb://{rest.path} has no option '{unknown[0]}'; known: {', '.join(_OPTIONS)}")
    return rest.path, options.get("region") or None, options.get("endpoint") or None
