"""Which destinations an alert goes to. Pure.

The first of these that says something decides; a disabled destination and one that does not take the alert's type are then left out:
1. destinations() of the rule, and ["SKIP"] is nobody;
2. the routes of panther.yaml that fit the alert, all together;
3. the rule's own OutputIds;
4. every destination whose `severities` hold the alert's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from panther_dagster.settings import DestinationSettings, RouteSettings

SKIP = "SKIP"


@dataclass(frozen=True)
class Routed:
    """Names of the destinations, in the order of the settings, and names that no destination has."""

    destinations: tuple[str, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoutingFacts:
    """What routing looks at."""

    rule_id: str
    alert_type: str
    severity: str
    log_types: tuple[str, ...]
    dynamic_destinations: tuple[str, ...] | None = None  # what destinations() returned; None: nothing


def route(
    alert: RoutingFacts,
    destinations: Sequence[DestinationSettings],
    routes: Sequence[RouteSettings] = (),
    output_ids: Mapping[str, Sequence[str]] | None = None,
) -> Routed:
    """Where the alert goes. Args: output_ids: rule id -> its OutputIds."""
    wanted = _wanted(alert, destinations, routes, output_ids or {})
    known = {destination.name for destination in destinations}
    return Routed(
        tuple(d.name for d in destinations if d.name in wanted and d.is_enabled and alert.alert_type in d.alert_types),
        tuple(dict.fromkeys(name for name in wanted if name not in known and name != SKIP)),
    )


def _wanted(
    alert: RoutingFacts,
    destinations: Sequence[DestinationSettings],
    routes: Sequence[RouteSettings],
    output_ids: Mapping[str, Sequence[str]],
) -> list[str]:
    if alert.dynamic_destinations is not None:
        return [] if SKIP in alert.dynamic_destinations else list(alert.dynamic_destinations)
    fitting = [name for one in routes if _fits(one, alert) for name in one.destinations]
    if fitting:
        return fitting
    if output_ids.get(alert.rule_id):
        return list(output_ids[alert.rule_id])
    return [destination.name for destination in destinations if alert.severity in destination.severities]


def _fits(one: RouteSettings, alert: RoutingFacts) -> bool:
    return (
        (not one.severities or alert.severity in one.severities)
        and (not one.log_types or bool(set(alert.log_types) & set(one.log_types)))
        and (not one.rule_ids or alert.rule_id in one.rule_ids)
        and (not one.alert_types or alert.alert_type in one.alert_types)
    )
