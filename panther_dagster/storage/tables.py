"""Tables that Python writes, as Arrow schemas. Normalized, indicator and mart tables are dbt's (dbt_project/models/).

Times are UTC without zone, in microseconds. `p_batch_id` and `p_hour` stand in every table of the flow: a stage replaces its rows
of one batch, and an hour is the Dagster partition.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from panther_dagster.standard_fields import table_name

TIME = pa.timestamp("us")
TEXTS = pa.list_(pa.string())


@dataclass(frozen=True)
class Table:
    """One table: schema-qualified name, columns, and a sentence that says what one row is.

    `is_small` marks tables that get a few rows at a time: a backend may keep such rows in its catalog until maintenance.
    """

    name: str
    grain: str
    columns: pa.Schema
    is_small: bool = False


def raw_table(log_type: str) -> Table:
    """The landing table of a log type: the event's untouched text and where it came from."""
    return Table(
        f"panther_raw.{table_name(log_type)}",
        f"One row per record of {log_type} as delivered.",
        pa.schema(
            [
                ("p_row_id", pa.string()),
                ("p_parse_time", TIME),
                ("p_source_id", pa.string()),
                ("p_source_label", pa.string()),
                ("p_source_file", pa.string()),
                ("p_record_index", pa.int64()),
                ("p_batch_id", pa.string()),
                ("p_hour", TIME),
                ("p_raw_event", pa.string()),
            ]
        ),
    )


OBJECTS = Table(
    "panther_monitor.objects",
    "One row per object (uri and etag) that a source has delivered: the ledger.",
    pa.schema(
        [
            ("p_source_id", pa.string()),
            ("uri", pa.string()),
            ("etag", pa.string()),
            ("size_bytes", pa.int64()),  # as stored
            ("modified_time", TIME),
            ("p_hour", TIME),
            ("p_batch_id", pa.string()),
            ("state", pa.string()),  # PENDING, LANDED, MISSING (gone or rewritten before it was read)
            ("records", pa.int64()),
            ("rows_landed", pa.int64()),
            ("failures", pa.int64()),
            ("raw_bytes", pa.int64()),  # uncompressed
            ("rows_by_log_type", pa.string()),  # JSON: {"AWS.CloudTrail": 20}
        ]
    ),
    is_small=True,
)

BATCHES = Table(
    "panther_monitor.batches",
    "One row per batch: a set of objects of one source and hour that is landed in one transaction.",
    pa.schema(
        [
            ("p_batch_id", pa.string()),
            ("p_source_id", pa.string()),
            ("p_hour", TIME),
            ("cut_time", TIME),  # is p_parse_time of its rows, so that a re-run writes the same rows
            ("objects", pa.int64()),
            ("size_bytes", pa.int64()),
            ("state", pa.string()),  # CUT, LANDED, DONE
        ]
    ),
    is_small=True,
)

CLASSIFICATION_FAILURES = Table(
    "panther_monitor.classification_failures",
    "One row per record (or unreadable rest of an object) that could not be landed.",
    pa.schema(
        [
            ("p_row_id", pa.string()),
            ("p_parse_time", TIME),
            ("p_source_id", pa.string()),
            ("p_source_label", pa.string()),
            ("p_source_file", pa.string()),
            ("p_record_index", pa.int64()),
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
            ("reason", pa.string()),  # a FailureReason
            ("detail", pa.string()),
            ("candidates", pa.string()),  # log types that matched, comma separated
            ("byte_offset", pa.int64()),  # in the uncompressed object; null where unknown
            ("p_raw_event", pa.string()),  # capped; bytes that are no UTF-8 are escaped as \\xNN
        ]
    ),
)

SIGNALS = Table(
    "panther_signals.signals",
    "One row per rule match: a rule that triggered on an event.",
    pa.schema(
        [
            ("signal_id", pa.string()),  # hash of rule id and p_row_id
            ("rule_id", pa.string()),
            ("rule_version", pa.string()),  # hash of code, metadata and helpers
            ("log_type", pa.string()),
            ("p_row_id", pa.string()),
            ("p_event_time", TIME),
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
            ("title", pa.string()),
            ("dedup", pa.string()),
            ("dedup_period_minutes", pa.int32()),
            ("threshold", pa.int32()),
            ("unique_value", pa.string()),
            ("severity", pa.string()),
            ("description", pa.string()),
            ("reference", pa.string()),
            ("runbook", pa.string()),
            ("destinations", TEXTS),  # null: by rule and severity; ["SKIP"]: none
            ("alert_context", pa.string()),  # JSON
            ("tags", TEXTS),
            ("reports", pa.string()),  # JSON: {framework: [ids]}
            ("create_alert", pa.bool_()),
        ]
    ),
)

