"""CPU seconds of panther-core's `Rule.run` for all rules of a log type on events, each event once.

Executed by the python that PANTHER_CORE_PYTHON names, which knows nothing of this package. Input, one line of JSON: {helpers: [folders],
model: {id, mappings, body} or null, rules: [{id, file}], events: [texts]}. Output: {seconds, rules, matches}.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any


def main(job: dict[str, Any]) -> dict[str, Any]:
    import panther_detection_helpers.caching as caching
    from panther_core import PantherEvent
    from panther_core.data_model import DataModel
    from panther_core.rule import Rule

    logging.disable(logging.CRITICAL)
    for name in dir(caching):  # no table is asked for what rules remember
        if callable(getattr(caching, name)) and name.islower():
            setattr(caching, name, lambda *arguments, **keywords: 0)
    sys.path.extend(job["helpers"])
    rules = [Rule({"id": spec["id"], "path": spec["file"], "versionId": "1", "dedupPeriodMinutes": 60}) for spec in job["rules"]]
    model = DataModel(job["model"]) if job["model"] else None
    matches = 0
    began = time.process_time()
    for text in job["events"]:
        event = PantherEvent(json.loads(text), model)
        for rule in rules:
            matches += rule.run(event, {}, {}, batch_mode=True).trigger_alert is True
    return {"seconds": time.process_time() - began, "rules": len(rules), "matches": matches}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.stdin.readline()))))
