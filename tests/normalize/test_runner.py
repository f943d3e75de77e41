from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from panther_dagster.normalize.dbt import DbtProject
from panther_dagster.settings import Settings
from panther_dagster.storage.lake import Lake, UnitOfWork


def test_a_command_leaves_no_trace_in_the_process(settings: Settings, lake: Lake, land: Callable[..., UnitOfWork]) -> None:
    import click
    from dbt import flags
    from dbt_common.context import try_get_invocation_context
    from dbt_common.events.event_manager_client import get_event_manager

    def state() -> dict[str, object]:
        return {
            "environment": dict(os.environ),
            "folder": Path.cwd(),
            "flags": flags.get_flags(),
            "handlers": list(logging.getLogger().handlers),
            "level": logging.getLogger().level,
            "invocation": try_get_invocation_context(),
            "click": click.get_current_context(silent=True),
            "callbacks": list(get_event_manager().callbacks),
            "loggers": list(get_event_manager().loggers),
        }

    before = state()
    DbtProject(settings, lake).build(land("b1", ["192.0.2.1"]), log_types=["Okta.SystemLog"])

    assert state() == before


def test_a_command_works_inside_another_click_program(settings: Settings, lake: Lake, land: Callable[..., UnitOfWork]) -> None:
    import click

    @click.command()
    @click.option("--target", default="elsewhere")
    @click.pass_context
    def program(context: click.Context, target: str) -> None:
        DbtProject(settings, lake).build(land("b1", ["192.0.2.1"]), log_types=["Okta.SystemLog"])
        assert click.get_current_context() is context

    program(args=[], standalone_mode=False)

    assert lake.query("select count(*) as n from panther_logs.okta_systemlog").to_pylist() == [{"n": 1}]


def test_nothing_is_printed(settings: Settings, lake: Lake, land: Callable[..., UnitOfWork], capfd: object) -> None:
    DbtProject(settings, lake).build(land("b1", ["192.0.2.1"]), log_types=["Okta.SystemLog"])

    assert capfd.readouterr() == ("", "")  # type: ignore[attr-defined]
