"""The logical hash of a table: a sha256 of its values, whatever library wrote them.

Names and types, then column by column: which values are empty, then the values in row order, integers and days as
eight little-endian bytes, texts as their lengths and UTF-8 bytes, lists as their lengths and their values.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl

_STRETCH = 1 << 21  # rows; of shorter tables a column is read once, of longer ones once for each thing hashed of it
_SHORT = 1 << 16  # rows; to find a column of so few takes longer than to read them all
_OLDEST = pl.CompatLevel.oldest()  # texts as Arrow's large strings: all bytes in a row, and where each begins
_Stretches = Callable[[], Iterable[pl.Series]]  # the column from its beginning, again at each call
_Bytes = Any  # an array or a view of bytes, which hashlib takes without a copy


def logical_hash(rows: pl.DataFrame | pl.LazyFrame) -> str:
    """sha256 of a table's names, types and values, hex. Of a lazy one no more than a stretch of a column is held."""
    schema = rows.collect_schema()
    digest = hashlib.sha256(repr([(name, str(dtype)) for name, dtype in schema.items()]).encode())
    lazy = rows.lazy()
    height = lazy.select(pl.len()).collect().item()
    held = lazy.collect() if height <= _SHORT else None
    for name in schema.names():
        stretches = _stretches(lazy.select(name), height) if held is None else _held(held[name])
        for part in _parts(schema[name], stretches):
            digest.update(part)
    return digest.hexdigest()


def _stretches(column: pl.LazyFrame, height: int) -> _Stretches:
    """A column in pieces that each lie in one place."""
    if height <= _STRETCH:
        return _held(column.collect().to_series())
    return lambda: (
        chunk
        for place in range(0, height, _STRETCH)
        for chunk in column.slice(place, _STRETCH).collect().to_series().get_chunks()
    )


def _held(column: pl.Series) -> _Stretches:
    chunks = column.get_chunks()
    return lambda: chunks


def _parts(dtype: pl.DataType, stretches: _Stretches) -> Iterator[_Bytes]:
    """What is hashed of a column: where it is empty, the lengths of its values if they have any, the values."""
    for values in stretches():
        yield values.is_null().to_numpy() if values.null_count() else bytes(len(values))
    if isinstance(dtype, pl.List):
        for values in stretches():
            yield _integers(values.list.len())
        inner = pl.Series(dtype=dtype.inner).dtype
        yield from _parts(inner, lambda: (_within(values) for values in stretches()))
    elif dtype == pl.String:
        for values in stretches():
            yield _integers(values.str.len_bytes())
        for values in stretches():
            yield from _texts(values)
    else:
        for values in stretches():
            yield _integers(values.to_physical())


def _within(lists: pl.Series) -> pl.Series:
    return lists.drop_nulls().list.explode(empty_as_null=False)


def _integers(values: pl.Series) -> _Bytes:
    numbers = values.cast(pl.Int64)
    filled = numbers.fill_null(0) if numbers.null_count() else numbers
    return filled.to_numpy().astype("<i8", copy=False)


def _texts(values: pl.Series) -> Iterator[_Bytes]:
    """The bytes of texts one after the other, as they lie in memory."""
    array = (values.fill_null("") if values.null_count() else values).to_arrow(compat_level=_OLDEST)
    _, places, texts = array.buffers()
    if texts is not None:
        first, last = np.frombuffer(places, "<i8")[[array.offset, array.offset + len(array)]]
        yield memoryview(texts)[first:last]
