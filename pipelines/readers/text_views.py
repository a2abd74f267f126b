"""Columns of texts that lie in the bytes of a file, made without copying a text: Arrow's string views.

Grain: one view per text, 16 bytes: its length, and the text itself, up to 12 bytes, or its first four and its place.
The bytes must be UTF-8. How Polars' own views are looked at: schemas/views.py.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Numbers: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]
Bytes: TypeAlias = npt.NDArray[np.uint8]

BEFORE, PADDING = 4, 16  # bytes that must stand before the first text, and behind the last one
OF_LENGTH = np.array([0] + [(1 << 8 * n) - 1 for n in range(1, 8)] + [(1 << 64) - 1], dtype=np.uint64)
_INLINE = 12
_FIRST_KEPT = OF_LENGTH[np.minimum(np.arange(_INLINE + 2), 4)] << np.uint64(32)
_OTHERS_KEPT = OF_LENGTH[np.clip(np.arange(_INLINE + 2) - 4, 0, 8)]
_OTHERS_KEPT[_INLINE + 1] = 0  # a long text has its place there


def views_between(content: Bytes, begins: Numbers, ends: Numbers, buffer: int = 0) -> Words:
    """The views of texts, a row of two words each; long ones stand in the buffer of this number."""
    lengths = ends - begins
    found = _sixteen(content)[begins - BEFORE].view(np.uint64).reshape(-1, 2)
    kinds = np.minimum(lengths, _INLINE + 1)
    if len(kinds) and kinds.min() == kinds.max() <= _INLINE:
        kinds = kinds[0]  # as ids, days and periods are
    found[:, 0] &= _FIRST_KEPT[kinds]
    found[:, 0] |= lengths.view(np.uint64)
    found[:, 1] &= _OTHERS_KEPT[kinds]
    if np.ndim(kinds):
        long = np.flatnonzero(kinds > _INLINE)
        found[long, 1] = (begins[long].view(np.uint64) << np.uint64(32)) | np.uint64(buffer)
    return found


def column(views: Words, buffers: list[Bytes], missing: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """The texts of views, null where one is missing."""
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing is not None and missing.any() else None
    if not len(views) or views.view(np.uint32)[:, 0].max() <= _INLINE:
        buffers = []  # nothing of them stays in memory for the sake of texts that stand in their views
    held = [valid, pa.py_buffer(views), *map(pa.py_buffer, buffers)]
    texts = pl.from_arrow(pa.Array.from_buffers(pa.string_view(), len(views), held))
    assert isinstance(texts, pl.Series)
    return texts


def eight(content: Bytes) -> Words:
    """The eight bytes from each place on, without a copy."""
    return np.ndarray((len(content) - 7,), dtype="<u8", buffer=content, strides=(1,))


def _sixteen(content: Bytes) -> npt.NDArray[np.void]:
    """The sixteen bytes from each place on, without a copy."""
    return np.ndarray((len(content) - 15,), dtype="V16", buffer=content, strides=(1,))
