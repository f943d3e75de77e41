"""panther health: whether `panther dev` on this host works. The image's health check; asks the webserver only, so it takes no time."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import typer

# What runs without anybody asking: a daemon that stands still is a lake that takes nothing in.
QUERY = "{ instance { daemonHealth { allDaemonStatuses { daemonType required lastHeartbeatTime } } } }"


def health(
    port: Annotated[int, typer.Option("--port", help="Port of the UI on this host.")] = 3000,
    max_age_seconds: Annotated[
        float, typer.Option("--max-age", min=1, help="Oldest heartbeat of a daemon that is well, in seconds.")
    ] = 120,
    timeout_seconds: Annotated[float, typer.Option("--timeout", min=0.1, help="How long the webserver may take to answer.")] = 10,
) -> None:
    """Tell whether the Dagster UI and its daemon are alive.

    Exit code 0: the webserver answers and each daemon has said so lately. 1: the reason is on stderr.
    """
    if problem := find_problem(port, now=time.time(), max_age_seconds=max_age_seconds, timeout_seconds=timeout_seconds):
        typer.echo(f"panther: {problem}", err=True)
        raise typer.Exit(1)
    typer.echo("healthy")


def find_problem(port: int, *, now: float, max_age_seconds: float, timeout_seconds: float) -> str | None:
    """What is wrong; None when all is well. `now`: seconds since 1970."""
    try:
        _get(port, "/server_info", timeout_seconds)
        answer = _get(port, "/graphql", timeout_seconds, body={"query": QUERY})
        daemons = answer["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"no answer from Dagster's webserver on port {port}: {error!r}"
    late = sorted(
        daemon["daemonType"] for daemon in daemons if daemon["required"] and now - (daemon["lastHeartbeatTime"] or 0.0) > max_age_seconds
    )
    return f"no heartbeat within {max_age_seconds:g} s of the daemon's {', '.join(late)}" if late else None


def _get(port: int, path: str, timeout_seconds: float, *, body: dict[str, Any] | None = None) -> Any:
    from urllib.request import ProxyHandler, Request, build_opener

    data = None if body is None else json.dumps(body).encode()
    request = Request(f"http://127.0.0.1:{port}{path}", data=data, headers={"Content-Type": "application/json"})
    with build_opener(ProxyHandler({})).open(request, timeout=timeout_seconds) as response:  # this host: never through a proxy
        return json.load(response)