RULE_ERRORS = Table(
    "panther_signals.rule_errors",
    "One row per rule that failed on an event.",
    pa.schema(
        [
            ("signal_id", pa.string()),
            ("rule_id", pa.string()),
            ("rule_version", pa.string()),
            ("log_type", pa.string()),
            ("p_row_id", pa.string()),
            ("p_event_time", TIME),
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
            ("function", pa.string()),
            ("error_type", pa.string()),
            ("error_message", pa.string()),  # repr of the exception
            ("traceback", pa.string()),
        ]
    ),
)

RULE_RUNS = Table(
    "panther_monitor.rule_runs",
    "One row per rule, log type and batch: what the rule saw and cost.",
    pa.schema(
        [
            ("rule_id", pa.string()),
            ("rule_version", pa.string()),
            ("log_type", pa.string()),
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
            ("events", pa.int64()),
            ("candidates", pa.int64()),
            ("matches", pa.int64()),
            ("errors", pa.int64()),
            ("cpu_seconds", pa.float64()),
        ]
    ),
)

ALERT_EVENTS = Table(
    "panther_alerts.alert_events",
    "One row per thing that happened to an alert: its history.",
    pa.schema(
        [
            ("event_id", pa.string()),
            ("alert_id", pa.string()),
            ("event_type", pa.string()),  # CREATED, MATCHED, STATUS, ASSIGNED, COMMENT
            ("event_time", TIME),  # when the lake learnt it
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
            ("rule_id", pa.string()),
            ("rule_version", pa.string()),
            ("alert_type", pa.string()),  # RULE, RULE_ERROR
            ("log_type", pa.string()),
            ("dedup", pa.string()),
            ("dedup_period_minutes", pa.int32()),
            ("threshold", pa.int32()),
            ("first_event_time", TIME),  # of the window's events
            ("last_event_time", TIME),
            ("match_count", pa.int64()),  # matches that this event adds
            ("severity", pa.string()),
            ("title", pa.string()),
            ("description", pa.string()),
            ("reference", pa.string()),
            ("runbook", pa.string()),
            ("destinations", TEXTS),
            ("alert_context", pa.string()),
            ("tags", TEXTS),
            ("reports", pa.string()),
            ("status", pa.string()),  # OPEN, TRIAGED, CLOSED, RESOLVED
            ("assignee", pa.string()),  # of ASSIGNED; empty: nobody
            ("actor", pa.string()),
            ("comment", pa.string()),
        ]
    ),
    is_small=True,
)

ALERT_SIGNALS = Table(
    "panther_alerts.alert_signals",
    "One row per signal and the alert window that it belongs to.",
    pa.schema(
        [
            ("alert_id", pa.string()),
            ("signal_id", pa.string()),
            ("rule_id", pa.string()),
            ("dedup", pa.string()),
            ("alert_type", pa.string()),
            ("window_start", TIME),  # event time of the match that opened the window
            ("log_type", pa.string()),
            ("p_row_id", pa.string()),
            ("p_event_time", TIME),
            ("unique_value", pa.string()),
            ("p_batch_id", pa.string()),
            ("p_hour", TIME),
        ]
    ),
    is_small=True,
)

DELIVERIES = Table(
    "panther_alerts.deliveries",
    "One row per attempt to deliver an alert to a destination.",
    pa.schema(
        [
            ("delivery_id", pa.string()),
            ("alert_id", pa.string()),
            ("destination", pa.string()),
            ("action", pa.string()),  # CREATE, UPDATE, RESOLVE
            ("revision", pa.int64()),  # matches of the alert that this delivery told of
            ("alert_status", pa.string()),  # status of the alert that this delivery told of
            ("attempt", pa.int32()),
            ("state", pa.string()),  # DELIVERED, RETRY, FAILED (final)
            ("status_code", pa.int32()),
            ("detail", pa.string()),  # the answer, capped, without secrets
            ("external_reference", pa.string()),  # what updates it later: Slack channel:ts, PagerDuty dedup_key
            ("idempotency_key", pa.string()),
            ("attempt_time", TIME),
            ("next_attempt_time", TIME),
            ("seconds", pa.float64()),
        ]
    ),
    is_small=True,
)

TABLES: tuple[Table, ...] = (
    OBJECTS,
    BATCHES,
    CLASSIFICATION_FAILURES,
    SIGNALS,
    RULE_ERRORS,
    RULE_RUNS,
    ALERT_EVENTS,
    ALERT_SIGNALS,
    DELIVERIES,
)
SCHEMAS: tuple[str, ...] = (
    "panther_raw",
    "panther_logs",
    "panther_indicators",
    "panther_signals",
    "panther_rule_matches",
    "panther_rule_errors",
    "panther_alerts",
    "panther_monitor",
    "panther_marts",
)
