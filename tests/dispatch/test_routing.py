from __future__ import annotations

from dataclasses import replace

import pytest

from panther_dagster.dispatch.routing import Routed, RoutingFacts, route
from panther_dagster.settings import DestinationSettings, RouteSettings

SLACK = DestinationSettings(name="slack", type="slack", severities=("MEDIUM", "HIGH", "CRITICAL"))
PAGER = DestinationSettings(name="pager", type="pagerduty", severities=("CRITICAL",), alert_types=("RULE",))
ARCHIVE = DestinationSettings(name="archive", type="file")
OFF = DestinationSettings(name="off", type="file", is_enabled=False)
ALL = (SLACK, PAGER, ARCHIVE, OFF)
ALERT = RoutingFacts("Okta.Login", "RULE", "HIGH", ("Okta.SystemLog",))


@pytest.mark.parametrize(
    ("severity", "names"),
    [("INFO", ("archive",)), ("MEDIUM", ("slack", "archive")), ("CRITICAL", ("slack", "pager", "archive"))],
)
def test_severity_decides_by_default(severity: str, names: tuple[str, ...]) -> None:
    assert route(replace(ALERT, severity=severity), ALL) == Routed(names)


def test_destinations_of_the_rule_come_before_everything_else() -> None:
    routes = (RouteSettings(destinations=("slack",)),)
    alert = replace(ALERT, named=("pager",))
    assert route(alert, ALL, routes) == Routed(("pager",))


def test_skip_sends_to_nobody() -> None:
    assert route(replace(ALERT, named=("SKIP",)), ALL, (RouteSettings(destinations=("slack",)),)) == Routed(())


def test_fitting_routes_add_up_and_come_before_severity() -> None:
    routes = (
        RouteSettings(destinations=("pager",), rule_ids=("Okta.Login",)),
        RouteSettings(destinations=("slack", "pager"), log_types=("Okta.SystemLog", "AWS.CloudTrail")),
        RouteSettings(destinations=("archive",), severities=("LOW",)),
    )
    assert route(ALERT, ALL, routes) == Routed(("slack", "pager"))


@pytest.mark.parametrize(
    "conditions",
    [
        {"rule_ids": ("Okta.Other",)},
        {"log_types": ("AWS.CloudTrail",)},
        {"severities": ("LOW",)},
        {"alert_types": ("RULE_ERROR",)},
        {"rule_ids": ("Okta.Login",), "severities": ("LOW",)},
    ],
)
def test_route_with_a_condition_that_does_not_hold_is_passed_over(conditions: dict[str, tuple[str, ...]]) -> None:
    assert route(ALERT, ALL, (RouteSettings(destinations=("pager",), **conditions),)) == Routed(("slack", "archive"))  # type: ignore[arg-type]


def test_unknown_name_is_reported_and_the_others_are_used() -> None:
    assert route(replace(ALERT, named=("slak", "pager")), ALL) == Routed(("pager",), ("slak",))


def test_alert_of_a_rule_that_names_only_unknown_destinations_is_routed_as_if_it_named_none() -> None:
    alert = replace(ALERT, named=("00000000-0000-0000-0000-000000000001",))
    assert route(alert, ALL) == Routed(("slack", "archive"), ("00000000-0000-0000-0000-000000000001",))
    assert route(alert, ALL, (RouteSettings(destinations=("pager", "pagr")),)).destinations == ("pager",)


def test_rule_that_names_nobody_alerts_nobody() -> None:
    assert route(replace(ALERT, named=()), ALL) == Routed(())


def test_disabled_destination_gets_nothing_and_is_not_unknown() -> None:
    assert route(replace(ALERT, named=("off",)), ALL) == Routed(())


def test_destination_gets_only_the_alert_types_that_it_takes() -> None:
    error = replace(ALERT, alert_type="RULE_ERROR", severity="CRITICAL")
    assert route(error, ALL) == Routed(("slack", "archive"))
    assert route(replace(error, named=("pager",)), ALL) == Routed(())
