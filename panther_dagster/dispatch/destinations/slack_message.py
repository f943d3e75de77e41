"""An alert as a Slack message in Block Kit. Pure. Nothing in it can mention, link or format beyond what is written here:
texts of events are escaped (`&`, `<`, `>`) and sent verbatim.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from panther_dagster.dispatch.destination import AlertMessage, cut_bytes

# Limits of Slack's reference: text of a message 4,000 bytes, header 150, field of a section 2,000, section 3,000 characters, 50 blocks.
MAX_TEXT_BYTES: Final = 4000
MAX_HEADER_CHARACTERS: Final = 150
MAX_FIELD_CHARACTERS: Final = 2000
MAX_SECTION_CHARACTERS: Final = 3000
MAX_BLOCKS: Final = 50
COLOR: Final = {"INFO": "#8a94a6", "LOW": "#2f80ed", "MEDIUM": "#f2c037", "HIGH": "#f2752f", "CRITICAL": "#c9252d"}
CLOSED_COLOR: Final = "#2fa35c"
ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def slack_message(alert: AlertMessage) -> dict[str, Any]:
    """`text` (for notifications and screen readers) and one coloured attachment with the blocks."""
    heading = _heading(alert)
    summary = f"[{alert.severity}] {heading}"
    return {
        # Escaping makes at most five bytes of one.
        "text": escaped(cut_bytes(summary, MAX_TEXT_BYTES // 5), MAX_TEXT_BYTES),
        "mrkdwn": False,
        "attachments": [
            {
                "color": CLOSED_COLOR if alert.is_closed else COLOR.get(alert.severity, COLOR["INFO"]),
                "fallback": escaped(summary, MAX_HEADER_CHARACTERS),
                "blocks": _blocks(alert, heading)[:MAX_BLOCKS],
            }
        ],
    }


def _blocks(alert: AlertMessage, heading: str) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": escaped(heading, MAX_HEADER_CHARACTERS), "emoji": False}},
        {"type": "section", "fields": [_field(name, value) for name, value in _facts(alert) if value]},
    ]
    for name, text in (("Description", alert.description), ("Runbook", alert.runbook), ("Reference", alert.reference)):
        if text:
            label = f"*{name}*\n"
            blocks.append(_section(label + escaped(_clean(text), MAX_SECTION_CHARACTERS - len(label))))
    if alert.context:
        context = json.dumps(alert.context, indent=1, ensure_ascii=False, default=str).replace("```", "'''")
        blocks.append(_section(f"```{escaped(_clean(context), MAX_SECTION_CHARACTERS - 6)}```"))
    blocks.append({"type": "context", "elements": [_text(element) for element in _footer(alert)]})
    return blocks


def _heading(alert: AlertMessage) -> str:
    prefix = "Rule error: " if alert.alert_type == "RULE_ERROR" else ""
    closed = f"{alert.status.capitalize()}: " if alert.is_closed else ""
    return closed + prefix + (" ".join(_clean(alert.title).split()) or alert.rule_id)


def _facts(alert: AlertMessage) -> list[tuple[str, str]]:
    """At most ten, which is all that a section takes."""
    return [
        ("Severity", alert.severity),
        ("Status", alert.status),
        ("Rule", alert.rule_id),
        ("Log types", ", ".join(alert.log_types)),
        ("Events", str(alert.match_count)),
        ("First event", _time(alert.first_event_time)),
        ("Last event", _time(alert.last_event_time)),
        ("Assignee", alert.assignee),
        ("Tags", ", ".join(alert.tags)),
    ]


def _footer(alert: AlertMessage) -> list[str]:
    elements = [f"Alert `{escaped(alert.alert_id, 64)}`", f"`panther alerts show {escaped(alert.alert_id[:8], 64)}`"]
    if alert.link:
        elements.insert(0, f"<{escaped(alert.link.replace('|', '%7C'), MAX_FIELD_CHARACTERS)}|Open>")
    return elements


def _field(name: str, value: str) -> dict[str, Any]:
    label = f"*{name}*\n"
    return _text(label + escaped(_clean(value), MAX_FIELD_CHARACTERS - len(label)))


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no links of URLs and names that an attacker wrote.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def escaped(text: str, max_characters: int) -> str:
    """Text with Slack's three control characters escaped, at most so long afterwards, never cut inside an escape."""
    pieces: list[str] = []
    length = 0
    for character in text:
        piece = ESCAPES.get(character, character)
        if length + len(piece) > max_characters:
            while pieces and length + 1 > max_characters:
                length -= len(pieces.pop())
            return "".join(pieces) + "…"
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)


def _clean(text: str) -> str:
    """Without control and direction-changing characters; line breaks stay."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def _time(time_utc: datetime) -> str:
    return f"{time_utc:%Y-%m-%d %H:%M:%S} UTC"
