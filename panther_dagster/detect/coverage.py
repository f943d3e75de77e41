"""What detections cover: log types and resource types, and MITRE ATT&CK tactics and techniques by their Reports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from panther_dagster.detect.items import Item, is_detection

FRAMEWORK: Final = "MITRE ATT&CK"
# Tactics of the Enterprise matrix, in its order (attack.mitre.org/tactics/enterprise).
TACTICS: Final[Mapping[str, str]] = {
    "TA0043": "Reconnaissance",
    "TA0042": "Resource Development",
    "TA0001": "Initial Access",
    "TA0002": "Execution",
    "TA0003": "Persistence",
    "TA0004": "Privilege Escalation",
    "TA0005": "Defense Evasion",
    "TA0006": "Credential Access",
    "TA0007": "Discovery",
    "TA0008": "Lateral Movement",
    "TA0009": "Collection",
    "TA0011": "Command and Control",
    "TA0010": "Exfiltration",
    "TA0040": "Impact",
}
_TACTIC = re.compile(r"TA\d{4}")
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")


@dataclass(frozen=True)
class Covered:
    """How many detections, and how many of them are enabled, have something in common."""

    name: str
    detections: int
    enabled: int


@dataclass(frozen=True)
class CoveredTechnique:
    """The same for a technique under a tactic; "" where a report names only one of the two."""

    tactic_id: str
    tactic: str
    technique_id: str
    detections: int
    enabled: int


@dataclass(frozen=True)
class Coverage:
    """Each part in order of names; techniques in the matrix's order of tactics. `unmapped`: detections that report no ATT&CK id."""

    log_types: tuple[Covered, ...]
    resource_types: tuple[Covered, ...]
    techniques: tuple[CoveredTechnique, ...]
    unmapped: int


def coverage(items: Iterable[Item]) -> Coverage:
    """What the rules of every kind and the policies among the items cover."""
    log_types: defaultdict[str, list[bool]] = defaultdict(list)
    resource_types: defaultdict[str, list[bool]] = defaultdict(list)
    techniques: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    unmapped = 0
    for item in items:
        if not is_detection(item):
            continue
        is_enabled = item.values.get("Enabled") is True
        for log_type in _names(item.values.get("LogTypes")) if item.kind == "rule" else ():
            log_types[log_type].append(is_enabled)
        for resource_type in _names(item.values.get("ResourceTypes")) if item.kind == "policy" else ():
            resource_types[resource_type].append(is_enabled)
        pairs = attack_ids(item.values)
        unmapped += not pairs
        for pair in pairs:
            techniques[pair].append(is_enabled)
    order = {tactic: index for index, tactic in enumerate(TACTICS)}
    return Coverage(
        log_types=_counted(log_types),
        resource_types=_counted(resource_types),
        techniques=tuple(
            CoveredTechnique(tactic, TACTICS.get(tactic, ""), technique, len(found), sum(found))
            for (tactic, technique), found in sorted(techniques.items(), key=lambda pair: (order.get(pair[0][0], len(order)), pair[0]))
        ),
        unmapped=unmapped,
    )


def attack_ids(metadata: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(tactic, technique) pairs that a detection's Reports name, as in `TA0003:T1098`; "" for what an entry does not name."""
    reports = metadata.get("Reports")
    pairs: set[tuple[str, str]] = set()
    for entry in _names(reports.get(FRAMEWORK)) if isinstance(reports, Mapping) else ():
        tactic, technique = _TACTIC.search(entry), _TECHNIQUE.search(_TACTIC.sub("", entry))
        if tactic or technique:
            pairs.add((tactic.group() if tactic else "", technique.group() if technique else ""))
    return pairs


def _names(values: Any) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _counted(found: Mapping[str, list[bool]]) -> tuple[Covered, ...]:
    return tuple(Covered(name, len(enabled), sum(enabled)) for name, enabled in sorted(found.items()))
