"""Which detections are meant: `KEY=V1,V2` and `KEY!=V1,V2` over the keys of their YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from panther_dagster.detect.metadata import did_you_mean
from panther_dagster.errors import RuleError


@dataclass(frozen=True)
class RuleFilter:
    """`KEY=V1,V2` or `KEY!=V1,V2`: detections whose YAML has (or has not) one of the values, without regard to case."""

    key: str
    values: tuple[str, ...]
    is_negated: bool = False

    def accepts(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the detection with this YAML stays."""
        written = {str(key).lower(): value for key, value in metadata.items()}.get(self.key.lower())
        values = written if isinstance(written, list) else [written]
        folded = {str(value).lower() for value in values if value is not None}
        return bool(folded.intersection(value.lower() for value in self.values)) is not self.is_negated


def parse_filters(texts: Iterable[str]) -> list[RuleFilter]:
    """Filters as written on a command line. Raises RuleError for what is none."""
    filters = []
    for text in texts:
        key, equals, values = text.partition("=")
        is_negated = key.endswith("!")
        key = key.removesuffix("!").strip()
        if not equals or not key:
            raise RuleError(f"'{text}' is no filter; write KEY=VALUE or KEY!=VALUE, as Severity=High,Critical")
        filters.append(RuleFilter(key, tuple(value.strip() for value in values.split(",")), is_negated))
    return filters


def check_filter_keys(filters: Iterable[RuleFilter], keys: Iterable[str]) -> None:
    """Raises RuleError for a filter on a key that no detection has. `keys`: those of all detections."""
    known = set(keys)
    folded = {key.lower() for key in known}
    for rule_filter in filters:
        if known and rule_filter.key.lower() not in folded:
            raise RuleError(f"no rule has a key '{rule_filter.key}'{did_you_mean(rule_filter.key, known)}")
