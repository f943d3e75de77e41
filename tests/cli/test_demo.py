"""`panther demo` as a process: the whole flow, twice. The lake is held to the story's truth."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(1_500)  # two processes that start Dagster and dbt; a busy machine takes its time


def panther(folder: Path, *arguments: str, exit_code: int = 0) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PANTHER_")}
    result = subprocess.run(
        [sys.executable, "-c", "from panther_dagster.cli.main import run; run()", *arguments],
        cwd=folder,
        env={**kept, "PANTHER_HOME": str(folder / "home"), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert result.returncode == exit_code, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder: Path) -> str:
    """What the first run prints."""
    return panther(folder, "demo", "--events", "300")


@pytest.fixture(scope="module")
def truth(folder: Path, first: str) -> dict:
    return json.loads((folder / "home" / "demo" / "truth.json").read_text())


def test_output_fits_the_terminal_and_ends_with_how_to_open_the_ui(first: str) -> None:
    lines = first.splitlines()

    assert max(len(line) for line in lines) <= 100
    assert lines[-1] == "Open the UI with `make dev`: http://127.0.0.1:3000"


def test_lake_holds_every_event_of_the_story(folder: Path, truth: dict) -> None:
    sql = " union all ".join(
        f"select '{log_type}' as log_type, count(*) as n from panther_logs.{log_type.lower().replace('.', '_')}"
        for log_type in truth["events_by_log_type"]
    )

    rows = json.loads(panther(folder, "sql", sql, "--format", "json"))

    assert {row["log_type"]: row["n"] for row in rows} == truth["events_by_log_type"]


def test_attacker_is_found_in_all_four_sources(folder: Path, truth: dict) -> None:
    hits = json.loads(panther(folder, "search", truth["attacker_address"], "--format", "json"))

    events: dict[str, int] = {}
    for hit in hits:
        events[hit["log_type"]] = events.get(hit["log_type"], 0) + hit["events"]
    # Of osquery's two events one has the address in a command line, which is no indicator.
    assert events == {**truth["attacker_events_by_log_type"], "Osquery.Differential": 1}


def test_every_rule_of_the_story_raised_an_alert(folder: Path, truth: dict) -> None:
    alerts = json.loads(panther(folder, "alerts", "list", "--format", "json"))

    assert truth["rule_ids"]
    assert set(truth["rule_ids"]) <= {alert["rule_id"] for alert in alerts}
    assert not [alert for alert in alerts if alert["alert_type"] == "RULE_ERROR"]


def test_the_report_has_the_rules_of_the_story_with_their_alerts(folder: Path, truth: dict) -> None:
    rows = {row["rule_id"]: row for row in json.loads(panther(folder, "rules", "report", "--format", "json"))}

    assert all(rows[rule_id]["alerts"] >= 1 for rule_id in truth["rule_ids"])
    kinds = {finding["kind"] for row in rows.values() for finding in row["findings"]}
    assert not kinds & {"quarantined", "fails", "noisy", "not_declared"}


@pytest.mark.parametrize(
    ("rule_id", "events"), [("CrossSource.Identity.OktaTakeoverToAWS", 3), ("AWS.CloudTrail.LoggingOffAndBulkDownload", 151)]
)
def test_a_correlation_rule_raised_one_alert_with_its_events_on_the_attackers_address(
    folder: Path, truth: dict, rule_id: str, events: int
) -> None:
    (alert,) = [alert for alert in json.loads(panther(folder, "alerts", "list", "--format", "json")) if alert["rule_id"] == rule_id]
    (detail,) = json.loads(panther(folder, "alerts", "show", alert["alert_id"], "--format", "json"))

    matched = json.loads(detail["alert_context"])["matched"]
    assert list(matched.values()) == [truth["attacker_address"]]
    assert detail["match_count"] == len(detail["matches"]) == events
    assert {match["p_row_id"] for match in detail["matches"]} == matched_rows(folder, alert["alert_id"])


def matched_rows(folder: Path, alert_id: str) -> set[str]:
    """Events of an alert, as the views of matches give them."""
    views = ("okta_systemlog", "aws_cloudtrail")
    sql = " union all ".join(f"select p_row_id from panther_rule_matches.{view} where p_alert_id = '{alert_id}'" for view in views)
    return {row["p_row_id"] for row in json.loads(panther(folder, "sql", sql, "--format", "json"))}


def test_every_alert_was_delivered_to_the_file(folder: Path, truth: dict) -> None:
    alerts = json.loads(panther(folder, "alerts", "list", "--format", "json"))

    lines = (folder / "home" / "demo" / "deliveries.jsonl").read_text().splitlines()

    assert len(lines) == len(alerts) > 0
    assert all(alert["alert_id"] in "\n".join(lines) for alert in alerts)


def test_a_second_run_changes_nothing(folder: Path, first: str) -> None:
    delivered = (folder / "home" / "demo" / "deliveries.jsonl").read_bytes()

    second = panther(folder, "demo", "--events", "300")

    assert "is there already" in second
    assert "nothing new: the ledger has every object" in second
    # From the counts on both runs print the same.
    assert second[second.index("log type") :] == re.sub(r"(?s)^.*?\n\n(?=log type +events)", "", first)
    assert (folder / "home" / "demo" / "deliveries.jsonl").read_bytes() == delivered
