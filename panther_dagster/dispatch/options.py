"""The options of a destination in panther.yaml, checked. Secrets are named there, and read from the environment here, once.

Errors name the destination and the option, never a value: it could be a secret that was put into the wrong place.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from panther_dagster.dispatch.transport import Clock
from panther_dagster.errors import DestinationError, SettingsError
from panther_dagster.settings import DestinationSettings, secret


class Options(BaseModel):
    """Base of every type's options."""

    model_config = ConfigDict(extra="forbid", frozen=True)


OptionsT = TypeVar("OptionsT", bound=Options)


@dataclass(frozen=True)
class Surroundings:
    """What a destination gets besides its options. `environment` None means the process's own."""

    home: Path
    timeout_seconds: float = 10.0
    environment: Mapping[str, str] | None = field(default=None, repr=False)  # it holds secrets
    clock: Clock = time.monotonic

    def secret(self, destination: str, variable: str) -> SecretStr:
        """The secret in a variable. Raises DestinationError naming both."""
        try:
            return SecretStr(secret(variable, self.environment).strip())
        except SettingsError as error:
            raise DestinationError(f"destination '{destination}': {error.text}") from None


def read_options(model: type[OptionsT], settings: DestinationSettings) -> OptionsT:
    """The options of one destination. Raises DestinationError with every problem, by option."""
    try:
        return model.model_validate(settings.options)
    except ValidationError as error:
        problems = []
        for problem in error.errors(include_input=False, include_context=False):
            place = ".".join(map(str, problem["loc"]))
            if problem["type"] == "extra_forbidden" and f"{place}_env" in model.model_fields:
                problems.append(f"{place} is a secret: put it into an environment variable and name that by {place}_env")
            elif problem["type"] == "extra_forbidden":
                problems.append(f"{place} is no option; known: {', '.join(sorted(model.model_fields))}")
            else:
                problems.append(f"{place}: {problem['msg']}".lstrip(": "))
        raise DestinationError(f"destination '{settings.name}' ({settings.type}): {'; '.join(problems)}") from None
