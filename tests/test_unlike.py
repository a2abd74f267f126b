"""Of two Parquet files only the row groups that differ are read: what one has more of than the other is told by these."""

from collections import Counter
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines.unlike import unlike

ROWS = pl.DataFrame({"line": range(1, 41), "state": ["settled", "pending"] * 20, "paid": [None, 5, 7, 7] * 10})
_GROUP = 8

CHANGED = {
    "nothing": ROWS,
    "rows behind": pl.concat([ROWS, ROWS.with_columns(line=pl.col("line") + 40)]),
    "one value": ROWS.with_columns(state=pl.when(line=19).then(pl.lit("returned")).otherwise("state")),
    "a value that is gone": ROWS.with_columns(paid=pl.when(line=2).then(None).otherwise("paid")),
    "first and last": ROWS.with_columns(paid=pl.when(pl.col("line").is_in([1, 40])).then(6).otherwise("paid")),
    "a row in between": pl.concat([ROWS[:20], ROWS[:1], ROWS[20:]]),
    "fewer rows": ROWS[:24],
    "no rows": ROWS.clear(),
    "another type": ROWS.with_columns(pl.col("line").cast(pl.Int32)),
}


def written(path: Path, rows: pl.DataFrame) -> Path:
    pq.write_table(rows.to_arrow(), path, row_group_size=_GROUP)
    return path


def counted(sql: str) -> Counter[tuple[object, ...]]:
    return Counter(duckdb.sql(f"SELECT * FROM ({sql})").fetchall())


@pytest.mark.parametrize("what", CHANGED)
def test_what_either_has_more_of_is_told(tmp_path, what):
    rows = {"it's older": ROWS, "newer": CHANGED[what]}
    one, other = map(counted, unlike(*(written(tmp_path / f"{name}.parquet", rows[name]) for name in rows)))
    whole, changed = Counter(ROWS.rows()), Counter(CHANGED[what].rows())
    assert one - other == whole - changed and other - one == changed - whole


@pytest.mark.parametrize(
    ("what", "read"),
    {"nothing": (0, 0), "rows behind": (0, 40), "one value": (8, 8), "first and last": (16, 16)}.items(),
)
def test_what_is_the_same_is_not_read(tmp_path, what, read):
    one, other = unlike(written(tmp_path / "a.parquet", ROWS), written(tmp_path / "b.parquet", CHANGED[what]))
    assert (counted(one).total(), counted(other).total()) == read
