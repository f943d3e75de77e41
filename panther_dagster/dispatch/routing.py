"""Which destinations an alert goes to. Pure.

The first of these that names a destination which exists decides; a disabled destination and one that does not take the alert's type are
then left out:
1. the rule: what destinations() returned, else its OutputIds; ["SKIP"] is nobody;
2. the routes of panther.yaml that fit the alert, all together;
3. every destination whose `severities` hold the alert's.
A name that no destination has is reported and takes nobody's place: a pack that was written for another installation still alerts.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    named: tuple[str, ...] | None = None  # by the rule; None: it leaves the choice to us


def route(alert: RoutingFacts, destinations: Sequence[DestinationSettings], routes: Sequence[RouteSettings] = ()) -> Routed:
    """Where the alert goes."""
    if alert.named is not None and (SKIP in alert.named or not alert.named):
        return Routed(())
    known = {destination.name for destination in destinations}
    by_route = [name for one in routes if _fits(one, alert) for name in one.destinations]
    by_severity = [destination.name for destination in destinations if alert.severity in destination.severities]
    unknown: list[str] = []
    wanted: list[str] = []
    for names in (alert.named or (), by_route, by_severity):
        unknown += [name for name in names if name not in known]
        wanted = [name for name in names if name in known]
        if wanted:
            break
    return Routed(
        tuple(d.name for d in destinations if d.name in wanted and d.is_enabled and alert.alert_type in d.alert_types),
        tuple(dict.fromkeys(unknown)),
    )


def _fits(one: RouteSettings, alert: RoutingFacts) -> bool:
    return (
        (not one.severities or alert.severity in one.severities)
        and (not one.log_types or bool(set(alert.log_types) & set(one.log_types)))
        and (not one.rule_ids or alert.rule_id in one.rule_ids)
        and (not one.alert_types or alert.alert_type in one.alert_types)
    )
