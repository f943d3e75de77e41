"""The types of destination: one module each, and this table. A new type is a module and a line here (docs/add-a-destination.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from panther_dagster.dispatch.destination import Destination
from panther_dagster.dispatch.destinations.file import open_file
from panther_dagster.dispatch.destinations.pagerduty import open_pagerduty
from panther_dagster.dispatch.destinations.slack import open_slack
from panther_dagster.dispatch.destinations.webhook import open_webhook
from panther_dagster.dispatch.options import Surroundings
from panther_dagster.errors import DestinationError
from panther_dagster.settings import DestinationSettings

OPENER_BY_TYPE: Final[Mapping[str, Callable[[DestinationSettings, Surroundings], Destination]]] = MappingProxyType(
    {
        "file": open_file,
        "pagerduty": open_pagerduty,
        "slack": open_slack,
        "webhook": open_webhook,
    }
)


def open_destination(settings: DestinationSettings, surroundings: Surroundings) -> Destination:
    """The destination that the settings describe. Raises DestinationError: unknown type, wrong option, secret that is not set."""
    opener = OPENER_BY_TYPE.get(settings.type)
    if opener is None:
        close = get_close_matches(settings.type, OPENER_BY_TYPE, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(sorted(OPENER_BY_TYPE))}"
        raise DestinationError(f"destination '{settings.name}': unknown type '{settings.type}'{hint}")
    return opener(settings, surroundings)
