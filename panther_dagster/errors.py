"""Every error that this package raises on purpose.

    PantherError
    ├── SettingsError              panther.yaml or the environment is wrong
    ├── DeclarationError           a log type's .yml cannot be used
    ├── RuleError                  a detection's .yml or .py cannot be used
    ├── LookupTableError           a lookup table's .yml or its rows cannot be used
    ├── LakeError                  the lake refused or lost something
    │   └── WriteConflict          another writer won, after all retries
    ├── SourceError                an object store or folder cannot be read
    │   └── ObjectGone             an object was deleted or rewritten since it was listed
    ├── NormalizationError         a dbt model failed
    ├── SearchError                a search or query cannot be run as asked
    ├── BacktestError              a backtest cannot be run as asked
    ├── AlertError                 an alert does not exist, or cannot change that way
    └── DestinationError           a destination is configured wrongly (delivery failures are rows, not errors)

One bad rule or record is a row in a table; these are for what stops a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Location:
    """A place in a file, so that an editor can jump there. `line` counts from 1; None means the whole file."""

    file: Path
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


class PantherError(Exception):
    """Base of all. `location` is where the user has to look, if that is a file."""

    def __init__(self, text: str, location: Location | None = None) -> None:
        super().__init__(f"{location}: {text}" if location else text)
        self.text = text
        self.location = location


class SettingsError(PantherError):
    """panther.yaml or the environment is wrong."""


class DeclarationError(PantherError):
    """A log type's declaration cannot be used."""


class RuleError(PantherError):
    """A detection's .yml or .py cannot be used."""


class LookupTableError(PantherError):
    """A lookup table's .yml or its rows cannot be used."""


class LakeError(PantherError):
    """The lake refused or lost something."""


class WriteConflict(LakeError):
    """Another writer won and all retries are used up."""


class SourceError(PantherError):
    """An object store or folder cannot be read."""


class ObjectGone(SourceError):
    """An object was deleted or rewritten since it was listed."""


class NormalizationError(PantherError):
    """A dbt model failed."""


class SearchError(PantherError):
    """A search or query cannot be run as asked."""


class BacktestError(PantherError):
    """A backtest cannot be run as asked."""


class AlertError(PantherError):
    """An alert does not exist, or cannot change that way."""


class DestinationError(PantherError):
    """A destination is configured wrongly."""
