"""panther backtest over a hand-made table, with a pack in a git repository."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from backtest.repositories import commit_all

from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import TEXTS, TIME, Table

TEN = datetime(2024, 5, 6, 10)
RANGE = ("--from", "2024-05-06T10:00", "--to", "2024-05-06T11:00Z")
CODE = "def rule(event):\n    return event['n'] in {numbers}\ndef title(event):\n    return f\"{title} {{event['n']}}\"\n"
EVENTS = Table(
    "panther_logs.okta_systemlog",
    "test",
    pa.schema(
        [
            ("p_row_id", pa.string()),
            ("p_log_type", pa.string()),
            ("p_event_time", TIME),
            ("p_parse_time", TIME),
            ("p_source_file", pa.string()),
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
            ("p_any_ip_addresses", TEXTS),
            ("p_raw_event", pa.string()),
        ]
    ),
)


def write_rule(pack: Path, rule_id: str, code: str, **values: object) -> None:
    folder = pack / "okta_rules"
    folder.mkdir(parents=True, exist_ok=True)
    name = rule_id.lower().replace(".", "_")
    document = {"AnalysisType": "rule", "RuleID": rule_id, "Enabled": True, "LogTypes": ["Okta.SystemLog"], "Severity": "High", **values}
    (folder / f"{name}.yml").write_text(yaml.safe_dump({**document, "Filename": f"{name}.py"}))
    (folder / f"{name}.py").write_text(code)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Okta.Number matches 1 and 2 in the commit `main`, and is off; panther.yaml names the pack."""
    folder = tmp_path / "repository" / "pack"
    write_rule(folder, "Okta.Number", CODE.format(numbers=(1, 2), title="number"), Enabled=False)
    commit_all(folder.parent)
    (tmp_path / "panther.yaml").write_text(yaml.safe_dump({"rules": {"paths": [str(folder)], "max_seconds": 1}}))
    return folder


@pytest.fixture(autouse=True)
def _events(home_lake: Lake, pack: Path) -> None:
    """n = 0, 1 ... 5, a minute apart, from ten."""
    rows = [
        {
            "p_row_id": f"r{n}",
            "p_log_type": "Okta.SystemLog",
            "p_event_time": TEN + timedelta(minutes=n),
            "p_parse_time": TEN,
            "p_batch_id": "b1",
            "p_hour": TEN,
            "p_any_ip_addresses": ["192.0.2.1", f"203.0.113.{n}"],
            "p_raw_event": json.dumps({"n": n}),
        }
        for n in range(6)
    ]
    home_lake.transact(lambda tx: tx.append(EVENTS, pa.Table.from_pylist(rows, schema=EVENTS.columns)))


def test_what_a_rule_would_have_found_is_reported(panther, home_lake: Lake) -> None:
    document = json.loads(panther("backtest", "Okta.Number", *RANGE, "--format", "json").stdout)

    (rule,) = document["rules"]
    assert rule.pop("cpu_seconds") >= 0
    assert len(rule.pop("rule_version")) == 32
    assert rule == {
        "rule_id": "Okta.Number",
        "version": "now",
        "status": "ran",
        "events": 6,
        "candidates": 6,
        "matches": 2,
        "errors": 0,
        "alerts": 2,
        "error_alerts": 0,
        "first_match": "2024-05-06T10:01:00Z",
        "last_match": "2024-05-06T10:02:00Z",
        "entities": [
            {"indicator": "ip_addresses", "value": "192.0.2.1", "matches": 2},
            {"indicator": "ip_addresses", "value": "203.0.113.1", "matches": 1},
            {"indicator": "ip_addresses", "value": "203.0.113.2", "matches": 1},
        ],
        "error_texts": [],
    }
    assert (document["from"], document["to"]) == ("2024-05-06T10:00:00Z", "2024-05-06T11:00:00Z")
    assert document["events_by_log_type"] == {"Okta.SystemLog": 6}
    assert [(alert["dedup"], alert["title"], alert["matches"]) for alert in document["alerts"]] == [
        ("number 1", "number 1", 1),
        ("number 2", "number 2", 1),
    ]
    assert home_lake.query("select count(*) as n from panther_signals.signals").to_pylist() == [{"n": 0}]


