"""panther dev: the Dagster UI of this installation."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def dev(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 3000,
) -> None:
    """Start the Dagster UI.

    Webserver, daemon (sensors, schedules) and code in one process group, until Ctrl-C.
    """
    from panther_dagster.defs.instance import run_dev
    from panther_dagster.settings import load_settings

    settings = load_settings()
    typer.echo(f"Dagster UI: http://{host}:{port}  (Ctrl-C ends it)", err=True)
    run_dev(settings, environment=os.environ, host=host, port=port)  # handed on, not read
