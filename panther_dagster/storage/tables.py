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


def columns(described: list[tuple[str, pa.DataType, str]]) -> pa.Schema:
    """A schema from (name, type, what it holds); `description_of` gives the last back."""
    return pa.schema([pa.field(name, data_type, metadata={"description": text}) for name, data_type, text in described])


def description_of(column: pa.Field) -> str:
    """What a column of a Table holds."""
    return (column.metadata or {}).get(b"description", b"").decode()


def raw_table(log_type: str) -> Table:
    """The landing table of a log type: the event's untouched text and where it came from."""
    return Table(
        f"panther_raw.{table_name(log_type)}",
        f"One row per record of {log_type} as delivered.",
        columns(
            [
                ("p_row_id", pa.string(), "Id of the row: the same bytes at the same place give the same id."),
                ("p_parse_time", TIME, "When the lake took the object in."),
                ("p_source_id", pa.string(), "Id of the source."),
                ("p_source_label", pa.string(), "Name of the source."),
                ("p_source_file", pa.string(), "URI of the object."),
                ("p_record_index", pa.int64(), "Place of the record in its object, from 0."),
                ("p_batch_id", pa.string(), "Batch that wrote the row."),
                ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
                ("p_raw_event", pa.string(), "The untouched text of the event."),
            ]
        ),
    )