def test_the_table_has_a_line_for_each_rule_and_what_it_found(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Failing", "def rule(event):\n    return event['\\x1b[31m']\n")

    out = panther("backtest", "Okta.Number", "Okta.Failing", *RANGE).stdout

    assert [line.split() for line in out.splitlines()[2:4]] == [
        ["Okta.Number", "ran", "6", "6", "2", "2", "0", out.splitlines()[2].split()[-1]],
        ["Okta.Failing", "ran", "6", "6", "0", "0", "6", out.splitlines()[3].split()[-1]],
    ]
    assert "  most frequent: 192.0.2.1 (ip_addresses, 2); 203.0.113.1 (ip_addresses, 1)" in out
    assert "  6 x rule(): KeyError('\\x1b[31m')" in out
    assert "\x1b" not in out


def test_a_base_shows_what_a_change_adds_and_loses(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Number", CODE.format(numbers=(2, 3), title="number"))
    command = ("backtest", "Okta.Number", *RANGE, "--base", "main")

    document = json.loads(panther(*command, "--format", "json").stdout)

    assert [(row["version"], row["matches"]) for row in (*document["base"]["rules"], *document["rules"])] == [("main", 2), ("now", 2)]
    changes = document["difference"]
    assert [(alert["title"], alert["first_event_time"]) for alert in changes["alerts_added"]] == [("number 3", "2024-05-06T10:03:00Z")]
    assert [(alert["title"], alert["first_event_time"]) for alert in changes["alerts_lost"]] == [("number 1", "2024-05-06T10:01:00Z")]
    assert (changes["is_change"], changes["matches_added"], changes["matches_lost"]) == (True, {"Okta.Number": 1}, {"Okta.Number": 1})
    out = panther(*command).stdout
    assert "1 alerts added:\n  + 2024-05-06 10:03:00 Okta.Number HIGH number 3 [number 3] 1 matches\n" in out
    assert "1 alerts lost:\n  - 2024-05-06 10:01:00 Okta.Number HIGH number 1 [number 1] 1 matches\n" in out


def test_fail_on_change_is_exit_code_1_when_something_differs(panther, pack: Path) -> None:
    command = ("backtest", "Okta.Number", *RANGE, "--base", "main", "--fail-on-change")
    write_rule(pack, "Okta.Number", "# other text, same behaviour\n" + CODE.format(numbers=(1, 2), title="number"))
    assert "no match and no alert differs" in panther(*command).stdout

    write_rule(pack, "Okta.Number", CODE.format(numbers=(1, 2), title="number"), Severity="Low")
    assert "1 alerts with another" not in panther(*command, exit_code=1).stdout
    assert "2 alerts with another title or severity:\n  - " in panther(*command, exit_code=1).stdout
    panther(*command[:-1], exit_code=0)


def changed_pack(pack: Path) -> None:
    """In main Number, Same, Gone, Off and Helped; then Number is on, Gone is gone, New is new, and a helper of Helped is another."""
    same, helped = CODE.format(numbers=(0,), title="same"), "from sizes import SIZE\ndef rule(event):\n    return event['n'] > SIZE\n"
    write_rule(pack, "Okta.Same", same)
    write_rule(pack, "Okta.Gone", CODE.format(numbers=(5,), title="gone"))
    write_rule(pack, "Okta.Off", same, Enabled=False)
    write_rule(pack, "Okta.Helped", helped)
    helper = pack / "global_helpers" / "sizes.py"
    helper.parent.mkdir()
    helper.write_text("SIZE = 3\n")
    helper.with_suffix(".yml").write_text("AnalysisType: global\nGlobalID: sizes\nFilename: sizes.py\n")
    query = {"AnalysisType": "scheduled_rule", "RuleID": "Okta.Query", "Enabled": True, "ScheduledQueries": ["Q"], "Severity": "Low"}
    (pack / "okta_rules" / "query.yml").write_text(yaml.safe_dump({**query, "Filename": "okta_same.py"}))
    commit_all(pack.parent)
    write_rule(pack, "Okta.Number", CODE.format(numbers=(1, 2), title="number"))
    write_rule(pack, "Okta.New", CODE.format(numbers=(4,), title="new"))
    write_rule(pack, "Okta.Off", "# another\n" + same, Enabled=False)
    for file in (pack / "okta_rules").glob("okta_gone.*"):
        file.unlink()
    helper.write_text("SIZE = 4\n")
    (pack / "okta_rules" / "query.yml").write_text(yaml.safe_dump({**query, "Filename": "okta_same.py", "Severity": "High"}))


def test_without_rule_ids_every_rule_that_differs_from_the_base_is_compared(panther, pack: Path) -> None:
    changed_pack(pack)
    command = ("backtest", *RANGE, "--base", "main")

    document = json.loads(panther(*command, "--format", "json").stdout)

    rows = [(row["rule_id"], row["version"], row["status"], row.get("matches")) for row in (*document["base"]["rules"], *document["rules"])]
    assert sorted(rows) == [
        ("Okta.Gone", "main", "ran", 1),
        ("Okta.Gone", "now", "not there", None),
        ("Okta.Helped", "main", "ran", 2),
        ("Okta.Helped", "now", "ran", 1),
        ("Okta.New", "main", "not there", None),
        ("Okta.New", "now", "ran", 1),
        ("Okta.Number", "main", "disabled", None),
        ("Okta.Number", "now", "ran", 2),
    ]
    changes = document["difference"]
    assert changes["changed_and_not_run"] == ["Okta.Query"]
    assert (changes["matches_added"], changes["matches_lost"]) == (
        {"Okta.New": 1, "Okta.Number": 2},
        {"Okta.Gone": 1, "Okta.Helped": 1},
    )
    assert [alert["title"] for alert in changes["alerts_added"]] == ["number 1", "number 2", "new 4", "Okta.Helped"]
    assert [alert["title"] for alert in changes["alerts_lost"]] == ["Okta.Helped", "gone 5"]


def test_a_version_without_changes_passes_and_so_do_changes_without_events(panther, pack: Path) -> None:
    command = ("backtest", *RANGE, "--base", "main", "--fail-on-change")

    assert panther(*command, "--format", "markdown").stdout.startswith("### Backtest against `main`: no rule differs\n")
    assert "no rule differs" in panther(*command).output
    write_rule(pack, "GitHub.New", "def rule(event):\n    return True\n", LogTypes=["GitHub.Audit"])
    out = panther("backtest", "--from", "2024-05-07", "--to", "2024-05-08", *command[5:], "--format", "json").stdout

    assert [(row["rule_id"], row["events"]) for row in json.loads(out)["rules"]] == [("GitHub.New", 0)]


def test_a_changed_rule_that_does_not_load_and_a_file_that_cannot_be_read_are_exit_code_1(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Number", "def rule(event)\n")
    result = panther("backtest", *RANGE, "--base", "main", "--format", "json", exit_code=1)
    assert [(row["rule_id"], row["status"]) for row in json.loads(result.stdout)["rules"]] == [("Okta.Number", "does not load")]
    assert "okta_number.py:1: no Python" in result.stderr

    (pack / "okta_rules" / "okta_number.yml").write_text("RuleID: [\n")
    assert "okta_number.yml:2: no YAML" in panther("backtest", *RANGE, "--base", "main", exit_code=1).stderr


def test_markdown_is_fit_for_a_pull_request(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Number", CODE.format(numbers=(3,), title="@all | `x` [l](http://example.com)\\x1b"))

    lines = panther("backtest", "Okta.Number", *RANGE, "--base", "main", "--format", "markdown").stdout.splitlines()

    assert lines[0] == "### Backtest against `main`: 1 alerts added, 2 lost, 0 changed"
    assert lines[6].startswith("| `Okta.Number` | `main` | ran | 6 | 6 | 2 | 2 | 0 | 0 | 2024-05-06 10:01:00 | 2024-05-06 10:02:00 |")
    assert lines[7].startswith("| `Okta.Number` | `now` | ran | 6 | 6 | 1 | 1 | 0 | 0 | 2024-05-06 10:03:00 | 2024-05-06 10:03:00 |")
    text = "`@all \\| 'x' [l](http://example.com)\\x1b 3`"
    assert f"- + 2024-05-06 10:03:00 `Okta.Number` HIGH {text}, dedup {text}, 1 matches" in lines


def test_new_and_deleted_rules_can_be_compared(panther, pack: Path) -> None:
    write_rule(pack, "Okta.New", CODE.format(numbers=(5,), title="new"))
    for file in pack.rglob("okta_number.*"):
        file.unlink()

    command = ("backtest", "Okta.Number", "Okta.New", *RANGE, "--base", "main", "--format", "json")
    document = json.loads(panther(*command).stdout)

    assert [row["status"] for row in document["rules"]] == ["not there", "ran"]
    assert [row["status"] for row in document["base"]["rules"]] == ["ran", "not there"]
    assert [alert["title"] for alert in document["difference"]["alerts_added"]] == ["new 5"]
    assert [alert["title"] for alert in document["difference"]["alerts_lost"]] == ["number 1", "number 2"]


def test_a_rule_that_does_not_load_is_exit_code_1_and_costs_itself(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Broken", "def rule(event)\n")

    result = panther("backtest", "Okta.Number", "Okta.Broken", *RANGE, "--format", "json", exit_code=1)

    assert [row["status"] for row in json.loads(result.stdout)["rules"]] == ["ran", "does not load"]
    assert f"invalid: {pack}/okta_rules/okta_broken.py:1: " in result.stderr


def test_a_rule_that_hangs_is_reported_as_stopped(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Hangs", "def rule(event):\n    while True:\n        pass\n")

    document = json.loads(panther("backtest", "Okta.Number", "Okta.Hangs", *RANGE, "--format", "json").stdout)

    assert [(row["status"], row["matches"]) for row in document["rules"]] == [("ran", 2), ("stopped", 0)]
    assert "took longer than 1 s" in document["rules"][1]["error_texts"][0]["text"]


def test_path_replaces_the_paths_of_the_settings(panther, tmp_path: Path) -> None:
    write_rule(tmp_path / "other", "Okta.Other", CODE.format(numbers=(4,), title="other"))

    out = panther("backtest", "Okta.Other", *RANGE, "--path", str(tmp_path / "other"), "--format", "json").stdout

    assert [alert["title"] for alert in json.loads(out)["alerts"]] == ["other 4"]
    assert (
        "no rule has the id 'Okta.Number'"
        in panther("backtest", "Okta.Number", *RANGE, "--path", str(tmp_path / "other"), exit_code=2).stderr
    )


def test_what_cannot_be_run_as_asked_is_exit_code_2_with_the_reason(panther, tmp_path: Path, pack: Path) -> None:
    (pack / "okta_policies").mkdir()
    (pack / "okta_policies" / "p.yml").write_text("AnalysisType: policy\nPolicyID: Okta.Policy\nEnabled: true\nSeverity: Low\n")
    (pack / "okta_rules" / "s.yml").write_text("AnalysisType: scheduled_rule\nRuleID: Okta.Scheduled\n")
    (tmp_path / "plain").mkdir()
    write_rule(tmp_path / "plain", "Okta.Plain", CODE.format(numbers=(1,), title="x"))

    def refusal(*arguments: str) -> str:
        result = panther("backtest", *arguments, exit_code=2)
        assert result.stdout == ""
        return result.stderr

    assert "no rule has the id 'Okta.Numbr'; did you mean 'Okta.Number'?" in refusal("Okta.Numbr", *RANGE)
    assert f"{pack}/okta_policies/p.yml:2: 'Okta.Policy' is a policy" in refusal("Okta.Policy", *RANGE)
    assert "'Okta.Scheduled' is a scheduled rule" in refusal("Okta.Scheduled", *RANGE)
    assert "no event of Okta.SystemLog with an event time in" in refusal("Okta.Number", "--from", "2024-05-07", "--to", "2024-05-08")
    assert "is not before" in refusal("Okta.Number", "--from", "2024-05-07", "--to", "2024-05-06")
    assert "'soon' is no time" in refusal("Okta.Number", "--from", "soon")
    assert "has no commit 'nowhere'" in refusal("Okta.Number", *RANGE, "--base", "nowhere")
    assert "is in no git repository" in refusal("Okta.Plain", *RANGE, "--base", "main", "--path", str(tmp_path / "plain"))
    assert "name rules, or --base GIT_REF" in refusal(*RANGE)
    assert "--fail-on-change needs --base" in refusal("Okta.Number", *RANGE, "--fail-on-change")


def test_a_folder_that_the_base_does_not_have_and_a_rule_that_is_gone_can_be_compared(panther, pack: Path, tmp_path: Path) -> None:
    write_rule(pack.parent / "young", "Okta.Young", CODE.format(numbers=(5,), title="young"))
    young = ("backtest", "Okta.Young", *RANGE, "--path", str(pack.parent / "young"), "--base", "main", "--format", "json")
    assert [alert["title"] for alert in json.loads(panther(*young).stdout)["difference"]["alerts_added"]] == ["young 5"]

    for file in pack.rglob("okta_number.*"):
        file.unlink()
    gone = json.loads(panther("backtest", "Okta.Number", *RANGE, "--base", "main", "--format", "json").stdout)
    assert [row["status"] for row in gone["rules"]] == ["not there"]
    assert len(gone["difference"]["alerts_lost"]) == 2


def test_a_rule_that_does_not_load_at_the_base_is_told_by_its_place_there(panther, pack: Path) -> None:
    write_rule(pack, "Okta.Late", "def rule(event)\n")
    commit_all(pack.parent)
    write_rule(pack, "Okta.Late", CODE.format(numbers=(5,), title="late"))

    result = panther("backtest", "Okta.Late", *RANGE, "--base", "main", "--format", "json")

    assert [row["status"] for row in json.loads(result.stdout)["base"]["rules"]] == ["does not load"]
    assert "invalid: main:pack/okta_rules/okta_late.py:1: " in result.stderr


def test_overlays_of_the_settings_apply_at_their_version(panther, pack: Path, tmp_path: Path) -> None:
    overlays = pack.parent / "overlays"
    overlays.mkdir()
    (overlays / "number.yml").write_text("RuleID: Okta.Number\nThreshold: 2\n")
    commit_all(pack.parent)
    (overlays / "number.yml").write_text("RuleID: Okta.Number\nSeverity: Critical\n")
    settings = {"paths": [str(pack)], "overlays": [str(overlays)]}
    (tmp_path / "panther.yaml").write_text(yaml.safe_dump({"rules": settings}))

    document = json.loads(panther("backtest", "Okta.Number", *RANGE, "--base", "main", "--format", "json").stdout)

    assert [row["alerts"] for row in (*document["base"]["rules"], *document["rules"])] == [0, 2]
    assert {alert["severity"] for alert in document["alerts"]} == {"CRITICAL"}
