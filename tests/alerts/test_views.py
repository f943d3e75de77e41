from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from alerts.signals import NOW, TEN, error, match, write_batch

from panther_dagster.alerts.alerting import raise_alerts
from panther_dagster.alerts.views import ensure_views
from panther_dagster.storage.embedded import EmbeddedLake
from panther_dagster.storage.lake import Lake
from panther_dagster.storage.tables import TIME, Table

OKTA = Table(
    "panther_logs.okta_systemlog",
    "As the dbt model would make it, as far as the views read it.",
    pa.schema(
        [
            ("p_row_id", pa.string()),
            ("p_log_type", pa.string()),
            ("p_batch_id", pa.string()),
            ("p_event_time", TIME),
            ("eventType", pa.string()),
        ]
    ),
)


@dataclass(frozen=True)
class Names:
    names: tuple[str, ...] = ("Okta.SystemLog", "AWS.CloudTrail")


def write_events(lake: Lake) -> None:
    rows = [
        {"p_row_id": row, "p_log_type": "Okta.SystemLog", "p_batch_id": "b1", "p_event_time": TEN, "eventType": "user.session.start"}
        for row in ("row0", "row1", "row2")
    ]
    lake.transact(lambda transaction: transaction.append(OKTA, pa.Table.from_pylist(rows, schema=OKTA.columns)))


def test_views_are_created_for_tables_that_exist_and_only_once(lake: Lake) -> None:
    assert ensure_views(lake, Names()) == ["panther_rule_matches.scheduled_queries", "panther_rule_errors.scheduled_queries"]
    write_events(lake)
    assert ensure_views(lake, Names()) == ["panther_rule_matches.okta_systemlog", "panther_rule_errors.okta_systemlog"]
    assert ensure_views(lake, Names()) == []


def test_matched_event_stands_next_to_its_rule_and_alert(lake: Lake) -> None:
    write_events(lake)
    ensure_views(lake, Names())
    unit = write_batch(lake, "b1", [match(0, row="row0"), match(1, row="row1", create_alert=False)])
    (alert_id,) = raise_alerts(lake, unit, now_utc=NOW).alert_ids
    first, second = lake.query("select * from panther_rule_matches.okta_systemlog order by p_row_id").to_pylist()
    assert (first["eventType"], first["p_rule_id"], first["p_alert_id"]) == ("user.session.start", "Okta.Login", alert_id)
    assert (first["p_rule_severity"], first["p_alert_severity"], first["p_alert_creation_time"]) == ("HIGH", "HIGH", NOW)
    assert (first["p_rule_tags"], first["p_alert_context"]) == (["Okta"], '{"ip": "192.0.2.7"}')
    assert (second["p_row_id"], second["p_rule_id"], second["p_alert_id"]) == ("row1", "Okta.Login", None)


def test_event_on_which_a_rule_failed_stands_next_to_the_error(lake: Lake) -> None:
    write_events(lake)
    ensure_views(lake, Names())
    (alert_id,) = raise_alerts(lake, write_batch(lake, "b1", [], [error(2, row="row2")]), now_utc=NOW).alert_ids
    (row,) = lake.query("select * from panther_rule_errors.okta_systemlog").to_pylist()
    assert (row["p_row_id"], row["p_rule_id"], row["p_rule_error"], row["p_alert_id"]) == (
        "row2",
        "Okta.Broken",
        "KeyError('actor')",
        alert_id,
    )


def test_column_that_a_table_gains_later_appears_in_its_view(lake: EmbeddedLake) -> None:
    write_events(lake)
    ensure_views(lake, Names())
    lake.connection.execute("alter table panther_logs.okta_systemlog add column outcome varchar")
    assert "outcome" in lake.query("select * from panther_rule_matches.okta_systemlog").column_names
