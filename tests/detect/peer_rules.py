"""Runs rules, scheduled rules and policies by panther-core.

Executed by the python that PANTHER_CORE_PYTHON names, which knows nothing of this package.

Input, one line of JSON: {helpers: [folders], models: {log type: {id, mappings, body}}, destinations: {name: id}, rules: [{id, file,
kind, severity, tests: [{log, mocks}]}]}. Output: for each test of each rule the results in batch and in test mode.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import sys
from typing import Any
from unittest.mock import MagicMock, patch

FUNCTIONS = ("title", "description", "reference", "severity", "runbook", "destinations", "dedup", "alert_context", "unique")


class _Destination:
    def __init__(self, destination_id: str, name: str) -> None:
        self.destination_id = destination_id
        self.destination_display_name = name


def main(job: dict[str, Any]) -> list[Any]:
    from panther_core import PantherEvent
    from panther_core.data_model import DataModel
    from panther_core.policy import Policy
    from panther_core.rule import Rule

    sys.path.extend(job["helpers"])
    models = {log_type: DataModel(config) for log_type, config in job["models"].items()}
    by_id = {found: _Destination(found, name) for name, found in job["destinations"].items()}
    by_name = {destination.destination_display_name: destination for destination in by_id.values()}
    answers = []
    for spec in job["rules"]:
        is_policy = spec["kind"] == "policy"
        config = {
            "id": spec["id"],
            "path": spec["file"],
            "versionId": "1",
            "severity": spec["severity"],
            "analysisType": spec["kind"].upper(),
        }
        rule = Policy(config) if is_policy else Rule(config)
        for test in spec["tests"]:
            results = []
            for is_batch in (True, False):
                mocks = {mocked["objectName"]: MagicMock(return_value=mocked.get("returnValue")) for mocked in test["mocks"]}
                log = copy.deepcopy(test["log"])
                model = models.get(log.get("p_log_type", "")) if spec["kind"] == "rule" else None
                event = log if is_policy else PantherEvent(log, model)
                with patch.multiple(rule.module, **mocks) if mocks else contextlib.nullcontext(), contextlib.redirect_stdout(io.StringIO()):
                    results.append(_plain(rule.run(event, by_id, by_name, batch_mode=is_batch)))
            answers.append([spec["id"], *results])
    return answers


def _plain(result: Any) -> dict[str, Any]:
    plain = {
        "output": result.detection_output,
        "is_triggered": result.trigger_alert,
        "rule_error": _repr(result.detection_exception),
    }
    for name in FUNCTIONS:
        plain[name] = getattr(result, f"{name}_output")
        plain[f"{name}_error"] = _repr(getattr(result, f"{name}_exception"))
    if result.detection_exception is not None and type(result.detection_exception).__name__ != "FunctionReturnTypeError":
        plain["message"] = result.error_message
    return plain


def _repr(error: BaseException | None) -> str | None:
    return None if error is None else repr(error)


if __name__ == "__main__":
    answer = main(json.loads(sys.stdin.read()))
    print(json.dumps(answer))
