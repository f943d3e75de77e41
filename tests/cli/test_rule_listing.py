"""panther rules list and report, on rules that have run over a few events."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from detect.packs import write_rule

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.detect.detection import detect
from panther_dagster.detect.pack import load_rules
from panther_dagster.settings import load_settings
from panther_dagster.storage import open_lake
from panther_dagster.storage.lake import UnitOfWork
from panther_dagster.storage.tables import RULE_RUNS, TIME, Table

NOON = datetime(2024, 5, 1, 12)
PERIOD = ("--since", "2024-05-01T12:00", "--until", "2024-05-01T13:00")
COLUMNS = [("p_row_id", pa.string()), ("p_event_time", TIME), ("p_batch_id", pa.string()), ("p_hour", TIME), ("p_raw_event", pa.string())]
FIELDS = [(name, pa.string()) for name in ("eventType", "legacyEventType", "displayMessage")]
EVENTS = Table("panther_logs.okta_systemlog", "One row per event.", pa.schema([*COLUMNS, *FIELDS]))
EVENT = {"eventType": "user.session.start"}
QUIET = "def rule(event):\n    return 'x' in (event.get('legacyEventType'), event.get('displayMessage'))\n"


def write_pack(folder: Path) -> Path:
    """Four rules that load, and panther.yaml for them."""
    pack, okta = folder / "pack", {"LogTypes": ["Okta.SystemLog"]}
    write_rule(pack, "Okta.Matches", "def rule(event):\n    return event['eventType'] == 'user.session.start'\n", **okta)
    write_rule(pack, "Okta.Fails", "def rule(event):\n    return event['missing'] == 1\n", Severity="Low", **okta)
    write_rule(pack, "Okta.Quiet", QUIET, **okta)
    write_rule(pack, "Okta.Off", "def rule(event):\n    return True\n", Enabled=False, **okta)
    (folder / "panther.yaml").write_text(yaml.safe_dump({"rules": {"paths": [str(pack)], "noisy_alerts_per_day": 0.5}}))
    return pack


@pytest.fixture
def pack(tmp_path: Path, home: Path) -> Path:
    """Rules that have never run."""
    return write_pack(tmp_path)


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a hundred events of one hour have gone through the rules and alerting. One came the day before, with an older field."""
    folder = tmp_path_factory.mktemp("used")
    pack = write_pack(folder)
    place = {"p_event_time": NOON, "p_batch_id": "b1", "p_hour": NOON, "p_raw_event": json.dumps(EVENT), **EVENT}
    rows = [{**place, "p_row_id": f"r{number}"} for number in range(100)]
    rows.append({"p_row_id": "old", "p_hour": NOON - timedelta(days=1), "p_raw_event": "{}", "legacyEventType": "x"})
    gone = {"rule_id": "Okta.Gone", "log_type": "Okta.SystemLog", "p_hour": NOON, "events": 5, "candidates": 1, "cpu_seconds": 40.0}
    lake = open_lake(load_settings({"PANTHER_HOME": str(folder / "home")}))
    lake.ensure_tables()
    lake.transact(lambda tx: tx.append(EVENTS, pa.Table.from_pylist(rows, EVENTS.columns)))
    unit = UnitOfWork(batch_id="b1")
    detect(lake, unit, rules=load_rules([pack]))
    raise_alerts(lake, unit, now_utc=NOON)
    lake.transact(lambda tx: tx.append(RULE_RUNS, pa.Table.from_pylist([gone], RULE_RUNS.columns)))
    lake.close()
    return folder


