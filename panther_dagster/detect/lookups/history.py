"""Versions of lookup tables in the lake: a load writes changed rows as a new version, detection reads the version of a batch's time.

A batch uses the rows that were valid when it was taken in (its p_parse_time), so running it again gives the same events to rules. The
first version counts for all time before it: a new table is tried on old hours as a new rule is (docs/decisions/0013-lookup-tables.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from panther_dagster.detect.lookups.declaration import LookupCatalog, LookupDeclaration
from panther_dagster.detect.lookups.enrichment import Enricher, Enrichment
from panther_dagster.detect.lookups.rows import KeyedRows, batches_of, read_batches, read_file
from panther_dagster.detect.lookups.table import LookupTable, looks_like_cidr, network_of
from panther_dagster.errors import LakeError, LookupTableError, PantherError
from panther_dagster.storage.lake import Lake, Transaction
from panther_dagster.storage.tables import LOOKUP_ROWS, LOOKUP_VERSIONS

# More rows than this are written ahead of the transaction, which must be short.
STAGED_ROWS = 2_000


@dataclass(frozen=True)
class Version:
    """Rows of a table from `valid_from` (naive UTC) on, until its next version."""

    name: str
    content_id: str
    valid_from: datetime
    rows: int
    is_cidr: bool


@dataclass(frozen=True)
class LoadReport:
    """What became of one table. `state`: LOADED, UNCHANGED, UNREACHABLE (no source that can be read from here), FAILED.

    `problems`: rows that were left out, or why it failed; at most twenty of them. After FAILED the version before stays in use.
    """

    name: str
    state: str
    rows: int | None = None
    skipped: int = 0
    valid_from: datetime | None = None
    problems: tuple[PantherError, ...] = ()


def load_lookup_tables(
    lake: Lake, catalog: LookupCatalog, *, clock: Callable[[], datetime], names: Sequence[str] = (), is_only_missing: bool = False
) -> list[LoadReport]:
    """Read the sources of the enabled tables (or of those named) and write what has changed as new versions.

    The same rows again write nothing. A table that fails keeps its last version and does not keep the others from loading.

    Args: clock: naive UTC, asked when the rows are about to be committed: from then on a new version counts. A time taken earlier would
    lie before batches that are detected without it. is_only_missing: leave tables alone that have a version.

    Raises: LookupTableError: a name that no table has.
    """
    chosen = [catalog.table(name) for name in names] or list(catalog.enabled)
    if not chosen:
        return []
    with lake.lock("lookups"):
        latest = {name: versions[-1] for name, versions in read_versions(lake, [table.name for table in chosen]).items()}
        return [
            _loaded(lake, table, latest.get(table.name), clock)
            for table in chosen
            if not (is_only_missing and (table.name in latest or table.source is None))
        ]


def read_versions(lake: Lake, names: Sequence[str]) -> dict[str, list[Version]]:
    """All versions of these tables, oldest first; a table that was never loaded has none."""
    found: dict[str, list[Version]] = {}
    if names:
        marks = ", ".join("?" * len(names))
        sql = f"""
            select lookup_name, content_id, valid_from, rows, is_cidr from {LOOKUP_VERSIONS.name}
            where lookup_name in ({marks}) order by valid_from
        """
        for row in lake.query(sql, list(names)).to_pylist():
            version = Version(row["lookup_name"], row["content_id"], row["valid_from"], row["rows"], row["is_cidr"])
            found.setdefault(version.name, []).append(version)
    return found


def version_at(versions: Sequence[Version], moment: datetime | None) -> Version:
    """The version of a moment: the latest that was valid then; the first for any time before; the last for None."""
    valid = [version for version in versions if moment is None or version.valid_from <= moment]
    return valid[-1] if valid else versions[0]


def read_table(lake: Lake, version: Version) -> LookupTable:
    """The rows of a version, ready to be searched."""
    sql = f'select row_number, "key", "row" from {LOOKUP_ROWS.name} where lookup_name = ? and content_id = ?'
    rows = lake.query(sql, [version.name, version.content_id])
    return LookupTable(rows.column("key"), rows.column("row"), is_cidr=version.is_cidr, numbers=rows.column("row_number"))


class LookupHistory:
    """The enabled lookup tables of an installation for one process: nothing is read of the lake before rows need it.

    Args: clock: naive UTC; with it, a table that was never loaded is loaded when rows first need it, so that it counts from the first batch
    on. note: is told of each such load.
    """

    def __init__(
        self,
        lake: Lake,
        catalog: LookupCatalog,
        *,
        clock: Callable[[], datetime] | None = None,
        note: Callable[[LoadReport], None] = lambda report: None,
    ) -> None:
        self._lake = lake
        self._catalog = catalog
        self._clock = clock
        self._note = note
        self._versions: dict[str, list[Version]] | None = None
        self._tables: dict[str, LookupTable] = {}

    def enrichment(self, log_type: str, rows: pa.RecordBatch) -> Enrichment | None:
        """What to enrich these rows with; None when no table has anything to say of their log type, and no code of the packs asks one.

        Tables of other versions than these rows need are let go.
        """
        selectors = {t.name: s for t in self._catalog.enabled if (s := t.selectors_by_log_type.get(log_type))}
        names = [table.name for table in self._catalog.enabled] if self._catalog.has_calls else list(selectors)
        nothing = Enrichment(Enricher({}, {})) if self._catalog.has_calls else None
        if not names:
            return nothing
        if self._versions is None:
            self._versions = self._read_versions()
        known = {name: self._versions[name] for name in names if name in self._versions}
        if not known:
            return nothing
        column = rows.column("p_parse_time").unique().to_pylist() if "p_parse_time" in rows.schema.names else []
        moments = [moment for moment in column if moment is not None]
        chosen = {moment: {name: version_at(versions, moment) for name, versions in known.items()} for moment in (*moments, None)}
        if moments:
            del chosen[None]
        self._load([version for by_name in chosen.values() for version in by_name.values()])
        enrichers = {
            moment: Enricher({name: self._tables[version.content_id] for name, version in by_name.items()}, selectors)
            for moment, by_name in chosen.items()
        }
        latest = enrichers[max(moments)] if moments else enrichers[None]
        by_moment = {moment: enricher for moment, enricher in enrichers.items() if moment is not None}
        return Enrichment(latest, by_moment, has_calls=self._catalog.has_calls)

    def _read_versions(self) -> dict[str, list[Version]]:
        names = [table.name for table in self._catalog.enabled]
        versions = read_versions(self._lake, names)
        if self._clock is None or not any(table.source is not None and table.name not in versions for table in self._catalog.enabled):
            return versions
        for report in load_lookup_tables(self._lake, self._catalog, clock=self._clock, is_only_missing=True):
            self._note(report)
        return read_versions(self._lake, names)

    def _load(self, versions: Sequence[Version]) -> None:
        wanted = {version.content_id: version for version in versions}
        self._tables = {content_id: table for content_id, table in self._tables.items() if content_id in wanted}
        for content_id, version in wanted.items():
            if content_id not in self._tables:
                self._tables[content_id] = read_table(self._lake, version)


def _loaded(lake: Lake, table: LookupDeclaration, latest: Version | None, clock: Callable[[], datetime]) -> LoadReport:
    if table.source is None:
        problem = LookupTableError("its source is out of reach; name one in the settings, rules.lookup_sources", table.location)
        return LoadReport(table.name, "UNREACHABLE", problems=(problem,))
    try:
        keyed = _read(lake, table)
        is_cidr = table.key_type == "cidr" if table.key_type else looks_like_cidr(keyed.keys)
        if is_cidr:
            _leave_out_non_networks(keyed, table)
        content_id = _content_id(table, keyed, is_cidr=is_cidr)
        if latest is not None and latest.content_id == content_id:
            if not lake.has_table(table.view):  # the load before died between its version and its view
                _create_view(lake, table, keyed.type_by_column)
            return LoadReport(table.name, "UNCHANGED", latest.rows, keyed.skipped, latest.valid_from, tuple(keyed.problems))

        def valid_from() -> datetime:
            # A clock that was set back must not put the new version before the one it follows.
            return clock() if latest is None else max(clock(), latest.valid_from + timedelta(microseconds=1))

        version = _write(lake, table, keyed, content_id, is_cidr=is_cidr, valid_from=valid_from)
    except PantherError as error:
        return LoadReport(table.name, "FAILED", problems=(error,))
    return LoadReport(table.name, "LOADED", version.rows, keyed.skipped, version.valid_from, tuple(keyed.problems))


def _read(lake: Lake, table: LookupDeclaration) -> KeyedRows:
    source = table.source
    assert source is not None
    if source.file is not None:
        return read_file(source.file, table.primary_key, declared_at=table.location)
    try:
        if source.query is not None:
            rows = lake.read(source.query)
            return read_batches(batches_of(rows), rows.schema, table.primary_key, declared_at=table.location)
        schema = lake.query(f"select * from {source.table} limit 0").schema
        batches = lake.stream(f"select * from {source.table}")
        return read_batches(batches, schema, table.primary_key, declared_at=table.location)
    except LakeError as error:
        raise LookupTableError(f"its source cannot be read: {error.text.splitlines()[0]}", table.location) from error


def _leave_out_non_networks(keyed: KeyedRows, table: LookupDeclaration) -> None:
    kept = []
    for pair in zip(keyed.keys, keyed.texts, strict=True):
        if network_of(pair[0]) is None:
            keyed.skip(f"'{pair[0][:60]}' is no network, as 192.0.2.0/24, and no address", table.location)
        else:
            kept.append(pair)
    keyed.keys, keyed.texts = [key for key, _ in kept], [text for _, text in kept]
    keyed.rows = len(kept)


def _content_id(table: LookupDeclaration, keyed: KeyedRows, *, is_cidr: bool) -> str:
    digest = hashlib.sha256(json.dumps([table.name, table.primary_key, is_cidr, keyed.type_by_column]).encode())
    for text in keyed.texts:
        digest.update(text.encode())
        digest.update(b"\n")
    return digest.hexdigest()[:32]


def _write(
    lake: Lake, table: LookupDeclaration, keyed: KeyedRows, content_id: str, *, is_cidr: bool, valid_from: Callable[[], datetime]
) -> Version:
    # Rows that were there before (a change that was taken back) are in the lake already.
    known = f"select count(*) as n from {LOOKUP_VERSIONS.name} where lookup_name = ? and content_id = ?"
    is_known = lake.query(known, [table.name, content_id])["n"][0].as_py() > 0
    rows = _rows(table, keyed, content_id) if not is_known else LOOKUP_ROWS.columns.empty_table()
    staged = lake.stage(LOOKUP_ROWS, rows) if rows.num_rows > STAGED_ROWS else None

    def write(tx: Transaction) -> Version:
        if staged is not None:
            tx.append_staged(staged)
        elif rows.num_rows:
            tx.append(LOOKUP_ROWS, rows)
        version = Version(table.name, content_id, valid_from(), keyed.rows, is_cidr)
        line = {
            "lookup_name": version.name,
            "content_id": version.content_id,
            "valid_from": version.valid_from,
            "rows": version.rows,
            "primary_key": table.primary_key,
            "is_cidr": version.is_cidr,
            "columns": json.dumps(keyed.type_by_column),
            "source": str(table.source),
        }
        tx.append(LOOKUP_VERSIONS, pa.Table.from_pylist([line], LOOKUP_VERSIONS.columns))
        return version

    try:
        version = lake.transact(write)
    except BaseException:
        if staged is not None:
            lake.discard(staged)
        raise
    _create_view(lake, table, keyed.type_by_column)
    return version


def _rows(table: LookupDeclaration, keyed: KeyedRows, content_id: str) -> pa.Table:
    size = len(keyed.texts)
    names, contents = pa.array([table.name] * size, pa.string()), pa.array([content_id] * size, pa.string())
    places, keys, texts = pa.array(range(size), pa.int64()), pa.array(keyed.keys, pa.string()), pa.array(keyed.texts, pa.string())
    return pa.table([names, contents, places, keys, texts], schema=LOOKUP_ROWS.columns)


def _create_view(lake: Lake, table: LookupDeclaration, type_by_column: dict[str, str]) -> None:
    """Make the table's view: its rows of today with their columns, each with the version's `p_valid_from`."""
    schema, name = table.view.split(".")
    columns = [f"{_column_sql(column, kind)} as {_identifier(column)}" for column, kind in type_by_column.items()]
    quoted = _literal(table.name)
    lake.create_view(
        f"{schema}.{_identifier(name)}",
        f"""
        select {", ".join([*columns, "version.valid_from as p_valid_from"])}
        from (
            select lookup_name, content_id, valid_from from {LOOKUP_VERSIONS.name}
            where lookup_name = {quoted} order by valid_from desc limit 1
        ) as version
        inner join (
            select lookup_name, content_id, "row" from {LOOKUP_ROWS.name} where lookup_name = {quoted}
            qualify row_number() over (partition by content_id, "key" order by row_number desc) = 1
        ) as kept using (lookup_name, content_id)
        """,
    )


def _column_sql(column: str, kind: str) -> str:
    pointer = _literal("/" + column.replace("~", "~0").replace("/", "~1"))
    if kind == "json":
        return f'json_extract("row", {pointer})'
    text = f'json_extract_string("row", {pointer})'
    return text if kind == "text" else f"try_cast({text} as {kind})"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
