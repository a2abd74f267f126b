"""The logical hash of a table: a sha256 of its values, whatever library wrote them.

Names and types, then column by column: which values are empty, then the values in row order, integers and days as
eight little-endian bytes, texts as their lengths and UTF-8 bytes, lists as their lengths and their values.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

_STRETCH = 2_000_000  # rows


def logical_hash(rows: pl.DataFrame | pl.LazyFrame) -> str:
    """sha256 of a table's names, types and values, hex. Of a lazy one no more than a stretch of a column is held."""
    schema = rows.collect_schema()
    digest = hashlib.sha256(repr([(name, str(dtype)) for name, dtype in schema.items()]).encode())
    lazy = rows.lazy()
    height = lazy.select(pl.len()).collect().item()
    if height <= _STRETCH:
        lazy = lazy.collect().lazy()
    for name in schema.names():
        for part in _parts(_Column(lazy, name, height)):
            digest.update(part)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Column:
    """One column of a table, to be read more than once, a stretch of rows at a time."""

    rows: pl.LazyFrame
    name: str
    height: int

    def stretches(self) -> Iterator[pl.Series]:
        for place in range(0, self.height, _STRETCH):
            yield self.rows.select(self.name).slice(place, _STRETCH).collect()[self.name].rechunk()


def _parts(column: _Column) -> Iterator[bytes]:
    """What is hashed of a column: where it is empty, the lengths of its values if they have any, the values."""
    for values in column.stretches():
        yield values.is_null().to_numpy().tobytes()
    dtype = column.rows.collect_schema()[column.name]
    if isinstance(dtype, pl.List):
        for values in column.stretches():
            yield _integers(values.list.len())
        inner = column.rows.select(pl.col(column.name).drop_nulls().list.explode(empty_as_null=False))
        yield from _parts(_Column(inner, column.name, inner.select(pl.len()).collect().item()))
    elif dtype == pl.String:
        for values in column.stretches():
            yield _integers(values.str.len_bytes())
        for values in column.stretches():
            yield values.fill_null("").str.join("").item().encode()
    else:
        for values in column.stretches():
            yield _integers(values.to_physical())


def _integers(values: pl.Series) -> bytes:
    return values.cast(pl.Int64).fill_null(0).to_numpy().astype("<i8").tobytes()
