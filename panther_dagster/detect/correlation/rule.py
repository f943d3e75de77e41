"""What a correlation rule is. Made by parsing.py, used by evaluation.py and correlating.py; knows no YAML and no lake.

A rule looks for signals of other rules (its elements) that share values within a window of event time. Each *parameter* is one value that
signals must have in common; an element takes part in it by the paths under which its signals hold the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from panther_dagster.detect.schedule import Schedule
from panther_dagster.errors import Location

DEFAULT_LOOKBACK_MINUTES: Final = 15
CONTEXT_PREFIX: Final = "p_alert_context."


@dataclass(frozen=True)
class Element:
    """Signals of one rule that have to be there, at least `min_match_count` of them, or must not be there (`is_absent`).

    `paths` has for each parameter the paths under which a signal holds its value; all of them must hold it. No path: any signal fits.
    """

    element_id: str
    rule_id: str
    min_match_count: int = 1
    is_absent: bool = False
    paths: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Pattern:
    """What to look for. `frames` is None for a Group; for a Sequence the longest time from each element to the next."""

    elements: tuple[Element, ...]
    parameters: tuple[str, ...] = ()
    lookback: timedelta = timedelta(minutes=DEFAULT_LOOKBACK_MINUTES)
    frames: tuple[timedelta, ...] | None = None

    @property
    def present(self) -> tuple[Element, ...]:
        """Elements that must be there, in order."""
        return tuple(element for element in self.elements if not element.is_absent)

    @property
    def absent(self) -> tuple[Element, ...]:
        """Elements that must not be there."""
        return tuple(element for element in self.elements if element.is_absent)

    @property
    def rule_ids(self) -> frozenset[str]:
        """Rules whose signals are read."""
        return frozenset(element.rule_id for element in self.elements)

    @property
    def paths(self) -> frozenset[str]:
        """Every path that a value is read from."""
        return frozenset(path for element in self.elements for paths in element.paths for path in paths)

    @property
    def reads_events(self) -> bool:
        """Whether some path leads into the event and not only into the signal's alert context."""
        return any(not path.startswith(CONTEXT_PREFIX) for path in self.paths)


@dataclass(frozen=True)
class CorrelationRule:
    """A correlation rule that is ready to run. Its alerts' texts are those of the YAML."""

    rule_id: str
    display_name: str
    severity: str  # upper case
    is_enabled: bool
    creates_alert: bool
    tags: tuple[str, ...]
    reports: Mapping[str, tuple[str, ...]]
    description: str
    reference: str
    runbook: str
    output_ids: tuple[str, ...]
    pattern: Pattern
    schedule: Schedule
    dedup_period_minutes: int  # more than the lookback
    threshold: int  # events in a window of alerts
    version: str  # hash of the YAML without its tests
    location: Location
    metadata: Mapping[str, Any] = field(default_factory=dict)  # the YAML as written, with its overlay

    @property
    def tests(self) -> Sequence[Any]:
        """Unit tests as written in YAML."""
        tests: Sequence[Any] = self.metadata.get("Tests") or ()
        return tests

    @property
    def title(self) -> str:
        """What its alerts are called."""
        return self.display_name or self.rule_id
