"""The module `panther_core` that rules import, over panther_dagster/event.py."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from panther_dagster import event
from panther_dagster.detect.rule import FunctionReturnTypeError, UnknownDestinationError
from panther_dagster.errors import PantherError


def core_modules() -> dict[str, ModuleType]:
    """`panther_core` and its submodules, by dotted name."""
    contents: dict[str, dict[str, Any]] = {
        "panther_core": {"PantherEvent": event.PantherEvent},
        "panther_core.enriched_event": {"PantherEvent": event.PantherEvent},
        "panther_core.immutable": {
            "ImmutableCaseInsensitiveDict": event.ImmutableCaseInsensitiveDict,
            "ImmutableContainerMixin": event.ImmutableContainerMixin,
            "ImmutableList": event.ImmutableList,
            "json_encoder": event.json_encoder,
        },
        "panther_core.exceptions": {
            "FunctionReturnTypeError": FunctionReturnTypeError,
            "PantherError": PantherError,
            "UnknownDestinationError": UnknownDestinationError,
        },
    }
    modules: dict[str, ModuleType] = {}
    for name, values in contents.items():
        module = modules[name] = ModuleType(name)
        vars(module).update(values)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, module)
    return modules
