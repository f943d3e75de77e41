"""All log types of a dbt project, by name. Reads declaration.py; knows no database and no Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from panther_dagster.errors import DeclarationError, Location
from panther_dagster.log_types.declaration import LogType, read_log_type


@dataclass(frozen=True)
class Registry:
    """The declared log types. Iterates in order of their names."""

    by_name: Mapping[str, LogType]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all log types, sorted."""
        return tuple(self.by_name)

    def get(self, name: str) -> LogType:
        """The log type of that name.

        Raises: DeclarationError, with the nearest name.
        """
        if name in self.by_name:
            return self.by_name[name]
        near = get_close_matches(name, self.by_name, 1)
        raise DeclarationError(
            f"unknown log type '{name}'; " + (f"did you mean '{near[0]}'?" if near else f"known: {', '.join(self.names)}")
        )


def load_registry(dbt_project: Path) -> Registry:
    """Read models/normalized/<log_type>/<log_type>.yml of a dbt project.

    Raises: DeclarationError: a file cannot be used, two declare the same log type, or there is none.
    """
    folder = dbt_project / "models" / "normalized"
    found: dict[str, LogType] = {}
    for file in sorted(folder.glob("*/*.yml")):
        log_type = read_log_type(file)
        if file.parent.name != log_type.table:
            raise DeclarationError(f"{log_type.name} belongs into the folder {log_type.table}/", Location(file))
        if log_type.name in found:
            raise DeclarationError(f"{log_type.name} is declared in {found[log_type.name].file} too", Location(file))
        found[log_type.name] = log_type
    if not found:
        raise DeclarationError("no log type is declared", Location(folder))
    return Registry(MappingProxyType(dict(sorted(found.items()))))