@pytest.fixture
def used(home: Path, used_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in that folder."""
    monkeypatch.setenv("PANTHER_HOME", str(used_folder / "home"))
    monkeypatch.chdir(used_folder)


def reported(panther: Any, *arguments: str) -> dict[str, dict[str, Any]]:
    rows = json.loads(panther("rules", "report", *PERIOD, *arguments, "--format", "json").stdout)
    return {row["rule_id"]: row for row in rows}


def test_rules_are_listed_without_running_them(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Exits", "import os\nos._exit(3)\n", LogTypes=["Okta.SystemLog"])

    rows = json.loads(panther("rules", "list", "--filter", "Severity=High", "--format", "json").stdout)

    assert [(row["rule_id"], row["kind"], row["is_enabled"], row["log_types"]) for row in rows] == [
        ("Okta.Exits", "rule", True, ["Okta.SystemLog"]),
        ("Okta.Matches", "rule", True, ["Okta.SystemLog"]),
        ("Okta.Off", "rule", False, ["Okta.SystemLog"]),
        ("Okta.Quiet", "rule", True, ["Okta.SystemLog"]),
    ]
    assert "Severity'?" in panther("rules", "list", "--filter", "Sevrity=High", exit_code=1).stderr


def test_a_file_that_cannot_be_read_is_exit_code_1_beside_the_others(panther, pack: Path) -> None:
    (pack / "test_rules" / "bad.yml").write_text("AnalysisType: rul\n")

    for command in ("list", "report"):
        result = panther("rules", command, exit_code=1)
        assert "Okta.Matches" in result.stdout
        assert f"invalid: {pack}/test_rules/bad.yml:1: unknown AnalysisType" in result.stderr


def test_a_report_has_numbers_and_findings_of_each_rule(panther, used: None) -> None:
    rows = reported(panther)

    numbers = ("events", "candidates", "matches", "alerts", "errors")
    assert {rule_id: tuple(row[name] for name in numbers) for rule_id, row in rows.items()} == {
        "Okta.Gone": (5, 1, 0, 0, 0),
        "Okta.Matches": (100, 100, 100, 1, 0),
        "Okta.Fails": (100, 100, 0, 0, 100),
        "Okta.Quiet": (100, 100, 0, 0, 0),
        "Okta.Off": (0, 0, 0, 0, 0),
    }
    assert {rule_id: [finding["kind"] for finding in row["findings"]] for rule_id, row in rows.items()} == {
        "Okta.Gone": ["slow", "not_declared"],
        "Okta.Matches": ["noisy"],
        "Okta.Fails": ["fails", "absent_field", "never_matched"],
        "Okta.Quiet": ["absent_field", "absent_field", "never_matched"],
        "Okta.Off": [],
    }
    assert rows["Okta.Matches"]["last_match"] == "2024-05-01T12:00:00Z"
    assert rows["Okta.Fails"]["last_error"] == "rule(): KeyError('missing')"
    assert rows["Okta.Gone"]["microseconds_per_candidate"] == 40_000_000.0
    assert [(finding["label"], finding["text"]) for finding in rows["Okta.Fails"]["findings"]] == [
        ("fails", "failures: 100; last: rule(): KeyError('missing')"),
        ("absent: missing", "rule() reads missing (line 2), which is no column and in none of 100 events of Okta.SystemLog"),
        ("never matched", "100 events, of which it ran on 100, and none matched"),
    ]


def test_fields_that_do_not_arrive_are_explained_below_the_table(panther, used: None) -> None:
    lines = panther("rules", "report", *PERIOD, "--filter", "RuleID=Okta.Quiet").stdout.splitlines()

    assert lines[-2:] == [
        "Okta.Quiet: absent_field: rule() reads legacyEventType (line 2), which last arrived in the hour 2024-04-30T12:00",
        "Okta.Quiet: absent_field: rule() reads displayMessage (line 2), which no event of Okta.SystemLog had, nor in the days before",
    ]


def test_a_report_is_sorted_and_chosen(panther, used: None) -> None:
    assert next(iter(reported(panther))) == "Okta.Gone"  # by CPU time
    assert next(iter(reported(panther, "--sort", "errors"))) == "Okta.Fails"
    assert next(iter(reported(panther, "--sort", "last-match"))) == "Okta.Matches"
    assert list(reported(panther, "--sort", "id", "--findings-only")) == ["Okta.Fails", "Okta.Gone", "Okta.Matches", "Okta.Quiet"]
    assert list(reported(panther, "--filter", "Severity=Low")) == ["Okta.Fails"]


def test_alerts_a_day_are_counted_from_the_first_hour_in_which_rules_ran(panther, used: None) -> None:
    def findings(until: str) -> list[str]:
        period, chosen = ("--since", "2023-01-01", "--until", until), ("--filter", "RuleID=Okta.Matches", "--format", "json")
        (row,) = json.loads(panther("rules", "report", *period, *chosen).stdout)
        return [finding["text"] for finding in row["findings"]]

    assert findings("2024-05-03T12:00") == []  # one alert in two days; the settings allow half of one a day
    assert findings("2024-05-03T00:00") == ["0.7 alerts a day"]


def test_a_rule_has_never_run_where_the_period_has_no_events(panther, used: None) -> None:
    rows = json.loads(panther("rules", "report", "--since", "2024-05-03", "--format", "json").stdout)

    assert {row["rule_id"]: [finding["text"] for finding in row["findings"]] for row in rows if row["is_enabled"]} == {
        rule_id: ["no event of Okta.SystemLog came"] for rule_id in ("Okta.Fails", "Okta.Matches", "Okta.Quiet")
    }
    panther("rules", "report", "--since", "2024-05-03", "--until", "2024-05-02", exit_code=2)
