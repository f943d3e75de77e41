"""Detection YAML -> plain values, and the line that a value stands on.

The dialect is YAML 1.2's core schema: only true and false are booleans (`on` and `yes` are words), `0123` is a decimal number, `1:30` and
times are words. A key that stands twice in one mapping is an error.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from panther_dagster.errors import Location, RuleError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> Any:
    values: dict[Any, Any] = {}
    yield values
    size_written = len(node.value)
    loader.flatten_mapping(node)
    values.update(_Base.construct_mapping(loader, node))
    if len(values) < size_written and len(node.value) == size_written:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = loader.construct_object(key_node)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice in one mapping", key_node.start_mark)
            seen.add(key)


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if digits[:2] in ("0x", "0o", "0b"):
        return sign * int(digits, 0)
    return sign * int(digits)


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (
        "float",
        r"[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
        r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("int", r"[-+]?0b[0-1_]+|[-+]?0o[0-7_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*", "-+0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("merge", r"<<", "<"),
):
    for _character in [*_first.replace("\0", ""), *([""] if "\0" in _first else [])]:
        _Loader.yaml_implicit_resolvers.setdefault(_character, []).append((f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$")))
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_document(file: Path) -> Any:
    """The value of a YAML file. Raises RuleError with the line."""
    try:
        return yaml.load(file.read_bytes(), _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RuleError(f"no YAML: {getattr(error, 'problem', None) or error}", Location(file, mark.line + 1 if mark else None)) from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise RuleError(f"cannot be read: {error}", Location(file)) from error


def place_of(file: Path, *path: Any) -> Location:
    """Where a value stands: `place_of(file, "LogTypes", 0)`. A key is found where it is written; a missing one at its parent."""
    node = yaml.compose(file.read_bytes(), _Loader)
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return Location(file, line)
