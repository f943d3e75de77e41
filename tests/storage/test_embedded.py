"""What only the embedded lake promises: how its Parquet files are written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from panther_dagster.storage.embedded import ROWS_PER_ROW_GROUP, EmbeddedLake
from panther_dagster.storage.tables import raw_table

RAW = raw_table("AWS.CloudTrail")


def test_staged_and_inserted_files_are_zstd_in_bounded_row_groups(tmp_path: Path) -> None:
    rows = ROWS_PER_ROW_GROUP + 5000
    texts = [f'{{"eventID": "{number}"}}' for number in range(rows)]
    columns = {"p_batch_id": ["b"] * rows, "p_raw_event": texts}
    data = pa.table([pa.array(columns.get(field.name, [None] * rows), field.type) for field in RAW.columns], schema=RAW.columns)
    lake = EmbeddedLake(tmp_path / "lake", threads=1, memory_limit="500MB")
    lake.ensure_tables()

    lake.transact(lambda tx: tx.append(RAW, data))
    staged = lake.stage(RAW, data)
    lake.transact(lambda tx: tx.append_staged(staged))
    lake.close()

    files = [pq.ParquetFile(file).metadata for file in (tmp_path / "lake").rglob("*.parquet")]
    assert [file.num_rows for file in files] == [rows, rows]
    for file in files:
        groups = [file.row_group(number) for number in range(file.num_row_groups)]
        assert {group.column(number).compression for group in groups for number in range(file.num_columns)} == {"ZSTD"}
        assert len(groups) > 1