OBJECTS = Table(
    "panther_monitor.objects",
    "One row per object (uri and etag) that a source has delivered: the ledger.",
    columns(
        [
            ("p_source_id", pa.string(), "Id of the source."),
            ("uri", pa.string(), "Where the object is."),
            ("etag", pa.string(), "Version of the object."),
            ("size_bytes", pa.int64(), "Size as stored."),
            ("modified_time", TIME, "When the object was delivered."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("state", pa.string(), "PENDING, LANDED, MISSING (gone or rewritten before it was read)."),
            ("records", pa.int64(), "Records that were read."),
            ("rows_landed", pa.int64(), "Records that became rows."),
            ("failures", pa.int64(), "Records that did not."),
            ("raw_bytes", pa.int64(), "Size of its text, uncompressed."),
            ("rows_by_log_type", pa.string(), 'JSON: {"AWS.CloudTrail": 20}.'),
        ]
    ),
    is_small=True,
)

BATCHES = Table(
    "panther_monitor.batches",
    "One row per batch: a set of objects of one source and hour that is landed in one transaction.",
    columns(
        [
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_source_id", pa.string(), "Id of the source."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("cut_time", TIME, "Is p_parse_time of its rows, so that a re-run writes the same rows."),
            ("objects", pa.int64(), "Number of objects."),
            ("size_bytes", pa.int64(), "Size as stored."),
            ("state", pa.string(), "CUT, LANDED, DONE."),
        ]
    ),
    is_small=True,
)

CLASSIFICATION_FAILURES = Table(
    "panther_monitor.classification_failures",
    "One row per record (or unreadable rest of an object) that could not be landed.",
    columns(
        [
            ("p_row_id", pa.string(), "Id of the row: the same bytes at the same place give the same id."),
            ("p_parse_time", TIME, "When the lake took the object in."),
            ("p_source_id", pa.string(), "Id of the source."),
            ("p_source_label", pa.string(), "Name of the source."),
            ("p_source_file", pa.string(), "URI of the object."),
            ("p_record_index", pa.int64(), "Place of the record in its object, from 0."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("reason", pa.string(), "A FailureReason."),
            ("detail", pa.string(), "What was wrong."),
            ("candidates", pa.string(), "Log types that matched, comma separated."),
            ("byte_offset", pa.int64(), "In the uncompressed object; null where unknown."),
            ("p_raw_event", pa.string(), "Capped; bytes that are no UTF-8 are escaped as \\\\xNN."),
        ]
    ),
)

SIGNALS = Table(
    "panther_signals.signals",
    "One row per rule match: a rule that triggered on an event.",
    columns(
        [
            ("signal_id", pa.string(), "Hash of rule id and p_row_id."),
            ("rule_id", pa.string(), "RuleID."),
            ("rule_version", pa.string(), "Hash of code, metadata and helpers."),
            ("log_type", pa.string(), "Log type, as AWS.CloudTrail."),
            ("p_row_id", pa.string(), "Id of the row: the same bytes at the same place give the same id."),
            ("p_event_time", TIME, "When the event happened."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("title", pa.string(), "Title."),
            ("dedup", pa.string(), "Dedup string."),
            ("dedup_period_minutes", pa.int32(), "Length of a window."),
            ("threshold", pa.int32(), "Matches that make an alert."),
            ("unique_value", pa.string(), "Value of unique(), if the rule defines it."),
            ("severity", pa.string(), "INFO, LOW, MEDIUM, HIGH or CRITICAL."),
            ("description", pa.string(), "Description."),
            ("reference", pa.string(), "Link to read more."),
            ("runbook", pa.string(), "What to do."),
            ("destinations", TEXTS, 'Null: by rule and severity; ["SKIP"]: none.'),
            ("alert_context", pa.string(), "JSON."),
            ("tags", TEXTS, "Tags of the rule."),
            ("reports", pa.string(), "JSON: {framework: [ids]}."),
            ("create_alert", pa.bool_(), "Whether the match may raise an alert."),
        ]
    ),
)

QUERY_RESULTS = Table(
    "panther_signals.query_results",
    "One row per row that a scheduled query found: the events of scheduled rules.",
    columns(
        [
            ("p_row_id", pa.string(), "Id of the row: the same row of the same run has the same id."),
            ("p_log_type", pa.string(), "QueryName."),
            ("p_event_time", TIME, "The row's own p_event_time, else the time of the run."),
            ("p_parse_time", TIME, "Time of the run: the query's clock."),
            ("p_batch_id", pa.string(), "The run: query and time."),
            ("p_hour", TIME, "Hour of the run."),
            ("p_raw_event", pa.string(), "The row as JSON."),
        ]
    ),
)

RULE_ERRORS = Table(
    "panther_signals.rule_errors",
    "One row per rule that failed on an event.",
    columns(
        [
            ("signal_id", pa.string(), "Hash of rule id and p_row_id."),
            ("rule_id", pa.string(), "RuleID."),
            ("rule_version", pa.string(), "Hash of code, metadata and helpers."),
            ("log_type", pa.string(), "Log type, as AWS.CloudTrail."),
            ("p_row_id", pa.string(), "Id of the row: the same bytes at the same place give the same id."),
            ("p_event_time", TIME, "When the event happened."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("function", pa.string(), "Function of the rule that failed."),
            ("error_type", pa.string(), "Class of the exception."),
            ("error_message", pa.string(), "Repr of the exception."),
            ("traceback", pa.string(), "Where it came from."),
        ]
    ),
)

RULE_RUNS = Table(
    "panther_monitor.rule_runs",
    "One row per rule, log type and batch: what the rule saw and cost.",
    columns(
        [
            ("rule_id", pa.string(), "RuleID."),
            ("rule_version", pa.string(), "Hash of code, metadata and helpers."),
            ("log_type", pa.string(), "Log type, as AWS.CloudTrail."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("events", pa.int64(), "Events that the rule was meant for."),
            ("candidates", pa.int64(), "Events that it ran on."),
            ("matches", pa.int64(), "Events that it matched."),
            ("errors", pa.int64(), "Events that it failed on."),
            ("cpu_seconds", pa.float64(), "CPU time."),
        ]
    ),
)

RULE_STOPS = Table(
    "panther_monitor.rule_stops",
    "One row per stop of a rule by a limit, and per release from quarantine: what quarantine goes by.",
    columns(
        [
            ("rule_id", pa.string(), "RuleID."),
            ("rule_version", pa.string(), "Hash of code, metadata and helpers; null of a release, which is for all versions."),
            ("event_type", pa.string(), "STOPPED, RELEASED."),
            ("event_time", TIME, "When the detection ran that stopped it, or when it was released."),
            ("error_type", pa.string(), "RuleTimeout, RuleOutOfMemory, RuleEndedProcess, RuleStartedThreads."),
            ("error_message", pa.string(), "What it did, and where."),
            ("log_type", pa.string(), "Log type, as AWS.CloudTrail."),
            ("p_row_id", pa.string(), "Row that it was at."),
            ("p_batch_id", pa.string(), "Batch of the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
        ]
    ),
    is_small=True,
)

CORRELATION_RUNS = Table(
    "panther_monitor.correlation_runs",
    "One row per correlation rule with an absence: until when it has looked at its due times.",
    columns(
        [
            ("rule_id", pa.string(), "RuleID."),
            ("rule_version", pa.string(), "Hash of the rule's YAML."),
            ("looked_until", TIME, "The last due time that it has looked at."),
            ("p_batch_id", pa.string(), "correlation:<rule id>, by which the row is replaced."),
        ]
    ),
    is_small=True,
)

CORRELATED_BATCHES = Table(
    "panther_monitor.correlated_batches",
    "One row per batch that got signals of a correlation rule and whose alerts are still to be raised: empty when no run is at it.",
    columns(
        [
            ("correlated_batch_id", pa.string(), "Batch that holds the signals."),
            ("first_event_time", TIME, "When the first of them happened."),
            ("found_time", TIME, "When they were found."),
            ("p_batch_id", pa.string(), "The transaction that wrote the signals, by which the row is removed."),
        ]
    ),
    is_small=True,
)

ALERT_EVENTS = Table(
    "panther_alerts.alert_events",
    "One row per thing that happened to an alert: its history.",
    columns(
        [
            ("event_id", pa.string(), "Id of the row."),
            ("alert_id", pa.string(), "Id of the alert."),
            ("event_type", pa.string(), "CREATED, MATCHED, STATUS, ASSIGNED, COMMENT."),
            ("event_time", TIME, "When the lake learnt it."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
            ("rule_id", pa.string(), "RuleID."),
            ("rule_version", pa.string(), "Hash of code, metadata and helpers."),
            ("alert_type", pa.string(), "RULE, RULE_ERROR."),
            ("log_type", pa.string(), "Log type, as AWS.CloudTrail."),
            ("dedup", pa.string(), "Dedup string."),
            ("dedup_period_minutes", pa.int32(), "Length of a window."),
            ("threshold", pa.int32(), "Matches that make an alert."),
            ("first_event_time", TIME, "Event time of the window's first match."),
            ("last_event_time", TIME, "Event time of the last match."),
            ("match_count", pa.int64(), "Matches that this event adds."),
            ("severity", pa.string(), "INFO, LOW, MEDIUM, HIGH or CRITICAL."),
            ("title", pa.string(), "Title."),
            ("description", pa.string(), "Description."),
            ("reference", pa.string(), "Link to read more."),
            ("runbook", pa.string(), "What to do."),
            ("destinations", TEXTS, "Destinations that the rule chose."),
            ("alert_context", pa.string(), "JSON of alert_context()."),
            ("tags", TEXTS, "Tags of the rule."),
            ("reports", pa.string(), "JSON: {framework: [ids]}."),
            ("status", pa.string(), "OPEN, TRIAGED, CLOSED, RESOLVED."),
            ("assignee", pa.string(), "Of ASSIGNED; empty: nobody."),
            ("actor", pa.string(), "Who did it."),
            ("comment", pa.string(), "Text of a comment or a reason."),
        ]
    ),
    is_small=True,
)

ALERT_SIGNALS = Table(
    "panther_alerts.alert_signals",
    "One row per signal and the alert window that it belongs to.",
    columns(
        [
            ("alert_id", pa.string(), "Id of the alert."),
            ("signal_id", pa.string(), "Hash of rule id and p_row_id."),
            ("rule_id", pa.string(), "RuleID."),
            ("dedup", pa.string(), "Dedup string."),
            ("alert_type", pa.string(), "RULE or RULE_ERROR."),
            ("window_start", TIME, "Event time of the match that opened the window."),
            ("log_type", pa.string(), "Log type, as AWS.CloudTrail."),
            ("p_row_id", pa.string(), "Id of the row: the same bytes at the same place give the same id."),
            ("p_event_time", TIME, "When the event happened."),
            ("unique_value", pa.string(), "Value of unique(), if the rule defines it."),
            ("p_batch_id", pa.string(), "Batch that wrote the row."),
            ("p_hour", TIME, "Hour of the delivery: the Dagster partition."),
        ]
    ),
    is_small=True,
)

DELIVERIES = Table(
    "panther_alerts.deliveries",
    "One row per attempt to deliver an alert to a destination.",
    columns(
        [
            ("delivery_id", pa.string(), "Id of the row."),
            ("alert_id", pa.string(), "Id of the alert."),
            ("destination", pa.string(), "Name of the destination."),
            ("action", pa.string(), "CREATE, UPDATE, RESOLVE."),
            ("revision", pa.int64(), "Matches of the alert that this delivery told of."),
            ("alert_status", pa.string(), "Status of the alert that this delivery told of."),
            ("attempt", pa.int32(), "Which try, from 1."),
            ("state", pa.string(), "DELIVERED, RETRY, FAILED (final)."),
            ("status_code", pa.int32(), "HTTP status, if there was an answer."),
            ("detail", pa.string(), "The answer, capped, without secrets."),
            ("external_reference", pa.string(), "What updates it later: Slack channel:ts, PagerDuty dedup_key."),
            ("idempotency_key", pa.string(), "The same for every try of the same delivery."),
            ("attempt_time", TIME, "When it was tried."),
            ("next_attempt_time", TIME, "When it is tried again, if it is."),
            ("seconds", pa.float64(), "How long it took."),
        ]
    ),
    is_small=True,
)

LOOKUPS_SCHEMA = "panther_lookups"  # a view for each lookup table, with its rows of today

LOOKUP_VERSIONS = Table(
    "panther_enrichment.lookup_versions",
    "One row per version of a lookup table: rows that count from then on.",
    columns(
        [
            ("lookup_name", pa.string(), "LookupName."),
            ("content_id", pa.string(), "Hash of the rows; a change that is taken back has the id that it had before."),
            ("valid_from", TIME, "Batches that are taken in from then on see these rows; the first version also all before."),
            ("rows", pa.int64(), "Number of rows."),
            ("primary_key", pa.string(), "Column that events are matched with."),
            ("is_cidr", pa.bool_(), "Whether keys are networks that hold an address, instead of equal texts."),
            ("columns", pa.string(), "JSON: {column: type}."),
            ("source", pa.string(), "File, table or query that the rows came from."),
        ]
    ),
    is_small=True,
)

LOOKUP_ROWS = Table(
    "panther_enrichment.lookup_rows",
    "One row per key of a lookup table and content: all versions. `panther_lookups.<name>` has those of today, with their columns.",
    columns(
        [
            ("lookup_name", pa.string(), "LookupName."),
            ("content_id", pa.string(), "Of the versions that have the row."),
            ("row_number", pa.int64(), "Order of the source: of two rows with one key the later counts."),
            ("key", pa.string(), "Text of the key."),
            ("row", pa.string(), "JSON of the row."),
        ]
    ),
    is_small=True,
)

TABLES: tuple[Table, ...] = (
    OBJECTS,
    BATCHES,
    CLASSIFICATION_FAILURES,
    SIGNALS,
    QUERY_RESULTS,
    RULE_ERRORS,
    RULE_RUNS,
    RULE_STOPS,
    CORRELATION_RUNS,
    CORRELATED_BATCHES,
    ALERT_EVENTS,
    ALERT_SIGNALS,
    DELIVERIES,
    LOOKUP_VERSIONS,
    LOOKUP_ROWS,
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
    "panther_enrichment",
    LOOKUPS_SCHEMA,
)
