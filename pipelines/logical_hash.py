"""The logical hash of a table: a sha256 of its values, whatever library wrote them.

Names and types, then column by column: which values are empty, then the values in row order, integers and days as
eight little-endian bytes, texts as their lengths and UTF-8 bytes, lists as their lengths and their values.
"""

import hashlib
from collections.abc import Iterator

import polars as pl


def logical_hash(frame: pl.DataFrame) -> str:
    """sha256 of a table's names, types and values, hex."""
    digest = hashlib.sha256(repr([(name, str(dtype)) for name, dtype in frame.schema.items()]).encode())
    for name in frame.columns:
        for part in _parts(frame[name].rechunk()):
            digest.update(part)
    return digest.hexdigest()


def _parts(values: pl.Series) -> Iterator[bytes]:
    yield values.is_null().to_numpy().tobytes()
    if isinstance(values.dtype, pl.List):
        yield _integers(values.list.len())
        yield from _parts(values.drop_nulls().list.explode(empty_as_null=False).rechunk())
    elif values.dtype == pl.String:
        yield _integers(values.str.len_bytes())
        yield values.fill_null("").str.join("").item().encode()
    else:
        yield _integers(values.to_physical())


def _integers(values: pl.Series) -> bytes:
    return values.cast(pl.Int64).fill_null(0).to_numpy().astype("<i8").tobytes()
