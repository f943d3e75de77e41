"""panther init: a commented panther.yaml to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from panther_dagster.errors import Location, SettingsError


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("panther.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented panther.yaml: every field, explained, with its default."""
    from panther_dagster.settings import PROJECT_ROOT

    example = PROJECT_ROOT / "panther.example.yaml"
    if not example.exists():
        raise SettingsError("the example that this command copies is missing; it is part of a source checkout", Location(example))
    try:
        with open(file, "w" if force else "x") as target:
            target.write(example.read_text())
    except FileExistsError as error:
        raise SettingsError("is there already; --force replaces it", Location(file)) from error
    except OSError as error:
        raise SettingsError(f"cannot be written: {error.strerror}", Location(file)) from error
    typer.echo(f"wrote {file}; next: panther ingest PATH, or sources in that file and panther dev")
